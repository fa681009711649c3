//! What operators ask.

use std::net::SocketAddr;

use super::{http::address, reader::Reader};

#[derive(Clone, Debug, Default)]
pub struct MetricsConfig {
    /// Where `GET /metrics` is answered, for the cluster's own eyes: `YOUSOON_METRICS_LISTEN`,
    /// default none.
    pub listen: Option<SocketAddr>,
}

impl MetricsConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            listen: reader.optional("YOUSOON_METRICS_LISTEN", "no metrics", address),
        }
    }
}
