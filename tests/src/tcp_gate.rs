//! A TCP proxy on loopback between two processes ("gate"): a test can cut, hang, hold and slow down
//! its connections, and change its target.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch::{self, Receiver, Sender};
use tokio::task::JoinSet;

use crate::port;

const CHUNK_BYTES: usize = 16 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    /// Bytes pass.
    Open,
    /// The gate does not listen.
    Cut,
    /// Bytes are dropped, and nothing answers.
    Hang,
    /// Bytes wait until the gate opens.
    Hold,
}

#[derive(Clone, Copy, Debug)]
struct Setting {
    position: Position,
    target: SocketAddr,
    delay: Duration,
    /// Connections of an earlier epoch are reset.
    epoch: u64,
}

/// The gate; it is open at the start.
#[derive(Debug)]
pub struct TcpGate {
    /// The address on which it listens.
    pub address: SocketAddr,
    setting: Sender<Setting>,
    listens: Receiver<bool>,
    /// Ends all connections when the gate is dropped.
    _tasks: JoinSet<()>,
}

impl TcpGate {
    /// Starts a gate that leads to `target`.
    pub async fn open_to(target: SocketAddr) -> Result<Self> {
        let address = (Ipv4Addr::LOCALHOST, port::free()?).into();
        let listener = TcpListener::bind(address).await?;
        let setting = Setting {
            position: Position::Open,
            target,
            delay: Duration::ZERO,
            epoch: 0,
        };
        let (setting, watched) = watch::channel(setting);
        let (said, listens) = watch::channel(true);
        let mut tasks = JoinSet::new();
        tasks.spawn(listen(address, listener, watched, said));
        Ok(Self {
            address,
            setting,
            listens,
            _tasks: tasks,
        })
    }

    /// Lets bytes pass (again). Connections whose bytes were dropped are reset, because a TCP stream
    /// cannot have gaps.
    pub async fn open(&self) {
        self.turn(Position::Open).await;
    }

    /// Resets existing connections and refuses new ones.
    pub async fn cut(&self) {
        self.turn(Position::Cut).await;
    }

    /// Drops all bytes, also on new connections, so that nothing answers.
    pub async fn hang(&self) {
        self.turn(Position::Hang).await;
    }

    /// Holds bytes back until the gate is opened; then they pass.
    pub async fn hold(&self) {
        self.turn(Position::Hold).await;
    }

    /// Delays every chunk of bytes by this many milliseconds, in both directions; 0 ends that.
    pub fn delay_ms(&self, delay_ms: u64) {
        let delay = Duration::from_millis(delay_ms);
        self.setting.send_modify(|setting| setting.delay = delay);
    }

    /// Leads new connections to `target`, and resets existing ones.
    pub fn lead_to(&self, target: SocketAddr) {
        self.setting.send_modify(|setting| {
            setting.target = target;
            setting.epoch += 1;
        });
    }

    async fn turn(&self, position: Position) {
        self.setting.send_modify(|setting| {
            if position == Position::Cut || setting.position == Position::Hang {
                setting.epoch += 1;
            }
            setting.position = position;
        });
        let wanted = position != Position::Cut;
        // The task lives as long as the gate.
        let mut listens = self.listens.clone();
        let _always_there = listens.wait_for(|listens| *listens == wanted).await;
    }
}

async fn listen(
    address: SocketAddr,
    first: TcpListener,
    mut setting: Receiver<Setting>,
    said: Sender<bool>,
) {
    let mut listener = Some(first);
    let mut connections = JoinSet::new();
    loop {
        let Setting {
            position, epoch, ..
        } = *setting.borrow_and_update();
        if position == Position::Cut {
            listener = None;
        } else if listener.is_none() {
            listener = TcpListener::bind(address).await.ok();
            if listener.is_none() {
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            }
        }
        said.send_replace(listener.is_some());
        tokio::select! {
            changed = setting.changed() => if changed.is_err() {
                return;
            },
            Some(_ended) = connections.join_next() => {}
            // The epoch was read before: a connection that arrives while the setting changes is
            // reset too.
            Ok(client) = accept(listener.as_ref()) => {
                connections.spawn(pass(client, setting.clone(), epoch));
            }
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> io::Result<TcpStream> {
    match listener {
        Some(listener) => Ok(listener.accept().await?.0),
        None => std::future::pending().await,
    }
}

/// Forwards one connection until it ends or is reset.
async fn pass(mut client: TcpStream, setting: Receiver<Setting>, epoch: u64) {
    let mut watched = setting.clone();
    let ended = tokio::select! {
        _changed = watched.wait_for(|now| now.epoch != epoch) => Err(io::ErrorKind::ConnectionReset.into()),
        ended = both_ways(&mut client, setting) => ended,
    };
    if ended.is_err() {
        reset(&client);
    }
}

async fn both_ways(client: &mut TcpStream, mut setting: Receiver<Setting>) -> io::Result<()> {
    let target = until(&mut setting, |position| position == Position::Open)
        .await?
        .target;
    let mut server = TcpStream::connect(target).await?;
    for stream in [&*client, &server] {
        stream.set_nodelay(true)?;
    }
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let ended = tokio::try_join!(
        pump(from_client, to_server, setting.clone()),
        pump(from_server, to_client, setting),
    );
    if ended.is_err() {
        reset(&server);
    }
    ended.map(|_both| ())
}

async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    mut setting: Receiver<Setting>,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let bytes = from.read(&mut chunk).await?;
        let now = until(&mut setting, |position| position != Position::Hold).await?;
        if now.position == Position::Hang {
            if bytes == 0 {
                // The end of the stream is dropped too; the reset that ends the hang ends this task.
                return std::future::pending().await;
            }
            continue;
        }
        if bytes == 0 {
            return to.shutdown().await;
        }
        if !now.delay.is_zero() {
            tokio::time::sleep(now.delay).await;
        }
        to.write_all(&chunk[..bytes]).await?;
    }
}

async fn until(
    setting: &mut Receiver<Setting>,
    accepts: impl Fn(Position) -> bool,
) -> io::Result<Setting> {
    let found = setting.wait_for(|now| accepts(now.position)).await;
    // An error means that the gate was dropped.
    found
        .map(|now| *now)
        .map_err(|_closed| io::ErrorKind::ConnectionReset.into())
}

/// Makes the connection end with RST when it is dropped, as when a machine or a link fails.
fn reset(stream: &TcpStream) {
    // Fails for a connection that is closed already, which does not matter.
    let _closed_already = stream.set_zero_linger();
}

#[cfg(test)]
mod tests;
