//! The address that serves everything except metrics.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::reader::Reader;

const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// The address and port to listen on: `YOUSOON_LISTEN`, default 127.0.0.1:8080.
    pub listen: SocketAddr,
}

impl HttpConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            listen: reader.or("YOUSOON_LISTEN", DEFAULT_LISTEN, address),
        }
    }
}

pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| format!("{text:?} is not an address and a port"))
}
