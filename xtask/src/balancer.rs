//! A TCP load balancer on loopback, as a Kubernetes service is one: each connection goes to the next
//! target. It knows nothing of HTTP.

use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Result;

use crate::http;

/// A balancer that listens until this process ends.
#[derive(Debug)]
pub(crate) struct Balancer {
    pub(crate) port: u16,
    targets: Arc<Mutex<Vec<u16>>>,
}

impl Balancer {
    pub(crate) fn start(targets: Vec<u16>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let targets = Arc::new(Mutex::new(targets));
        let balancer = Self {
            port,
            targets: Arc::clone(&targets),
        };
        thread::spawn(move || {
            for (number, client) in listener.incoming().enumerate() {
                let target = {
                    let targets = lock(&targets);
                    targets.get(number % targets.len().max(1)).copied()
                };
                let server = target.map(|target| TcpStream::connect(http::loopback(target)));
                // A target that refuses shows as a connection that closes.
                if let (Ok(client), Some(Ok(server))) = (client, server) {
                    pass(client, server);
                }
            }
        });
        Ok(balancer)
    }

    /// From now on new connections go to these; those that are open stay.
    pub(crate) fn lead_to(&self, targets: Vec<u16>) {
        *lock(&self.targets) = targets;
    }
}

fn lock(targets: &Mutex<Vec<u16>>) -> MutexGuard<'_, Vec<u16>> {
    targets.lock().unwrap_or_else(PoisonError::into_inner)
}

fn pass(client: TcpStream, server: TcpStream) {
    for stream in [&client, &server] {
        // Small answers would wait for the next one otherwise.
        let _ = stream.set_nodelay(true);
    }
    let (Ok(from_client), Ok(from_server)) = (client.try_clone(), server.try_clone()) else {
        return;
    };
    thread::spawn(move || copy(from_client, server));
    thread::spawn(move || copy(from_server, client));
}

/// Copies until one side ends, and tells the other.
fn copy(mut from: TcpStream, mut to: TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn connections_go_to_each_target_in_turn() {
        let listeners = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
        let ports = listeners
            .each_ref()
            .map(|one| one.local_addr().unwrap().port());
        for (name, listener) in [b'a', b'b'].into_iter().zip(listeners) {
            thread::spawn(move || {
                for stream in listener.incoming() {
                    stream.unwrap().write_all(&[name]).unwrap();
                }
            });
        }
        let balancer = Balancer::start(ports.to_vec()).unwrap();
        let heard = || {
            let mut text = String::new();
            let mut stream = TcpStream::connect(http::loopback(balancer.port)).unwrap();
            stream.read_to_string(&mut text).unwrap();
            text
        };
        assert_eq!([heard(), heard(), heard(), heard()], ["a", "b", "a", "b"]);
        balancer.lead_to(vec![ports[1]]);
        assert_eq!([heard(), heard()], ["b", "b"]);
    }
}
