//! Validates an offer's fields when they enter the system, so that stored values are valid.

#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, ops::RangeInclusive};

use crate::{
    OfferSchedule,
    broken::{BrokenField, BrokenRule, Reading, Rule, at_most_20},
    paris::TimeOfDay,
    texts::{https_url, line},
};

const MAX_LINE_CHARS: usize = 200;

const TITLE: Rule = Rule::new(
    "LINE_LENGTH",
    "compte de 2 à 120 caractères sur une ligne",
    "has 2 to 120 characters on one line",
);
const LINE: Rule = Rule::new(
    "LINE_LENGTH",
    "compte de 1 à 200 caractères sur une ligne",
    "has 1 to 200 characters on one line",
);
const PERCENTAGE: Rule = Rule::new("PERCENTAGE", "va de 0 à 100", "is 0 to 100");
const WEEKDAYS: Rule = Rule::new(
    "WEEKDAYS",
    "compte au moins un jour, chacun une seule fois",
    "has at least one day, each only once",
);
const TIME: Rule = Rule::new(
    "TIME",
    "est une heure locale, de 00:00 à 23:59",
    "is a local time, 00:00 to 23:59",
);
const END: Rule = Rule::new(
    "TIME",
    "est une heure locale, de 00:00 à 24:00",
    "is a local time, 00:00 to 24:00",
);
const VALIDITY: Rule = Rule::new(
    "VALIDITY",
    "est avant `validUntil`",
    "is before `validUntil`",
);
const TOTAL_MISSING: Rule = Rule::new(
    "REQUIRED",
    "est nécessaire : il n’y avait pas de quota",
    "is needed: there was no quota",
);
const TOTAL: Rule = Rule::new("MINIMUM", "vaut 0 ou plus", "is 0 or more");
const LIMIT: Rule = Rule::new(
    "MINIMUM",
    "est nul, ou vaut 1 ou plus",
    "is null or 1 or more",
);

/// The ages that an offer may ask for, in years.
const MINIMUM_AGES: RangeInclusive<i32> = 16..=21;
const MINIMUM_AGE: Rule = Rule::new(
    "MINIMUM_AGE",
    "est nul, ou va de 16 à 21 ans",
    "is null or 16 to 21 years",
);

/// The largest parties that an offer may ask for. `createBooking` takes fewer today.
const MAX_PARTY_SIZES: RangeInclusive<i32> = 1..=50;
const MAX_PARTY_SIZE: Rule = Rule::new(
    "MAX_PARTY_SIZE",
    "est nul, ou va de 1 à 50 personnes",
    "is null or 1 to 50 people",
);

pub fn title(text: &str) -> Result<String, BrokenRule> {
    line(text, 2..=120).ok_or(TITLE.at("title"))
}

pub fn percentage(number: i32) -> Result<i32, BrokenRule> {
    if (0..=100).contains(&number) {
        Ok(number)
    } else {
        Err(PERCENTAGE.at("discount.percentage"))
    }
}

pub fn discount_description(text: &str) -> Result<String, BrokenRule> {
    line(text, 1..=MAX_LINE_CHARS).ok_or(LINE.at("discount.description"))
}

pub fn conditions(reading: &mut Reading, texts: Vec<String>) -> Vec<String> {
    let texts = reading.take(at_most_20("conditions", texts));
    reading.each(texts, |text| {
        line(&text, 1..=MAX_LINE_CHARS).ok_or(LINE.at("conditions"))
    })
}

pub fn images(reading: &mut Reading, urls: Vec<String>) -> Vec<String> {
    let urls = reading.take(at_most_20("images", urls));
    reading.each(urls, |url| https_url("images", &url))
}

/// Builds a schedule: `weekdays` by ISO 8601; a `to` that is not after `from` means the next day, "24:00"
/// the end of the day.
pub fn schedule(
    weekdays: impl IntoIterator<Item = i32>,
    from: String,
    to: String,
) -> Result<OfferSchedule, Vec<BrokenField>> {
    let mut count = 0;
    let weekdays: BTreeSet<i32> = weekdays.into_iter().inspect(|_| count += 1).collect();
    let are_good = !weekdays.is_empty() && weekdays.len() == count;
    let mut reading = Reading::default();
    let read = OfferSchedule {
        weekdays: reading.take(
            are_good
                .then(|| weekdays.into_iter().collect())
                .ok_or(WEEKDAYS.at("weekdays")),
        ),
        from: reading.take(time("from", from)),
        to: reading.take(end(to)),
    };
    reading.end(read)
}

fn time(field: &'static str, text: String) -> Result<String, BrokenRule> {
    match TimeOfDay::parse(&text) {
        Some(_) => Ok(text),
        None => Err(TIME.at(field)),
    }
}

fn end(text: String) -> Result<String, BrokenRule> {
    match TimeOfDay::parse_end(&text) {
        Some(_) => Ok(text),
        None => Err(END.at("to")),
    }
}

pub fn validity(from_ms: i64, until_ms: i64) -> Result<(), BrokenRule> {
    if from_ms < until_ms {
        Ok(())
    } else {
        Err(VALIDITY.at("validFrom"))
    }
}

pub fn quota_total(total: Option<i32>) -> Result<i32, BrokenRule> {
    let total = total.ok_or(TOTAL_MISSING.at("quota.total"))?;
    if total >= 0 {
        Ok(total)
    } else {
        Err(TOTAL.at("quota.total"))
    }
}

pub fn minimum_age(years: i32) -> Result<i32, BrokenRule> {
    if MINIMUM_AGES.contains(&years) {
        Ok(years)
    } else {
        Err(MINIMUM_AGE.at("minimumAge"))
    }
}

/// The largest party that may book.
pub fn max_party_size(people: i32) -> Result<i32, BrokenRule> {
    if MAX_PARTY_SIZES.contains(&people) {
        Ok(people)
    } else {
        Err(MAX_PARTY_SIZE.at("maxPartySize"))
    }
}

pub fn limit(field: &'static str, number: i32) -> Result<i32, BrokenRule> {
    if number >= 1 {
        Ok(number)
    } else {
        Err(LIMIT.at(field))
    }
}
