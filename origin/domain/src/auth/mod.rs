//! What signing in keeps: sessions, codes that were sent, tokens of services; and the error codes
//! that it answers ([`error_codes`]).

pub mod codes;
pub mod error_codes;
pub mod service_tokens;
pub mod sessions;
