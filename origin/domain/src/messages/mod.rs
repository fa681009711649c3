//! Messages to users: their kinds and rules, what they say, and the trait that sends them.

pub mod kind;
pub mod letter;
pub mod part;
pub mod provider;
pub mod quiet_hours;
pub mod reach;
pub mod settings;
pub mod sms_countries;
pub mod templates;
