//! The oracle: it records every write, and computes for every read by how much its answer was out of
//! date.
//!
//! Each offer has one writer at a time, which numbers the offer's versions. A read that was *sent* at
//! `s` and shows version `m` is stale by `s − k`, where `k` is when a later version was first known
//! to be committed; it is not stale if there is none or `k` is not before `s`. A version is known to
//! be committed when its write is acknowledged; then its purge is in the log, or its writer has given
//! up waiting for that. A write whose answer was lost may or may not be committed. It counts from the
//! moment any read shows it.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::figures::Figures;

/// A moment: the time since the test began.
pub type At = Duration;

/// Where an answer came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tier {
    /// The edge.
    Edge,
    /// An origin itself.
    Pod,
}

impl Tier {
    /// The name in printed figures.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Edge => "edge",
            Self::Pod => "pod",
        }
    }
}

/// An offer in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its id.
    pub offer: String,
    /// The version in its title.
    pub version: u64,
}

/// The staleness of one read: that of the most stale offer in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// By how much the offer was out of date when the read was sent.
    pub stale: Duration,
    /// The stale offer, and the later version that was already known; `None` if nothing was stale.
    pub instead_of: Option<(Shown, u64)>,
}

/// The state of one write. `seen` is when a read first showed it.
#[derive(Clone, Copy, Debug)]
enum Write {
    /// It is not answered yet.
    Begun { seen: Option<At> },
    /// Its answer was lost.
    Lost { seen: Option<At> },
    /// It was acknowledged.
    Acknowledged { at: At },
}

impl Write {
    const fn known(self) -> Option<At> {
        match self {
            Self::Begun { .. } => None,
            Self::Lost { seen } => seen,
            Self::Acknowledged { at } => Some(at),
        }
    }

    fn see(&mut self, at: At) {
        match self {
            Self::Begun { seen } | Self::Lost { seen } => {
                *seen = Some(seen.map_or(at, |first| first.min(at)));
            }
            Self::Acknowledged { .. } => {}
        }
    }
}

/// The writes of one offer; the index is the version.
type Versions = Vec<Write>;

/// All writes, and the statistics of all reads.
#[derive(Debug, Default)]
pub struct Oracle {
    offers: HashMap<String, Versions>,
    edge: Figures,
    pod: Figures,
}

impl Oracle {
    /// An oracle for these offers; their version 0 is committed.
    pub fn new(offers: impl IntoIterator<Item = String>) -> Self {
        let known = |offer| (offer, vec![Write::Acknowledged { at: At::ZERO }]);
        Self {
            offers: offers.into_iter().map(known).collect(),
            ..Self::default()
        }
    }

    /// Begins a write; returns the offer's next version.
    ///
    /// # Errors
    /// When the offer is unknown.
    pub fn begin_write(&mut self, offer: &str) -> Result<u64> {
        let versions = self.offers.get_mut(offer).context("an unknown offer")?;
        versions.push(Write::Begun { seen: None });
        Ok(versions.len() as u64 - 1)
    }

    /// Notes that a write was acknowledged: it is committed.
    ///
    /// # Errors
    /// When the write never began.
    pub fn acknowledged(&mut self, offer: &str, version: u64, at: At) -> Result<()> {
        *self.write(offer, version)? = Write::Acknowledged { at };
        Ok(())
    }

    /// Notes that the answer to a write was lost: it is already committed, or it never will be.
    ///
    /// # Errors
    /// When the write never began.
    pub fn lost(&mut self, offer: &str, version: u64) -> Result<()> {
        let write = self.write(offer, version)?;
        if let Write::Begun { seen } = *write {
            *write = Write::Lost { seen };
        }
        Ok(())
    }

    fn write(&mut self, offer: &str, version: u64) -> Result<&mut Write> {
        let versions = self.offers.get_mut(offer);
        let write = versions.and_then(|all| all.get_mut(usize::try_from(version).ok()?));
        write.with_context(|| format!("nobody wrote version {version} of the offer {offer}"))
    }

    /// Judges a read that was sent at `sent` and answered at `answered`.
    ///
    /// # Errors
    /// When it shows a version that nobody wrote.
    pub fn read(&mut self, tier: Tier, sent: At, answered: At, all: &[Shown]) -> Result<Judgement> {
        let mut worst = Judgement::default();
        for shown in all {
            self.write(&shown.offer, shown.version)?.see(answered);
            let (stale, instead_of) = stale_by(&self.offers[&shown.offer], shown.version, sent);
            if stale > worst.stale {
                worst = Judgement {
                    stale,
                    instead_of: instead_of.map(|later| (shown.clone(), later)),
                };
            }
        }
        self.figures_mut(tier).answered(worst.stale);
        Ok(worst)
    }

    /// Counts a read without an answer.
    pub fn failed(&mut self, tier: Tier) {
        self.figures_mut(tier).failed();
    }

    /// The newest version of an offer that is acknowledged.
    pub fn newest(&self, offer: &str) -> Option<u64> {
        let versions = self.offers.get(offer)?;
        let is_acknowledged = |write: &Write| matches!(write, Write::Acknowledged { .. });
        versions
            .iter()
            .rposition(is_acknowledged)
            .map(|at| at as u64)
    }

    /// Whether a write of a version after this one has begun.
    pub fn has_later(&self, offer: &str, version: u64) -> bool {
        let versions = self.offers.get(offer).map_or(0, Vec::len);
        versions as u64 > version + 1
    }

    /// The statistics of the reads of one tier.
    pub const fn figures(&self, tier: Tier) -> &Figures {
        match tier {
            Tier::Edge => &self.edge,
            Tier::Pod => &self.pod,
        }
    }

    const fn figures_mut(&mut self, tier: Tier) -> &mut Figures {
        match tier {
            Tier::Edge => &mut self.edge,
            Tier::Pod => &mut self.pod,
        }
    }
}

/// By how much a version was stale when the read was sent, and the later version that was known
/// first.
fn stale_by(versions: &[Write], shown: u64, sent: At) -> (Duration, Option<u64>) {
    let after = usize::try_from(shown).map_or(usize::MAX, |shown| shown.saturating_add(1));
    let later = (shown + 1..).zip(versions.iter().skip(after));
    match later
        .filter_map(|(later, write)| Some((write.known()?, later)))
        .min()
    {
        Some((at, later)) if at < sent => (sent.saturating_sub(at), Some(later)),
        Some(_) | None => (Duration::ZERO, None),
    }
}

#[cfg(test)]
mod tests;
