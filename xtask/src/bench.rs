//! What the benchmarks share: contenders that answer the same bytes on this machine, loaded one at
//! a time and in turns, so that what disturbs the machine disturbs all of them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::processes::Processes;
use crate::progress;

mod contender;
mod figure;
mod machine;
mod probe;
mod rounds;
mod wrk;

pub(crate) use contender::{Asked, Comparison, Contender, Proof, Turns, Workload};
pub(crate) use figure::{
    FILE as FIGURES_FILE, Figure, Target, header as figures_header, read as read_figures,
};
pub(crate) use machine::{Machine, value_of as proc_value};
pub(crate) use rounds::{Rounds, median};
pub(crate) use wrk::require as require_wrk;

/// A cache's first answers come from behind it, and it may store them beside the request.
const WARM_LIMIT: Duration = Duration::from_secs(30);

/// Loads every contender in every round. What it prints and writes is in `dir` afterwards.
pub(crate) fn measure(
    processes: &mut Processes,
    turns: &Turns,
    contenders: &[Contender],
    workload: &Workload,
    dir: &Path,
) -> Result<Rounds> {
    let paths = dir.join("paths");
    let lines: Vec<&str> = workload.0.iter().map(|asked| &*asked.path).collect();
    fs::write(&paths, lines.join("\n") + "\n")
        .with_context(|| format!("cannot write {}", paths.display()))?;
    for contender in contenders {
        warm(processes, contender, workload)?;
    }
    let mut rounds = Rounds::default();
    for number in 1..=turns.rounds {
        progress::announce(&format!("round {number} of {}", turns.rounds));
        for contender in contenders {
            // What was warm may have come to its end while the others had their turns.
            warm(processes, contender, workload)?;
            rounds.add(
                contender.name,
                wrk::run(processes, turns, contender.port, &paths, dir)?,
            )?;
            // Also after it: what was measured is what was meant.
            probe::check(contender, workload)?;
        }
    }
    Ok(rounds)
}

/// Asks for everything until every answer is what is to be measured.
fn warm(processes: &mut Processes, contender: &Contender, workload: &Workload) -> Result<()> {
    for asked in &workload.0 {
        let mut last = Ok(());
        let warmed = processes.wait_until(contender.label, WARM_LIMIT, || {
            last = probe::check_answer(contender, asked);
            last.is_ok()
        });
        warmed.or_else(|error| last.and(Err(error)))?;
    }
    Ok(())
}
