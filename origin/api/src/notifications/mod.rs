//! Notifications: devices and the inbox.

pub mod mutations;
pub mod queries;
