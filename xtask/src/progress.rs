//! One line before a long step and one after it; the step's own output only when it fails.

use std::io::{ErrorKind, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// How many lines of a failed command's output are worth showing.
const TAIL_LINES: usize = 25;

/// Runs a command under a progress line. Its output is shown only when it fails.
pub(crate) fn step(title: &str, command: &mut Command) -> Result<()> {
    announce(title);
    let started = Instant::now();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| not_started(command, &error))?;
    if !output.status.success() {
        let all = [output.stdout, output.stderr].concat();
        eprintln!("{}", tail(&String::from_utf8_lossy(&all)));
        bail!("{}", failure(title, output.status));
    }
    done(started);
    Ok(())
}

/// Runs a command that reports its own progress, such as cargo.
pub(crate) fn step_with_output(title: &str, command: &mut Command) -> Result<()> {
    announce(title);
    let started = Instant::now();
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| not_started(command, &error))?;
    if !status.success() {
        bail!("{}", failure(title, status));
    }
    done(started);
    Ok(())
}

/// What a short command prints on stdout.
pub(crate) fn output_of(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| not_started(command, &error))?;
    if !output.status.success() {
        bail!(
            "{} failed ({}): {}",
            command.get_program().display(),
            output.status,
            tail(&String::from_utf8_lossy(&output.stderr))
        );
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("{} printed no UTF-8", command.get_program().display()))
}

/// The title without what it says of the duration.
pub(crate) fn failure(title: &str, status: ExitStatus) -> String {
    let title = title.split(" (").next().unwrap_or(title);
    format!("{title} failed ({status}): the reason is above")
}

pub(crate) fn announce(title: &str) {
    println!("• {title} …");
    // The next lines come from other processes: ours must be out before theirs.
    let _ = std::io::stdout().flush();
}

pub(crate) fn done(started: Instant) {
    println!("  done in {} s", started.elapsed().as_secs_f64().round());
}

pub(crate) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

pub(crate) fn not_started(command: &Command, error: &std::io::Error) -> anyhow::Error {
    let program = command.get_program().display();
    if error.kind() == ErrorKind::NotFound {
        anyhow::anyhow!("{program} is missing: install it, then try again")
    } else {
        anyhow::anyhow!("{program} does not start: {error}")
    }
}
