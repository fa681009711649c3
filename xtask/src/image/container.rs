//! Runs the image as a node of Kubernetes would: nothing in the root but its files, which its user may
//! not change, and no right of root.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::layout::Layout;
use crate::processes::{Processes, TemporaryDir};
use crate::{http, progress};

/// All that is in the image.
const FILES: [&str; 3] = ["manifest.json", "pq", "yousoon"];
/// In an emulator everything takes ten times as long.
const START_LIMIT: Duration = Duration::from_mins(1);
const REST: Duration = Duration::from_secs(3);
const NAME: &str = "image";

#[derive(Debug)]
pub(super) struct Started {
    pub(super) ready_ms: u128,
    pub(super) resident_bytes: u64,
    pub(super) unpacked_bytes: u64,
}

/// Unpacks the image into an empty folder, starts it there, and asks `/healthz` and `/readyz`.
pub(super) fn try_out(image: &Layout, runner: &[PathBuf], root: &Path) -> Result<Started> {
    ensure!(
        progress::output_of(Command::new("id").arg("-u"))?.trim() == "0",
        "only root can start a program in another root: the image is made, but was not tried"
    );
    unpack(image, root)?;
    let unpacked_bytes = sizes(root)?;
    let mut programs = vec![image.config.entrypoint[0].clone()];
    // An emulator has to be where the program is.
    for emulator in runner {
        let name = emulator.file_name().context("an emulator has a name")?;
        fs::copy(emulator, root.join(name))?;
        programs.insert(0, Path::new("/").join(name).display().to_string());
    }
    // The embedded store; with MongoDB a pod has no volume.
    let (user, group) = image
        .config
        .user
        .split_once(':')
        .context("a user and a group")?;
    let data = root.join("data");
    fs::create_dir(&data)?;
    std::os::unix::fs::chown(&data, Some(user.parse()?), Some(group.parse()?))?;
    let port = http::free_port()?;
    let mut container = Command::new("chroot");
    container
        .args([&format!("--userspec={}", image.config.user), "--groups="])
        .arg(root)
        .args(&programs)
        .args(&image.config.entrypoint[1..])
        .args(&image.config.cmd)
        .env_clear()
        .envs(
            image
                .config
                .env
                .iter()
                .filter_map(|both| both.split_once('=')),
        )
        .env("YOUSOON_LISTEN", format!("127.0.0.1:{port}"))
        .env("YOUSOON_DATA_DIR", "/data");
    let logs = TemporaryDir::create("image-logs")?;
    let mut processes = Processes::new(logs.path().to_owned())?;
    let began = Instant::now();
    processes.start(NAME, &mut container)?;
    processes.wait_until("the image", START_LIMIT, || http::is_ready(port, "/readyz"))?;
    let ready_ms = began.elapsed().as_millis();
    ensure!(http::is_ready(port, "/healthz"), "/healthz is not 200");
    std::thread::sleep(REST);
    let id = processes.id_of(NAME).context("it runs")?;
    let resident_bytes = processes.memory_of(NAME)?.now_bytes;
    require_user(id, user)?;
    processes.end(NAME, Duration::from_secs(15))?;
    Ok(Started {
        ready_ms,
        resident_bytes,
        unpacked_bytes,
    })
}

fn unpack(image: &Layout, root: &Path) -> Result<()> {
    if root.exists() {
        fs::remove_dir_all(root)?;
    }
    fs::create_dir(root)?;
    for layer in &image.layers {
        progress::output_of(
            Command::new("tar")
                .args(["--numeric-owner", "--zstd", "-xf"])
                .arg(layer)
                .arg("-C")
                .arg(root),
        )?;
    }
    // Nobody may write into it.
    fs::set_permissions(root, fs::Permissions::from_mode(0o555))?;
    Ok(())
}

/// The size of all files; an error if one is not expected, or may be changed by others than root.
fn sizes(root: &Path) -> Result<u64> {
    let mut bytes = 0;
    let mut names = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let mode = metadata.permissions().mode();
        if !metadata.is_file() || mode & 0o7222 != 0 {
            bail!("{} has the mode {mode:o}", entry.path().display());
        }
        bytes += metadata.len();
        names.push(entry.file_name().display().to_string());
    }
    names.sort_unstable();
    ensure!(names == FILES, "the image has the files {names:?}");
    Ok(bytes)
}

fn require_user(id: u32, user: &str) -> Result<()> {
    let path = format!("/proc/{id}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    let users: Vec<&str> = line.unwrap_or_default().split_whitespace().collect();
    ensure!(
        !users.is_empty() && users.iter().all(|found| *found == user),
        "it runs as {users:?} instead of {user}"
    );
    Ok(())
}
