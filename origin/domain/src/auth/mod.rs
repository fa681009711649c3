//! Stored data of authentication: sessions, one-time codes and service tokens; and its error codes
//! ([`error_codes`]).

pub mod codes;
pub mod error_codes;
pub mod known_devices;
pub mod purpose;
pub mod service_tokens;
pub mod sessions;
