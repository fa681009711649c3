//! Requested purges: the GraphQL mutation and the command line both call this function.

use cache_core::{PurgeKind, Revision, Tag, geo};
use domain::{GeoPoint, OfferId, PartnerId, StoreError, purges::PendingPurge, tags};
use pq_core::DocumentHash;

use super::PurgeLog;

/// The maximum length of a reason, in characters.
const MAX_REASON_CHARS: usize = 200;

/// What to purge.
#[derive(Clone, Debug, PartialEq)]
pub enum PurgeTarget {
    Offer(OfferId),
    Partner(PartnerId),
    Tag(Tag),
    /// Every list whose search disk may contain this place.
    Geo(GeoPoint),
    /// Every answer to one document.
    Document(DocumentHash),
    Everything,
}

/// Whether the purge is carried out or only previewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    Real,
    Dry,
}

/// What caches do after the purge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Afterwards {
    /// They make an answer anew when somebody asks for it.
    Wait,
    /// They make their hottest answers anew at once, as far as these may not be served any more.
    Warm,
}

/// Why a purge is requested: 1 to 200 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason(String);

impl Reason {
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = !text.is_empty()
            && text.chars().count() <= MAX_REASON_CHARS
            && !text.contains(char::is_control);
        fits.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[derive(Clone, Debug)]
pub struct PurgeRequest {
    pub target: PurgeTarget,
    pub kind: PurgeKind,
    pub run: Run,
    pub afterwards: Afterwards,
    pub reason: Reason,
    /// Who requests the purge, for the audit.
    pub actor: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurgeReport {
    /// None for a preview, or when the purge waits in the outbox because the log cannot be reached.
    pub revision: Option<Revision>,
    pub tags: Vec<Tag>,
}

impl PurgeTarget {
    /// The cache tags of this target.
    pub fn tags(&self) -> Vec<Tag> {
        match self {
            Self::Offer(id) => vec![tags::offer(id)],
            Self::Partner(id) => vec![tags::partner(id)],
            Self::Tag(tag) => vec![tag.clone()],
            Self::Geo(place) => geo::cells_of(place.lat, place.lng)
                .into_iter()
                .map(Tag::geo)
                .collect(),
            Self::Document(hash) => vec![tags::document(hash)],
            Self::Everything => vec![Tag::everything()],
        }
    }
}

/// Purges, or previews what would be purged.
pub async fn request(
    log: &PurgeLog,
    request: PurgeRequest,
    now_ms: i64,
) -> Result<PurgeReport, StoreError> {
    let mut tags = request.target.tags();
    match request.afterwards {
        Afterwards::Wait => {}
        // The log tells every cache, and the audit keeps it.
        Afterwards::Warm => tags.push(Tag::warm()),
    }
    let revision = match request.run {
        Run::Dry => None,
        Run::Real => {
            let purge = PendingPurge {
                tags: tags.clone(),
                kind: request.kind,
                reason: request.reason.0,
                actor: request.actor,
            };
            tracing::info!(
                actor = purge.actor,
                kind = purge.kind.as_str(),
                tags = tags.len(),
                "purge"
            );
            log.append(purge, now_ms).await?
        }
    };
    Ok(PurgeReport { revision, tags })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_names_its_tags() {
        let tags = |target: PurgeTarget| Tag::join(&target.tags());
        let id = "0123456789abcdef01234567";
        assert_eq!(
            tags(PurgeTarget::Offer(OfferId::parse(id).unwrap())),
            format!("offer:{id}")
        );
        assert_eq!(
            tags(PurgeTarget::Partner(PartnerId::parse(id).unwrap())),
            format!("partner:{id}")
        );
        assert_eq!(tags(PurgeTarget::Everything), "*");
        let hash = DocumentHash::of("x");
        assert_eq!(
            tags(PurgeTarget::Document(hash)),
            format!("document:{hash}")
        );
        let place = GeoPoint::new(48.8566, 2.3522).unwrap();
        assert_eq!(PurgeTarget::Geo(place).tags().len(), 6);
    }

    #[test]
    fn a_reason_is_a_line() {
        assert!(Reason::parse(" price was wrong ").is_some());
        for bad in ["", "  ", "a\nb", &"é".repeat(201)] {
            assert_eq!(Reason::parse(bad), None);
        }
        assert!(Reason::parse(&"é".repeat(200)).is_some());
    }
}
