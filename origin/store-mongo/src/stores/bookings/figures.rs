//! What a partner's nights add up to: bookings made, guests who came, and those who came without a booking.

use std::{collections::BTreeMap, ops::RangeInclusive};

use domain::{
    OfferId, PartnerId,
    bookings::figures::{Figures, OfferNight, UtcHour},
    bookings::store::DayCount,
    night::Night,
    paris::Day,
};
use mongodb::bson::{Bson, Document, doc};

use crate::{
    database::MongoDb,
    documents::{collect, id, object_id, part, text, whole, word},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{
        bookings,
        collections::{BOOKINGS, WALK_INS},
    },
};

/// One of the sums: which rows, by which night, and what of a group is added.
struct Sum {
    collection: &'static str,
    night: &'static str,
    /// When they came.
    at: &'static str,
    people: fn() -> Document,
    figures: fn(rows: i64, people: i64) -> Figures,
}

const MADE: Sum = Sum {
    collection: BOOKINGS,
    night: "madeOn",
    at: "createdAt",
    people: bookings::sum_of_places,
    figures: |rows, _people| Figures {
        bookings: rows,
        check_ins: 0,
        guests: 0,
        walk_ins: 0,
    },
};
const CAME: Sum = Sum {
    collection: BOOKINGS,
    night: "checkedInOn",
    at: "checkedInAt",
    people: bookings::sum_of_places,
    figures: |rows, people| Figures {
        bookings: 0,
        check_ins: rows,
        guests: people,
        walk_ins: 0,
    },
};
const WALKED_IN: Sum = Sum {
    collection: WALK_INS,
    night: "night",
    at: "at",
    people: || doc! {"$sum": "$partySize"},
    figures: |_rows, people| Figures {
        bookings: 0,
        check_ins: 0,
        guests: 0,
        walk_ins: people,
    },
};

pub(super) async fn by_night(
    db: &MongoDb,
    partner: &PartnerId,
    days: RangeInclusive<Day>,
) -> Result<Vec<DayCount>, MongoError> {
    let nights = Night::beginning_on(*days.start())..=Night::beginning_on(*days.end());
    let mut sums: BTreeMap<String, Figures> = BTreeMap::new();
    for sum in [MADE, CAME, WALKED_IN] {
        for group in groups(db, &sum, partner, &nights, None).await? {
            let night = text(part(&group, "_id")?, "night")?;
            sums.entry(night).or_default().add(figures(&sum, &group)?);
        }
    }
    let sums = sums.into_iter();
    Ok(sums
        .map(|(day, figures)| DayCount {
            day,
            bookings: figures.bookings,
            check_ins: figures.check_ins,
            guests: figures.guests,
            walk_ins: figures.walk_ins,
        })
        .collect())
}

pub(super) async fn by_offer(
    db: &MongoDb,
    partner: &PartnerId,
    nights: &RangeInclusive<Night>,
) -> Result<Vec<OfferNight>, MongoError> {
    let mut sums: BTreeMap<(Night, OfferId), Figures> = BTreeMap::new();
    for sum in [MADE, CAME, WALKED_IN] {
        for group in groups(
            db,
            &sum,
            partner,
            nights,
            Some(("offerId", "$offerId".into())),
        )
        .await?
        {
            let key = part(&group, "_id")?;
            let of = (
                word(key, "night", Night::parse)?,
                id(key, "offerId", OfferId::parse)?,
            );
            sums.entry(of).or_default().add(figures(&sum, &group)?);
        }
    }
    let sums = sums.into_iter();
    Ok(sums
        .map(|((night, offer), figures)| OfferNight {
            night,
            offer,
            figures,
        })
        .collect())
}

pub(super) async fn by_hour(
    db: &MongoDb,
    partner: &PartnerId,
    nights: &RangeInclusive<Night>,
) -> Result<Vec<UtcHour>, MongoError> {
    let mut hours = Vec::new();
    for sum in [CAME, WALKED_IN] {
        let hour = doc! {"$hour": format!("${}", sum.at)};
        for group in groups(db, &sum, partner, nights, Some(("hour", hour.into()))).await? {
            let key = part(&group, "_id")?;
            let hour = whole(key, "hour")?;
            hours.push(UtcHour {
                night: word(key, "night", Night::parse)?,
                hour: u32::try_from(hour).map_err(|_| MongoError::corrupt("hour", &hour))?,
                figures: figures(&sum, &group)?,
            });
        }
    }
    Ok(hours)
}

fn figures(sum: &Sum, group: &Document) -> Result<Figures, MongoError> {
    let (rows, people) = (whole(group, "rows")?, whole(group, "people")?);
    Ok((sum.figures)(rows.into(), people.into()))
}

async fn groups(
    db: &MongoDb,
    sum: &Sum,
    partner: &PartnerId,
    nights: &RangeInclusive<Night>,
    by: Option<(&'static str, Bson)>,
) -> Result<Vec<Document>, MongoError> {
    let (first, last) = (nights.start().to_string(), nights.end().to_string());
    let mut key = doc! {"night": format!("${}", sum.night)};
    if let Some((name, by)) = by {
        key.insert(name, by);
    }
    let stages = vec![
        doc! {"$match": {"partnerId": object_id(partner)?, sum.night: {"$gte": first, "$lte": last}}},
        doc! {"$group": {
            "_id": key,
            "rows": {"$sum": 1},
            "people": (sum.people)(),
        }},
    ];
    let rows = db.collection::<Document>(sum.collection);
    let found = db.run(async move {
        let found = rows.aggregate(stages).max_time(SERVER_WITHIN);
        collect(found.await?).await
    });
    found.await
}
