//! Accounts over HTTP: on the embedded store, with sessions in it and in Redis.

mod attempts;
mod breaking;
mod devices;
mod ending;
mod events;
mod languages;
pub(crate) mod person;
pub(crate) mod portal;
mod profile;
mod proving;
mod publishing;
mod readdressing;
mod refreshing;
mod services;
mod signing_in;
mod team;
mod travelling;
mod typing;
mod walking;
