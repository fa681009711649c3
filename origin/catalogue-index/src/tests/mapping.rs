//! Clusters on a map against brute force.

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn clusters_have_every_offer_of_the_box_once(
        listings in vec(listing(), 0..80), query in question(), within in area(), zoom in 0..20_u8,
    ) {
        let mut index = Index::default();
        let mut offers = BTreeMap::new();
        for listing in listings {
            index.put(&listing, 0);
            offers.insert(listing.id.clone(), listing);
        }
        let query = OfferQuery {
            near: None,
            partner: None,
            include_inactive: Visibility::Public,
            within: Some(within),
            ..query
        };
        let now_ms = 20 * UNIT_MS;
        index.advance(now_ms);
        let query = OfferQuery { now_ms, ..query };
        let expected = brute_force(&offers, &query);
        let clusters = index.clusters(&query, zoom);
        let count: u64 = clusters.iter().map(|cluster| cluster.count).sum();
        prop_assert_eq!(count, expected.len() as u64);
        for cluster in &clusters {
            prop_assert!(cluster.is_exact);
            prop_assert_eq!(cluster.offer.is_some(), cluster.count == 1);
            if let Some(offer) = &cluster.offer {
                prop_assert!(expected.iter().any(|hit| hit.id == *offer));
                prop_assert_eq!(cluster.location, offers[offer].location);
            }
        }
        prop_assert!(clusters.is_sorted_by(|a, b| a.count >= b.count));
    }
}

#[test]
fn too_many_clusters_become_larger_ones() {
    let mut index = Index::default();
    for number in 0..2_000_u32 {
        let mut offer = simple(number, 0);
        let (x, y) = (f64::from(number % 40), f64::from(number / 40));
        offer.location = GeoPoint {
            lat: 48.0 + x * 0.05,
            lng: 2.0 + y * 0.04,
        };
        index.put(&offer, 0);
    }
    let within = GeoBox {
        south: 47.0,
        west: 1.0,
        north: 51.0,
        east: 5.0,
    };
    let query = OfferQuery {
        within: Some(within),
        ..OfferQuery::newest(0, 1)
    };
    let clusters = index.clusters(&query, 22);
    assert!(clusters.len() <= MOST_CLUSTERS && clusters.len() > 1);
    let count: u64 = clusters.iter().map(|cluster| cluster.count).sum();
    assert_eq!(count, 2_000);
    // Nothing is left of what was taken away.
    for number in 0..2_000 {
        index.remove(&offer_id(number));
    }
    assert_eq!(index.clusters(&query, 22), []);
}
