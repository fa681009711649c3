//! Embedded stores with many sample offers. Seeding takes minutes, so they are kept for the next run.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

use crate::binaries::Binaries;
use crate::checkout;
use crate::origin::{self, Settings};
use crate::processes::Processes;

/// The rows come from these: a store that was made from others is made anew.
const SOURCES: [&str; 3] = [
    "origin/store-sqlite/src/migrations.rs",
    "origin/domain/src/catalogue/sample.rs",
    "origin/domain/src/catalogue/sample/words.rs",
];
const WEEK: Duration = Duration::from_hours(7 * 24);

/// The folder of a whole system with so many offers.
pub(super) fn folder(offers: u32) -> Result<PathBuf> {
    let all = checkout::target_dir()?.join("bench-lists");
    Ok(all.join(offers.to_string()))
}

/// Makes the store unless there is a current one; gives the time that it took.
pub(super) fn ensure(
    settings: &Settings<'_>,
    binaries: &Binaries,
    processes: &mut Processes,
) -> Result<Option<Duration>> {
    let folder = settings.data_dir;
    let (stamp, wanted) = (folder.join("made-from"), made_from()?);
    if fs::read_to_string(&stamp).is_ok_and(|from| from == wanted) {
        return Ok(None);
    }
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let title = format!(
        "seeding {} offers (a million take minutes)",
        settings.offers
    );
    let began = Instant::now();
    processes.run_step(&title, &mut origin::seeding(settings, binaries))?;
    let took = began.elapsed();
    // Last: a store that was not finished is made anew.
    fs::write(stamp, wanted)?;
    Ok(Some(took))
}

/// All that decides which rows there are, in one text.
fn made_from() -> Result<String> {
    // Sample offers begin and end around the day on which they are made.
    let weeks = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() / WEEK.as_secs();
    let mut all = format!("week {weeks}\n");
    for source in SOURCES {
        let path = checkout::root().join(source);
        let text = fs::read_to_string(&path);
        all.push_str(&text.with_context(|| format!("cannot read {}", path.display()))?);
    }
    Ok(all)
}
