//! The parts of bookings outside GraphQL: QR codes and calendar files over HTTP ([`routes`]), and
//! the job that ends bookings whose time is over ([`ending`]).

pub mod calendar;
pub mod ending;
pub mod feed;
pub mod picture;
pub mod routes;
