//! What the copy knows of one position of the log, for those who name positions to others.

use cache_core::{Digest, LogId, Revision};

use super::PurgeFeed;

/// A position that the copy has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The copy's log.
    pub log: LogId,
    /// The digest there, if the copy remembers it.
    pub digest: Option<Digest>,
    /// Whether the database attests it, see [`super::Position::attested`]. If it does not, only the
    /// digest tells this record from another one that may get the same revision.
    pub is_attested: bool,
}

impl PurgeFeed {
    /// What is known of a position; `None` if it is not between the copy's horizon and its head.
    pub fn place(&self, revision: Revision) -> Option<Place> {
        let state = self.read();
        let copy = state.copy.as_ref()?;
        let is_within = copy.horizon() <= revision && revision <= copy.head();
        is_within.then(|| Place {
            log: copy.id(),
            digest: state.chain.digest_at(revision),
            is_attested: revision <= state.position.attested,
        })
    }
}

#[cfg(test)]
mod tests {
    use cache_core::{PurgeKind, PurgeRecord, Tip};

    use super::*;
    use crate::{
        chain::Page,
        clock::{Clock, Moment},
        feed::Extent,
    };

    const LOG: LogId = LogId::from_bytes([1; 16]);

    #[test]
    fn a_position_is_known_within_the_copy_and_attested_up_to_where_the_database_says() {
        let feed = PurgeFeed::new(Clock::new(|| 0));
        assert_eq!(feed.place(Revision::ZERO), None);
        let digest = |byte| Digest::from_bytes([byte; 8]);
        let extent = Extent {
            log: LOG,
            horizon: Revision(4),
            tip: Tip {
                revision: Revision(5),
                digest: digest(5),
            },
            attested: Revision(5),
            complete_at: Moment::default(),
        };
        let record = |revision| PurgeRecord {
            revision: Revision(revision),
            tags: Vec::new(),
            kind: PurgeKind::Hard,
        };
        let page = |revision: u8| Page {
            base: digest(revision - 1),
            records: vec![record(u64::from(revision))],
            digests: vec![digest(revision)],
        };
        let check = feed.begin_check();
        feed.take_up(&extent);
        feed.append(LOG, &page(5)).unwrap();
        feed.confirm(&extent, check);
        feed.heard(LOG, &page(6));
        let known = |revision: u8, is_attested| {
            Some(Place {
                log: LOG,
                digest: Some(digest(revision)),
                is_attested,
            })
        };
        let table = [
            (3, None),
            (4, known(4, true)),
            (5, known(5, true)),
            (6, known(6, false)),
            (7, None),
        ];
        for (revision, expected) in table {
            assert_eq!(feed.place(Revision(revision)), expected, "{revision}");
        }
    }
}
