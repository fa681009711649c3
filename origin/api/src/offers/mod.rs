//! Offers: lists, details and the mutations for partners.

pub mod mutations;
pub mod queries;
