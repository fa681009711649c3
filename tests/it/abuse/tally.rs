//! What was sent and what came back: counts for the summary, and everything that must not be.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;

use pq_core::ErrorCode;

/// As many as are shown whole; the others are counted.
const SHOWN_FAULTS: usize = 40;

/// Answers of 500 and above that are designed, where they are expected: (part, code).
const DESIGNED: [(&str, ErrorCode); 3] = [
    // A body that was announced did not come.
    ("large", ErrorCode::Timeout),
    // The body did not come within the time of a request.
    ("slow", ErrorCode::Timeout),
    // More passwords at once than are worked on.
    ("mutated", ErrorCode::Overloaded),
];

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) status: u16,
    pub(crate) code: &'a str,
    /// What was asked, for whoever has to ask it again.
    pub(crate) what: &'a str,
}

#[derive(Debug, Default)]
struct Counts {
    sent: BTreeMap<&'static str, u64>,
    statuses: BTreeMap<u16, u64>,
    codes: BTreeMap<(&'static str, String), u64>,
    designed: BTreeMap<&'static str, u64>,
    /// 500 and above by workerd, about what is no HTTP and never got to the worker.
    by_platform: u64,
    /// 500 and above that are not designed.
    broken: u64,
    /// Answers of one that another one got.
    leaked: u64,
    faults: Vec<String>,
    more_faults: u64,
}

/// Counts for everybody.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Counts>);

impl Tally {
    /// An answer in a part of the run.
    pub(crate) fn answered(&self, part: &'static str, seen: &Seen<'_>) {
        let mut counts = self.0.lock().unwrap();
        *counts.sent.entry(part).or_default() += 1;
        *counts.statuses.entry(seen.status).or_default() += 1;
        if !seen.code.is_empty() {
            let code = (part, seen.code.to_owned());
            *counts.codes.entry(code).or_default() += 1;
        }
        if seen.status < 500 {
            return;
        }
        let code = ErrorCode::parse(seen.code);
        let designed = DESIGNED
            .into_iter()
            .find(|(where_, which)| *where_ == part && Some(*which) == code);
        if let Some((_, code)) = designed {
            *counts.designed.entry(code.as_str()).or_default() += 1;
        } else {
            counts.broken += 1;
            counts.fault(&format!(
                "{part}: {} {}: {}",
                seen.status, seen.code, seen.what
            ));
        }
    }

    /// workerd's own refusal.
    pub(crate) fn refused_by_platform(&self, part: &'static str) {
        let mut counts = self.0.lock().unwrap();
        *counts.sent.entry(part).or_default() += 1;
        counts.by_platform += 1;
    }

    /// Something that was sent and is not answered by HTTP: a connection.
    pub(crate) fn sent(&self, part: &'static str) {
        *self.0.lock().unwrap().sent.entry(part).or_default() += 1;
    }

    /// Somebody saw what is another one's.
    pub(crate) fn leaked(&self, what: impl fmt::Display) {
        let mut counts = self.0.lock().unwrap();
        counts.leaked += 1;
        counts.fault(&format!("leaked: {what}"));
    }

    /// Anything else that must not be.
    pub(crate) fn fault(&self, what: impl Into<String>) {
        self.0.lock().unwrap().fault(&what.into());
    }

    /// What must not be, unless it holds.
    pub(crate) fn holds(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.fault(what());
        }
    }

    /// How many answers of a part had a code.
    pub(crate) fn in_part(&self, part: &'static str, code: ErrorCode) -> u64 {
        let counts = self.0.lock().unwrap();
        let code = (part, code.as_str().to_owned());
        counts.codes.get(&code).copied().unwrap_or_default()
    }

    /// All that must not be; empty when all is well.
    pub(crate) fn faults(&self) -> String {
        let counts = self.0.lock().unwrap();
        let mut lines = counts.faults.clone();
        if counts.more_faults > 0 {
            lines.push(format!("and {} more", counts.more_faults));
        }
        lines.join("\n")
    }
}

impl Counts {
    fn fault(&mut self, what: &str) {
        let short: String = what.chars().take(600).collect();
        if self.faults.len() < SHOWN_FAULTS && !self.faults.contains(&short) {
            self.faults.push(short);
        } else {
            self.more_faults += 1;
        }
    }
}

fn list<K: fmt::Display>(counts: &BTreeMap<K, u64>) -> String {
    let words: Vec<_> = counts
        .iter()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    words.join(", ")
}

/// One line.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.0.lock().unwrap();
        let total: u64 = counts.sent.values().sum();
        let faults = counts.more_faults + u64::try_from(counts.faults.len()).unwrap();
        write!(
            f,
            "{total} hostile requests ({}); statuses: {}; designed 5xx: {}; \
             workerd's own 5xx: {}; other 5xx: {}; \
             answers of another user: {}; faults in all: {faults}",
            list(&counts.sent),
            list(&counts.statuses),
            if counts.designed.is_empty() {
                "none".to_owned()
            } else {
                list(&counts.designed)
            },
            counts.by_platform,
            counts.broken,
            counts.leaked,
        )
    }
}

#[test]
fn a_designed_refusal_counts_where_it_is_expected_and_nowhere_else() {
    let tally = Tally::default();
    let seen = |status, code| Seen {
        status,
        code,
        what: "x",
    };
    tally.answered("slow", &seen(504, "TIMEOUT"));
    tally.answered("mutated", &seen(400, "INVALID_JSON"));
    assert_eq!(tally.faults(), "");
    tally.answered("mutated", &seen(504, "TIMEOUT"));
    tally.answered("slow", &seen(500, "INTERNAL"));
    assert_eq!(
        tally.faults(),
        "mutated: 504 TIMEOUT: x\nslow: 500 INTERNAL: x"
    );
}
