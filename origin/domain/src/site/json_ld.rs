//! What a page says to search engines: JSON-LD in the words of schema.org.
//!
//! The text goes into a `<script>` element as it is: `<`, `>` and `&` are written as escapes of JSON, so
//! that no name of a partner ends the element.

use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};

use crate::{
    Category, Establishment, Offer, OpeningHour, Partner, offers::translating, sentence::Language,
};

/// A text that may be embedded in HTML.
pub fn embedded(value: &Value) -> String {
    let mut text = String::new();
    for character in value.to_string().chars() {
        match character {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            // Line ends to JavaScript, and not to JSON.
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            other => text.push(other),
        }
    }
    text
}

/// A page of an offer: an `Offer`, with where it is to be had.
pub fn offer(
    offer: &Offer,
    language: Option<Language>,
    partner: &Partner,
    place: &Establishment,
) -> Value {
    let texts = translating::texts(offer, language);
    let is_sold_out = offer.quota.is_some_and(crate::Quota::is_sold_out);
    let availability = if is_sold_out { "SoldOut" } else { "InStock" };
    let mut all = typed("Offer");
    put(&mut all, "name", Some(texts.title));
    let description = Some(texts.description).filter(|text| !text.is_empty());
    put(&mut all, "description", description);
    put(&mut all, "image", some(&offer.images));
    put(&mut all, "category", Some(offer.category.as_str()));
    put(&mut all, "validFrom", moment(offer.valid_from_ms));
    put(&mut all, "validThrough", moment(offer.valid_until_ms));
    put(
        &mut all,
        "availability",
        Some(format!("https://schema.org/{availability}")),
    );
    if let Some(price) = &offer.price {
        let decimal = format!("{}.{:02}", price.amount / 100, price.amount % 100);
        put(&mut all, "price", Some(decimal));
        put(&mut all, "priceCurrency", Some(price.currency.as_str()));
    }
    put(&mut all, "offeredBy", Some(business(partner)));
    put(&mut all, "availableAtOrFrom", Some(venue(partner, place)));
    document(all)
}

/// A page of a partner: an `Organization` with its establishments.
pub fn partner(partner: &Partner, places: &[Establishment]) -> Value {
    let mut all = business(partner);
    let venues: Vec<_> = places.iter().map(|place| venue(partner, place)).collect();
    put(&mut all, "location", some(&venues));
    document(all)
}

/// A page of an establishment: a `LocalBusiness` of the kind that its partner is.
pub fn establishment(partner: &Partner, place: &Establishment) -> Value {
    let mut all = venue(partner, place);
    put(&mut all, "parentOrganization", Some(business(partner)));
    document(all)
}

fn document(mut all: Map<String, Value>) -> Value {
    all.insert("@context".to_owned(), "https://schema.org".into());
    Value::Object(all)
}

fn typed(name: &str) -> Map<String, Value> {
    Map::from_iter([("@type".to_owned(), name.into())])
}

fn put(all: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        all.insert(name.to_owned(), value.into());
    }
}

/// A list, unless it is empty.
fn some<T: Clone + Into<Value>>(list: &[T]) -> Option<Vec<Value>> {
    (!list.is_empty()).then(|| list.iter().cloned().map(Into::into).collect())
}

fn moment(at_ms: i64) -> Option<String> {
    let moment = DateTime::from_timestamp_millis(at_ms)?;
    Some(moment.to_rfc3339_opts(SecondsFormat::Secs, true))
}

fn business(partner: &Partner) -> Map<String, Value> {
    let mut all = typed("Organization");
    put(&mut all, "name", Some(partner.name.as_str()));
    put(&mut all, "description", partner.description.as_deref());
    put(&mut all, "logo", partner.logo.as_deref());
    put(&mut all, "aggregateRating", rating(partner));
    all
}

/// A rating of nobody is none: schema.org wants a count.
fn rating(partner: &Partner) -> Option<Value> {
    let value = partner.rating.filter(|_| partner.review_count > 0)?;
    Some(json!({
        "@type": "AggregateRating",
        "ratingValue": (value * 10.0).round() / 10.0,
        "reviewCount": partner.review_count,
        "bestRating": 5,
        "worstRating": 1,
    }))
}

fn venue(partner: &Partner, place: &Establishment) -> Map<String, Value> {
    let mut all = typed(kind(partner.category));
    let address = &place.address;
    put(&mut all, "name", Some(place.name.as_str()));
    put(
        &mut all,
        "address",
        Some(json!({
            "@type": "PostalAddress",
            "streetAddress": address.street,
            "addressLocality": address.city,
            "postalCode": address.postcode,
            "addressCountry": address.country,
        })),
    );
    put(
        &mut all,
        "geo",
        Some(json!({
            "@type": "GeoCoordinates",
            "latitude": place.location.lat,
            "longitude": place.location.lng,
        })),
    );
    put(&mut all, "telephone", place.phone.as_deref());
    put(&mut all, "email", place.email.as_deref());
    put(&mut all, "url", place.website.as_deref());
    put(&mut all, "image", some(&place.images));
    let hours: Vec<Value> = place.opening_hours.iter().map(opening).collect();
    put(&mut all, "openingHoursSpecification", some(&hours));
    put(&mut all, "aggregateRating", rating(partner));
    all
}

/// The kind of `LocalBusiness`.
const fn kind(category: Category) -> &'static str {
    match category {
        Category::Bar => "BarOrPub",
        Category::Restaurant => "Restaurant",
        Category::Club => "NightClub",
        Category::Cinema => "MovieTheater",
        Category::Sport => "SportsActivityLocation",
        Category::Leisure => "EntertainmentBusiness",
        Category::Event | Category::Other => "LocalBusiness",
    }
}

fn opening(hour: &OpeningHour) -> Value {
    let day = match hour.weekday.number() {
        1 => "Monday",
        2 => "Tuesday",
        3 => "Wednesday",
        4 => "Thursday",
        5 => "Friday",
        6 => "Saturday",
        _sunday => "Sunday",
    };
    json!({
        "@type": "OpeningHoursSpecification",
        "dayOfWeek": format!("https://schema.org/{day}"),
        "opens": hour.opens,
        "closes": hour.closes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Quota,
        catalogue::{Family, sample},
        payments::{money::Currency, price::OfferPrice},
    };

    fn families() -> Vec<Family> {
        sample::families(300, 1_790_000_000_000).collect()
    }

    /// What schema.org and the search engines require of a type.
    fn required(kind: &str) -> &'static [&'static str] {
        match kind {
            "Offer" => &[
                "name",
                "validFrom",
                "validThrough",
                "availability",
                "offeredBy",
                "availableAtOrFrom",
            ],
            "Organization" => &["name"],
            "BarOrPub"
            | "Restaurant"
            | "NightClub"
            | "MovieTheater"
            | "SportsActivityLocation"
            | "EntertainmentBusiness"
            | "LocalBusiness" => &["name", "address", "geo"],
            "PostalAddress" => &[
                "streetAddress",
                "addressLocality",
                "postalCode",
                "addressCountry",
            ],
            "GeoCoordinates" => &["latitude", "longitude"],
            "AggregateRating" => &["ratingValue", "reviewCount", "bestRating"],
            "OpeningHoursSpecification" => &["dayOfWeek", "opens", "closes"],
            other => panic!("{other} is not a type of schema.org"),
        }
    }

    /// Every object has a type and what that requires; no value is null.
    fn check(value: &Value) {
        match value {
            Value::Object(all) => {
                let kind = all["@type"].as_str().unwrap();
                for field in required(kind) {
                    assert!(all.contains_key(*field), "{kind} without {field}");
                }
                assert!(all.contains_key("price") == all.contains_key("priceCurrency"));
                all.values().for_each(check);
            }
            Value::Array(all) => {
                assert!(!all.is_empty());
                all.iter().for_each(check);
            }
            Value::Null => panic!("null is not a value of schema.org"),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn every_page_says_what_schema_org_requires() {
        for family in families() {
            let (of, places) = (&family.partner, &family.establishments);
            let about = partner(of, places);
            assert_eq!(about["@context"], "https://schema.org");
            check(&about);
            for place in places {
                check(&establishment(of, place));
            }
            for each in &family.offers {
                let place = places
                    .iter()
                    .find(|place| place.id == each.establishment_id);
                check(&offer(each, None, of, place.unwrap()));
            }
        }
    }

    #[test]
    fn a_name_does_not_end_the_element() {
        let family = families().remove(0);
        let evil = Partner {
            name: "</script><script>alert('é & \u{2028}')".into(),
            ..family.partner
        };
        let text = embedded(&partner(&evil, &[]));
        assert!(!text.contains(['<', '>', '&', '\u{2028}']), "{text}");
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["name"], evil.name);
    }

    #[test]
    fn an_offer_has_a_price_with_its_currency_and_may_be_sold_out() {
        let family = families().remove(0);
        let sold_out = Offer {
            price: Some(OfferPrice {
                amount: 1_205,
                currency: Currency::Eur,
                original: None,
                is_deposit: false,
                refundable_until_min: None,
                vat_rate_bp: 1_000,
            }),
            quota: Some(Quota {
                total: 1,
                remaining: 0,
            }),
            valid_from_ms: 0,
            ..family.offers[0].clone()
        };
        let said = offer(&sold_out, None, &family.partner, &family.establishments[0]);
        assert_eq!(
            (&said["price"], &said["priceCurrency"]),
            (&json!("12.05"), &json!("EUR"))
        );
        assert_eq!(said["availability"], "https://schema.org/SoldOut");
        assert_eq!(said["validFrom"], "1970-01-01T00:00:00Z");
    }

    #[test]
    fn a_partner_without_reviews_has_no_rating() {
        let family = families().remove(0);
        let with = |rating, review_count| Partner {
            rating,
            review_count,
            ..family.partner.clone()
        };
        assert_eq!(
            partner(&with(Some(4.0), 0), &[]).get("aggregateRating"),
            None
        );
        let rated = partner(&with(Some(4.26), 3), &[]);
        assert_eq!(rated["aggregateRating"]["ratingValue"], 4.3);
    }
}
