//! The caches and their purge log: in virtual time among simulated surroundings, and with a real
//! Redis.

mod simulation;
