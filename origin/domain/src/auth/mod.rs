//! What signing in keeps: sessions, codes that were sent, tokens of services.

pub mod codes;
pub mod service_tokens;
pub mod sessions;
