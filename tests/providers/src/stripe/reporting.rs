//! What was and will be reported to a webhook.

use serde::Serialize;
use serde_json::Value;
use url::Url;

#[derive(Debug, Default)]
pub(crate) struct Reporting {
    /// Where reports go; none leaves them unsent.
    pub(crate) url: Option<Url>,
    /// Reports are not sent by themselves: an order sends them.
    pub(crate) is_held: bool,
    /// What happened, and was not sent yet.
    pub(crate) waiting: Vec<Value>,
    /// All that happened, oldest first.
    pub(crate) happened: Vec<Value>,
    pub(crate) deliveries: Vec<Delivery>,
}

/// What a webhook answered.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Delivery {
    pub(crate) event: String,
    pub(crate) kind: String,
    pub(crate) status: Option<u16>,
}
