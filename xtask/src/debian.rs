//! Programs that come from Debian's packages: the one that is there, else installed as root.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::progress;

/// Where servers are that only root's `PATH` names.
const SYSTEM_DIRS: [&str; 2] = ["/usr/local/sbin", "/usr/sbin"];

/// The program's path. It is installed when it is missing and this is root on Debian or Ubuntu.
pub(crate) fn ensure(program: &str, package: &str) -> Result<PathBuf> {
    if let Some(found) = find(program) {
        return Ok(found);
    }
    if find("apt-get").is_none() {
        bail!("{program} is missing: install it, then try again");
    }
    if progress::output_of(Command::new("id").arg("-u"))?.trim() != "0" {
        bail!("{program} is missing: run apt-get install {package} as root, then try again");
    }
    progress::step(
        &format!("installing {package} (about 30 s)"),
        Command::new("sh")
            .args([
                "-c",
                "apt-get update -qq && apt-get install -y -qq --no-install-recommends \"$0\"",
                package,
            ])
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )?;
    find(program).with_context(|| format!("the package {package} brought no {program}"))
}

fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(SYSTEM_DIRS.map(PathBuf::from))
        .map(|dir| dir.join(program))
        .find(|candidate| is_file(candidate))
}

fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file())
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn a_program_is_found_on_the_path() {
        assert!(find("sh").is_some_and(|path| path.is_absolute()));
        assert_eq!(find("no-such-program-anywhere"), None);
    }
}
