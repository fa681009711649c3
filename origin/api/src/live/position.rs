//! The ids of events: positions in the purge log. A client that comes back with one is told what came
//! after it.

use std::fmt;

use cache_core::{Digest, LogId, Revision};
use cache_tiered::PurgeFeed;

/// The most bytes of an id.
const ID_BYTES: usize = 100;
/// The part of a position that is after all events of its record.
const WHOLE: u32 = u32::MAX;

/// Where an event is in the log: its record's revision, and which of the record's events it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub revision: Revision,
    part: u32,
}

impl Position {
    /// After everything that the record at this revision tells.
    pub const fn whole(revision: Revision) -> Self {
        let part = WHOLE;
        Self { revision, part }
    }

    /// The positions of so many events of one record, in their order. The last one is the whole record.
    pub fn of_parts(revision: Revision, count: usize) -> impl Iterator<Item = Self> {
        let last = u32::try_from(count.saturating_sub(1)).unwrap_or(WHOLE);
        (0..=last).map(move |part| {
            let part = if part == last { WHOLE } else { part };
            Self { revision, part }
        })
    }

    /// The log's records after this one have all events after this position.
    pub fn read_after(self) -> Revision {
        match self.part {
            WHOLE => self.revision,
            _part => Revision(self.revision.0.saturating_sub(1)),
        }
    }
}

/// What clients call an event: `<log identity>:<revision>`. An event that is not the last one of its
/// record has `.<part>` after it. While the database does not attest the revision, `:<digest>` follows:
/// if the record is lost, another one may get the same revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventId {
    pub log: LogId,
    pub position: Position,
    pub digest: Option<Digest>,
}

impl EventId {
    /// The id of the event at this position of the copy of the log; none if the copy does not have it,
    /// or cannot tell it from another record.
    pub fn at(feed: &PurgeFeed, position: Position) -> Option<Self> {
        let place = feed.place(position.revision)?;
        let digest = if place.is_attested {
            None
        } else {
            Some(place.digest?)
        };
        Some(Self {
            log: place.log,
            position,
            digest,
        })
    }

    /// Reads an id; none if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > ID_BYTES {
            return None;
        }
        let mut parts = text.split(':');
        let (log, position, digest) = (parts.next()?, parts.next()?, parts.next());
        if parts.next().is_some() {
            return None;
        }
        let (revision, part) = match position.split_once('.') {
            Some((revision, part)) => (revision, Some(part)),
            None => (position, None),
        };
        let part = match part {
            Some(part) => number(part).and_then(|part| u32::try_from(part).ok())?,
            None => WHOLE,
        };
        let digest = match digest {
            Some(digest) => Some(digest.parse().ok()?),
            None => None,
        };
        Some(Self {
            log: log.parse().ok()?,
            position: Position {
                revision: Revision(number(revision)?),
                part,
            },
            digest,
        })
    }
}

/// A number without a sign.
fn number(text: &str) -> Option<u64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { revision, part } = self.position;
        write!(f, "{}:{revision}", self.log)?;
        if part != WHOLE {
            write!(f, ".{part}")?;
        }
        match self.digest {
            Some(digest) => write!(f, ":{digest}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "0101010101010101010101010101010f";

    #[test]
    fn an_id_reads_back_and_nothing_else_is_one() {
        let digest = "00010203fcfdfeff";
        let ids = [
            format!("{LOG}:0"),
            format!("{LOG}:12"),
            format!("{LOG}:12.0"),
            format!("{LOG}:12:{digest}"),
            format!("{LOG}:{}.3:{digest}", u64::MAX),
        ];
        for id in ids {
            assert_eq!(EventId::parse(&id).unwrap().to_string(), id);
        }
        let others = [
            String::new(),
            LOG.to_owned(),
            format!("{LOG}:"),
            format!("{LOG}:+1"),
            format!("{LOG}:-1"),
            format!("{LOG}:1."),
            format!("{LOG}:1.2.3"),
            format!("{LOG}:1:"),
            format!("{LOG}:1:{digest}:1"),
            format!("{LOG}:1:abc"),
            format!("{LOG}0:1"),
            format!("{LOG}:18446744073709551616"),
            format!("{LOG}:{}", "0".repeat(100)),
        ];
        for other in others {
            assert_eq!(EventId::parse(&other), None, "{other}");
        }
    }

    #[test]
    fn the_events_of_a_record_are_in_order_and_the_last_one_is_the_whole_record() {
        let revision = Revision(7);
        let parts: Vec<_> = Position::of_parts(revision, 3).collect();
        assert!(parts.is_sorted());
        assert_eq!(parts[2], Position::whole(revision));
        assert!(parts.iter().all(|at| *at > Position::whole(Revision(6))));
        let read_after: Vec<_> = parts.iter().map(|at| at.read_after().0).collect();
        assert_eq!(read_after, [6, 6, 7]);
        let one: Vec<_> = Position::of_parts(revision, 1).collect();
        assert_eq!(one, [Position::whole(revision)]);
    }
}
