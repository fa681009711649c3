//! The filters, the order and the page of a list of offers, as clients give them.

use async_graphql::{Enum, ID, InputObject, Result};
use domain::{
    PartnerId,
    offers::{
        codes::{
            DISCOUNT_OUT_OF_RANGE, OPEN_AT_NOT_ROUNDED, ORDER_NEEDS_LOCATION, PERIOD_OUT_OF_RANGE,
        },
        store::{GeoBox, InCity, Near, OfferCursor, OfferQuery, Visibility},
    },
    search_text::city_key,
    sentence::Sentence,
};

use crate::{
    nodes::{
        category::OfferCategory,
        directives::snap_to_cell,
        discount::DiscountKind,
        moment::Moment,
        offer_list::Wanted,
        page::{cursor, distance, page_size, search},
        partner::no_partner,
        place::{BoxInput, LocationInput},
    },
    request::errors::refused,
};

/// The largest box of a list; a map of more shows clusters.
const LARGEST_BOX_DEGREES: f64 = 2.0;
const MOST_HOURS: i32 = 7 * 24;
const MOST_DAYS: i32 = 90;

const HOUR_MS: i64 = 3_600_000;
const QUARTER_MS: i64 = HOUR_MS / 4;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What a list of offers is sorted by. With `search` what matches better stands first; what is the same
/// otherwise stands newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::offers::store::OfferOrder")]
pub enum OfferOrder {
    /// Nearest first; needs a location.
    Distance,
    /// The greatest percentage first.
    Discount,
    /// What ends soonest first.
    Ending,
    /// The partner with the best rating first; those without one last.
    Rating,
    Newest,
}

/// Filter and pagination of the offer list.
#[derive(Clone, Debug, Default, InputObject)]
pub struct OffersInput {
    /// Only offers within `maxDistance`, and by default nearest first. Without a location newest first.
    #[graphql(directive = snap_to_cell::apply(Some(8)))]
    pub location: Option<LocationInput>,
    pub categories: Option<Vec<OfferCategory>>,
    /// Percent, 0 to 100.
    pub min_discount: Option<i32>,
    /// Kilometres, more than 0 to 50; default 10, and without limit if there is a `box`.
    pub max_distance: Option<f64>,
    /// Each word must be the beginning of a word in the title, the description or the name of the
    /// partner or establishment; articles and the like are ignored. Words of 4 letters or more may have
    /// one typing error: what has the words as they are written stands first. At most 500 letters and 20
    /// words.
    pub search: Option<String>,
    /// Page size, 1 to 100; default 20.
    pub first: Option<i32>,
    pub after: Option<String>,
    pub order_by: Option<OfferOrder>,
    /// At most 2 degrees high and wide.
    #[graphql(name = "box")]
    pub within: Option<BoxInput>,
    pub partner_id: Option<ID>,
    /// By name; accents, case and hyphens do not matter.
    pub city: Option<String>,
    /// Any of these kinds.
    pub discount_kinds: Option<Vec<DiscountKind>>,
    /// Usable at this moment by validity and schedule, of what can be booked now. A whole quarter of an hour,
    /// so that answers are shared.
    pub open_at: Option<Moment>,
    /// Usable now, to the quarter of an hour. `openAt` counts if both are given.
    pub open_now: Option<bool>,
    /// Valid for at most so many hours more, to the full hour: 1 to 168.
    pub ending_within_hours: Option<i32>,
    /// Created in the last so many days or today (UTC): 1 to 90.
    pub new_within_days: Option<i32>,
}

/// Filters of the offers on a map.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ClusterFilterInput {
    pub categories: Option<Vec<OfferCategory>>,
    /// Percent, 0 to 100.
    pub min_discount: Option<i32>,
    /// As in lists of offers.
    pub search: Option<String>,
    pub discount_kinds: Option<Vec<DiscountKind>>,
    /// As in lists of offers.
    pub open_at: Option<Moment>,
    /// As in lists of offers.
    pub open_now: Option<bool>,
}

impl ClusterFilterInput {
    pub fn into_list(self) -> OffersInput {
        OffersInput {
            categories: self.categories,
            min_discount: self.min_discount,
            search: self.search,
            discount_kinds: self.discount_kinds,
            open_at: self.open_at,
            open_now: self.open_now,
            ..OffersInput::default()
        }
    }
}

/// A question, and until when the moment that it is about stays the same.
#[derive(Debug)]
pub struct Question {
    pub query: OfferQuery,
    pub ends_at_ms: Option<i64>,
}

impl OffersInput {
    pub fn query(self, wanted: Wanted, now_ms: i64) -> Result<Question> {
        let within = self
            .within
            .map(|within| within.at_most(LARGEST_BOX_DEGREES));
        let within = within.transpose()?;
        let near = near(self.location, self.max_distance, within)?;
        let order = self.order_by.map(domain::offers::store::OfferOrder::from);
        if order == Some(domain::offers::store::OfferOrder::Distance) && near.is_none() {
            return Err(refused(
                ORDER_NEEDS_LOCATION,
                Sentence::new(
                    "`orderBy: DISTANCE` demande une `location`",
                    "`orderBy: DISTANCE` needs a `location`",
                ),
            ));
        }
        let partner = self
            .partner_id
            .map(|id| PartnerId::parse(&id).ok_or_else(no_partner));
        let (open_at_ms, open_ends_ms) = open_at(self.open_at, self.open_now, now_ms)?;
        let (ends_before_hour, hour_ends_ms) = ending(self.ending_within_hours, now_ms)?;
        let (created_since_day, day_ends_ms) = created(self.new_within_days, now_ms)?;
        let query = OfferQuery {
            near,
            within,
            order,
            categories: into_all(self.categories),
            min_discount: discount(self.min_discount)?,
            search: search(self.search)?,
            partner: partner.transpose()?,
            include_inactive: Visibility::Public,
            first: page_size(self.first)?,
            after: cursor(self.after.as_deref(), OfferCursor::decode)?,
            now_ms,
            columns: wanted.columns(),
            kinds: into_all(self.discount_kinds),
            open_at_ms,
            city: self.city.map(|name| InCity::Named(city_key(&name))),
            ends_before_hour,
            created_since_day,
            facets: wanted.facets,
        };
        let ends = [open_ends_ms, hour_ends_ms, day_ends_ms];
        Ok(Question {
            query,
            ends_at_ms: ends.into_iter().flatten().min(),
        })
    }
}

fn into_all<T, U: From<T>>(given: Option<Vec<T>>) -> Vec<U> {
    given.unwrap_or_default().into_iter().map(U::from).collect()
}

/// In a box the distance is a limit only if it is given.
fn near(
    location: Option<LocationInput>,
    max_distance: Option<f64>,
    within: Option<GeoBox>,
) -> Result<Option<Near>> {
    let centre = location.map(LocationInput::point).transpose()?;
    let max_distance_km = match (max_distance, within) {
        (None, Some(_)) => f64::INFINITY,
        (given, _) => distance(given)?,
    };
    Ok(centre.map(|centre| Near {
        centre,
        max_distance_km,
    }))
}

/// The moment at which offers are to be open, and when that moment becomes another one.
fn open_at(
    at: Option<Moment>,
    now: Option<bool>,
    now_ms: i64,
) -> Result<(Option<i64>, Option<i64>)> {
    match (at, now) {
        (None, None | Some(false)) => Ok((None, None)),
        (None, Some(true)) => {
            let quarter_ms = now_ms.div_euclid(QUARTER_MS) * QUARTER_MS;
            Ok((Some(quarter_ms), Some(quarter_ms + QUARTER_MS)))
        }
        (Some(Moment(moment_ms)), _) => {
            let rounded = moment_ms.filter(|moment_ms| moment_ms.rem_euclid(QUARTER_MS) == 0);
            let refusal = || {
                refused(
                    OPEN_AT_NOT_ROUNDED,
                    Sentence::new(
                        "`openAt` est un quart d’heure entier, comme 2026-06-01T18:15:00Z",
                        "`openAt` is a whole quarter of an hour, such as 2026-06-01T18:15:00Z",
                    ),
                )
            };
            Ok((Some(rounded.ok_or_else(refusal)?), None))
        }
    }
}

/// The hour before which offers are to end, and when that becomes another one.
fn ending(within_hours: Option<i32>, now_ms: i64) -> Result<(Option<i64>, Option<i64>)> {
    let hours = period("endingWithinHours", within_hours, MOST_HOURS)?;
    let next = now_ms.div_euclid(HOUR_MS) + 1;
    Ok((
        hours.map(|hours| next + hours),
        hours.map(|_| next * HOUR_MS),
    ))
}

/// The day since which offers are to have been created, and when that becomes another one.
fn created(within_days: Option<i32>, now_ms: i64) -> Result<(Option<i64>, Option<i64>)> {
    let days = period("newWithinDays", within_days, MOST_DAYS)?;
    let today = now_ms.div_euclid(DAY_MS);
    Ok((
        days.map(|days| today - days),
        days.map(|_| (today + 1) * DAY_MS),
    ))
}

fn period(field: &str, given: Option<i32>, most: i32) -> Result<Option<i64>> {
    match given {
        Some(number) if !(1..=most).contains(&number) => Err(refused(
            PERIOD_OUT_OF_RANGE,
            Sentence::with(
                format!("`{field}` doit être compris entre 1 et {most}"),
                format!("`{field}` must be 1 to {most}"),
            ),
        )),
        Some(_) | None => Ok(given.map(i64::from)),
    }
}

fn discount(given: Option<i32>) -> Result<Option<i32>> {
    match given {
        Some(percentage) if !(0..=100).contains(&percentage) => Err(refused(
            DISCOUNT_OUT_OF_RANGE,
            Sentence::new(
                "`minDiscount` doit être compris entre 0 et 100",
                "`minDiscount` must be 0 to 100",
            ),
        )),
        Some(_) | None => Ok(given),
    }
}
