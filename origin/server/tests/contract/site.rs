//! Pages of the showcase site: their slugs stay, are nobody else's, and lead to them.

use std::collections::BTreeSet;

use domain::{
    Establishment, EstablishmentId, Offer, OfferId, Partner, PartnerId, WebPage,
    offers::{
        edit::{Edit, OfferEdit},
        store::{Author, Created, Updated},
    },
    partners::store::{EstablishmentEdit, PartnerEdit, PartnerUpdated, PlaceAdded, PlaceUpdated},
    site::{
        slugs::{PageKind, Slug},
        store::NAMED_AT_ONCE,
    },
};
use futures_util::future::join_all;
use yousoon::database::Database;

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{DAY_MS, NOW_MS, family, offer},
};

tests! {
    a_page_is_found_by_its_slug_and_by_earlier_ones: [],
    an_earlier_slug_is_not_given_to_another_page: [],
    many_pages_of_one_name_have_a_slug_each: [],
    pages_that_got_one_name_at_once_have_a_slug_each: [Transactions],
    a_slug_is_found_among_pages_of_its_kind_alone: [],
    an_edit_is_dated_and_a_booked_place_is_not: [],
    what_was_filled_in_is_named_by_the_job: [],
    two_jobs_at_once_name_each_page_once: [],
    slugs_move_with_their_rows: [],
}

fn author() -> Author {
    Author {
        actor: "contract".into(),
        action: "test",
    }
}

/// A partner, its establishment in Paris and an offer that it made there.
async fn made(fresh: &Fresh, title: &str) -> (Partner, Establishment, Offer) {
    let filled = family(vec![]);
    fresh.fill(vec![filled.clone()]).await;
    let mut place = filled.establishments[0].clone();
    place.id = EstablishmentId::derive("contract", "made");
    place.name = "Le Bar".into();
    place.address.city = "Évry".into();
    place.page = WebPage::begun(NOW_MS);
    let added = fresh
        .db
        .partners
        .add_establishment(place.clone(), author(), NOW_MS);
    assert_eq!(added.await.unwrap(), PlaceAdded::Done);
    let made = create(&fresh.db, title, &place.id).await;
    let place = read_place(&fresh.db, &place.id).await;
    (filled.partner, place, made)
}

async fn create(db: &Database, title: &str, at: &EstablishmentId) -> Offer {
    create_named(db, title, title, at).await
}

async fn create_named(db: &Database, seed: &str, title: &str, at: &EstablishmentId) -> Offer {
    let draft = Offer {
        id: OfferId::derive("site", seed),
        title: title.into(),
        establishment_id: at.clone(),
        page: WebPage::begun(NOW_MS),
        ..offer("template")
    };
    match db.offers.create(draft, author(), NOW_MS).await.unwrap() {
        Created::Done(offer) => *offer,
        other => panic!("{other:?}"),
    }
}

async fn read_place(db: &Database, id: &EstablishmentId) -> Establishment {
    let ids = [id.clone()];
    db.partners
        .establishments_by_ids(&ids)
        .await
        .unwrap()
        .remove(id)
        .unwrap()
}

async fn retitle(db: &Database, id: &OfferId, title: &str) -> Offer {
    let edit = OfferEdit {
        title: Edit::Set(title.into()),
        ..OfferEdit::default()
    };
    let updated = db
        .offers
        .update(id.clone(), edit, author(), NOW_MS + DAY_MS);
    match updated.await.unwrap() {
        Updated::Done(offer, _) => *offer,
        other => panic!("{other:?}"),
    }
}

fn slugs(page: &WebPage) -> Vec<&str> {
    page.slugs.iter().map(Slug::as_str).collect()
}

async fn find(db: &Database, kind: PageKind, slug: &str) -> Option<String> {
    let slug = Slug::parse(slug).unwrap();
    db.site.id_of(kind, &slug).await.unwrap()
}

async fn a_page_is_found_by_its_slug_and_by_earlier_ones(fresh: Fresh) {
    let db = &fresh.db;
    let (partner, place, first) = made(&fresh, "Deux galettes").await;
    assert_eq!(slugs(&first.page), ["deux-galettes-evry"]);
    assert_eq!(slugs(&place.page), ["le-bar-evry"]);
    let after = retitle(db, &first.id, "Trois galettes").await;
    assert_eq!(
        slugs(&after.page),
        ["trois-galettes-evry", "deux-galettes-evry"]
    );
    let stored = db
        .offers
        .by_ids(std::slice::from_ref(&first.id))
        .await
        .unwrap();
    assert_eq!(stored[&first.id], after);
    for slug in slugs(&after.page) {
        assert_eq!(
            find(db, PageKind::Offer, slug).await.as_deref(),
            Some(first.id.as_str())
        );
    }
    // Back again, by the slug that it had.
    let back = retitle(db, &first.id, "Deux galettes").await;
    assert_eq!(
        slugs(&back.page),
        ["deux-galettes-evry", "trois-galettes-evry"]
    );

    let edit = PartnerEdit {
        name: Edit::Set("Chez Ana".into()),
        ..PartnerEdit::default()
    };
    let renamed = db
        .partners
        .update_partner(partner.id.clone(), edit, author(), NOW_MS);
    let PartnerUpdated::Done(renamed, _) = renamed.await.unwrap() else {
        panic!("not renamed");
    };
    assert_eq!(slugs(&renamed.page), ["chez-ana"]);
    let found = find(db, PageKind::Partner, "chez-ana").await;
    assert_eq!(found.as_deref(), Some(partner.id.as_str()));

    let edit = EstablishmentEdit {
        name: Edit::Set("La Cave".into()),
        ..EstablishmentEdit::default()
    };
    let renamed = db
        .partners
        .update_establishment(place.id.clone(), edit, author(), NOW_MS);
    let PlaceUpdated::Done(renamed, _) = renamed.await.unwrap() else {
        panic!("not renamed");
    };
    assert_eq!(slugs(&renamed.page), ["la-cave-evry", "le-bar-evry"]);
    assert_eq!(read_place(db, &place.id).await, *renamed);
    for slug in slugs(&renamed.page) {
        let found = find(db, PageKind::Establishment, slug).await;
        assert_eq!(found.as_deref(), Some(place.id.as_str()));
    }
    assert_eq!(find(db, PageKind::Offer, "nobody").await, None);
}

async fn an_earlier_slug_is_not_given_to_another_page(fresh: Fresh) {
    let (_, place, first) = made(&fresh, "Galettes").await;
    retitle(&fresh.db, &first.id, "Crêpes").await;
    let second = create_named(&fresh.db, "second", "Galettes", &place.id).await;
    let expected = format!("galettes-evry-{}", &second.id.as_str()[..4]);
    assert_eq!(slugs(&second.page), [expected.as_str()]);
    let found = find(&fresh.db, PageKind::Offer, "galettes-evry").await;
    assert_eq!(found.as_deref(), Some(first.id.as_str()));
}

async fn many_pages_of_one_name_have_a_slug_each(fresh: Fresh) {
    let (_, place, _) = made(&fresh, "Galettes").await;
    let mut all = BTreeSet::new();
    for number in 0..9 {
        let made = create_named(&fresh.db, &number.to_string(), "Galettes", &place.id).await;
        all.extend(slugs(&made.page).into_iter().map(str::to_owned));
    }
    assert_eq!(all.len(), 9, "{all:?}");
    assert!(
        all.iter().all(|slug| slug.starts_with("galettes-evry-")),
        "{all:?}"
    );
}

async fn pages_that_got_one_name_at_once_have_a_slug_each(fresh: Fresh) {
    let (_, place, _) = made(&fresh, "Autre").await;
    let mut offers = Vec::new();
    for number in 0..4 {
        let title = format!("Avant {number}");
        offers.push(create(&fresh.db, &title, &place.id).await.id);
    }
    let other = fresh.of_another_server().await;
    let server = |n: usize| [&fresh.db, &other][n % 2];
    let renamed = offers.iter().enumerate();
    let renamed = join_all(renamed.map(|(n, id)| retitle(server(n), id, "Après"))).await;
    let all: BTreeSet<&str> = renamed.iter().map(|offer| slugs(&offer.page)[0]).collect();
    assert_eq!(all.len(), 4, "{all:?}");
    assert!(all.contains("apres-evry"), "{all:?}");
    for offer in &renamed {
        let found = find(&fresh.db, PageKind::Offer, slugs(&offer.page)[0]).await;
        assert_eq!(found.as_deref(), Some(offer.id.as_str()));
    }
}

async fn a_slug_is_found_among_pages_of_its_kind_alone(fresh: Fresh) {
    let (_, place, made) = made(&fresh, "Le Bar").await;
    assert_eq!(slugs(&made.page), slugs(&place.page));
    let slug = slugs(&made.page)[0];
    let found = find(&fresh.db, PageKind::Offer, slug).await;
    assert_eq!(found.as_deref(), Some(made.id.as_str()));
    let found = find(&fresh.db, PageKind::Establishment, slug).await;
    assert_eq!(found.as_deref(), Some(place.id.as_str()));
    assert_eq!(find(&fresh.db, PageKind::Partner, slug).await, None);
}

async fn an_edit_is_dated_and_a_booked_place_is_not(fresh: Fresh) {
    let (_, place, made) = made(&fresh, "Galettes").await;
    assert_eq!(
        (made.page.updated_at_ms, place.page.updated_at_ms),
        (NOW_MS, NOW_MS)
    );
    let later = NOW_MS + DAY_MS;
    let update = async |edit| {
        let updated = fresh
            .db
            .offers
            .update(made.id.clone(), edit, author(), later)
            .await;
        match updated.unwrap() {
            Updated::Done(offer, _) | Updated::Unchanged(offer) => offer.page.updated_at_ms,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(update(OfferEdit::default()).await, NOW_MS);
    let conditions = OfferEdit {
        conditions: Edit::Set(vec!["Le soir".into()]),
        ..OfferEdit::default()
    };
    assert_eq!(update(conditions).await, later);
    let edit = EstablishmentEdit {
        website: Edit::Set(Some("https://bar.example/".into())),
        ..EstablishmentEdit::default()
    };
    let edited = fresh
        .db
        .partners
        .update_establishment(place.id.clone(), edit, author(), later);
    edited.await.unwrap();
    assert_eq!(
        read_place(&fresh.db, &place.id).await.page.updated_at_ms,
        later
    );
}

async fn name_all(db: &Database, kind: PageKind) -> usize {
    let mut count = 0;
    loop {
        let named = db.site.name_pages(kind, NOW_MS + 1).await.unwrap();
        count += named;
        if named < NAMED_AT_ONCE {
            return count;
        }
    }
}

async fn what_was_filled_in_is_named_by_the_job(fresh: Fresh) {
    let offers = fresh.sampled(1_500).await;
    let db = &fresh.db;
    let before = fresh.pending().await;
    let partners: BTreeSet<&PartnerId> = offers.iter().map(|offer| &offer.partner_id).collect();
    let places: BTreeSet<_> = offers.iter().map(|offer| &offer.establishment_id).collect();
    assert_eq!(name_all(db, PageKind::Partner).await, partners.len());
    // Samples have establishments whose offers were cut off.
    assert!(name_all(db, PageKind::Establishment).await >= places.len());
    assert_eq!(name_all(db, PageKind::Offer).await, offers.len());
    for kind in PageKind::ALL {
        assert_eq!(db.site.name_pages(*kind, NOW_MS).await.unwrap(), 0);
    }
    assert_eq!(fresh.pending_after(&before).await, []);
    let ids: Vec<OfferId> = offers.iter().map(|offer| offer.id.clone()).collect();
    let named = db.offers.by_ids(&ids).await.unwrap();
    let mut all = BTreeSet::new();
    for offer in &offers {
        let named = &named[&offer.id];
        let slug = named.page.slugs.present().unwrap().to_string();
        assert_eq!(
            find(db, PageKind::Offer, &slug).await.as_deref(),
            Some(offer.id.as_str())
        );
        all.insert(slug);
    }
    assert_eq!(all.len(), offers.len());
    let place = read_place(db, &offers[0].establishment_id).await;
    assert_eq!(place.page.updated_at_ms, NOW_MS + 1);
}

async fn two_jobs_at_once_name_each_page_once(fresh: Fresh) {
    let offers = fresh.sampled(120).await;
    let other = fresh.of_another_server().await;
    tokio::join!(
        name_all(&fresh.db, PageKind::Offer),
        name_all(&other, PageKind::Offer)
    );
    // What both wanted to name alike is left to the next run.
    name_all(&fresh.db, PageKind::Offer).await;
    let ids: Vec<OfferId> = offers.iter().map(|offer| offer.id.clone()).collect();
    let named = fresh.db.offers.by_ids(&ids).await.unwrap();
    let all: BTreeSet<&str> = named.values().map(|offer| slugs(&offer.page)[0]).collect();
    assert_eq!(all.len(), offers.len());
    assert!(named.values().all(|offer| slugs(&offer.page).len() == 1));
}

async fn slugs_move_with_their_rows(fresh: Fresh) {
    let (partner, place, first) = made(&fresh, "Galettes").await;
    let moved = retitle(&fresh.db, &first.id, "Crêpes").await;
    let dir = tempfile::tempdir().unwrap();
    let target = store_sqlite::database::EmbeddedDb::open(dir.path()).unwrap();
    let target = Database::embedded(&target);
    let whole = domain::catalogue::Family {
        partner,
        establishments: vec![place],
        offers: vec![moved.clone()],
    };
    let announce = domain::catalogue::Announce {
        reach: domain::catalogue::Reach::Everything { instead_of: None },
        reason: "moved".into(),
        actor: "contract".into(),
    };
    target
        .catalogue
        .add(vec![whole], announce, NOW_MS)
        .await
        .unwrap();
    let stored = target
        .offers
        .by_ids(std::slice::from_ref(&moved.id))
        .await
        .unwrap();
    assert_eq!(stored[&moved.id], moved);
    for slug in ["crepes-evry", "galettes-evry"] {
        assert_eq!(
            find(&target, PageKind::Offer, slug).await.as_deref(),
            Some(first.id.as_str())
        );
    }
}
