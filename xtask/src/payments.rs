//! Servers of others that behave as Stripe, for tests: localstripe keeps what it is told, and Stripe's own
//! stripe-mock checks every parameter.

use std::path::PathBuf;

use anyhow::Result;

use crate::{checkout, golang, python};

const STRIPE_MOCK: (&str, &str) = ("github.com/stripe/stripe-mock", "v0.203.0");

pub(crate) fn ensure_localstripe() -> Result<PathBuf> {
    let requirements = checkout::root().join("tests/localstripe/requirements.txt");
    let programs = python::ensure("localstripe", &requirements, "about 20 s")?;
    Ok(programs.join("localstripe"))
}

pub(crate) fn ensure_stripe_mock() -> Result<PathBuf> {
    golang::ensure("stripe-mock", STRIPE_MOCK, "about 1 min")
}
