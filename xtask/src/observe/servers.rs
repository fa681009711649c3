//! Jaeger, Prometheus and VictoriaLogs, on loopback. Jaeger's configuration and the rules of Prometheus
//! are those in deploy/monitoring.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::json;

use super::programs::Programs;
use crate::processes::Processes;
use crate::{checkout, http};

const START_LIMIT: Duration = Duration::from_secs(30);
const JAEGER_PORT: u16 = 16686;
const PROMETHEUS_PORT: u16 = 9090;
const VICTORIA_LOGS_PORT: u16 = 9428;
/// The slowest twentieth of requests, by operation.
const SLOWEST: &str = "histogram_quantile(0.95, sum by (le, operation) (rate(yousoon_request_duration_seconds_bucket[5m])))";

/// Their ports.
#[derive(Debug)]
pub(super) struct Servers {
    pub(super) jaeger: u16,
    pub(super) prometheus: u16,
    /// VictoriaLogs.
    pub(super) logs: u16,
    /// Where Jaeger takes spans.
    otlp: u16,
    /// The origin's metrics.
    metrics: u16,
}

impl Servers {
    pub(super) fn at_free_ports() -> Result<Self> {
        Ok(Self {
            jaeger: http::free_port()?,
            prometheus: http::free_port()?,
            logs: http::free_port()?,
            otlp: http::free_port()?,
            metrics: http::free_port()?,
        })
    }

    /// At the ports that people know, as far as these are free.
    pub(super) fn at_usual_ports() -> Result<Self> {
        let free = |port| match http::require_free(port, "") {
            Ok(()) => Ok(port),
            Err(_) => http::free_port(),
        };
        Ok(Self {
            jaeger: free(JAEGER_PORT)?,
            prometheus: free(PROMETHEUS_PORT)?,
            logs: free(VICTORIA_LOGS_PORT)?,
            ..Self::at_free_ports()?
        })
    }

    /// What tells the origin to export.
    pub(super) fn variables_of_origin(&self) -> Vec<(&'static str, String)> {
        let metrics = format!("127.0.0.1:{}", self.metrics);
        let otlp = format!("http://127.0.0.1:{}", self.otlp);
        vec![
            ("YOUSOON_LOG", "json".to_owned()),
            ("YOUSOON_METRICS_LISTEN", metrics),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", otlp),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc".to_owned()),
            ("OTEL_TRACES_SAMPLER_ARG", "1".to_owned()),
            ("OTEL_BSP_SCHEDULE_DELAY", "500".to_owned()),
        ]
    }

    /// Starts all three in folders of their own in `data_dir`.
    pub(super) fn start(
        &self,
        programs: &Programs,
        data_dir: &Path,
        processes: &mut Processes,
    ) -> Result<()> {
        let dir = |name: &str| -> Result<_> {
            let dir = data_dir.join(name);
            fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
            Ok(dir)
        };
        processes.start(
            "jaeger",
            &mut self.jaeger(&programs.jaeger, &dir("jaeger")?)?,
        )?;
        let prometheus = &mut self.prometheus(&programs.prometheus, &dir("prometheus")?)?;
        processes.start("prometheus", prometheus)?;
        let mut logs = Command::new(&programs.victoria_logs);
        logs.arg(format!("-httpListenAddr=127.0.0.1:{}", self.logs))
            .arg(format!("-storageDataPath={}", dir("logs-store")?.display()))
            .args(["-retentionPeriod=30d", "-loggerLevel=WARN"]);
        processes.start("victoria-logs", &mut logs)?;
        for (name, port, path) in [
            ("Jaeger", self.jaeger, "/api/services"),
            ("Prometheus", self.prometheus, "/-/ready"),
            ("VictoriaLogs", self.logs, "/health"),
        ] {
            processes.wait_until(name, START_LIMIT, || http::is_ready(port, path))?;
        }
        Ok(())
    }

    fn jaeger(&self, program: &Path, dir: &Path) -> Result<Command> {
        let root = checkout::root();
        let at = |port: u16| format!("127.0.0.1:{port}");
        let mut jaeger = Command::new(program);
        jaeger
            .arg("--config")
            .arg(root.join("deploy/monitoring/jaeger.yaml"))
            .env("JAEGER_DIR", dir)
            // The program is built without pages of its own.
            .env("JAEGER_PAGES", root.join("xtask/observe/traces"))
            .env("JAEGER_OTLP", at(self.otlp))
            .env("JAEGER_QUERY", at(self.jaeger))
            .env("JAEGER_QUERY_GRPC", at(http::free_port()?))
            .env("JAEGER_HEALTH", at(http::free_port()?));
        Ok(jaeger)
    }

    fn prometheus(&self, program: &Path, dir: &Path) -> Result<Command> {
        let rules = checkout::root().join("deploy/monitoring/rules.yaml");
        // What is in deploy/monitoring finds its targets in a cluster.
        let config = json!({
            "global": {"scrape_interval": "2s", "evaluation_interval": "5s"},
            "rule_files": [rules],
            "scrape_configs": [{
                "job_name": "yousoon",
                "static_configs": [{"targets": [format!("127.0.0.1:{}", self.metrics)]}],
            }],
        });
        let file = dir.join("prometheus.yaml");
        // All JSON is YAML.
        fs::write(&file, config.to_string())
            .with_context(|| format!("cannot write {}", file.display()))?;
        let mut prometheus = Command::new(program);
        prometheus
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", dir.display()))
            .arg(format!(
                "--web.listen-address=127.0.0.1:{}",
                self.prometheus
            ))
            .args(["--enable-feature=exemplar-storage", "--log.level=warn"]);
        Ok(prometheus)
    }

    /// Where to look.
    pub(super) fn print(&self) {
        let Self {
            jaeger,
            prometheus,
            logs,
            ..
        } = self;
        let slowest = http::percent_encode(SLOWEST);
        let answered = http::percent_encode("_msg:answered");
        println!(
            "
seen from outside, while some traffic runs:
  traces   http://127.0.0.1:{jaeger}/
  metrics  http://127.0.0.1:{prometheus}/graph?g0.expr={slowest}&g0.tab=0&g0.range_input=15m&g0.show_exemplars=1
  alerts   http://127.0.0.1:{prometheus}/alerts (OriginDown is right: a cluster has two servers of each role)
  log      http://127.0.0.1:{logs}/select/vmui/#/?query={answered}&g0.range_input=15m

Ctrl-C stops everything."
        );
    }
}
