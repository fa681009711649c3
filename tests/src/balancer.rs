//! A TCP load balancer between the edge and the origins, like a Kubernetes service: it distributes
//! connections round-robin to the targets that accept them. It knows nothing of HTTP and does not
//! retry requests.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The balancer; it stops when it is dropped.
#[derive(Debug)]
pub struct Balancer {
    /// Where it listens.
    pub address: SocketAddr,
    _tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Targets {
    addresses: Vec<SocketAddr>,
    next: AtomicUsize,
}

impl Balancer {
    /// Listens on loopback for connections to these targets.
    pub async fn start(addresses: Vec<SocketAddr>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let next = AtomicUsize::new(0);
        let targets = Arc::new(Targets { addresses, next });
        let mut tasks = JoinSet::new();
        tasks.spawn(listen(listener, targets));
        Ok(Self {
            address,
            _tasks: tasks,
        })
    }

    /// Its address as a URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

async fn listen(listener: TcpListener, targets: Arc<Targets>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((client, _)) = listener.accept() => {
                connections.spawn(pass(client, Arc::clone(&targets)));
            }
            Some(_ended) = connections.join_next() => {}
        }
    }
}

async fn pass(mut client: TcpStream, targets: Arc<Targets>) {
    let passed = async {
        let mut server = targets.connect().await?;
        // Without this, Nagle's algorithm and delayed acknowledgements add 40 ms.
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        copy_bidirectional(&mut client, &mut server).await
    };
    if passed.await.is_err() {
        // The client must see a broken connection, not a regular end of the answer.
        let _closed_already = client.set_zero_linger();
    }
}

impl Targets {
    /// Connects to the next target; skips targets that refuse.
    async fn connect(&self) -> io::Result<TcpStream> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let mut refused = io::ErrorKind::ConnectionRefused.into();
        for offset in 0..self.addresses.len() {
            let target = self.addresses[first.wrapping_add(offset) % self.addresses.len()];
            match TcpStream::connect(target).await {
                Ok(stream) => return Ok(stream),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpSocket,
    };

    use super::*;

    /// A server that sends one byte to every client.
    async fn greeter(word: u8) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                stream.write_u8(word).await.unwrap();
            }
        });
        address
    }

    /// An address on which nobody listens; the socket keeps it reserved.
    fn gone() -> (SocketAddr, TcpSocket) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        (socket.local_addr().unwrap(), socket)
    }

    async fn greeted(balancer: &Balancer) -> io::Result<u8> {
        TcpStream::connect(balancer.address).await?.read_u8().await
    }

    #[tokio::test]
    async fn connections_go_round_and_a_target_that_is_gone_is_skipped() {
        let (a, b) = (greeter(b'a').await, greeter(b'b').await);
        let (c, _kept) = gone();
        for (targets, expected) in [(vec![a, b], &b"abab"[..]), (vec![a, c, b], b"abbabb")] {
            let balancer = Balancer::start(targets).await.unwrap();
            let mut words = Vec::new();
            for _ in expected {
                words.push(greeted(&balancer).await.unwrap());
            }
            assert_eq!(words, expected);
        }
        let all_gone = Balancer::start(vec![c]).await.unwrap();
        let lost = greeted(&all_gone).await.unwrap_err();
        assert_eq!(lost.kind(), io::ErrorKind::ConnectionReset);
    }
}
