//! `cargo xtask image`: the origin's image, made without a container engine and tried in an empty root.

mod architecture;
mod container;
mod layout;
mod programs;
mod toolbox;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::image::architecture::Architecture;
use crate::image::layout::Layout;
use crate::image::toolbox::Toolbox;
use crate::{checkout, debian, progress};

/// What the image is to stay below, compressed.
const LIMIT_MIB: f64 = 25.0;
const NAME: &str = "yousoon";

/// Make the origin's image as an OCI archive, with the list of its crates.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The machines that it is for.
    #[arg(long, value_enum, default_value_t = Architecture::Amd64)]
    arch: Architecture,
    /// The version in its label.
    #[arg(long, default_value = "development")]
    version: String,
    /// Also look for known vulnerabilities in the advisories of RustSec, in this folder or, with
    /// "online", as they are published.
    #[arg(long, value_name = "FOLDER|online")]
    advisories: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let arch = options.arch;
    let out = checkout::target_dir()?.join("images").join(arch.oci());
    let toolbox = Toolbox::ensure(options)?;
    let buildah = debian::ensure("buildah", "buildah")?;
    debian::ensure("zstd", "zstd")?;
    let runner = arch.runner()?;
    let built = programs::build(&toolbox, arch)?;
    let files = out.join("files");
    stage(&built, &runner, &files.join("image"))?;
    let layout = out.join("layout");
    commit(&buildah, options, &out, &layout)?;
    let image = Layout::read(&layout)?;
    let bom = out.join("sbom.cdx.json");
    programs::write_bom(&toolbox, &built, &bom)?;
    if let Some(advisories) = &options.advisories {
        programs::scan(&toolbox, &built, advisories)?;
    }
    let archive = out.join("yousoon.oci.tar");
    progress::step(
        "writing the archive",
        Command::new("tar")
            .args(["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "-cf"])
            .arg(&archive)
            .arg("-C")
            .arg(&layout)
            .args(["blobs", "index.json", "oci-layout"]),
    )?;
    let started = container::try_out(&image, &runner, &out.join("root"))?;
    report(&image, &started, &archive, &bom)
}

/// The files of the image, as they are in it.
fn stage(built: &programs::Built, runner: &[PathBuf], image: &Path) -> Result<()> {
    if image.exists() {
        fs::remove_dir_all(image)?;
    }
    fs::create_dir_all(image)?;
    for program in [&built.yousoon, &built.pq] {
        let name = program.file_name().context("a program has a name")?;
        copy(program, &image.join(name), 0o555)?;
    }
    let root = checkout::root();
    let manifest = image.join("manifest.json");
    progress::step(
        "building the manifest of persisted queries",
        architecture::command(runner, &image.join("pq"))
            .arg("build")
            .arg("--schema")
            .arg(root.join("docs/schema.graphql"))
            .arg("--operations")
            .arg(root.join("persisted-queries/operations"))
            .arg("--out")
            .arg(&manifest),
    )?;
    fs::set_permissions(&manifest, fs::Permissions::from_mode(0o444))?;
    Ok(())
}

fn copy(from: &Path, to: &Path, mode: u32) -> Result<()> {
    fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    fs::set_permissions(to, fs::Permissions::from_mode(mode))?;
    Ok(())
}

/// Runs the last stage of the Dockerfile on the files, and writes the image as an OCI layout.
fn commit(buildah: &Path, options: &Options, out: &Path, layout: &Path) -> Result<()> {
    let dockerfile = checkout::root().join("deploy/images/Dockerfile");
    let text = fs::read_to_string(&dockerfile)
        .with_context(|| format!("cannot read {}", dockerfile.display()))?;
    let stage = out.join("Dockerfile");
    fs::write(&stage, last_stage(&text)?)?;
    if layout.exists() {
        fs::remove_dir_all(layout)?;
    }
    // The time of the commit, and not now: the same source gives the same digest.
    let revision = git(&["rev-parse", "HEAD"])?;
    let time = git(&["log", "-1", "--format=%ct"])?;
    let context = out.join("files");
    let buildah = || {
        let mut command = Command::new(buildah);
        command
            .arg("--root")
            .arg(out.join("storage"))
            .arg("--runroot")
            .arg(out.join("storage-run"))
            .args(["--storage-driver", "vfs"]);
        command
    };
    let mut build = buildah();
    build
        .args(["build", "--isolation", "chroot", "--format", "oci"])
        .args(["--timestamp", &time, "--arch", options.arch.oci()])
        .args(["--build-arg", &format!("VERSION={}", options.version)])
        .args(["--build-arg", &format!("REVISION={revision}")])
        .arg("--build-context")
        .arg(format!("programs={}", context.display()))
        .arg("-f")
        .arg(&stage)
        .args(["-t", NAME])
        .arg(&context);
    progress::step("making the image", &mut build)?;
    progress::step(
        "compressing the image",
        buildah()
            // A quarter smaller than with gzip; containerd and Docker unpack it.
            .args([
                "push",
                "--compression-format",
                "zstd",
                "--compression-level",
                "19",
                NAME,
            ])
            .arg(format!("oci:{}:{NAME}", layout.display())),
    )?;
    // Each layer is there a second time, uncompressed.
    progress::output_of(buildah().args(["rmi", "--force", "--all"]))?;
    Ok(())
}

/// The Dockerfile from its last `FROM` on.
fn last_stage(dockerfile: &str) -> Result<&str> {
    match dockerfile.rfind("\nFROM ") {
        Some(at) if dockerfile[at..].starts_with("\nFROM scratch\n") => Ok(&dockerfile[at + 1..]),
        Some(_) | None => bail!("the last stage of deploy/images/Dockerfile is not `FROM scratch`"),
    }
}

fn git(arguments: &[&str]) -> Result<String> {
    let mut git = Command::new("git");
    git.args(arguments).current_dir(checkout::root());
    Ok(progress::output_of(&mut git)?.trim().to_owned())
}

fn report(image: &Layout, started: &container::Started, archive: &Path, bom: &Path) -> Result<()> {
    let size_mib = mib(image.compressed_bytes);
    println!(
        "
image: {size_mib:.1} MiB compressed (to stay below {LIMIT_MIB}), {:.1} MiB unpacked, {}
ready {} ms after its start, in an empty root, as {}
memory at rest: {:.1} MiB
archive: {}
crates: {}",
        mib(started.unpacked_bytes),
        image.digest,
        started.ready_ms,
        image.config.user,
        mib(started.resident_bytes),
        archive.display(),
        bom.display(),
    );
    if size_mib >= LIMIT_MIB {
        bail!("the image is too large");
    }
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a size for people, with one decimal"
)]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[cfg(test)]
mod tests {
    use super::last_stage;

    #[test]
    fn the_last_stage_stands_on_nothing() {
        let dockerfile = "FROM rust AS programs\nRUN cargo\n\nFROM scratch\nUSER 1:1\n";
        assert_eq!(last_stage(dockerfile).unwrap(), "FROM scratch\nUSER 1:1\n");
        assert!(last_stage("FROM scratch AS a\n\nFROM debian\nUSER 1:1\n").is_err());
        assert!(last_stage("").is_err());
    }
}
