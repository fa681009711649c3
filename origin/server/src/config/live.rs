//! Limits on open subscription connections.

use super::reader::Reader;

const CONNECTIONS: usize = 20_000;
const PER_IP: usize = 100;
const PER_USER: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveConfig {
    /// The most open connections of all clients, WebSocket and event streams together:
    /// `YOUSOON_LIVE_CONNECTIONS`, default 20000. Each takes a file descriptor and memory
    /// (`cargo xtask bench-subscriptions` measures how much).
    pub connections: usize,
    /// The most open connections of one IP address that are not signed in:
    /// `YOUSOON_LIVE_CONNECTIONS_PER_IP`, default 100.
    pub connections_per_ip: usize,
    /// The most open connections of one user: `YOUSOON_LIVE_CONNECTIONS_PER_USER`, default 10.
    pub connections_per_user: usize,
}

impl Default for LiveConfig {
    fn default() -> Self {
        Self {
            connections: CONNECTIONS,
            connections_per_ip: PER_IP,
            connections_per_user: PER_USER,
        }
    }
}

impl LiveConfig {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let count = |text: &str| match text.parse() {
            Ok(0) | Err(_) => Err(format!("{text:?} is not a number of connections from 1 on")),
            Ok(count) => Ok(count),
        };
        Self {
            connections: reader.or("YOUSOON_LIVE_CONNECTIONS", CONNECTIONS, count),
            connections_per_ip: reader.or("YOUSOON_LIVE_CONNECTIONS_PER_IP", PER_IP, count),
            connections_per_user: reader.or("YOUSOON_LIVE_CONNECTIONS_PER_USER", PER_USER, count),
        }
    }
}
