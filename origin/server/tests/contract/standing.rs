//! Where partners stand: what the public sees of them, who decides, and what that leaves.

mod ending;

use domain::{
    BookingId, EstablishmentId, Offer, Partner, PartnerId, UserId,
    bookings::{
        booking::Step,
        party::PartySize,
        refusals::BookingRefusal,
        rules::NewBooking,
        store::{By, Created as Booked, Stepped},
    },
    catalogue::Family,
    offers::{
        edit::Edit,
        store::{Author, OfferQuery, Sample, Visibility},
    },
    operators::deed::{Deed, NewDeed, Target},
    partners::{
        edit::PartnerEdit,
        refusals::StandingRefusal,
        review::Decision,
        siret::Siret,
        standing::{PartnerStatus, Standing},
        store::{PartnerQuery, PartnerUpdated, Shown, Stood, ToReviewCursor},
    },
    queue::{Task, store::TaskFilter},
    site::sitemap::{SitemapCursor, SitemapEntry},
    slugs::PageKind,
    tags,
};
use futures_util::future::join_all;
use yousoon::database::Database;

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{NOW_MS, family, listed, near, offer, paris, sampled, with_words},
    users::sign_up,
};

pub(crate) use ending::TESTS as ENDING;

tests! {
    what_is_not_approved_is_in_no_list: [],
    the_database_itself_finds_nothing_of_it_by_place: [Geo],
    the_database_itself_finds_nothing_of_it_by_words: [Text],
    the_database_itself_gives_no_offers_of_it: [Joins],
    a_partner_is_submitted_and_waits_its_turn: [],
    a_decision_is_recorded_purged_and_told: [],
    what_is_refused_leaves_nothing: [],
    of_decisions_at_once_one_is_made: [Transactions],
    a_siret_is_approved_once_until_its_partner_ends: [],
    of_two_partners_with_a_siret_one_is_approved: [Transactions],
    a_hidden_partner_takes_no_bookings_and_keeps_those_it_has: [],
    an_edit_keeps_where_a_partner_stands: [],
    where_partners_stand_moves_with_them: [],
}

const SIRET: &str = "73282932000074";

fn siret() -> Siret {
    Siret::parse(SIRET).unwrap()
}

fn author() -> Author {
    Author {
        actor: "test".into(),
        action: "decide",
    }
}

/// The sample partner, named so, with one offer, in this status.
fn in_status(name: &str, status: PartnerStatus) -> Family {
    let of = PartnerId::derive("standing", name);
    let mut family = family(vec![offer(name)]);
    let submitted_at_ms = (status == PartnerStatus::InReview).then_some(NOW_MS);
    family.partner = Partner {
        id: of.clone(),
        standing: Standing {
            siret: (status != PartnerStatus::Draft).then(siret),
            submitted_at_ms,
            ..Standing::new(status)
        },
        ..family.partner
    };
    for place in &mut family.establishments {
        place.partner_id = of.clone();
        place.id = EstablishmentId::derive(name, place.id.as_str());
    }
    for offer in &mut family.offers {
        offer.partner_id = of.clone();
        offer.establishment_id = family.establishments[0].id.clone();
    }
    family
}

/// No two partners that are approved or suspended have the same one.
fn without_siret(mut family: Family) -> Family {
    family.partner.standing.siret = None;
    family
}

async fn fill(fresh: &Fresh, name: &str, status: PartnerStatus) -> (Partner, Offer) {
    let family = in_status(name, status);
    fresh.fill(vec![family.clone()]).await;
    (family.partner, family.offers[0].clone())
}

async fn stored(db: &Database, id: &PartnerId) -> Partner {
    let found = db.partners.partners_by_ids(std::slice::from_ref(id)).await;
    found.unwrap().remove(id).unwrap()
}

fn deed(what: Deed, partner: &PartnerId) -> NewDeed {
    NewDeed {
        at_ms: NOW_MS,
        actor: "user op".into(),
        deed: what,
        target: Some(Target::partner(partner)),
        reason: "ticket 1".into(),
        request: "r".into(),
    }
}

async fn decide(db: &Database, partner: &PartnerId, decision: Decision) -> Stood {
    let what = match decision {
        Decision::Approve => Deed::ApprovePartner,
        Decision::Return(_) => Deed::ReturnPartner,
        Decision::Suspend(_) => Deed::SuspendPartner,
        Decision::Restore => Deed::RestorePartner,
    };
    let deed = deed(what, partner);
    let decided = db
        .operators
        .decide(partner, decision, deed, author(), NOW_MS);
    decided.await.unwrap()
}

async fn submit(db: &Database, partner: &PartnerId, now_ms: i64) -> Stood {
    let submitted = db
        .partners
        .submit(partner.clone(), siret(), author(), now_ms);
    submitted.await.unwrap()
}

async fn recorded(db: &Database) -> Vec<Deed> {
    let entries = db.operators.audit_after(None, 100).await.unwrap();
    entries.into_iter().map(|entry| entry.deed.deed).collect()
}

async fn told(db: &Database) -> Vec<Task> {
    let all = TaskFilter {
        state: None,
        lane: None,
        after: None,
    };
    let mut tasks = db.queue.list(all, 99).await.unwrap();
    tasks.retain(|task| task.kind == "partner_reviewed");
    tasks
}

async fn on_the_map(db: &Database) -> Vec<SitemapEntry> {
    let mut shown = Vec::new();
    for kind in PageKind::ALL {
        let begin = SitemapCursor {
            kind: *kind,
            id: None,
        };
        shown.extend(db.site.sitemap(&begin, 100, NOW_MS).await.unwrap());
    }
    shown.retain(|entry| entry.is_shown);
    shown
}

async fn names(db: &Database, shown: Shown) -> (usize, u64) {
    let query = PartnerQuery {
        shown,
        first: 10,
        ..PartnerQuery::default()
    };
    let page = db.partners.list(&query).await.unwrap();
    (page.items.len(), page.total)
}

async fn what_is_not_approved_is_in_no_list(fresh: Fresh) {
    let db = &fresh.db;
    for status in PartnerStatus::ALL {
        let family = without_siret(in_status(status.as_str(), *status));
        fresh.fill(vec![family]).await;
    }
    let family = in_status("APPROVED", PartnerStatus::Approved);
    let (approved, of_approved) = (family.partner, family.offers[0].clone());
    let query = OfferQuery::newest(10, NOW_MS);
    let shown = listed(db, query.clone()).await;
    assert_eq!(shown, std::slice::from_ref(&of_approved.id));
    assert_eq!(names(db, Shown::Public).await, (1, 1));
    assert_eq!(names(db, Shown::All).await, (4, 4));
    let map = on_the_map(db).await;
    let places = in_status("APPROVED", PartnerStatus::Approved)
        .establishments
        .len();
    assert_eq!(map.len(), 2 + places, "{map:?}");
    assert!(map.iter().any(|entry| entry.id == of_approved.id.as_str()));
    // Its team goes on.
    for status in PartnerStatus::ALL {
        let portal = OfferQuery {
            partner: Some(PartnerId::derive("standing", status.as_str())),
            include_inactive: Visibility::Portal,
            ..query.clone()
        };
        assert_eq!(listed(db, portal).await.len(), 1, "{status:?}");
    }
    let hidden = decide(db, &approved.id, Decision::Suspend("why".into())).await;
    assert!(matches!(hidden, Stood::Done(_)), "{hidden:?}");
    assert_eq!(listed(db, query.clone()).await, []);
    assert_eq!(names(db, Shown::Public).await, (0, 0));
    assert_eq!(on_the_map(db).await, []);
    decide(db, &approved.id, Decision::Restore).await;
    assert_eq!(listed(db, query).await, [of_approved.id]);
}

async fn the_database_itself_finds_nothing_of_it_by_place(fresh: Fresh) {
    let (partner, offer) = fill(&fresh, "one", PartnerStatus::Approved).await;
    fill(&fresh, "other", PartnerStatus::Draft).await;
    let around = Sample::Near(near(paris(), 1.0));
    assert_eq!(sampled(&fresh.db, around.clone()).await, [offer.id]);
    decide(&fresh.db, &partner.id, Decision::Suspend("why".into())).await;
    assert_eq!(sampled(&fresh.db, around).await, []);
}

async fn the_database_itself_finds_nothing_of_it_by_words(fresh: Fresh) {
    let (partner, offer) = fill(&fresh, "one", PartnerStatus::Approved).await;
    fill(&fresh, "other", PartnerStatus::InReview).await;
    let word = domain::search_text::search_words(&offer.title).remove(0);
    assert_eq!(with_words(&fresh.db, &word).await, [offer.id]);
    decide(&fresh.db, &partner.id, Decision::Suspend("why".into())).await;
    assert_eq!(with_words(&fresh.db, &word).await, []);
}

async fn the_database_itself_gives_no_offers_of_it(fresh: Fresh) {
    let (draft, _) = fill(&fresh, "draft", PartnerStatus::Draft).await;
    let of = [draft.id.clone()];
    for (visibility, count) in [
        (Visibility::Public, 0),
        (Visibility::Portal, 1),
        (Visibility::All, 1),
    ] {
        let found = fresh.db.offers.of_partners(&of, visibility, 10, NOW_MS);
        let found = found.await.unwrap().remove(&draft.id).unwrap_or_default();
        assert_eq!(found.len(), count, "{visibility:?}");
    }
}

async fn a_partner_is_submitted_and_waits_its_turn(fresh: Fresh) {
    let db = &fresh.db;
    let mut ids = Vec::new();
    for (name, at_ms) in [
        ("late", NOW_MS + 9),
        ("early", NOW_MS),
        ("middle", NOW_MS + 5),
    ] {
        let (partner, _) = fill(&fresh, name, PartnerStatus::Draft).await;
        let Stood::Done(done) = submit(db, &partner.id, at_ms).await else {
            panic!("it is submitted")
        };
        assert_eq!(done.standing.status, PartnerStatus::InReview);
        assert_eq!(*done, stored(db, &partner.id).await);
        ids.push(partner.id);
    }
    fill(&fresh, "approved", PartnerStatus::Approved).await;
    let first = db.partners.to_review(2, None).await.unwrap();
    let waiting: Vec<_> = first.items.iter().map(|partner| &partner.id).collect();
    assert_eq!(
        (waiting, first.has_next_page),
        (vec![&ids[1], &ids[2]], true)
    );
    let after = ToReviewCursor::of(first.items.last().unwrap());
    let after = ToReviewCursor::decode(&after.encode());
    let rest = db.partners.to_review(2, after).await.unwrap();
    assert_eq!((rest.items.len(), rest.has_next_page), (1, false));
    assert_eq!(rest.items[0].id, ids[0]);
    // A repeat keeps its place; another number is another request.
    let again = submit(db, &ids[1], NOW_MS + 99).await;
    let Stood::Before(before) = again else {
        panic!("{again:?}")
    };
    assert_eq!(before.standing.submitted_at_ms, Some(NOW_MS));
    let other = Siret::parse("35600000000048").unwrap();
    let refused = db.partners.submit(ids[1].clone(), other, author(), NOW_MS);
    let conflict = StandingRefusal::WrongStatus(PartnerStatus::InReview);
    assert_eq!(refused.await.unwrap(), Stood::Refused(conflict));
}

async fn a_decision_is_recorded_purged_and_told(fresh: Fresh) {
    let db = &fresh.db;
    let (partner, offer) = fill(&fresh, "one", PartnerStatus::InReview).await;
    let before = fresh.pending().await;
    let approved = decide(db, &partner.id, Decision::Approve).await;
    assert!(matches!(approved, Stood::Done(_)), "{approved:?}");
    let rows = fresh.pending_after(&before).await;
    let purged: Vec<_> = rows.iter().flat_map(|row| &row.purge.tags).collect();
    for tag in [
        tags::partner(&partner.id),
        tags::all_partners(),
        tags::all_offers(),
        tags::offer(&offer.id),
        tags::published(&offer.id),
    ] {
        assert!(purged.contains(&&tag), "{tag:?}");
    }
    assert_eq!(recorded(db).await, [Deed::ApprovePartner]);
    assert_eq!(told(db).await.len(), 1);
    let stood = stored(db, &partner.id).await.standing;
    assert_eq!(
        (stood.status, stood.siret),
        (PartnerStatus::Approved, Some(siret()))
    );

    let (returned, _) = fill(&fresh, "other", PartnerStatus::InReview).await;
    let before = fresh.pending().await;
    decide(db, &returned.id, Decision::Return("no photograph".into())).await;
    let rows = fresh.pending_after(&before).await;
    let purged: Vec<_> = rows.iter().flat_map(|row| &row.purge.tags).collect();
    assert_eq!(purged, [&tags::partner(&returned.id)], "nobody saw it");
    let stood = stored(db, &returned.id).await.standing;
    assert_eq!(stood.reason.as_deref(), Some("no photograph"));
    assert_eq!(
        recorded(db).await,
        [Deed::ApprovePartner, Deed::ReturnPartner]
    );
    // It may come again.
    let Stood::Done(again) = submit(db, &returned.id, NOW_MS + 1).await else {
        panic!("it is submitted")
    };
    assert_eq!(again.standing.reason, None);
}

async fn what_is_refused_leaves_nothing(fresh: Fresh) {
    let db = &fresh.db;
    let nobody = PartnerId::derive("standing", "nobody");
    assert_eq!(
        submit(db, &nobody, NOW_MS).await,
        Stood::Refused(StandingRefusal::NotFound)
    );
    let refused = decide(db, &nobody, Decision::Approve).await;
    assert_eq!(refused, Stood::Refused(StandingRefusal::NotFound));
    let bare = Family {
        establishments: Vec::new(),
        offers: Vec::new(),
        ..in_status("bare", PartnerStatus::Draft)
    };
    let bare_id = bare.partner.id.clone();
    fresh.fill(vec![bare]).await;
    let (draft, _) = fill(&fresh, "draft", PartnerStatus::Draft).await;
    let mut ended = in_status("ended", PartnerStatus::InReview);
    ended.partner.standing.archived_at_ms = Some(NOW_MS);
    let ended_id = ended.partner.id.clone();
    fresh.fill(vec![ended]).await;
    let before = fresh.pending().await;
    let missing = submit(db, &bare_id, NOW_MS).await;
    assert_eq!(missing, Stood::Refused(StandingRefusal::NoEstablishment));
    for decision in [
        Decision::Approve,
        Decision::Suspend("why".into()),
        Decision::Restore,
    ] {
        let refused = decide(db, &draft.id, decision).await;
        let conflict = StandingRefusal::WrongStatus(PartnerStatus::Draft);
        assert_eq!(refused, Stood::Refused(conflict));
    }
    let refused = decide(db, &ended_id, Decision::Approve).await;
    assert_eq!(refused, Stood::Refused(StandingRefusal::NotFound));
    let waiting = db.partners.to_review(9, None).await.unwrap();
    assert_eq!(waiting.items, []);
    assert_eq!(fresh.pending_after(&before).await, []);
    assert_eq!((recorded(db).await, told(db).await), (vec![], vec![]));
}

async fn of_decisions_at_once_one_is_made(fresh: Fresh) {
    let (partner, _) = fill(&fresh, "one", PartnerStatus::InReview).await;
    let decisions = (0..6).map(|n| {
        let decision = if n % 2 == 0 {
            Decision::Approve
        } else {
            Decision::Return("why".into())
        };
        decide(&fresh.db, &partner.id, decision)
    });
    let made = join_all(decisions).await;
    let done = made.iter().filter(|stood| matches!(stood, Stood::Done(_)));
    assert_eq!(done.count(), 1, "{made:?}");
    assert_eq!(recorded(&fresh.db).await.len(), 1);
    assert_eq!(told(&fresh.db).await.len(), 1);
}

async fn a_siret_is_approved_once_until_its_partner_ends(fresh: Fresh) {
    let db = &fresh.db;
    let (one, _) = fill(&fresh, "one", PartnerStatus::Suspended).await;
    let (other, _) = fill(&fresh, "other", PartnerStatus::InReview).await;
    let refused = decide(db, &other.id, Decision::Approve).await;
    assert_eq!(refused, Stood::Refused(StandingRefusal::SiretTaken));
    // It is its own.
    let restored = decide(db, &one.id, Decision::Restore).await;
    assert!(matches!(restored, Stood::Done(_)), "{restored:?}");
    let refused = decide(db, &other.id, Decision::Approve).await;
    assert_eq!(refused, Stood::Refused(StandingRefusal::SiretTaken));
    end(db, &one.id).await;
    let approved = decide(db, &other.id, Decision::Approve).await;
    assert!(matches!(approved, Stood::Done(_)), "{approved:?}");
}

async fn end(db: &Database, partner: &PartnerId) -> Stood {
    let ended = db.partners.end(partner.clone(), author(), NOW_MS);
    ended.await.unwrap()
}

/// What a moving reads and writes: partners in any status, with where they stand.
async fn where_partners_stand_moves_with_them(fresh: Fresh) {
    let mut ended = in_status("ended", PartnerStatus::Suspended);
    ended.partner.standing.archived_at_ms = Some(NOW_MS);
    ended.partner.standing.reason = Some("why".into());
    ended.partner.standing.siret = None;
    let waiting = in_status("waiting", PartnerStatus::InReview);
    fresh.fill(vec![ended.clone(), waiting.clone()]).await;
    let query = PartnerQuery {
        shown: Shown::All,
        first: 10,
        ..PartnerQuery::default()
    };
    let read = fresh.db.partners.list(&query).await.unwrap().items;
    for family in [ended, waiting] {
        let found = read.iter().find(|partner| partner.id == family.partner.id);
        assert_eq!(found.unwrap().standing, family.partner.standing);
        let json = serde_json::to_string(&family.partner).unwrap();
        let again: Partner = serde_json::from_str(&json).unwrap();
        assert_eq!(again, family.partner);
    }
}

async fn of_two_partners_with_a_siret_one_is_approved(fresh: Fresh) {
    let mut ids = Vec::new();
    for name in ["one", "two", "three"] {
        ids.push(fill(&fresh, name, PartnerStatus::InReview).await.0.id);
    }
    let approving = ids
        .iter()
        .map(|id| decide(&fresh.db, id, Decision::Approve));
    let mut done = 0;
    for stood in join_all(approving).await {
        match stood {
            Stood::Done(_) => done += 1,
            other => assert_eq!(other, Stood::Refused(StandingRefusal::SiretTaken)),
        }
    }
    assert_eq!(done, 1);
}

async fn a_hidden_partner_takes_no_bookings_and_keeps_those_it_has(fresh: Fresh) {
    let db = &fresh.db;
    let mut open = in_status("one", PartnerStatus::Approved);
    open.offers[0].schedule = None;
    let (partner, offer) = (open.partner.id.clone(), open.offers[0].clone());
    fresh.fill(vec![open]).await;
    let booking = |name: &str| NewBooking {
        id: BookingId::derive("standing", name),
        user: UserId::derive("user", name),
        offer: offer.id.clone(),
        idempotency_key: Some("k".into()),
        terms: None,
        opening_ms: None,
        party: PartySize::ONE,
    };
    for name in ["ana", "ben"] {
        sign_up(&fresh, &UserId::derive("user", name)).await;
    }
    let Booked::Done(made) = db.bookings.create(booking("ana"), NOW_MS).await.unwrap() else {
        panic!("it is booked")
    };
    decide(db, &partner, Decision::Suspend("why".into())).await;
    let before = fresh.pending().await;
    let refused = db.bookings.create(booking("ben"), NOW_MS).await.unwrap();
    assert_eq!(refused, BookingRefusal::PartnerNotListed.into());
    assert_eq!(fresh.pending_after(&before).await, []);
    // The request that was heard before has its answer, and the guest comes in.
    let again = db
        .bookings
        .create(booking("ana"), NOW_MS + 1)
        .await
        .unwrap();
    assert_eq!(again, Booked::Before(made.clone()));
    let at_ms = made.from_ms.max(NOW_MS);
    let stepped = db
        .bookings
        .step(&made.id, Step::CheckIn, By::Staff(None), at_ms);
    let stepped = stepped.await.unwrap();
    assert!(matches!(stepped, Stepped::Done(_)), "{stepped:?}");
}

async fn an_edit_keeps_where_a_partner_stands(fresh: Fresh) {
    let db = &fresh.db;
    let (partner, _) = fill(&fresh, "one", PartnerStatus::Suspended).await;
    let edit = PartnerEdit {
        name: Edit::Set("Another name".into()),
        ..PartnerEdit::default()
    };
    let edited = db
        .partners
        .update_partner(partner.id.clone(), edit, author(), NOW_MS);
    let edited = edited.await.unwrap();
    assert!(matches!(edited, PartnerUpdated::Done(..)), "{edited:?}");
    let after = stored(db, &partner.id).await;
    assert_eq!(
        (after.name.as_str(), &after.standing),
        ("Another name", &partner.standing)
    );
    let (other, _) = fill(&fresh, "other", PartnerStatus::InReview).await;
    let refused = decide(db, &other.id, Decision::Approve).await;
    assert_eq!(
        refused,
        Stood::Refused(StandingRefusal::SiretTaken),
        "it still holds the number"
    );
}
