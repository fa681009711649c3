//! Servers that run for as long as this command does, and never longer.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::progress;

const POLL: Duration = Duration::from_millis(50);
/// How long a process may take to end after it was asked to.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(crate) struct Processes {
    running: Vec<Running>,
    log_dir: PathBuf,
    /// Set by Ctrl-C and SIGTERM.
    interrupted: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Running {
    name: &'static str,
    /// Its stdin is a pipe that this process holds: it closes whatever way this process ends.
    child: Child,
    log: PathBuf,
}

impl Processes {
    /// From here on Ctrl-C and SIGTERM no longer end this process at once.
    pub(crate) fn new(log_dir: PathBuf) -> Result<Self> {
        fs::create_dir_all(&log_dir)
            .with_context(|| format!("cannot create {}", log_dir.display()))?;
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&interrupted))?;
        }
        Ok(Self {
            running: Vec::new(),
            log_dir,
            interrupted,
        })
    }

    /// Starts a server; what it prints goes to `<name>.log`.
    pub(crate) fn start(&mut self, name: &'static str, command: &mut Command) -> Result<()> {
        let log = self.log_dir.join(format!("{name}.log"));
        let file = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = spawn(command.stdout(file.try_clone()?).stderr(file))?;
        self.running.push(Running { name, child, log });
        Ok(())
    }

    /// Asks a server to end and waits until it has; an error unless it ends well in that time.
    pub(crate) fn end(&mut self, name: &str, within: Duration) -> Result<Duration> {
        let mut running = self.running.iter();
        let at = running.position(|server| server.name == name);
        let at = at.with_context(|| format!("{name} does not run"))?;
        let mut server = self.running.swap_remove(at);
        let began = Instant::now();
        signal_group("TERM", server.child.id());
        while began.elapsed() < within {
            if let Some(status) = server.child.try_wait()? {
                if !status.success() {
                    bail!("{name} ended badly ({status})\n{}", server.last_words());
                }
                return Ok(began.elapsed());
            }
            sleep(POLL);
        }
        stop(&mut [&mut server.child]);
        bail!("{name} did not end within {} s", within.as_secs())
    }

    /// The process id of a server.
    pub(crate) fn id_of(&self, name: &str) -> Option<u32> {
        let mut running = self.running.iter();
        let server = running.find(|server| server.name == name)?;
        Some(server.child.id())
    }

    /// The memory of a server.
    pub(crate) fn memory_of(&self, name: &str) -> Result<Memory> {
        let id = self
            .id_of(name)
            .with_context(|| format!("{name} does not run"))?;
        Memory::read(id)
    }

    /// Runs a command to its end on the terminal, while the servers are watched.
    pub(crate) fn run(&mut self, command: &mut Command) -> Result<ExitStatus> {
        let mut child = spawn(command)?;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if let Err(error) = self.check() {
                stop(&mut [&mut child]);
                return Err(error);
            }
            sleep(POLL);
        }
    }

    /// As [`Self::run`], and an error unless the command succeeds.
    pub(crate) fn run_step(&mut self, title: &str, command: &mut Command) -> Result<()> {
        progress::announce(title);
        let started = Instant::now();
        let status = self.run(command)?;
        if !status.success() {
            bail!("{}", progress::failure(title, status));
        }
        progress::done(started);
        Ok(())
    }

    pub(crate) fn wait_until(
        &mut self,
        what: &str,
        limit: Duration,
        mut ready: impl FnMut() -> bool,
    ) -> Result<()> {
        let started = Instant::now();
        while !ready() {
            self.check()?;
            if started.elapsed() > limit {
                let logs: Vec<String> = self.running.iter().map(Running::last_words).collect();
                bail!(
                    "{what} is not ready after {} s\n{}",
                    limit.as_secs(),
                    logs.join("\n")
                );
            }
            sleep(POLL);
        }
        Ok(())
    }

    /// Returns when a signal asks to stop; an error when a server ends before.
    pub(crate) fn hold(&mut self) -> Result<()> {
        while !self.is_interrupted() {
            self.check_servers()?;
            sleep(POLL);
        }
        Ok(())
    }

    fn check(&mut self) -> Result<()> {
        if self.is_interrupted() {
            bail!("interrupted");
        }
        self.check_servers()
    }

    fn check_servers(&mut self) -> Result<()> {
        for server in &mut self.running {
            if let Some(status) = server.child.try_wait()? {
                bail!("{} ended ({status})\n{}", server.name, server.last_words());
            }
        }
        Ok(())
    }

    fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        stop(
            &mut self
                .running
                .iter_mut()
                .map(|server| &mut server.child)
                .collect::<Vec<_>>(),
        );
    }
}

/// What a process has in RAM.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    pub(crate) now_bytes: u64,
    /// The most since it started.
    pub(crate) peak_bytes: u64,
}

impl Memory {
    fn read(id: u32) -> Result<Self> {
        let path = format!("/proc/{id}/status");
        let status = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        Ok(Self {
            now_bytes: bytes_of(&status, "VmRSS:")?,
            peak_bytes: bytes_of(&status, "VmHWM:")?,
        })
    }
}

/// A line such as `VmRSS:     1234 kB`.
fn bytes_of(status: &str, name: &str) -> Result<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.split_whitespace().next());
    let kib: u64 = kib.with_context(|| format!("no {name}"))?.parse()?;
    Ok(kib * 1024)
}

impl Running {
    fn last_words(&self) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        format!(
            "the end of {}:\n{}",
            self.log.display(),
            progress::tail(&String::from_utf8_lossy(&log))
        )
    }
}

/// A program that may have as many open files as the system lets it have: a connection is one.
pub(crate) fn with_many_files(program: impl AsRef<OsStr>) -> Command {
    let mut shell = Command::new("sh");
    // `exec`: the process is the program's own.
    shell
        .args(["-c", r#"ulimit -n "$(ulimit -Hn)" && exec "$0" "$@""#])
        .arg(program);
    shell
}

/// A process group of its own: Ctrl-C in the terminal reaches only this process, which then stops
/// its children in order, and a signal to the group reaches what a child started itself.
fn spawn(command: &mut Command) -> Result<Child> {
    command
        .stdin(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| progress::not_started(command, &error))
}

/// Asks all to end, waits, and kills what is still there.
fn stop(children: &mut [&mut Child]) {
    // Also the group of a child that has ended: what it started itself may still run.
    for child in children.iter() {
        signal_group("TERM", child.id());
    }
    let asked = Instant::now();
    for child in children.iter_mut() {
        while matches!(child.try_wait(), Ok(None)) && asked.elapsed() < PATIENCE {
            sleep(POLL);
        }
        if matches!(child.try_wait(), Ok(None)) {
            signal_group("KILL", child.id());
            let _ = child.wait();
        }
    }
}

/// The standard library can only kill; the shell's built-in `kill` is on every Unix.
fn signal_group(signal: &str, id: u32) {
    let _ = Command::new("sh")
        .args(["-c", &format!("kill -s {signal} -- -{id}")])
        // An empty group is what is hoped for.
        .stderr(Stdio::null())
        .status();
}

/// Removes a directory when it goes out of scope.
#[derive(Debug)]
pub(crate) struct TemporaryDir(PathBuf);

/// Linux' folder in memory.
const IN_MEMORY: &str = "/dev/shm";

impl TemporaryDir {
    pub(crate) fn create(name: &str) -> Result<Self> {
        Self::create_in(&std::env::temp_dir(), name)
    }

    /// In memory where the system has such a folder. workerd keeps the Durable Object in files, and
    /// its one thread waits for the disk with each write; at Cloudflare it is another machine.
    pub(crate) fn create_in_memory(name: &str) -> Result<Self> {
        Self::create_in(Path::new(IN_MEMORY), name).or_else(|_| Self::create(name))
    }

    fn create_in(parent: &Path, name: &str) -> Result<Self> {
        let path = parent.join(format!("yousoon-{name}-{}", std::process::id()));
        fs::create_dir(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
