//! The purge log over TLS.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use cache_tiered::LinkError;
use e2e::{Durability, Redis, port, redis::cannot_be_killed};
use redis::{Client, TlsCertificates};
use tempfile::TempDir;
use tokio::process::Command;

use super::{after, log_of, record};

/// A server with a certificate for `localhost` by an authority of its own.
struct Secured {
    dir: TempDir,
    port: u16,
    /// Ends with the test.
    _redis: Redis,
}

impl Secured {
    async fn start() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let at = |name: &str| dir.path().join(name);
        openssl(&format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -subj /CN=authority \
             -keyout {} -out {}",
            at("ca.key").display(),
            at("ca.pem").display()
        ))
        .await?;
        openssl(&format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -subj /CN=server \
             -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE \
             -CA {} -CAkey {} -keyout {} -out {}",
            at("ca.pem").display(),
            at("ca.key").display(),
            at("server.key").display(),
            at("server.pem").display()
        ))
        .await?;
        let port = port::free()?;
        let text = |path: PathBuf| path.display().to_string();
        let settings = [
            "--tls-port".to_owned(),
            port.to_string(),
            "--tls-cert-file".to_owned(),
            text(at("server.pem")),
            "--tls-key-file".to_owned(),
            text(at("server.key")),
            "--tls-ca-cert-file".to_owned(),
            text(at("ca.pem")),
            "--tls-auth-clients".to_owned(),
            "no".to_owned(),
        ];
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        let redis = Redis::start_with(Durability::Memory, &settings).await?;
        Ok(Self {
            dir,
            port,
            _redis: redis,
        })
    }

    /// A client that trusts the authority.
    async fn client(&self, host: &str) -> Result<Client> {
        let authority = tokio::fs::read(self.dir.path().join("ca.pem")).await?;
        let url = format!("rediss://{host}:{}", self.port);
        let certificates = TlsCertificates {
            client_tls: None,
            root_cert: Some(authority),
        };
        Ok(Client::build_with_tls(url, certificates)?)
    }
}

async fn openssl(arguments: &str) -> Result<()> {
    let mut command = Command::new("openssl");
    command.args(arguments.split_whitespace());
    let made = command.output().await;
    let made =
        made.context("this test makes certificates with openssl, which is not on the PATH")?;
    let told = String::from_utf8_lossy(&made.stderr);
    ensure!(made.status.success(), "openssl {arguments}: {told}");
    Ok(())
}

fn is_refused_by_name(error: &LinkError) -> bool {
    matches!(error, LinkError::Redis(error) if error.to_string().contains("not valid for name"))
}

#[tokio::test]
async fn a_server_with_a_trusted_certificate_for_its_name_is_used_on_any_port() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let secured = Secured::start().await.unwrap();
    let log = log_of(secured.client("localhost").await.unwrap(), "test");
    let opened = log.open(None, after(0)).await.unwrap();
    let page = log.append(opened.log, &[record("a", 1).unwrap()]).await;
    let tip = page.unwrap().tip().unwrap();
    assert!(log.has(opened.log, &[tip]).await.unwrap());
}

#[tokio::test]
async fn a_server_with_a_certificate_for_another_name_or_by_a_stranger_is_refused() {
    if let Some(reason) = cannot_be_killed().await {
        return println!("skipped: {reason}");
    }
    let secured = Secured::start().await.unwrap();
    let log = log_of(secured.client("127.0.0.1").await.unwrap(), "test");
    let opened = log.open(None, after(0)).await;
    assert!(opened.as_ref().is_err_and(is_refused_by_name), "{opened:?}");
    // As the origin connects: it trusts the public authorities only.
    let client = Client::open(format!("rediss://localhost:{}", secured.port)).unwrap();
    let opened = log_of(client, "test").open(None, after(0)).await;
    let told = format!("{opened:?}");
    assert!(told.contains("UnknownIssuer"), "{told}");
}
