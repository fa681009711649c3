//! What becomes of a partner that ends.

use domain::{
    BookingId, Establishment, EstablishmentId, Offer, OfferId, PartnerId, UserId,
    bookings::{
        booking::Step,
        party::PartySize,
        rules::NewBooking,
        store::{By, Created as Booked, Stepped},
    },
    offers::{
        edit::Edit,
        store::{Created as OfferCreated, OfferQuery},
    },
    operators::deed::Deed,
    partners::{
        edit::PartnerEdit,
        refusals::StandingRefusal,
        standing::PartnerStatus,
        store::{PartnerUpdated, PlaceAdded, Shown, Stood},
    },
    queue::store::TaskFilter,
    tags,
    team::store::{Invitation, Invited},
    users::{
        account::{Account, Membership, Post, Role},
        change::AccountChange,
        membership::Places,
        store::Changed,
    },
};
use futures_util::future::join_all;
use yousoon::database::Database;

use super::{author, deed, end, fill, in_status, names, on_the_map, recorded, without_siret};
use crate::{
    backends::Fresh,
    runner::tests,
    samples::{DAY_MS, NOW_MS, invitation_token, invite, listed},
    users::{account, sign_up},
};

tests! {
    a_partner_ends_once_and_nothing_is_added_to_it: [],
    an_operators_end_of_a_partner_is_recorded: [],
    of_ends_at_once_one_is_made: [Transactions],
    open_bookings_of_a_partner_are_found_those_that_begin_first: [],
    the_last_owner_of_what_has_ended_may_leave: [],
}

async fn endings(db: &Database) -> usize {
    let all = TaskFilter {
        state: None,
        lane: None,
        after: None,
    };
    let tasks = db.queue.list(all, 99).await.unwrap().into_iter();
    tasks.filter(|task| task.kind == "partner_ending").count()
}

async fn a_partner_ends_once_and_nothing_is_added_to_it(fresh: Fresh) {
    let db = &fresh.db;
    let (partner, offer) = fill(&fresh, "one", PartnerStatus::Approved).await;
    let before = fresh.pending().await;
    let ended = end(db, &partner.id).await;
    assert!(matches!(ended, Stood::Done(_)), "{ended:?}");
    let rows = fresh.pending_after(&before).await;
    let purged: Vec<_> = rows.iter().flat_map(|row| &row.purge.tags).collect();
    for tag in [
        tags::partner(&partner.id),
        tags::all_partners(),
        tags::offer(&offer.id),
    ] {
        assert!(purged.contains(&&tag), "{tag:?}");
    }
    let query = OfferQuery::newest(10, NOW_MS);
    assert_eq!(listed(db, query).await, []);
    assert_eq!(
        (names(db, Shown::Public).await, on_the_map(db).await),
        ((0, 0), vec![])
    );
    let again = end(db, &partner.id).await;
    assert!(matches!(again, Stood::Before(_)), "{again:?}");
    assert_eq!(endings(db).await, 1);
    let nobody = PartnerId::derive("standing", "nobody");
    assert_eq!(
        end(db, &nobody).await,
        Stood::Refused(StandingRefusal::NotFound)
    );

    let rows = fresh.pending().await;
    let edit = PartnerEdit {
        name: Edit::Set("Another name".into()),
        ..PartnerEdit::default()
    };
    let edited = db
        .partners
        .update_partner(partner.id.clone(), edit, author(), NOW_MS);
    assert_eq!(edited.await.unwrap(), PartnerUpdated::NotFound);
    let place = in_status("one", PartnerStatus::Approved)
        .establishments
        .remove(0);
    let place = Establishment {
        id: EstablishmentId::derive("standing", "new"),
        ..place
    };
    let added = db.partners.add_establishment(place, author(), NOW_MS);
    assert_eq!(added.await.unwrap(), PlaceAdded::NoPartner);
    let draft = Offer {
        id: OfferId::derive("standing", "new"),
        ..offer
    };
    let created = db.offers.create(draft, author(), NOW_MS).await.unwrap();
    assert_eq!(created, OfferCreated::NoEstablishment);
    let token = invitation_token();
    let invitation = Invitation {
        id: token.id.clone(),
        partner: partner.id.clone(),
        email: "ana@example.fr".into(),
        post: Post::Staff,
        places: Places::All,
        token_hash: token.hash(),
        created_at_ms: NOW_MS,
        expires_at_ms: NOW_MS + DAY_MS,
        accepted: false,
    };
    let invited = invite(&*db.teams, invitation).await.unwrap();
    assert_eq!(invited, Invited::NoPartner);
    assert_eq!(fresh.pending_after(&rows).await, []);
}

async fn an_operators_end_of_a_partner_is_recorded(fresh: Fresh) {
    let db = &fresh.db;
    let (partner, _) = fill(&fresh, "one", PartnerStatus::Suspended).await;
    for (is_new, count) in [(true, 1), (false, 1)] {
        let deed = deed(Deed::DeletePartner, &partner.id);
        let ended = db
            .operators
            .end_partner(&partner.id, deed, author(), NOW_MS);
        let ended = ended.await.unwrap();
        assert_eq!(matches!(ended, Stood::Done(_)), is_new, "{ended:?}");
        assert_eq!(recorded(db).await.len(), count);
    }
}

async fn of_ends_at_once_one_is_made(fresh: Fresh) {
    let (partner, _) = fill(&fresh, "one", PartnerStatus::Approved).await;
    let ends = (0..5).map(|_| end(&fresh.db, &partner.id));
    let done = join_all(ends).await;
    let done = done.iter().filter(|stood| matches!(stood, Stood::Done(_)));
    assert_eq!((done.count(), endings(&fresh.db).await), (1, 1));
}

async fn open_bookings_of_a_partner_are_found_those_that_begin_first(fresh: Fresh) {
    let db = &fresh.db;
    let mut open = in_status("one", PartnerStatus::Approved);
    open.offers[0].schedule = None;
    open.offers[0].quota = None;
    let (partner, offer) = (open.partner.id.clone(), open.offers[0].clone());
    fresh
        .fill(vec![
            open,
            without_siret(in_status("other", PartnerStatus::Approved)),
        ])
        .await;
    let mut made = Vec::new();
    for name in ["ana", "ben", "cleo"] {
        let user = UserId::derive("user", name);
        sign_up(&fresh, &user).await;
        let new = NewBooking {
            id: BookingId::derive("standing", name),
            user,
            offer: offer.id.clone(),
            idempotency_key: None,
            terms: None,
            opening_ms: None,
            party: PartySize::ONE,
        };
        let Booked::Done(booking) = db.bookings.create(new, NOW_MS).await.unwrap() else {
            panic!("it is booked")
        };
        made.push(booking);
    }
    let cancelled = db
        .bookings
        .step(&made[1].id, Step::Cancel, By::Holder, NOW_MS);
    assert!(matches!(cancelled.await.unwrap(), Stepped::Done(_)));
    let found = async |now_ms, most| {
        let read = db.bookings.open_of_partner(&partner, now_ms, most);
        read.await.unwrap().len()
    };
    assert_eq!((found(NOW_MS, 9).await, found(NOW_MS, 1).await), (2, 1));
    assert_eq!(
        found(made[0].until_ms, 9).await,
        0,
        "what is over ends by itself"
    );
}

async fn the_last_owner_of_what_has_ended_may_leave(fresh: Fresh) {
    let db = &fresh.db;
    let (partner, _) = fill(&fresh, "one", PartnerStatus::Approved).await;
    let owner = Account {
        role: Role::Partner,
        memberships: Some(Membership::new(partner.id.clone(), Post::Owner)).into(),
        ..account("ana")
    };
    db.users.create(owner.clone(), vec![], None).await.unwrap();
    let leave = || AccountChange::Post(partner.id.clone(), None);
    let refused = db.users.change(&owner.id, leave(), NOW_MS).await.unwrap();
    assert_eq!(refused, Changed::LastOwner(partner.id.clone()));
    end(db, &partner.id).await;
    let left = db.users.change(&owner.id, leave(), NOW_MS).await.unwrap();
    assert!(matches!(left, Changed::Done(_)), "{left:?}");
}
