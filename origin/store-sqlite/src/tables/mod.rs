//! Rows and single statements, by table: what the stores of several blocks share.

pub mod bookings;
pub mod codes;
pub mod figures;
pub mod inbox;
pub mod leases;
pub mod limit;
pub mod offers;
pub mod operator_audit;
pub mod partners;
pub mod payments;
pub mod pictures;
pub mod places;
pub mod queue;
pub mod ratings;
pub mod reviews;
pub mod slugs;
pub mod users;
pub mod verifications;
pub mod walk_ins;
pub mod word;
