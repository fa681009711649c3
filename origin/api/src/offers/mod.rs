//! Offers: lists, details and the mutations for partners.

pub mod filters;
pub mod mapping;
pub mod mutations;
pub mod nearby;
pub mod queries;
pub mod searching;
