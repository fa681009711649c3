//! How far a long command is: a bar on a terminal, elsewhere a line every few seconds.

use std::{
    cell::Cell,
    fmt::Write,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

const LINE_EVERY: Duration = Duration::from_secs(5);
const BAR: &str = "{msg} {wide_bar} {pos} of {len}, {rate} a second, {eta} left";

pub(crate) struct Progress {
    bar: ProgressBar,
    last_line: Cell<Instant>,
}

impl Progress {
    /// Of `all` steps; `doing` says what is done, as in `seeding offers`.
    pub(crate) fn new(doing: &'static str, all: usize) -> Self {
        let bar = ProgressBar::new(all as u64).with_message(doing);
        let rate = |state: &ProgressState, out: &mut dyn Write| {
            // What cannot be written is not shown.
            let _ = write!(out, "{:.0}", state.per_sec());
        };
        // The template is ours, and is parsed by a test.
        if let Ok(style) = ProgressStyle::with_template(BAR) {
            bar.set_style(style.with_key("rate", rate));
        }
        Self {
            bar,
            last_line: Cell::new(Instant::now()),
        }
    }

    /// Shows that `done` steps are done.
    pub(crate) fn at(&self, done: usize) {
        self.bar.set_position(done as u64);
        if self.bar.is_hidden() && self.last_line.get().elapsed() >= LINE_EVERY {
            self.last_line.set(Instant::now());
            eprintln!("{}", self.line());
        }
    }

    fn line(&self) -> String {
        let bar = &self.bar;
        format!(
            "{}: {} of {}, {:.0} a second, {} s left",
            bar.message(),
            bar.position(),
            bar.length().unwrap_or_default(),
            bar.per_sec(),
            bar.eta().as_secs()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_one_that_can_be_drawn() {
        ProgressStyle::with_template(BAR).unwrap();
    }

    #[test]
    fn a_line_tells_how_far_it_is_how_fast_and_how_long_it_takes() {
        let progress = Progress::new("seeding offers", 4_000);
        for done in [1_000, 2_000] {
            std::thread::sleep(Duration::from_millis(300));
            progress.at(done);
        }
        let line = progress.line();
        let rest = line.strip_prefix("seeding offers: 2000 of 4000, ").unwrap();
        let (rate, left) = rest.split_once(" a second, ").unwrap();
        assert!(rate.parse::<u32>().unwrap() > 100, "{line}");
        assert!(
            left.strip_suffix(" s left")
                .unwrap()
                .parse::<u64>()
                .unwrap()
                < 60,
            "{line}"
        );
    }
}
