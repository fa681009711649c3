//! The vitals of a process: whether it was restarted, its memory, and its panics.

use anyhow::{Context, Result};

/// The vitals of a process at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vitals {
    /// The process id; a different one means that it was restarted.
    pub pid: u32,
    /// Its resident memory in kilobytes.
    pub rss_kb: u64,
    /// The number of lines in its log that report a panic.
    pub panics: u64,
}

/// The resident memory of a process in kilobytes.
///
/// # Errors
/// When the process has ended.
pub fn rss_kb(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))
        .with_context(|| format!("process {pid} is gone"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    // A zombie (ended, but not waited for) has no memory.
    let number = number.with_context(|| format!("process {pid} has ended"))?;
    Ok(number.parse()?)
}

/// The id of the descendant of process `of` with this name.
///
/// # Errors
/// When there is none.
pub(crate) fn descendant(of: u32, name: &str) -> Result<u32> {
    let mut parents = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let pid = entry?.file_name().to_string_lossy().parse::<u32>();
        let Ok(pid) = pid else { continue };
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
            continue;
        };
        // The format is `pid (name) state parent …`; the name may contain spaces and brackets.
        let parsed = stat.rsplit_once(") ").and_then(|(before, after)| {
            let name = before.split_once(" (")?.1.to_owned();
            let parent = after.split(' ').nth(1)?.parse::<u32>().ok()?;
            Some((pid, parent, name))
        });
        parents.extend(parsed);
    }
    let mut family = vec![of];
    let mut at = 0;
    while let Some(parent) = family.get(at).copied() {
        for (pid, its_parent, its_name) in &parents {
            if *its_parent == parent {
                if its_name == name {
                    return Ok(*pid);
                }
                family.push(*pid);
            }
        }
        at += 1;
    }
    anyhow::bail!("no {name} among the descendants of {of}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_one_that_there_is_not_has_none() {
        assert!(rss_kb(std::process::id()).unwrap() > 1_000);
        assert!(rss_kb(u32::MAX).is_err());
    }

    #[test]
    fn a_child_is_found_by_its_name() {
        let mut child = std::process::Command::new("sleep")
            .arg("10")
            .spawn()
            .unwrap();
        assert_eq!(descendant(std::process::id(), "sleep").unwrap(), child.id());
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
