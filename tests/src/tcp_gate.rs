//! A TCP gate on loopback between two processes: a test can cut it, hang it, hold it, slow it down
//! and let it lead elsewhere.

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
    /// Nobody listens.
    Cut,
    /// Bytes are swallowed and nothing answers.
    Hang,
    /// Bytes wait, and pass late.
    Hold,
}

#[derive(Clone, Copy, Debug)]
struct Setting {
    position: Position,
    target: SocketAddr,
    delay: Duration,
    /// Every connection of an earlier epoch is reset.
    epoch: u64,
}

/// The gate; open at first.
#[derive(Debug)]
pub struct TcpGate {
    /// Where it listens.
    pub address: SocketAddr,
    setting: Sender<Setting>,
    listens: Receiver<bool>,
    /// Ends all connections with the gate.
    _tasks: JoinSet<()>,
}

impl TcpGate {
    /// Opens a gate that leads to `target`.
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

    /// Bytes pass (again). Connections that lost bytes are reset: TCP knows no holes.
    pub async fn open(&self) {
        self.turn(Position::Open).await;
    }

    /// Existing connections are reset and new ones are refused.
    pub async fn cut(&self) {
        self.turn(Position::Cut).await;
    }

    /// Bytes are swallowed and nothing answers, also on new connections.
    pub async fn hang(&self) {
        self.turn(Position::Hang).await;
    }

    /// Bytes wait until the gate is opened, and then pass late.
    pub async fn hold(&self) {
        self.turn(Position::Hold).await;
    }

    /// Every chunk of bytes waits this long, in both directions; zero ends that.
    pub fn delay_ms(&self, delay_ms: u64) {
        let delay = Duration::from_millis(delay_ms);
        self.setting.send_modify(|setting| setting.delay = delay);
    }

    /// New connections lead to `target`, and existing ones are reset.
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
            // The epoch from before: whoever comes in while the gate turns is reset as well.
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

/// One connection, from its beginning to its end or reset.
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
                // Its end is swallowed as well; the reset that ends a hang ends this.
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
    // The gate is gone.
    found
        .map(|now| *now)
        .map_err(|_closed| io::ErrorKind::ConnectionReset.into())
}

/// What is dropped from here on ends with RST, as when a machine or a link goes away.
fn reset(stream: &TcpStream) {
    // One that is closed already needs none.
    let _closed_already = stream.set_zero_linger();
}

#[cfg(test)]
mod tests;
