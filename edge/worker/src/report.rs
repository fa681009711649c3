//! Sends reports of errors to Sentry, after the answer. What is in them, and how many are sent, is in
//! [`edge_core::report`].

use std::cell::RefCell;

use edge_core::report::{Budget, Dsn, Kind, Report, Sender};
use wasm_bindgen::prelude::wasm_bindgen;
use worker::Env;

use crate::clock::now_ms;
use crate::error::EdgeError;
use crate::{console, random};

const RELEASE: &str = env!("CARGO_PKG_VERSION");
const AGENT: &str = concat!("edge/", env!("CARGO_PKG_VERSION"));

#[wasm_bindgen(module = "/src/report.js")]
extern "C" {
    fn post(url: &str, auth: &str, body: &str);
}

/// The isolate's reports.
pub(crate) struct Reports {
    /// `SENTRY_DSN`, a secret: the project of Sentry. Without it nothing is reported.
    to: Option<Dsn>,
    /// `SENTRY_ENVIRONMENT`: what Sentry files reports under. Default: `development`.
    environment: String,
    budget: RefCell<Budget>,
}

impl Reports {
    /// Says in the log when the DSN is none: a request is not to fail because errors are not reported.
    pub(crate) fn of(env: &Env) -> Self {
        let dsn = env.secret("SENTRY_DSN").ok().map(|dsn| dsn.to_string());
        let to = dsn.filter(|dsn| !dsn.is_empty()).and_then(|dsn| {
            dsn.parse()
                .inspect_err(|error| {
                    console::error(&format!(
                        "errors are not reported: SENTRY_DSN is not valid: {error}"
                    ));
                })
                .ok()
        });
        let optional = |name| env.var(name).ok().map(|value| value.to_string());
        let environment = optional("SENTRY_ENVIRONMENT").filter(|name| !name.is_empty());
        Self {
            to,
            environment: environment.unwrap_or_else(|| "development".to_owned()),
            budget: RefCell::default(),
        }
    }

    /// Reports that a request was refused because of an error, unless it is the client's own. `trace` is
    /// the id of the request's trace.
    pub(crate) fn refused(&self, error: &EdgeError, operation: Option<&str>, trace: Option<&str>) {
        let kind = match error {
            EdgeError::Refused(_) => return,
            EdgeError::Origin(_) => Kind::OriginUnreachable,
            EdgeError::Platform(_) => Kind::Internal,
        };
        self.send(kind, &error.to_string(), operation, trace);
    }

    /// Reports an error that belongs to no request, or that no request is refused for.
    pub(crate) fn failed(&self, kind: Kind, detail: &str) {
        self.send(kind, detail, None, None);
    }

    fn send(&self, kind: Kind, detail: &str, operation: Option<&str>, trace: Option<&str>) {
        // A panic may come while it is borrowed.
        let (Some(dsn), Ok(mut budget)) = (&self.to, self.budget.try_borrow_mut()) else {
            return;
        };
        let now_ms = now_ms();
        let Some(withheld) = budget.takes(kind, now_ms) else {
            return;
        };
        drop(budget);
        let report = Report {
            kind,
            detail,
            operation,
            trace,
            withheld,
        };
        let sender = Sender {
            release: RELEASE,
            environment: &self.environment,
        };
        let id = u128::from(random::bits()) << 64 | u128::from(random::bits());
        post(
            dsn.endpoint(),
            &dsn.auth(AGENT),
            &report.envelope(sender, id, now_ms),
        );
    }
}
