//! Appends to the purge feed one line of arbitrary text after the other. The feed's position never goes
//! back in one log, its records have no gaps, and the same append twice is the same.
#![no_main]

use edge_core::feed::{Append, FeedState};
use libfuzzer_sys::fuzz_target;

const NOW_MS: u64 = 1_000_000;

fuzz_target!(|text: &str| {
    let mut state = FeedState::default();
    for line in text.lines() {
        let Ok(append) = serde_json::from_str::<Append>(line) else {
            continue;
        };
        let Ok(accepted) = state.accept(&append, NOW_MS) else {
            continue;
        };
        let next = accepted.state;
        assert_eq!(next.log, Some(append.log));
        assert!(next.horizon <= next.head);
        if state.log == next.log && !accepted.reset {
            assert!(next.head >= state.head, "the feed went back");
        }
        let mut revisions = accepted.records.iter().map(|record| record.revision.0);
        if let Some(first) = revisions.next() {
            let last = revisions.fold(first, |before, after| {
                assert_eq!(before + 1, after, "a gap");
                after
            });
            assert_eq!(last, next.head.0);
        }
        let again = next.accept(&append, NOW_MS);
        assert_eq!(
            again.map(|again| (again.state.log, again.state.head)),
            Ok((next.log, next.head))
        );
        state = next;
    }
});
