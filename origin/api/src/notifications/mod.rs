//! Notifications: devices, the inbox, and the texts of messages.

pub mod mutations;
pub mod queries;
pub mod templates;
