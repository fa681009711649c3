//! Which answers an isolate makes anew by itself when a new log begins or somebody asks for it, and how fast.
//!
//! All of it happens after an answer, in `waitUntil`, which the platform ends after 30 s. One answer is made at
//! a time: a request may have six connections, and clients come first.

use std::rc::Rc;

use cache_core::Heat;

use crate::plan::SharedRead;

/// How many answers are made anew at most by default: each costs a read of KV, a request to the origin and a
/// write to KV.
pub const MOST: usize = 50;
/// The pause after an answer that was made anew, in milliseconds.
pub const PAUSE_MS: u64 = 50;
/// For how long answers are made anew, in milliseconds.
pub const FOR_MS: u64 = 20_000;
/// How many reads are counted at least.
const KEPT: usize = 200;
/// A read with a longer body is not counted, in bytes: memory is scarce.
const MAX_BODY_BYTES: usize = 2_048;
/// When a round is taken to be over, in milliseconds: the platform has ended it.
const OVER_AFTER_MS: u64 = 30_000;

/// The reads that an isolate is asked for most, and whether it makes their answers anew now. All times are in
/// milliseconds since the Unix epoch.
#[derive(Clone, Debug)]
pub struct Warming {
    heat: Heat<Rc<SharedRead>>,
    most: usize,
    began_at_ms: Option<u64>,
}

impl Warming {
    /// Nothing is counted yet; at most `most` answers are made anew at a time, 0 is none.
    pub fn of(most: usize) -> Self {
        Self {
            heat: Heat::keeping(KEPT),
            most,
            began_at_ms: None,
        }
    }

    /// Counts a client's request.
    pub fn saw(&mut self, read: &Rc<SharedRead>) {
        let fits = self.most > 0 && read.origin_body.len() <= MAX_BODY_BYTES;
        self.heat.saw(&read.key, || fits.then(|| Rc::clone(read)));
    }

    /// Whether there is nothing to make anew.
    pub fn is_empty(&self) -> bool {
        self.heat.is_empty()
    }

    /// Begins a round and returns what is to be made anew, hottest first; `None` while another round is under
    /// way. What was hot before counts half afterwards.
    pub fn begin(&mut self, now_ms: u64) -> Option<Vec<Rc<SharedRead>>> {
        let is_under_way = |at_ms: u64| now_ms <= at_ms + OVER_AFTER_MS;
        if self.began_at_ms.is_some_and(is_under_way) {
            return None;
        }
        self.began_at_ms = Some(now_ms);
        let hottest = self.heat.hottest(self.most).into_iter();
        let reads = hottest.map(|(_, read)| read).collect();
        self.heat.cool();
        Some(reads)
    }

    /// The round is over.
    pub const fn end(&mut self) {
        self.began_at_ms = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::key;
    use pq_core::DocumentHash;

    fn read(variables: &str) -> Rc<SharedRead> {
        Rc::new(SharedRead {
            key: key(DocumentHash::of("query A { a }"), variables),
            origin_body: variables.to_owned(),
            candidates_of: None,
        })
    }

    fn bodies(round: Option<Vec<Rc<SharedRead>>>) -> Vec<String> {
        let reads = round.unwrap().into_iter();
        reads.map(|read| read.origin_body.clone()).collect()
    }

    #[test]
    fn the_hottest_are_made_anew_once_at_a_time() {
        let mut warming = Warming::of(MOST);
        assert!(warming.is_empty());
        for (variables, times) in [("a", 2), ("b", 3)] {
            for _ in 0..times {
                warming.saw(&read(variables));
            }
        }
        warming.saw(&read(&"x".repeat(3_000)));
        assert_eq!(bodies(warming.begin(1_000)), ["b", "a"]);
        assert!(warming.begin(1_000 + OVER_AFTER_MS).is_none());
        assert!(
            warming.begin(1_001 + OVER_AFTER_MS).is_some(),
            "the platform has ended it"
        );
        warming.end();
        assert!(warming.begin(1_002 + OVER_AFTER_MS).is_some());
    }

    #[test]
    fn a_round_is_bounded() {
        let mut warming = Warming::of(MOST);
        for number in 0..2 * MOST {
            let read = read(&number.to_string());
            warming.saw(&read);
            warming.saw(&read);
        }
        assert_eq!(bodies(warming.begin(0)).len(), MOST);
        let mut none = Warming::of(0);
        none.saw(&read("a"));
        assert!(none.is_empty());
    }
}
