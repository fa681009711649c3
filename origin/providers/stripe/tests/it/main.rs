//! Against two servers that others wrote: localstripe keeps intents, charges and refunds, but knows neither
//! Connect nor idempotency keys; Stripe's own stripe-mock keeps nothing, and checks every parameter
//! against Stripe's description of its API.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod between;
mod checked;
mod paid;
mod program;
