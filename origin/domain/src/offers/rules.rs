//! Validates an offer's fields when they enter the system, so that stored values are valid.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::{
    OfferSchedule,
    paris::TimeOfDay,
    texts::{BrokenRule, broken, is_public_https, line},
};

const MAX_DESCRIPTION_CHARS: usize = 4_000;
const MAX_CONDITIONS: usize = 20;
const MAX_IMAGES: usize = 20;
const MAX_LINE_CHARS: usize = 200;

pub fn title(text: &str) -> Result<String, BrokenRule> {
    line(text, 2..=120).ok_or(broken("title", "is 2 to 120 characters on one line"))
}

pub fn description(text: String) -> Result<String, BrokenRule> {
    let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if text.chars().count() > MAX_DESCRIPTION_CHARS || text.contains(is_control) {
        return Err(broken(
            "description",
            "is at most 4000 characters, without control characters",
        ));
    }
    Ok(text)
}

pub fn percentage(number: i32) -> Result<i32, BrokenRule> {
    if (0..=100).contains(&number) {
        Ok(number)
    } else {
        Err(broken("discount.percentage", "is 0 to 100"))
    }
}

pub fn discount_description(text: &str) -> Result<String, BrokenRule> {
    line(text, 1..=MAX_LINE_CHARS).ok_or(broken(
        "discount.description",
        "is null or 1 to 200 characters on one line",
    ))
}

pub fn conditions(texts: &[String]) -> Result<Vec<String>, BrokenRule> {
    const RULE: BrokenRule = broken(
        "conditions",
        "are at most 20, each of 1 to 200 characters on one line",
    );
    if texts.len() > MAX_CONDITIONS {
        return Err(RULE);
    }
    let lines = texts.iter().map(|text| line(text, 1..=MAX_LINE_CHARS));
    lines.collect::<Option<_>>().ok_or(RULE)
}

pub fn images(urls: Vec<String>) -> Result<Vec<String>, BrokenRule> {
    if urls.len() > MAX_IMAGES || !urls.iter().all(|url| is_public_https(url)) {
        return Err(broken(
            "images",
            "are at most 20 https URLs, each of at most 500 characters",
        ));
    }
    Ok(urls)
}

/// Builds a schedule: `weekdays` by ISO 8601; a `to` that is not after `from` means the next day.
pub fn schedule(
    weekdays: impl IntoIterator<Item = i32>,
    from: String,
    to: String,
) -> Result<OfferSchedule, BrokenRule> {
    const TIME: &str = "is a local time, 00:00 to 23:59";
    let mut count = 0;
    let weekdays: BTreeSet<i32> = weekdays.into_iter().inspect(|_| count += 1).collect();
    if weekdays.is_empty() || weekdays.len() < count {
        return Err(broken(
            "schedule.weekdays",
            "are one day at least, each only once",
        ));
    }
    if TimeOfDay::parse(&from).is_none() {
        return Err(broken("schedule.from", TIME));
    }
    if TimeOfDay::parse(&to).is_none() {
        return Err(broken("schedule.to", TIME));
    }
    Ok(OfferSchedule {
        weekdays: weekdays.into_iter().collect(),
        from,
        to,
    })
}

pub fn validity(from_ms: i64, until_ms: i64) -> Result<(), BrokenRule> {
    if from_ms < until_ms {
        Ok(())
    } else {
        Err(broken("validFrom", "is before `validUntil`"))
    }
}

pub fn quota_total(total: Option<i32>) -> Result<i32, BrokenRule> {
    let total = total.ok_or(broken("quota.total", "is needed: there was no quota"))?;
    if total >= 0 {
        Ok(total)
    } else {
        Err(broken("quota.total", "is 0 or more"))
    }
}

pub fn limit(field: &'static str, number: i32) -> Result<i32, BrokenRule> {
    if number >= 1 {
        Ok(number)
    } else {
        Err(broken(field, "is null or 1 or more"))
    }
}
