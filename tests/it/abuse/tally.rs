//! Counts requests and answers for the summary, and collects all faults.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;

use e2e::Answer;
use pq_core::ErrorCode;

/// How many faults are printed; further ones are only counted.
const SHOWN_FAULTS: usize = 40;

/// The 5xx answers that are intended, as (part of the test, error code).
const DESIGNED: [(&str, ErrorCode); 3] = [
    // The body that `Content-Length` announced did not arrive.
    ("large", ErrorCode::TIMEOUT),
    // The body did not arrive within the time limit of a request.
    ("slow", ErrorCode::TIMEOUT),
    // More passwords arrived at once than are hashed.
    ("mutated", ErrorCode::OVERLOADED),
];

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) status: u16,
    pub(crate) code: &'a str,
    /// The request, so that it can be repeated.
    pub(crate) what: &'a str,
}

#[derive(Debug, Default)]
struct Counts {
    sent: BTreeMap<&'static str, u64>,
    statuses: BTreeMap<u16, u64>,
    codes: BTreeMap<(&'static str, String), u64>,
    designed: BTreeMap<&'static str, u64>,
    /// 5xx answers by workerd itself to invalid HTTP, which never reached the worker.
    by_platform: u64,
    /// 5xx answers that are not intended.
    broken: u64,
    /// Answers with another user's data.
    leaked: u64,
    faults: Vec<String>,
    more_faults: u64,
}

/// The counts of all parts of the test.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Counts>);

impl Tally {
    /// Counts an answer in a part of the test.
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

    /// Counts the answer of an HTTP client, as [`Self::answered`] does.
    pub(crate) fn read(&self, part: &'static str, answer: &Answer, what: &str) {
        let (status, code) = (answer.status, answer.code());
        self.answered(
            part,
            &Seen {
                status,
                code: &code,
                what,
            },
        );
    }

    /// Counts a refusal by workerd itself.
    pub(crate) fn refused_by_platform(&self, part: &'static str) {
        let mut counts = self.0.lock().unwrap();
        *counts.sent.entry(part).or_default() += 1;
        counts.by_platform += 1;
    }

    /// Counts a request that was not answered (the connection was closed).
    pub(crate) fn sent(&self, part: &'static str) {
        *self.0.lock().unwrap().sent.entry(part).or_default() += 1;
    }

    /// Records that an answer has another user's data.
    pub(crate) fn leaked(&self, what: impl fmt::Display) {
        let mut counts = self.0.lock().unwrap();
        counts.leaked += 1;
        counts.fault(&format!("leaked: {what}"));
    }

    /// Records any other fault.
    pub(crate) fn fault(&self, what: impl Into<String>) {
        self.0.lock().unwrap().fault(&what.into());
    }

    /// Records a fault unless `holds` is true.
    pub(crate) fn holds(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.fault(what());
        }
    }

    /// The number of answers with this error code in a part of the test.
    pub(crate) fn in_part(&self, part: &'static str, code: ErrorCode) -> u64 {
        let counts = self.0.lock().unwrap();
        let code = (part, code.as_str().to_owned());
        counts.codes.get(&code).copied().unwrap_or_default()
    }

    /// All faults, one per line; empty if there are none.
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

/// The summary, on one line.
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
