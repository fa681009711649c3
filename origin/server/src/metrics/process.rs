//! What the process takes of the machine, from `/proc`, and what its runtime does.

use std::{
    fmt, fs,
    time::{SystemTime, UNIX_EPOCH},
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
    registry::Unit,
};
use tokio::runtime::{Handle, RuntimeMetrics};

use super::gauge;

/// What the kernel counts processor time in, a hundredth of a second on every Linux.
const TICKS_PER_S: f64 = 100.0;
const PAGE_BYTES: i64 = 4_096;
/// Where a process's own processor time stands in `/proc/self/stat`, counted after its name.
const USER_TICKS: usize = 11;
const SYSTEM_TICKS: usize = 12;

#[derive(Debug)]
pub(super) struct Process {
    began_s: f64,
    runtime: Option<RuntimeMetrics>,
}

impl Process {
    pub(super) fn begin() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            began_s: now.unwrap_or_default().as_secs_f64(),
            runtime: Handle::try_current().ok().map(|handle| handle.metrics()),
        }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let metric = encoder.encode_descriptor(
            "process_cpu",
            "Processor time that the process has taken.",
            Some(&Unit::Seconds),
            MetricType::Counter,
        )?;
        ConstCounter::new(cpu_s().unwrap_or_default()).encode(metric)?;
        let metric = encoder.encode_descriptor(
            "process_start_time",
            "When the process began to measure, since the Unix epoch.",
            Some(&Unit::Seconds),
            MetricType::Gauge,
        )?;
        ConstGauge::new(self.began_s).encode(metric)?;
        let metric = encoder.encode_descriptor(
            "process_resident_memory",
            "Memory that the process has in RAM.",
            Some(&Unit::Bytes),
            MetricType::Gauge,
        )?;
        ConstGauge::new(resident_bytes().unwrap_or_default()).encode(metric)?;
        let files = open_files().unwrap_or_default();
        gauge(
            &mut encoder,
            "process_open_files",
            "Open files and sockets.",
            files,
        )?;
        let Some(runtime) = &self.runtime else {
            return Ok(());
        };
        let gauges = [
            (
                "runtime_workers",
                "Threads that run tasks.",
                runtime.num_workers(),
            ),
            (
                "runtime_tasks",
                "Tasks that have not ended.",
                runtime.num_alive_tasks(),
            ),
            (
                "runtime_waiting_tasks",
                "Tasks that are ready and in no worker's own queue.",
                runtime.global_queue_depth(),
            ),
        ];
        for (name, help, count) in gauges {
            gauge(&mut encoder, name, help, count)?;
        }
        Ok(())
    }
}

fn cpu_s() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name is in parentheses, and may have spaces in it.
    let (_name, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |place: usize| fields.get(place)?.parse::<f64>().ok();
    Some((ticks(USER_TICKS)? + ticks(SYSTEM_TICKS)?) / TICKS_PER_S)
}

fn resident_bytes() -> Option<i64> {
    let pages = fs::read_to_string("/proc/self/statm").ok()?;
    let resident: i64 = pages.split_whitespace().nth(1)?.parse().ok()?;
    Some(resident * PAGE_BYTES)
}

fn open_files() -> Option<usize> {
    Some(fs::read_dir("/proc/self/fd").ok()?.count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_tells_what_this_process_takes() {
        let began = cpu_s().unwrap();
        let until = std::time::Instant::now() + std::time::Duration::from_millis(50);
        while std::time::Instant::now() < until {}
        assert!(cpu_s().unwrap() > began);
        assert!(resident_bytes().unwrap() > 1_000_000);
        assert!(open_files().unwrap() > 2);
    }
}
