//! Uploads of pictures, and which addresses of pictures an edit may set.

pub mod addresses;
pub mod mutations;
