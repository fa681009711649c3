//! Starts a program that `cargo xtask test` installs.

use std::{
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use domain::secret::Secret;
use provider_http::Mode;
use stripe::{Config, Stripe};

/// Ends with this value.
pub(crate) struct Program {
    process: Child,
    pub(crate) port: u16,
}

impl Program {
    /// `None`, with the reason in the output, when the program is missing. `arguments` come before the
    /// port.
    pub(crate) fn start(variable: &str, arguments: &[&str]) -> Option<Self> {
        let program = std::env::var_os(variable).map(PathBuf::from);
        let Some(program) = program.filter(|program| program.is_file()) else {
            println!("skipped: {variable} names no program: `cargo xtask test` installs it");
            return None;
        };
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let process = Command::new(program)
            .args(arguments)
            .arg(port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let program = Self { process, port };
        for _ in 0..400 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(program);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{variable} does not listen");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _waited = self.process.wait();
    }
}

/// Our client of a server on this machine.
pub(crate) fn stripe(port: u16) -> Stripe {
    let page = |path: &str| format!("https://portal.example/{path}").parse().unwrap();
    Stripe::new(Config {
        base: format!("http://127.0.0.1:{port}").parse().unwrap(),
        mode: Mode::Development,
        timeout: Duration::from_secs(10),
        secret_key: Secret::new("sk_test_123456789"),
        onboarding_return: page("paid"),
        onboarding_refresh: page("again"),
    })
    .unwrap()
}
