//! Live: subscriptions over WebSocket and event streams.
//!
//! The purge log is the bus of events: it is totally ordered, survives crashes (a write and its
//! record are one transaction), and every server has a copy of it within milliseconds. A server
//! reads again what a record names, and sends it to its own clients that subscribed to it.
//!
//! Reading order: [`index`] (the subscriptions by what they wait for) → [`mailbox`] (events that
//! wait to be sent, bounded) → [`seats`] (how many connections there may be) → [`hub`] (all of it) →
//! [`records`] (what a record tells) → [`follow`] (records become events) → [`operation`] (the beginning
//! of a subscription) → [`resume`] (where its client was, read from [`history`]) → [`credentials`] → the two transports [`websocket`] (its words are [`protocol`]) and [`sse`].
//! The results for events are made in [`api::execution::live`], the fields are in
//! [`api::live::subscriptions`].

mod credentials;
mod follow;
mod history;
mod hub;
mod index;
mod mailbox;
mod metrics;
mod operation;
mod protocol;
mod records;
mod resume;
mod seats;
pub(crate) mod sse;
pub(crate) mod websocket;

pub use follow::follow;
pub use hub::Hub;

use std::time::Duration;

/// Subscriptions of one connection.
const OPERATIONS: usize = 20;
/// How long a client may take for `connection_init`.
const INIT_WITHIN: Duration = Duration::from_secs(5);
/// How long one message may take to be sent; after that the client is too slow.
const SEND_WITHIN: Duration = Duration::from_secs(10);
/// How often something is sent to a client for which there is nothing: proxies end connections
/// that are silent for longer, Cloudflare's after 100 s.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(20);
