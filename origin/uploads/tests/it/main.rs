//! Uploads on a real S3 server and a real database.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod answering;
mod completing;
mod sweeping;
mod world;
