//! Uploads of pictures, from the form for a file to the stored picture, and what is deleted.
//!
//! 1. `forms.rs` makes the form with which a client uploads its file to the bucket.
//! 2. `completing.rs` reads the file, makes a picture of it, and stores that.
//! 3. `addresses.rs` says where a picture is shown, and which picture an address shows.
//! 4. `sweeping.rs` deletes what nobody needs.
//!
//! `domain::pictures` has the rules. In the bucket, `uploads/` holds what clients uploaded, which
//! nobody may read but this server, and `pictures/` what everybody is shown.

mod addresses;
mod completing;
mod forms;
mod metrics;
mod refusing;
mod shared;
mod sweeping;

pub use completing::NotCompleted;
pub use shared::{Now, Parts, Uploads};
pub use sweeping::{SweepError, Swept};
