//! A TCP load balancer on loopback, as a Kubernetes service is one: each connection goes to the next
//! target. It knows nothing of HTTP.

use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::thread;

use anyhow::Result;

use crate::http;

/// Listens until this process ends; gives the port.
pub(crate) fn start(targets: Vec<u16>) -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for (client, target) in listener.incoming().zip(targets.into_iter().cycle()) {
            // A target that refuses shows as a connection that closes.
            if let (Ok(client), Ok(server)) = (client, TcpStream::connect(http::loopback(target))) {
                pass(client, server);
            }
        }
    });
    Ok(port)
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
        let port = start(ports.to_vec()).unwrap();
        let heard: Vec<String> = (0..4)
            .map(|_| {
                let mut text = String::new();
                let mut stream = TcpStream::connect(http::loopback(port)).unwrap();
                stream.read_to_string(&mut text).unwrap();
                text
            })
            .collect();
        assert_eq!(heard, ["a", "b", "a", "b"]);
    }
}
