//! The machine that figures were measured on: without it a figure in milliseconds says little.

use std::fmt;
use std::fs;
use std::thread::available_parallelism;

use serde::Serialize;

#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Machine {
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) memory_mib: u64,
}

impl Machine {
    /// Reads what Linux says of it; elsewhere the processor has no name and the memory is 0.
    pub(crate) fn this() -> Self {
        let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let kib = value_of(&memory, "MemTotal").and_then(|total| total.split(' ').next());
        Self {
            cpu: value_of(&cpus, "model name")
                .unwrap_or("unknown")
                .to_owned(),
            cores: available_parallelism().map_or(1, Into::into),
            memory_mib: kib.and_then(|kib| kib.parse().ok()).unwrap_or(0) / 1_024,
        }
    }
}

/// The value of the first line that begins with `name`, in the format of `/proc`.
pub(crate) fn value_of<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim())
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cpu,
            cores,
            memory_mib,
        } = self;
        write!(f, "{cpu}, {cores} cores, {memory_mib} MiB of memory")
    }
}

#[cfg(test)]
mod tests {
    use super::value_of;

    #[test]
    fn values_are_read_by_their_names() {
        let text = "processor\t: 0\nmodel name\t: AMD EPYC 7R13\nMemTotal:       24000 kB\n";
        assert_eq!(value_of(text, "model name"), Some("AMD EPYC 7R13"));
        assert_eq!(value_of(text, "MemTotal"), Some("24000 kB"));
        assert_eq!(value_of(text, "MemFree"), None);
    }
}
