//! What a question finds, by looking at every offer.

use super::*;

/// Whether an offer matches a search, and how well.
fn rank(listing: &Listing, search: Option<&str>) -> Option<Rank> {
    let Some(search) = search else {
        return Some(Rank::Title);
    };
    let words = stop_words::required(search);
    let has = |texts: &[&str], word: &String| {
        let indexed = search_text::indexed(texts);
        indexed
            .split(' ')
            .any(|known| known.starts_with(word.as_str()))
    };
    let almost_has = |texts: &[&str], word: &String| {
        let indexed = search_text::indexed(texts);
        let mut all = indexed.split(' ');
        all.any(|known| typing::begins_almost(known, word))
    };
    let everything = [
        listing.title.as_str(),
        &listing.description,
        &listing.partner_name,
        &listing.establishment_name,
    ];
    if words.is_empty() || !words.iter().all(|word| almost_has(&everything, word)) {
        None
    } else if !words.iter().all(|word| has(&everything, word)) {
        let in_title = words.iter().all(|word| almost_has(&[&listing.title], word));
        Some(if in_title {
            Rank::AlmostTitle
        } else {
            Rank::AlmostText
        })
    } else if words.iter().all(|word| has(&[&listing.title], word)) {
        Some(Rank::Title)
    } else {
        Some(Rank::Text)
    }
}

/// All that a question finds, in order.
pub(super) fn brute_force(offers: &BTreeMap<OfferId, Listing>, query: &OfferQuery) -> Vec<Hit> {
    let mut found: Vec<Found> = Vec::new();
    for offer in offers.values() {
        let is_visible = match query.include_inactive {
            Visibility::Public => {
                offer.is_active
                    && offer.is_listed
                    && offer.valid_from_ms <= query.now_ms
                    && query.now_ms < offer.valid_until_ms
            }
            Visibility::Portal => !offer.is_archived,
            Visibility::All => true,
        };
        let is_wanted = is_visible
            && (query.categories.is_empty() || query.categories.contains(&offer.category))
            && query
                .min_discount
                .is_none_or(|least| offer.percentage >= least)
            && query
                .partner
                .as_ref()
                .is_none_or(|partner| offer.partner_id == *partner);
        let distance_km = query
            .near
            .as_ref()
            .map_or(0.0, |near| near.centre.distance_km(&offer.location));
        let is_wanted = is_wanted
            && (query.kinds.is_empty() || query.kinds.contains(&offer.kind))
            && query.city.as_ref().is_none_or(|city| is_in(offer, city))
            && query
                .open_at_ms
                .is_none_or(|at_ms| is_open(offer, at_ms, query.now_ms))
            && query
                .ends_before_hour
                .is_none_or(|hour| offer.valid_until_ms <= hour * HOUR_MS)
            && query
                .created_since_day
                .is_none_or(|day| offer.created_at_ms >= day * DAY_MS)
            && query
                .within
                .is_none_or(|within| within.contains(offer.location));
        let is_near = query
            .near
            .as_ref()
            .is_none_or(|near| distance_km <= near.max_distance_km);
        if let Some(rank) = rank(offer, query.search.as_deref())
            && is_wanted
            && is_near
        {
            found.push((
                rank,
                position(query, distance_km, offer),
                distance_km,
                offer,
            ));
        }
    }
    found.sort_by(compare);
    let hit = |(rank, at, distance_km, offer): Found| Hit {
        id: offer.id.clone(),
        location: offer.location,
        distance_km: query.near.is_some().then_some(distance_km),
        cursor: OfferCursor {
            rank,
            at,
            id: offer.id.clone(),
        },
    };
    found.into_iter().map(hit).collect()
}

fn is_in(offer: &Listing, city: &InCity) -> bool {
    match city {
        InCity::Named(key) => search_text::city_key(&offer.city) == *key,
        InCity::Page(slug) => {
            domain::cities::slug(&offer.city, offer.city_area).as_ref() == Some(slug)
        }
    }
}

type Found<'a> = (Rank, OfferPosition, f64, &'a Listing);

fn is_open(offer: &Listing, at_ms: i64, now_ms: i64) -> bool {
    let is_open = |schedule: &OfferSchedule| schedule.is_open_at(at_ms);
    offer.schedule.as_ref().is_none_or(is_open)
        && (at_ms <= now_ms || offer.valid_from_ms <= at_ms && at_ms < offer.valid_until_ms)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rating is 0 to 5"
)]
fn position(query: &OfferQuery, distance_km: f64, offer: &Listing) -> OfferPosition {
    let created_at_ms = offer.created_at_ms;
    match (query.order, &query.near) {
        (None | Some(OfferOrder::Distance), Some(_)) => OfferPosition::Near { distance_km },
        (None | Some(OfferOrder::Distance), None) | (Some(OfferOrder::Newest), _) => {
            OfferPosition::Newest { created_at_ms }
        }
        (Some(OfferOrder::Ending), _) => OfferPosition::Ending {
            valid_until_ms: offer.valid_until_ms,
        },
        (Some(OfferOrder::Discount), _) => OfferPosition::Discount {
            percentage: offer.percentage as u8,
            created_at_ms,
        },
        (Some(OfferOrder::Rating), _) => OfferPosition::Rating {
            rating: offer
                .rating
                .map_or(0, |rating| (rating * 100.0).round() as u16 + 1),
            created_at_ms,
        },
    }
}

fn compare(a: &Found<'_>, b: &Found<'_>) -> std::cmp::Ordering {
    let ids = (&a.3.id, &b.3.id);
    let newest = (b.3.created_at_ms, ids.1).cmp(&(a.3.created_at_ms, ids.0));
    let by_position = match (&a.1, &b.1) {
        (OfferPosition::Near { distance_km: one }, OfferPosition::Near { distance_km: other }) => {
            one.total_cmp(other).then(ids.0.cmp(ids.1))
        }
        (OfferPosition::Ending { .. }, OfferPosition::Ending { .. }) => {
            (a.3.valid_until_ms, ids.0).cmp(&(b.3.valid_until_ms, ids.1))
        }
        (
            OfferPosition::Discount {
                percentage: one, ..
            },
            OfferPosition::Discount {
                percentage: other, ..
            },
        ) => other.cmp(one).then(newest),
        (
            OfferPosition::Rating { rating: one, .. },
            OfferPosition::Rating { rating: other, .. },
        ) => other.cmp(one).then(newest),
        _ => newest,
    };
    a.0.cmp(&b.0).then(by_position)
}

/// What the facets of a list should say.
pub(super) fn counted(offers: &BTreeMap<OfferId, Listing>, hits: &[Hit]) -> Facets {
    let mut facets = Facets::default();
    let listed = || hits.iter().map(|hit| &offers[&hit.id]);
    let count = |is_one: &dyn Fn(&Listing) -> bool| listed().filter(|it| is_one(it)).count() as u64;
    for category in Category::ALL {
        let count = count(&|it| it.category == category);
        facets
            .categories
            .extend((count > 0).then_some((category, count)));
    }
    for &kind in DiscountKind::ALL {
        let count = count(&|it| it.kind == kind);
        facets.kinds.extend((count > 0).then_some((kind, count)));
    }
    for city in ["Paris", "Saint-Denis", "Thé"] {
        let key = search_text::city_key(city);
        let count = count(&|it| search_text::city_key(&it.city) == key);
        facets.cities.extend((count > 0).then_some((key, count)));
    }
    facets
        .categories
        .sort_by_key(|(what, count)| (std::cmp::Reverse(*count), *what));
    facets
        .kinds
        .sort_by_key(|(what, count)| (std::cmp::Reverse(*count), *what));
    facets
        .cities
        .sort_by_key(|(what, count)| (std::cmp::Reverse(*count), what.clone()));
    facets
}
