//! Pictures that users upload: the upload, the picture that is made of it, and when its files go.
//!
//! Reading order: [`upload`] → [`picture`] → [`sweeping`] → [`store`]. One rule keeps bucket and
//! database together through every crash: **a row is stored before its files, and deleted after
//! them.** So whatever is in the bucket has a row by which it is found and deleted.

pub mod codes;
pub mod picture;
pub mod refusal;
pub mod store;
pub mod sweeping;
pub mod upload;
