//! Knows every write and judges every read: by how much was what it shows out of date?
//!
//! Each offer has one writer at a time, which counts its versions up. A read that was *sent* at `s`
//! and shows version `m` is stale by `s − k`, where `k` is when a later version was first known to
//! be committed; by nothing, when there is none or `k` is not before `s`. A version is known to be
//! committed when its write is acknowledged: that is when its purge is in the log, or its writer has
//! given up on that. A write whose answer was lost may or may not be committed: it is known from the
//! moment that anybody sees it, and held against nobody before.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::figures::Figures;

/// Since the test began.
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
    /// The word in what is printed.
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
    /// The version that its title carries.
    pub version: u64,
}

/// The worst of what one read shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// By how much it was out of date when it was asked for.
    pub stale: Duration,
    /// What was shown, and the later version that was known, when it was out of date.
    pub instead_of: Option<(Shown, u64)>,
}

/// What is known of one write.
#[derive(Clone, Copy, Debug)]
enum Write {
    /// Nobody answered yet; when it was first seen.
    Begun { seen: Option<At> },
    /// Nobody ever will; when it was first seen.
    Lost { seen: Option<At> },
    /// It was answered.
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

/// All writes, and the figures of all reads.
#[derive(Debug, Default)]
pub struct Oracle {
    offers: HashMap<String, Versions>,
    edge: Figures,
    pod: Figures,
}

impl Oracle {
    /// Begins with offers at version 0, which is committed.
    pub fn new(offers: impl IntoIterator<Item = String>) -> Self {
        let known = |offer| (offer, vec![Write::Acknowledged { at: At::ZERO }]);
        Self {
            offers: offers.into_iter().map(known).collect(),
            ..Self::default()
        }
    }

    /// The next version of an offer, before it is written.
    ///
    /// # Errors
    /// When nobody knows the offer.
    pub fn begin_write(&mut self, offer: &str) -> Result<u64> {
        let versions = self.offers.get_mut(offer).context("an unknown offer")?;
        versions.push(Write::Begun { seen: None });
        Ok(versions.len() as u64 - 1)
    }

    /// A write was answered: it is committed.
    ///
    /// # Errors
    /// When it never began.
    pub fn acknowledged(&mut self, offer: &str, version: u64, at: At) -> Result<()> {
        *self.write(offer, version)? = Write::Acknowledged { at };
        Ok(())
    }

    /// A write was not answered, and cannot be any more: it is committed or it never will be.
    ///
    /// # Errors
    /// When it never began.
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

    /// Judges an answer that was asked for at `sent` and was there at `answered`.
    ///
    /// # Errors
    /// When it shows what nobody wrote.
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

    /// A read that got no answer.
    pub fn failed(&mut self, tier: Tier) {
        self.figures_mut(tier).failed();
    }

    /// What the reads of one tier came to.
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

/// The earliest that any later version was known, and which.
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
