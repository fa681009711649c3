//! The address that serves metrics.

use std::net::SocketAddr;

use super::{http::address, reader::Reader};

#[derive(Clone, Debug, Default)]
pub struct MetricsConfig {
    /// The address and port that serve `GET /metrics`, meant to be reached only from inside the
    /// cluster: `YOUSOON_METRICS_LISTEN`, default none (no metrics).
    pub listen: Option<SocketAddr>,
}

impl MetricsConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            listen: reader.optional("YOUSOON_METRICS_LISTEN", "no metrics", address),
        }
    }
}
