//! The filling of the catalogue: by samples, by import, and what both stand on.

use std::{cell::Cell, collections::BTreeSet, path::PathBuf};

use domain::catalogue::{
    sample,
    seed::{SeedReport, seed},
};
use domain::{
    catalogue::{Announce, Family, Reach},
    offers::events::tags_of,
};
use yousoon::catalogue::import::{ImportReport, import_csv};

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{NOW_MS, family, offer, sorted},
};

tests! {
    only_what_is_missing_is_added: [],
    what_is_added_is_purged_with_it: [],
    the_purge_of_everything_moves_along: [],
    seeding_again_or_more_adds_only_what_is_missing: [],
    seeded_offers_are_where_their_establishments_are: [],
    importing_twice_or_reordered_adds_nothing: [],
}

fn announce(reach: Reach) -> Announce {
    Announce {
        reach,
        reason: "why".into(),
        actor: "who".into(),
    }
}

async fn only_what_is_missing_is_added(fresh: Fresh) {
    let catalogue = &fresh.db.catalogue;
    assert!(catalogue.is_empty().await.unwrap());
    let (first, second) = (offer("first"), offer("second"));
    let add = async |families| {
        let added = catalogue.add(families, announce(Reach::Added), NOW_MS);
        added.await.unwrap()
    };
    let added = add(vec![family(vec![first.clone()])]).await;
    assert_eq!((added.partners, added.offers), (1, vec![first.clone()]));
    assert!(added.establishments > 0);
    assert!(!catalogue.is_empty().await.unwrap());
    // The same partner once more, an offer of it as it is, one that differs, and a new one.
    let mut differs = first.clone();
    differs.title = "another".into();
    let again = family(vec![first.clone(), differs, second.clone()]);
    let added = add(vec![again]).await;
    assert_eq!((added.partners, added.establishments), (0, 0));
    assert_eq!(added.offers, std::slice::from_ref(&second));
    let ids = sorted([&first, &second]);
    let stored = fresh.db.offers.by_ids(&ids).await.unwrap();
    assert_eq!((&stored[&first.id], &stored[&second.id]), (&first, &second));
}

async fn what_is_added_is_purged_with_it(fresh: Fresh) {
    let families: Vec<Family> = sample::families(5, NOW_MS).collect();
    let offers: Vec<_> = families.iter().flat_map(|f| f.offers.clone()).collect();
    let catalogue = &fresh.db.catalogue;
    let added = catalogue.add(families.clone(), announce(Reach::Added), NOW_MS);
    let added = added.await.unwrap();
    let rows = fresh.pending().await;
    assert_eq!(rows.len(), 1);
    assert_eq!(added.purge, Some(rows[0].id));
    assert_eq!(
        Some(&rows[0].purge),
        announce(Reach::Added).purge(&offers).as_ref()
    );
    assert_eq!(rows[0].at_ms, NOW_MS);
    let again = catalogue.add(families, announce(Reach::Added), NOW_MS);
    let again = again.await.unwrap();
    assert_eq!((again.offers, again.purge), (vec![], None));
    assert_eq!(fresh.pending().await, rows);
}

async fn the_purge_of_everything_moves_along(fresh: Fresh) {
    let catalogue = &fresh.db.catalogue;
    let everything = async |instead_of| {
        let reach = Reach::Everything { instead_of };
        let added = catalogue.add(vec![], announce(reach), NOW_MS).await;
        added.unwrap().purge.unwrap()
    };
    let ids =
        async || -> BTreeSet<i64> { fresh.pending().await.iter().map(|row| row.id).collect() };
    let first = everything(None).await;
    let second = everything(None).await;
    assert_eq!(ids().await, BTreeSet::from([first, second]));
    let third = everything(Some(first)).await;
    assert_eq!(ids().await, BTreeSet::from([second, third]));
    for row in fresh.pending().await {
        assert_eq!(row.purge.tags, [cache_core::Tag::everything()]);
    }
    // It has left for the log meanwhile.
    let fourth = everything(Some(first)).await;
    assert_eq!(ids().await, BTreeSet::from([second, third, fourth]));
}

async fn seeding_again_or_more_adds_only_what_is_missing(fresh: Fresh) {
    let catalogue = &*fresh.db.catalogue;
    let calls = Cell::new((0, 0));
    let progress = |done, all| calls.set((done, all));
    let first = seed(catalogue, 700, NOW_MS, &progress).await.unwrap();
    assert_eq!(first.offers, 700);
    assert_eq!(calls.get(), (700, 700));
    let again = seed(catalogue, 700, NOW_MS, &|_, _| ()).await.unwrap();
    assert_eq!(again, SeedReport::default());
    let more = seed(catalogue, 900, NOW_MS, &|_, _| ()).await.unwrap();
    assert_eq!(more.offers, 200);
    let purges = fresh.pending().await;
    let most = 3 * catalogue.bulk_load().transactions_at_once;
    assert!((3..=most).contains(&purges.len()), "{}", purges.len());
    assert!(
        purges
            .iter()
            .all(|row| row.purge.tags == [cache_core::Tag::everything()])
    );
}

async fn seeded_offers_are_where_their_establishments_are(fresh: Fresh) {
    let offers = fresh.sampled(2_000).await;
    assert_eq!(offers.len(), 2_000);
    let ids: Vec<_> = offers.iter().map(|o| o.establishment_id.clone()).collect();
    let places = fresh.db.partners.establishments_by_ids(&ids).await.unwrap();
    for offer in &offers {
        let place = &places[&offer.establishment_id];
        assert_eq!(place.location, offer.location);
        assert_eq!(place.partner_id, offer.partner_id);
    }
}

const LINES: [&str; 4] = [
    "RESTAURANT,crepe,48.858246,2.309831,du Gros-Caillou,75007",
    "BAR,,48.859386,2.348953,Saint-Merri,75004",
    "BAR,,48.859386,2.348953,Saint-Merri,75004",
    "RESTAURANT,,48.8,2.3,,",
];

fn file(dir: &tempfile::TempDir, lines: &[&str]) -> PathBuf {
    let path = dir.path().join("places.csv");
    let header = "category,cuisine,latitude,longitude,district,postcode";
    std::fs::write(&path, format!("{header}\n{}", lines.join("\n"))).unwrap();
    path
}

async fn importing_twice_or_reordered_adds_nothing(fresh: Fresh) {
    let dir = tempfile::tempdir().unwrap();
    let import = async |lines: &[&str]| -> ImportReport {
        let path = file(&dir, lines);
        let report = import_csv(&*fresh.db.catalogue, &path, NOW_MS, "test");
        report.await.unwrap()
    };
    let mut lines = LINES;
    let first = import(&lines).await;
    assert_eq!(
        (first.added, first.already_there, first.bad_lines.len()),
        (4, 0, 0)
    );
    assert_eq!(first.changed.len(), 4);
    lines.reverse();
    for _ in 0..2 {
        let again = import(&lines).await;
        assert_eq!((again.added, again.already_there), (0, 4));
        assert_eq!(again.changed, []);
    }
    let purges = fresh.pending().await;
    assert_eq!(
        purges.len(),
        1,
        "one purge for the batch, none where nothing was added"
    );
    let purge = &purges[0].purge;
    assert_eq!(
        (purge.actor.as_str(), purge.reason.as_str()),
        ("test", "import of places.csv")
    );
    for change in &first.changed {
        assert!(tags_of(change).iter().all(|tag| purge.tags.contains(tag)));
    }
    assert!(purge.tags.contains(&domain::tags::all_partners()));
}
