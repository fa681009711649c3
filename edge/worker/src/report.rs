//! Sends reports of errors to Sentry, after the answer. What is in them, and how many are sent, is in
//! [`edge_core::report`].

use std::cell::RefCell;
use std::panic::{self, PanicHookInfo};

use edge_core::report::{Budget, Dsn, Kind, Report, Sender};
use edge_core::trace;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use worker::Env;

use crate::clock::now_ms;
use crate::error::EdgeError;
use crate::isolate::Isolate;
use crate::request::Incoming;
use crate::trace::{TRACEPARENT, random};

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
                    web_sys::console::error_1(&JsValue::from_str(&format!(
                        "errors are not reported: SENTRY_DSN is not valid: {error}"
                    )));
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

    /// Reports that a request was refused because of an error, unless it is the client's own.
    pub(crate) fn refused(&self, error: &EdgeError, incoming: &Incoming, operation: Option<&str>) {
        let kind = match error {
            EdgeError::Refused(_) => return,
            EdgeError::Origin(_) => Kind::OriginUnreachable,
            EdgeError::Platform(_) => Kind::Internal,
        };
        let traceparent = incoming.header(TRACEPARENT);
        let trace = traceparent.as_deref().and_then(trace::id);
        self.send(kind, &error.to_string(), operation, trace);
    }

    /// Reports an error that no request is refused for.
    pub(crate) fn failed(&self, kind: Kind, error: &EdgeError) {
        self.send(kind, &error.to_string(), None, None);
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
        let id = u128::from(random()) << 64 | u128::from(random());
        post(
            dsn.endpoint(),
            &dsn.auth(AGENT),
            &report.envelope(sender, id, now_ms),
        );
    }
}

/// Reports panics from now on, beside what the worker crate does with them: it logs them and has the shim
/// begin anew.
pub(crate) fn panics() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        panicked(info);
        before(info);
    }));
}

fn panicked(info: &PanicHookInfo<'_>) {
    // Only a literal is told: a message with values may repeat what a client sent.
    let what = info.payload().downcast_ref::<&'static str>();
    let what = what.unwrap_or(&"a message with values");
    let text = match info.location() {
        Some(at) => format!("{what}, at {}:{}", at.file(), at.line()),
        None => (*what).to_owned(),
    };
    if let Some(isolate) = Isolate::existing() {
        isolate.reports.send(Kind::Panic, &text, None, None);
    }
}
