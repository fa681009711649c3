//! What reaches a person in the app: the devices that get push notifications, and the inbox.
//!
//! Reading order: [`device`] → [`inbox`] → [`store`]. What is told, when and by which channels is in
//! [`crate::messages`]; entries are stored by the workers of [`crate::queue`].

pub mod codes;
pub mod device;
pub mod inbox;
pub mod store;
