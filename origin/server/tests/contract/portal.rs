//! What partners write: offers, themselves and their establishments, each with the purge it leaves.

use domain::{
    Establishment, EstablishmentId, GeoPoint, Offer, OfferId, Partner, PartnerId, UserId,
    catalogue::Family,
    offers::{
        edit::{Edit, OfferEdit},
        events::{OfferChange, tags_of},
        store::{Author, Created, MOST_OFFERS, OfferQuery, Purging, Sample, Updated, Visibility},
    },
    partners::{
        edit::{EstablishmentEdit, PartnerEdit},
        store::{
            Founded, PartnerQuery, PartnerUpdated, PlaceAdded, PlaceArchived, PlaceUpdated,
            change::MOST_ESTABLISHMENTS,
        },
    },
    purges::OutboxRow,
    users::account::{Account, Membership, Post, Role},
};
use futures_util::future::join_all;

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{NOW_MS, family, listed, near, offer, paris, point, sampled},
    users::account,
};

tests! {
    a_new_offer_has_the_place_of_its_establishment_and_purges_its_lists: [],
    an_offer_needs_an_establishment_of_its_partner: [],
    an_edit_of_what_was_edited_since_is_a_conflict: [],
    an_archived_offer_is_in_no_list_and_never_changes: [],
    of_many_edits_of_one_version_one_is_done: [Transactions],
    a_founder_becomes_the_owner_and_founds_once: [],
    a_partner_is_found_by_what_it_is_now: [Text],
    an_establishment_that_moves_takes_its_offers_along: [],
    an_archived_offer_does_not_move_along: [],
    a_moved_offer_is_found_where_it_is: [Geo],
    an_establishment_goes_when_no_offer_needs_it: [],
    an_offer_and_the_end_of_its_establishment_do_not_pass_each_other: [Transactions],
    a_partner_has_no_more_than_allowed_whatever_is_added_at_once: [Transactions],
}

fn author() -> Author {
    Author {
        actor: "test".into(),
        action: "write",
    }
}

/// One partner with one offer, and what waits in the outbox since.
async fn stored(fresh: &Fresh) -> (Partner, Establishment, Offer, Vec<OutboxRow>) {
    let offer = offer("mine");
    let family = family(vec![offer.clone()]);
    fresh.fill(vec![family.clone()]).await;
    let place = family
        .establishments
        .into_iter()
        .find(|place| place.id == offer.establishment_id);
    (family.partner, place.unwrap(), offer, fresh.pending().await)
}

fn draft(name: &str, of: &Offer) -> Offer {
    Offer {
        id: OfferId::derive("contract", name),
        location: point(0.0, 0.0),
        ..of.clone()
    }
}

async fn create(fresh: &Fresh, draft: Offer) -> Created {
    let created = fresh.db.offers.create(draft, author(), NOW_MS);
    created.await.unwrap()
}

async fn edit(fresh: &Fresh, id: &OfferId, edit: OfferEdit) -> Updated {
    let updated = fresh.db.offers.update(id.clone(), edit, author(), NOW_MS);
    updated.await.unwrap()
}

fn archive() -> OfferEdit {
    OfferEdit {
        archived_at_ms: Edit::Set(NOW_MS),
        ..OfferEdit::default()
    }
}

fn retitled(title: &str, expected: i64) -> OfferEdit {
    OfferEdit {
        title: Edit::Set(title.into()),
        expected_version: Some(expected),
        ..OfferEdit::default()
    }
}

async fn read(fresh: &Fresh, id: &OfferId) -> Option<Offer> {
    let found = fresh.db.offers.by_ids(std::slice::from_ref(id)).await;
    found.unwrap().remove(id)
}

async fn a_new_offer_has_the_place_of_its_establishment_and_purges_its_lists(fresh: Fresh) {
    let (_, place, mine, filled) = stored(&fresh).await;
    let Created::Done(made) = create(&fresh, draft("new", &mine)).await else {
        panic!("it is made")
    };
    assert_eq!(made.location, place.location);
    assert_eq!(read(&fresh, &made.id).await, Some(Offer::clone(&made)));
    let rows = fresh.pending_after(&filled).await;
    let change = OfferChange {
        before: None,
        after: Some(Offer::clone(&made)),
    };
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0].purge.tags, tags_of(&change));
    assert!(
        rows[0]
            .purge
            .tags
            .contains(&domain::tags::published(&made.id))
    );
    assert_eq!(
        listed(&fresh.db, OfferQuery::newest(9, NOW_MS)).await.len(),
        2
    );
}

async fn an_offer_needs_an_establishment_of_its_partner(fresh: Fresh) {
    let (_, _, mine, filled) = stored(&fresh).await;
    for wrong in [
        Offer {
            establishment_id: EstablishmentId::derive("nobody", ""),
            ..draft("new", &mine)
        },
        Offer {
            partner_id: PartnerId::derive("nobody", ""),
            ..draft("new", &mine)
        },
    ] {
        assert_eq!(create(&fresh, wrong).await, Created::NoEstablishment);
    }
    assert_eq!(fresh.pending_after(&filled).await, []);
    assert_eq!(
        listed(&fresh.db, OfferQuery::newest(9, NOW_MS)).await.len(),
        1
    );
}

async fn an_edit_of_what_was_edited_since_is_a_conflict(fresh: Fresh) {
    let (_, _, mine, _) = stored(&fresh).await;
    let Updated::Done(after, Purging::Pending) =
        edit(&fresh, &mine.id, retitled("Trois", mine.version)).await
    else {
        panic!("nobody else edited it")
    };
    assert_eq!(after.version, mine.version + 1);
    let late = edit(&fresh, &mine.id, retitled("Quatre", mine.version)).await;
    let version = after.version;
    assert_eq!(late, Updated::Conflict { version });
    assert_eq!(read(&fresh, &mine.id).await, Some(Offer::clone(&after)));
    let again = edit(&fresh, &mine.id, retitled("Quatre", version)).await;
    assert!(matches!(again, Updated::Done(..)), "{again:?}");
}

async fn an_archived_offer_is_in_no_list_and_never_changes(fresh: Fresh) {
    let (partner, _, mine, filled) = stored(&fresh).await;
    let Updated::Done(gone, Purging::Pending) = edit(&fresh, &mine.id, archive()).await else {
        panic!("it is archived")
    };
    assert_eq!((gone.is_active, gone.archived_at_ms), (false, Some(NOW_MS)));
    let tags = &fresh.pending_after(&filled).await[0].purge.tags;
    assert!(tags.contains(&domain::tags::all_offers()), "{tags:?}");
    // Guests who booked it can still read it; the portal's lists leave it out, a transfer does not.
    assert_eq!(read(&fresh, &mine.id).await, Some(Offer::clone(&gone)));
    for (visibility, count) in [
        (Visibility::Public, 0),
        (Visibility::Portal, 0),
        (Visibility::All, 1),
    ] {
        let query = OfferQuery {
            partner: Some(partner.id.clone()),
            include_inactive: visibility,
            ..OfferQuery::newest(9, NOW_MS)
        };
        assert_eq!(
            listed(&fresh.db, query).await.len(),
            count,
            "{visibility:?}"
        );
    }
    let resumed = OfferEdit {
        is_active: Edit::Set(true),
        ..OfferEdit::default()
    };
    assert_eq!(edit(&fresh, &mine.id, resumed).await, Updated::Archived);
    let again = edit(&fresh, &mine.id, archive()).await;
    assert_eq!(again, Updated::Unchanged(gone));
}

async fn of_many_edits_of_one_version_one_is_done(fresh: Fresh) {
    let (_, _, mine, _) = stored(&fresh).await;
    let titles: Vec<String> = (0..8).map(|n| format!("Titre {n}")).collect();
    let edits = titles
        .iter()
        .map(|title| edit(&fresh, &mine.id, retitled(title, mine.version)));
    let outcomes = futures_util::future::join_all(edits).await;
    let done = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Updated::Done(..)));
    assert_eq!(done.count(), 1, "{outcomes:?}");
    let version = mine.version + 1;
    let late = outcomes
        .iter()
        .filter(|outcome| **outcome == Updated::Conflict { version });
    assert_eq!(late.count(), titles.len() - 1);
}

fn new_partner(name: &str) -> Partner {
    Partner {
        id: PartnerId::derive("contract", name),
        name: name.into(),
        ..family(vec![]).partner
    }
}

async fn a_founder_becomes_the_owner_and_founds_once(fresh: Fresh) {
    let ana = Account {
        role: Role::User,
        memberships: None.into(),
        ..account("ana")
    };
    fresh
        .db
        .users
        .create(ana.clone(), vec![], None)
        .await
        .unwrap();
    let found = async |partner: Partner, owner: &UserId| {
        let store = &fresh.db.partners;
        let founded = store.found(partner, owner.clone(), author(), NOW_MS);
        founded.await.unwrap()
    };
    let nobody = UserId::derive("nobody", "");
    let partner = new_partner("Chez Ana");
    assert_eq!(found(partner.clone(), &nobody).await, Founded::NoUser);
    assert_eq!(fresh.pending().await, []);
    assert_eq!(found(partner.clone(), &ana.id).await, Founded::Done);
    assert_eq!(found(partner.clone(), &ana.id).await, Founded::Member);
    let known = fresh.db.users.by_id(&ana.id).await.unwrap().unwrap();
    let owner = Membership::new(partner.id.clone(), Post::Owner);
    assert_eq!(
        (known.role, known.memberships),
        (Role::Partner, Some(owner).into())
    );
    let query = PartnerQuery {
        first: 9,
        ..PartnerQuery::default()
    };
    let page = fresh.db.partners.list(&query).await.unwrap();
    let named = Partner {
        page: page.items[0].page.clone(),
        ..partner.clone()
    };
    assert_eq!(page.items, [named]);
    let rows = fresh.pending().await;
    let tags = [
        domain::tags::partner(&partner.id),
        domain::tags::all_partners(),
    ];
    assert_eq!((rows.len(), &rows[0].purge.tags[..]), (1, &tags[..]));
}

async fn a_partner_is_found_by_what_it_is_now(fresh: Fresh) {
    let (partner, _, _, filled) = stored(&fresh).await;
    let update = async |edit| {
        let store = &fresh.db.partners;
        let updated = store.update_partner(partner.id.clone(), edit, author(), NOW_MS);
        updated.await.unwrap()
    };
    let same = update(PartnerEdit::default()).await;
    let kept = PartnerUpdated::Done(Box::new(partner.clone()), Purging::Nothing);
    assert_eq!(same, kept);
    let logo = "https://img.example/logo.png".to_owned();
    let edit = PartnerEdit {
        logo: Edit::Set(Some(logo.clone())),
        ..PartnerEdit::default()
    };
    update(edit).await;
    let edit = PartnerEdit {
        name: Edit::Set("Le Zébulon".into()),
        ..PartnerEdit::default()
    };
    let done = update(edit).await;
    let ids = [partner.id.clone()];
    let stored = fresh.db.partners.partners_by_ids(&ids).await.unwrap();
    let after = Partner {
        name: "Le Zébulon".into(),
        logo: Some(logo),
        page: stored[&partner.id].page.clone(),
        ..partner.clone()
    };
    let expected = PartnerUpdated::Done(Box::new(after.clone()), Purging::Pending);
    assert_eq!(done, expected);
    for (search, is_found) in [("zebulon", true), (partner.name.as_str(), false)] {
        let query = PartnerQuery {
            search: Some(search.into()),
            first: 9,
            ..PartnerQuery::default()
        };
        let page = fresh.db.partners.list(&query).await.unwrap();
        assert_eq!(page.items.contains(&after), is_found, "{search}");
    }
    let own = domain::tags::partner(&partner.id);
    let tags: Vec<_> = fresh.pending_after(&filled).await;
    let mut tags: Vec<_> = tags.into_iter().map(|row| row.purge.tags).collect();
    tags.sort_by_key(Vec::len);
    assert_eq!(
        tags,
        [vec![own.clone()], vec![own, domain::tags::all_partners()]]
    );
    let unknown = fresh.db.partners.update_partner(
        PartnerId::derive("nobody", ""),
        PartnerEdit::default(),
        author(),
        NOW_MS,
    );
    assert_eq!(unknown.await.unwrap(), PartnerUpdated::NotFound);
}

fn moved_to(location: GeoPoint) -> EstablishmentEdit {
    EstablishmentEdit {
        location: Edit::Set(location),
        ..EstablishmentEdit::default()
    }
}

fn lyon() -> GeoPoint {
    point(45.764, 4.8357)
}

async fn update_place(
    fresh: &Fresh,
    id: &EstablishmentId,
    edit: EstablishmentEdit,
) -> PlaceUpdated {
    let store = &fresh.db.partners;
    let updated = store.update_establishment(id.clone(), edit, author(), NOW_MS);
    updated.await.unwrap()
}

async fn an_establishment_that_moves_takes_its_offers_along(fresh: Fresh) {
    let (_, place, mine, filled) = stored(&fresh).await;
    let PlaceUpdated::Done(after, Purging::Pending) =
        update_place(&fresh, &place.id, moved_to(lyon())).await
    else {
        panic!("it moves")
    };
    assert_eq!(after.location, lyon());
    let moved = read(&fresh, &mine.id).await.unwrap();
    assert_eq!((moved.location, moved.version), (lyon(), mine.version));
    let rows = fresh.pending_after(&filled).await;
    let change = OfferChange {
        before: Some(mine.clone()),
        after: Some(moved),
    };
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].purge.tags, tags_of(&change));
    let renamed = EstablishmentEdit {
        name: Edit::Set("Ici".into()),
        ..EstablishmentEdit::default()
    };
    update_place(&fresh, &place.id, renamed).await;
    let rows = fresh.pending_after(&filled).await;
    let renamed = rows.iter().find(|row| row.purge.reason == "write: name");
    assert_eq!(
        renamed.unwrap().purge.tags,
        [domain::tags::partner(&mine.partner_id)]
    );
}

/// E13.
async fn an_archived_offer_does_not_move_along(fresh: Fresh) {
    let (_, place, mine, _) = stored(&fresh).await;
    let archive = OfferEdit {
        archived_at_ms: Edit::Set(NOW_MS),
        ..OfferEdit::default()
    };
    let archived = fresh
        .db
        .offers
        .update(mine.id.clone(), archive, author(), NOW_MS);
    archived.await.unwrap();
    let filled = fresh.pending().await;
    update_place(&fresh, &place.id, moved_to(lyon())).await;
    let stays = read(&fresh, &mine.id).await.unwrap();
    assert_eq!(stays.location, mine.location);
    let rows = fresh.pending_after(&filled).await;
    let own = [domain::tags::partner(&mine.partner_id)];
    assert_eq!(rows[0].purge.tags, own);
}

async fn a_moved_offer_is_found_where_it_is(fresh: Fresh) {
    let (_, place, mine, _) = stored(&fresh).await;
    update_place(&fresh, &place.id, moved_to(lyon())).await;
    let here = sampled(&fresh.db, Sample::Near(near(lyon(), 1.0))).await;
    assert_eq!(here, [mine.id]);
    let there = sampled(&fresh.db, Sample::Near(near(paris(), 1.0))).await;
    assert_eq!(there, []);
}

async fn archive_place(fresh: &Fresh, id: &EstablishmentId) -> PlaceArchived {
    let store = &fresh.db.partners;
    let archived = store.archive_establishment(id.clone(), author(), NOW_MS);
    archived.await.unwrap()
}

async fn an_establishment_goes_when_no_offer_needs_it(fresh: Fresh) {
    let (_, place, mine, filled) = stored(&fresh).await;
    let nobody = EstablishmentId::derive("nobody", "");
    assert_eq!(
        archive_place(&fresh, &nobody).await,
        PlaceArchived::NotFound
    );
    assert_eq!(archive_place(&fresh, &place.id).await, PlaceArchived::InUse);
    assert_eq!(fresh.pending_after(&filled).await, []);
    edit(&fresh, &mine.id, archive()).await;
    assert_eq!(archive_place(&fresh, &place.id).await, PlaceArchived::Done);
    assert_eq!(
        archive_place(&fresh, &place.id).await,
        PlaceArchived::Already
    );
    // The archived offer still shows it; nothing new is made there, and nothing of it changes.
    let ids = [place.id.clone()];
    let known = fresh.db.partners.establishments_by_ids(&ids).await.unwrap();
    assert_eq!(known[&place.id].archived_at_ms, Some(NOW_MS));
    let late = create(&fresh, draft("late", &mine)).await;
    assert_eq!(late, Created::NoEstablishment);
    let edited = update_place(&fresh, &place.id, moved_to(lyon())).await;
    assert_eq!(edited, PlaceUpdated::NotFound);
    let another = Establishment {
        id: EstablishmentId::derive("contract", "another"),
        archived_at_ms: None,
        ..place.clone()
    };
    let store = &fresh.db.partners;
    let added = store.add_establishment(another.clone(), author(), NOW_MS);
    assert_eq!(added.await.unwrap(), PlaceAdded::Done);
    let of_nobody = Establishment {
        id: EstablishmentId::derive("contract", "of nobody"),
        partner_id: PartnerId::derive("nobody", ""),
        ..another
    };
    let added = store.add_establishment(of_nobody, author(), NOW_MS);
    assert_eq!(added.await.unwrap(), PlaceAdded::NoPartner);
}

async fn an_offer_and_the_end_of_its_establishment_do_not_pass_each_other(fresh: Fresh) {
    let (_, place, mine, _) = stored(&fresh).await;
    edit(&fresh, &mine.id, archive()).await;
    let (made, gone) = tokio::join!(
        create(&fresh, draft("new", &mine)),
        archive_place(&fresh, &place.id),
    );
    let consistent = matches!(
        (&made, gone),
        (Created::Done(_), PlaceArchived::InUse) | (Created::NoEstablishment, PlaceArchived::Done)
    );
    assert!(consistent, "{made:?} {gone:?}");
}

/// Three more of each are added at once, by two servers, where there is room for one. No two offers
/// have the same establishment, so the partner is all that they have in common.
async fn a_partner_has_no_more_than_allowed_whatever_is_added_at_once(fresh: Fresh) {
    const AT_ONCE: usize = 3;
    let template = family(vec![offer("template")]);
    let (place, mine) = (
        template.establishments[0].clone(),
        template.offers[0].clone(),
    );
    let establishment = |name: &str| Establishment {
        id: EstablishmentId::derive("contract", name),
        ..place.clone()
    };
    let offer = |name: &str, at: &Establishment| Offer {
        id: OfferId::derive("contract", name),
        establishment_id: at.id.clone(),
        ..mine.clone()
    };
    let places: Vec<_> = (1..MOST_ESTABLISHMENTS)
        .map(|n| establishment(&n.to_string()))
        .collect();
    let offers: Vec<_> = (1..MOST_OFFERS)
        .map(|n| offer(&n.to_string(), &places[0]))
        .collect();
    let all_places = Family {
        establishments: places.clone(),
        offers: Vec::new(),
        ..template.clone()
    };
    fresh.fill(vec![all_places]).await;
    for offers in offers.chunks(100) {
        let some = Family {
            establishments: Vec::new(),
            offers: offers.to_vec(),
            ..template.clone()
        };
        fresh.fill(vec![some]).await;
    }
    let other = fresh.of_another_server().await;
    let server = |n: usize| [&fresh.db, &other][n % 2];
    let made = (0..AT_ONCE).map(|n| {
        let draft = offer(&format!("new {n}"), &places[n]);
        server(n).offers.create(draft, author(), NOW_MS)
    });
    let made = join_all(made).await;
    let full = made.iter().filter(|made| matches!(made, Ok(Created::Full)));
    assert_eq!(full.count(), AT_ONCE - 1, "{made:?}");
    let added = (0..AT_ONCE).map(|n| {
        let place = establishment(&format!("new {n}"));
        server(n)
            .partners
            .add_establishment(place, author(), NOW_MS)
    });
    let added = join_all(added).await;
    let full = added
        .iter()
        .filter(|added| matches!(added, Ok(PlaceAdded::Full)));
    assert_eq!(full.count(), AT_ONCE - 1, "{added:?}");
}
