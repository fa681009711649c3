//! What tests store and ask.

use access::random;
use catalogue_index::Index;
use domain::catalogue::sample;
use domain::{
    GeoPoint, InvitationId, Offer, OfferId, StoreError,
    auth::codes::StoredCode,
    catalogue::Family,
    offers::store::{Near, OfferQuery, Sample},
    queue::{NewTask, Nonce},
    sentence::Language,
    team::{
        Invitation, InvitationToken,
        store::{Invited, TeamStore},
    },
};
use yousoon::database::Database;

pub(crate) const NOW_MS: i64 = 1_790_000_000_000;
pub(crate) const DAY_MS: i64 = 86_400_000;

pub(crate) fn point(lat: f64, lng: f64) -> GeoPoint {
    GeoPoint::new(lat, lng).unwrap()
}

pub(crate) fn paris() -> GeoPoint {
    point(48.8566, 2.3522)
}

pub(crate) fn near(centre: GeoPoint, max_distance_km: f64) -> Near {
    Near {
        centre,
        max_distance_km,
    }
}

pub(crate) fn is_visible(offer: &Offer) -> bool {
    offer.is_active && offer.valid_from_ms <= NOW_MS && NOW_MS < offer.valid_until_ms
}

/// An offer in Paris that everybody sees, of the partner of [`family`].
pub(crate) fn offer(name: &str) -> Offer {
    let template = sample_family().offers.remove(0);
    Offer {
        id: OfferId::derive("contract", name),
        valid_from_ms: 0,
        valid_until_ms: NOW_MS + 1_000 * DAY_MS,
        is_active: true,
        location: paris(),
        ..template
    }
}

/// One partner with these offers.
pub(crate) fn family(offers: Vec<Offer>) -> Family {
    Family {
        offers,
        ..sample_family()
    }
}

fn sample_family() -> Family {
    sample::families(1, NOW_MS).next().unwrap()
}

/// The ids of the first hundred that the catalogue index finds, once it has read this database.
pub(crate) async fn listed(db: &Database, query: OfferQuery) -> Vec<OfferId> {
    let read = db.offers.all_listings().next(9_999).await.unwrap();
    assert_eq!(read.corrupt, []);
    let mut index = Index::default();
    for listing in &read.found {
        index.put(listing, query.now_ms);
    }
    let query = OfferQuery {
        first: 100,
        ..query
    };
    let found = index.answer(&query).unwrap();
    found.items.into_iter().map(|hit| hit.id).collect()
}

/// The ids that the database itself finds, sorted.
pub(crate) async fn sampled(db: &Database, sample: Sample) -> Vec<OfferId> {
    let mut found = db.offers.sample(&sample, 9_999, NOW_MS).await.unwrap();
    found.sort();
    found
}

/// The ids that the database itself finds by words, sorted.
pub(crate) async fn with_words(db: &Database, words: &str) -> Vec<OfferId> {
    sampled(db, Sample::Word(words.to_owned())).await
}

pub(crate) fn sorted<'a>(offers: impl IntoIterator<Item = &'a Offer>) -> Vec<OfferId> {
    let mut ids: Vec<_> = offers.into_iter().map(|offer| offer.id.clone()).collect();
    ids.sort();
    ids
}

/// A new invitation's token.
pub(crate) fn invitation_token() -> InvitationToken {
    InvitationToken::new(InvitationId::from_bytes(random::bytes()), random::bytes())
}

/// The task that sends a code.
pub(crate) fn code_task(code: &StoredCode) -> NewTask {
    code.task(Nonce::new([7; 32]))
}

/// Stores an invitation, and the task that sends it.
pub(crate) async fn invite(
    teams: &dyn TeamStore,
    invitation: Invitation,
) -> Result<Invited, StoreError> {
    let nonce = Nonce::new([7; 32]);
    let task = invitation.task(Language::French, nonce);
    teams.invite(invitation, task).await
}
