//! Turns a letter into the text of its channel, in French and English: no I/O, no clock.
//!
//! - `files/`: the texts. `<kind>/<language>/<part>`, and the layout of e-mails.
//! - `variables.rs`: what a template may name; `clean.rs`, `typography.rs`, `moments.rs`, `gsm7.rs`: how
//!   values look.
//! - `source.rs`, `markup.rs`: what a template may contain; `check.rs`: trying one.
//! - `render.rs`: from a letter to its text.
//! - `current.rs`: the templates in use, which change while the program runs.
//!
//! An administrator may replace a part ([`Overrides`]). Such a template passes the same checks as the
//! program's own, and only once it rendered everything that a letter can contain.

mod check;
mod clean;
mod current;
mod embedded;
mod engine;
mod fitting;
mod gsm7;
mod links;
mod markup;
mod moments;
mod overrides;
mod problem;
mod render;
mod rendered;
pub mod samples;
mod source;
mod typography;
mod variables;

pub use check::{Preview, original, variables};
pub use current::Current;
pub use links::{Links, NotHttps};
pub use overrides::{Overrides, Rejected};
pub use problem::{Cause, Problem};
pub use render::{TemplateError, Templates};
pub use rendered::{EmailText, Rendered, ShortText, SmsText};
pub use source::Shape;
