//! Against a real server that speaks S3's protocol and checks its signatures and policies.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod objects;
mod server;
mod uploads;
