//! Finds ports that nobody else takes while their server is down.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::{Result, bail};

/// Below the range that systems use for outgoing connections. Otherwise a connection could take the
/// port of a killed server by chance, and the server could not start again.
const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port on loopback that is free now, and that the system never assigns by itself.
pub fn free() -> Result<u16> {
    // Test processes that run at the same time begin their search at different ports.
    let begin = u16::try_from(std::process::id() * 97 % u32::from(COUNT))?;
    for _ in 0..COUNT {
        let offset = NEXT.fetch_add(1, Ordering::Relaxed) % COUNT;
        let port = FIRST + (begin + offset) % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!(
        "no port from {FIRST} to {} is free on loopback",
        FIRST + COUNT
    )
}

#[cfg(test)]
mod tests {
    use super::{COUNT, FIRST, free};

    #[test]
    fn a_port_is_given_once_and_is_none_of_outgoing_connections() {
        let ports = [free().unwrap(), free().unwrap(), free().unwrap()];
        assert!(ports[0] != ports[1] && ports[1] != ports[2]);
        for port in ports {
            assert!((FIRST..FIRST + COUNT).contains(&port));
        }
    }
}
