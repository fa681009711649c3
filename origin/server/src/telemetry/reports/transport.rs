//! Sends reports, one after the other, on a thread of its own: neither the panic nor the request that a
//! report tells of waits for it.

use std::{
    io,
    sync::{
        atomic::Ordering,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::Duration,
};

use reqwest::{Client, StatusCode};
use sentry::{Envelope, types::Dsn};

use super::COUNTS;

/// How many may wait to be sent.
const WAITING: usize = 32;
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long the end of the process waits for what is left.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// How long nothing is sent after Sentry asked for a pause without saying for how long.
const PAUSE: Duration = Duration::from_mins(1);
const AGENT: &str = concat!("yousoon/", env!("CARGO_PKG_VERSION"));

enum Task {
    Send(Box<Envelope>),
    /// Answers when all before is done.
    Flush(SyncSender<()>),
}

pub(super) struct Transport {
    tasks: SyncSender<Task>,
}

impl Transport {
    pub(super) fn start(dsn: &Dsn) -> io::Result<Self> {
        let (tasks, waiting) = sync_channel(WAITING);
        let (url, auth) = (
            dsn.envelope_api_url().to_string(),
            dsn.to_auth(Some(AGENT)).to_string(),
        );
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let client = Client::builder().timeout(TIMEOUT).build();
        let client = client.map_err(io::Error::other)?;
        thread::Builder::new()
            .name("reports".to_owned())
            .spawn(move || runtime.block_on(send_all(&waiting, &client, &url, &auth)))?;
        Ok(Self { tasks })
    }
}

impl sentry::Transport for Transport {
    fn send_envelope(&self, envelope: Envelope) {
        match self.tasks.try_send(Task::Send(Box::new(envelope))) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                COUNTS.failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn flush(&self, timeout: Duration) -> bool {
        let (done, when_done) = sync_channel(1);
        self.tasks.try_send(Task::Flush(done)).is_ok() && when_done.recv_timeout(timeout).is_ok()
    }
}

/// Never logs: an error here would be a report of its own.
async fn send_all(waiting: &Receiver<Task>, client: &Client, url: &str, auth: &str) {
    let mut not_before = tokio::time::Instant::now();
    // The thread has nothing else to do: it may block.
    while let Ok(task) = waiting.recv() {
        let envelope = match task {
            Task::Send(envelope) => envelope,
            Task::Flush(done) => {
                let _nobody_waits_any_more = done.send(());
                continue;
            }
        };
        let is_sent = if tokio::time::Instant::now() < not_before {
            false
        } else {
            match send(&envelope, client, url, auth).await {
                Ok(()) => true,
                Err(pause) => {
                    not_before = tokio::time::Instant::now() + pause;
                    false
                }
            }
        };
        let counter = if is_sent {
            &COUNTS.sent
        } else {
            &COUNTS.failed
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// Fails with how long to send nothing.
async fn send(envelope: &Envelope, client: &Client, url: &str, auth: &str) -> Result<(), Duration> {
    let mut body = Vec::new();
    if envelope.to_writer(&mut body).is_err() {
        return Err(Duration::ZERO);
    }
    let request = client
        .post(url)
        .header("x-sentry-auth", auth)
        .header("content-type", "application/x-sentry-envelope")
        .body(body);
    let response = request.send().await.map_err(|_| Duration::ZERO)?;
    match response.status() {
        status if status.is_success() => Ok(()),
        StatusCode::TOO_MANY_REQUESTS => {
            let after = response.headers().get("retry-after");
            let seconds = after.and_then(|text| text.to_str().ok()?.trim().parse().ok());
            Err(seconds.map_or(PAUSE, Duration::from_secs))
        }
        _ => Err(Duration::ZERO),
    }
}
