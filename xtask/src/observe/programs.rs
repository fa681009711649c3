//! The programs beside the system, installed once.

use std::path::PathBuf;

use anyhow::Result;

use crate::debian;
use crate::golang::Module;

#[derive(Debug)]
pub(crate) struct Programs {
    pub(super) jaeger: PathBuf,
    pub(super) prometheus: PathBuf,
    pub(super) victoria_logs: PathBuf,
}

const JAEGER: Module = Module {
    name: "jaeger",
    path: "github.com/jaegertracing/jaeger",
    version: "v1.76.0",
    package: "./cmd/jaeger",
    duration: "about 5 min",
};

const VICTORIA_LOGS: Module = Module {
    name: "victoria-logs",
    path: "github.com/VictoriaMetrics/VictoriaLogs",
    version: "v1.52.1",
    package: "./app/victoria-logs",
    duration: "about 1 min",
};

impl Programs {
    pub(crate) fn ensure() -> Result<Self> {
        Ok(Self {
            // The package may start a service of its own: nothing here uses it.
            prometheus: debian::ensure("prometheus", "prometheus")?,
            victoria_logs: VICTORIA_LOGS.ensure()?,
            jaeger: JAEGER.ensure()?,
        })
    }
}
