//! Generates sample partners for development and benchmarks: the same count gives the same rows.
//!
//! Every value derives from the partner's number, so a larger catalogue contains the smaller one.

pub mod chance;
pub mod words;

use chance::Chance;
use words::{CITIES, City, Quarter};

use crate::{
    Address, Admission, BookingLimits, Category, Discount, Establishment, EstablishmentId,
    GeoPoint, Offer, OfferId, OfferSchedule, Partner, PartnerId, Quota, catalogue::Family,
    partners::standing::Standing,
};

pub const DAY_MS: i64 = 86_400_000;
const SEED: u64 = 0x796f_7573_6f6f_6e01;

/// Generates families in the order of their numbers, with `offers` offers in total.
pub fn families(offers: usize, now_ms: i64) -> impl Iterator<Item = Family> {
    let mut left = offers;
    let mut number = 0;
    std::iter::from_fn(move || {
        if left == 0 {
            return None;
        }
        let mut family = family(number, now_ms);
        family.offers.truncate(left);
        left -= family.offers.len();
        number += 1;
        Some(family)
    })
}

/// Generates the partner of this number, with its own random stream, so that no partner depends on
/// another.
fn family(number: usize, now_ms: i64) -> Family {
    let mut chance = Chance::new(
        SEED ^ (u64::try_from(number).unwrap_or(u64::MAX)).wrapping_mul(0x9e37_79b9_7f4a_7c15),
    );
    let today_ms = now_ms - now_ms.rem_euclid(DAY_MS);
    let category = *chance.weighted(&[
        (Category::Restaurant, 40),
        (Category::Bar, 25),
        (Category::Club, 7),
        (Category::Cinema, 6),
        (Category::Sport, 7),
        (Category::Leisure, 7),
        (Category::Event, 4),
        (Category::Other, 4),
    ]);
    let city = chance.weighted(&[(&CITIES[0], 60), (&CITIES[1], 22), (&CITIES[2], 18)]);
    let seed = number.to_string();
    let partner = partner(&mut chance, &seed, category, city, today_ms);
    let count = *chance.weighted(&[(1, 70), (2, 20), (3, 10)]);
    let mut establishments = Vec::new();
    let mut offers = Vec::new();
    for branch in 0..count {
        let place = establishment(&mut chance, &format!("{seed}/{branch}"), &partner, city);
        for index in 0..*chance.weighted(&[(1, 60), (2, 30), (3, 10)]) {
            let id = OfferId::derive("seed offer", &format!("{seed}/{branch}/{index}"));
            offers.push(offer(&mut chance, id, &partner, &place, today_ms));
        }
        establishments.push(place);
    }
    Family {
        partner,
        establishments,
        offers,
    }
}

fn partner(
    chance: &mut Chance,
    seed: &str,
    category: Category,
    city: &City,
    today_ms: i64,
) -> Partner {
    let name = words::name(chance, category, None);
    let review_count = chance.between(0, 900);
    let slug = words::slug(&name);
    Partner {
        id: PartnerId::derive("seed partner", seed),
        description: Some(words::partner_description(chance, category, city.name)),
        logo: chance
            .one_in(5)
            .then(|| format!("https://images.yousoon.example/logos/{slug}-{seed}.webp")),
        category,
        rating: (review_count > 0).then(|| f64::from(chance.between(30, 50)) / 10.0),
        review_count,
        created_at_ms: today_ms - i64::from(chance.between(30, 900)) * DAY_MS,
        name,
        page: crate::WebPage::default(),
        standing: Standing::default(),
    }
}

fn establishment(chance: &mut Chance, seed: &str, partner: &Partner, city: &City) -> Establishment {
    let quarter = chance.pick(city.quarters);
    let slug = words::slug(&partner.name);
    Establishment {
        id: EstablishmentId::derive("seed establishment", seed),
        partner_id: partner.id.clone(),
        name: format!("{} – {}", partner.name, quarter.name),
        address: Address {
            street: words::street(chance),
            city: city.name.to_owned(),
            postcode: quarter.postcode.to_owned(),
            country: "FR".to_owned(),
        },
        location: scatter(chance, quarter),
        phone: Some(words::phone(chance, city.phone_prefix)),
        email: chance.one_in(2).then(|| format!("contact@{slug}.example")),
        website: chance.one_in(2).then(|| format!("https://{slug}.example/")),
        opening_hours: words::opening_hours(chance, partner.category),
        images: words::images(
            chance,
            "places",
            &format!("{slug}-{}", seed.replace('/', "-")),
        ),
        archived_at_ms: None,
        page: crate::WebPage::default(),
    }
}

/// A random point around the quarter's centre, denser in the middle. The standard deviation is per
/// quarter, small near water, and points are cut off at two deviations, so that none lies in the
/// sea.
fn scatter(chance: &mut Chance, quarter: &Quarter) -> GeoPoint {
    let (north, east) = (
        chance.gaussian().clamp(-2.0, 2.0),
        chance.gaussian().clamp(-2.0, 2.0),
    );
    let lat = quarter.lat + north * quarter.spread_km / 111.195;
    let lng = quarter.lng + east * quarter.spread_km / (111.195 * quarter.lat.to_radians().cos());
    // Six decimals are 11 cm, the precision of map providers.
    GeoPoint {
        lat: (lat * 1e6).round() / 1e6,
        lng: (lng * 1e6).round() / 1e6,
    }
}

/// Generates an offer of `place`, with a validity around today: about 5 % have ended, 3 % have not
/// begun and 3 % are inactive.
pub fn offer(
    chance: &mut Chance,
    id: OfferId,
    partner: &Partner,
    place: &Establishment,
    today_ms: i64,
) -> Offer {
    let day = |days: i32| today_ms + i64::from(days) * DAY_MS;
    let percentage = *chance.pick(&[10, 10, 15, 15, 20, 20, 20, 25, 30, 30, 40, 50]);
    let (valid_from_ms, valid_until_ms) = match chance.between(1, 100) {
        1..=5 => (day(-chance.between(60, 120)), day(-chance.between(1, 30))),
        6..=8 => (day(chance.between(1, 21)), day(chance.between(30, 120))),
        _ => (day(-chance.between(0, 45)), day(chance.between(2, 120))),
    };
    let is_active = chance.between(1, 100) > 3;
    let quota = chance.one_in(2).then(|| {
        let total = *chance.pick(&[20, 50, 100, 200]);
        // Nobody has booked. Drawn all the same, so that the other fields of the sample, on which
        // measurements rely, stay what they were.
        chance.between(0, total);
        Quota {
            total,
            remaining: total,
        }
    });
    let images = words::images(chance, "offers", id.as_str());
    Offer {
        title: words::offer_title(chance, partner.category, &partner.name, percentage),
        description: words::offer_description(chance, partner.category, &place.name, percentage),
        partner_id: partner.id.clone(),
        establishment_id: place.id.clone(),
        category: partner.category,
        discount: Discount {
            percentage,
            description: words::discount_description(chance, percentage),
            terms: None,
        },
        conditions: words::conditions(chance),
        valid_from_ms,
        valid_until_ms,
        schedule: schedule(chance),
        quota,
        images,
        is_active,
        location: place.location,
        created_at_ms: valid_from_ms.min(today_ms) - i64::from(chance.between(1, 86_400)) * 1_000,
        limits: BookingLimits::default(),
        archived_at_ms: None,
        version: 1,
        price: None,
        admission: Admission::default(),
        id,
        page: crate::WebPage::default(),
        wording: crate::offers::wording::Wording::default(),
    }
}

fn schedule(chance: &mut Chance) -> Option<OfferSchedule> {
    let schedules: [Option<(i32, i32, &str, &str)>; 6] = [
        None,
        None,
        Some((1, 4, "18:00", "20:00")),
        Some((1, 5, "11:30", "14:30")),
        Some((2, 6, "17:00", "21:00")),
        Some((5, 7, "19:00", "23:30")),
    ];
    chance
        .pick(&schedules)
        .map(|(first, last, from, to)| OfferSchedule {
            weekdays: (first..=last).collect(),
            from: from.to_owned(),
            to: to.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_790_000_000_000;

    #[test]
    fn the_same_number_is_the_same_family() {
        for number in 0..50 {
            assert_eq!(family(number, NOW_MS), family(number, NOW_MS + 1));
        }
        assert_ne!(family(0, NOW_MS), family(1, NOW_MS));
    }

    #[test]
    fn shares_are_about_right() {
        let offers: Vec<Offer> = (0..2_000)
            .flat_map(|number| family(number, NOW_MS).offers)
            .collect();
        let percent = |count: usize| count * 1_000 / offers.len();
        let expired = percent(offers.iter().filter(|o| o.valid_until_ms <= NOW_MS).count());
        let inactive = percent(offers.iter().filter(|o| !o.is_active).count());
        let later = percent(offers.iter().filter(|o| o.valid_from_ms > NOW_MS).count());
        assert!((35..=65).contains(&expired), "{expired} per mille are over");
        assert!(
            (18..=42).contains(&inactive),
            "{inactive} per mille are inactive"
        );
        assert!((18..=42).contains(&later), "{later} per mille begin later");
        assert!(offers.iter().all(|o| o.valid_from_ms < o.valid_until_ms));
        let crepes = offers
            .iter()
            .filter(|o| o.title.contains("Crêperie"))
            .count();
        assert!(crepes > 0);
    }
}
