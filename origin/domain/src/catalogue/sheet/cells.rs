//! Reads what people type into the cells of a spreadsheet, in France and elsewhere.

use std::collections::BTreeMap;

use crate::{
    OpeningHour, Weekday,
    broken::{BrokenRule, Rule},
    offers::edit::Edit,
    paris::{Day, TimeOfDay},
    search_text::fold,
};

const MISSING: Rule = Rule::new("REQUIRED", "manque", "is missing");
const NUMBER: Rule = Rule::new("NUMBER", "n’est pas un nombre", "is not a number");
const WHOLE: Rule = Rule::new(
    "NUMBER",
    "n’est pas un nombre entier",
    "is not a whole number",
);
const FLAG: Rule = Rule::new("FLAG", "vaut oui ou non", "is yes or no");
const DATE: Rule = Rule::new(
    "DATE",
    "est une date, comme 31/12/2026 ou 31/12/2026 18:30",
    "is a date, such as 31/12/2026 or 2026-12-31 18:30",
);
const DAYS: Rule = Rule::new(
    "WEEKDAYS",
    "sont des jours, comme lun-ven, dim",
    "are days, such as mon-fri, sun",
);
const HOURS: Rule = Rule::new(
    "TIME",
    "sont des heures, comme lun-ven 18:00-02:00 ; sam 20:00-04:00",
    "are hours, such as mon-fri 18:00-02:00; sat 20:00-04:00",
);

/// The cells of a line.
#[derive(Debug)]
pub(super) struct Cells<'a>(pub(super) &'a BTreeMap<&'static str, String>);

/// What stands in a cell.
enum Cell<'a> {
    /// The file has no such column: what is stored stays.
    Absent,
    Empty,
    Text(&'a str),
}

impl<'a> Cells<'a> {
    fn cell(&self, column: &str) -> Cell<'a> {
        match self.0.get(column).map(String::as_str) {
            None => Cell::Absent,
            Some("") => Cell::Empty,
            Some(text) => Cell::Text(text),
        }
    }

    /// The text of a cell that has one.
    pub(super) fn text(&self, column: &str) -> Option<&'a str> {
        match self.cell(column) {
            Cell::Absent | Cell::Empty => None,
            Cell::Text(text) => Some(text),
        }
    }

    /// Whether the file has the column.
    pub(super) fn has(&self, column: &str) -> bool {
        self.0.contains_key(column)
    }

    /// The edit of a field that cannot be empty.
    pub(super) fn value<T>(
        &self,
        column: &'static str,
        read: impl FnOnce(&'static str, &str) -> Result<T, BrokenRule>,
    ) -> Result<Edit<T>, BrokenRule> {
        match self.cell(column) {
            Cell::Absent => Ok(Edit::Keep),
            Cell::Empty => Err(MISSING.at(column)),
            Cell::Text(text) => read(column, text).map(Edit::Set),
        }
    }

    /// The edit of a field that an empty cell clears.
    pub(super) fn nullable<T>(
        &self,
        column: &'static str,
        read: impl FnOnce(&'static str, &str) -> Result<T, BrokenRule>,
    ) -> Result<Edit<Option<T>>, BrokenRule> {
        match self.cell(column) {
            Cell::Absent => Ok(Edit::Keep),
            Cell::Empty => Ok(Edit::Set(None)),
            Cell::Text(text) => read(column, text).map(|value| Edit::Set(Some(value))),
        }
    }
}

pub(super) const fn missing(column: &'static str) -> BrokenRule {
    MISSING.at(column)
}

/// A number with a decimal comma or point.
pub(super) fn number(column: &'static str, text: &str) -> Result<f64, BrokenRule> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let number: Result<f64, _> = plain.replace(',', ".").parse();
    number
        .ok()
        .filter(|number| number.is_finite())
        .ok_or(NUMBER.at(column))
}

/// A whole number, also «20 %», «20,0» and «1 000».
pub(super) fn whole(column: &'static str, text: &str) -> Result<i32, BrokenRule> {
    let number = number(column, text.trim_end_matches(['%', ' ', '\u{a0}']))?;
    let is_whole = number.fract() == 0.0 && number.abs() <= 1_000_000_000.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it is whole, and small enough"
    )]
    is_whole.then_some(number as i32).ok_or(WHOLE.at(column))
}

/// An amount of money in the minor unit: «12,50» is 1250.
pub(super) fn money(column: &'static str, text: &str) -> Result<i32, BrokenRule> {
    let cents = number(column, text.trim_end_matches(['€', ' ', '\u{a0}']))? * 100.0;
    let is_whole = (cents - cents.round()).abs() < 1e-6 && cents.abs() <= 1_000_000_000.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it is rounded, and small enough"
    )]
    is_whole
        .then_some(cents.round() as i32)
        .ok_or(NUMBER.at(column))
}

pub(super) fn flag(column: &'static str, text: &str) -> Result<bool, BrokenRule> {
    match fold(text).as_str() {
        "oui" | "o" | "yes" | "y" | "true" | "vrai" | "1" | "x" => Ok(true),
        "non" | "n" | "no" | "false" | "faux" | "0" => Ok(false),
        _ => Err(FLAG.at(column)),
    }
}

/// Which end of a day a date without a time means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DayEnd {
    /// Its first moment.
    Begin,
    /// The first moment after it: the day itself counts.
    Over,
}

/// A local date, with a time or without, or a moment by RFC 3339.
pub(super) fn moment(column: &'static str, text: &str, end: DayEnd) -> Result<i64, BrokenRule> {
    if let Ok(moment) = chrono::DateTime::parse_from_rfc3339(text) {
        return Ok(moment.timestamp_millis());
    }
    let mut parts = text.split([' ', 'T']).filter(|part| !part.is_empty());
    let day = parts.next().and_then(day);
    let time = parts.next();
    let (Some(day), None) = (day, parts.next()) else {
        return Err(DATE.at(column));
    };
    let Some(time) = time else {
        return Ok(match end {
            DayEnd::Begin => day.begins_ms(),
            DayEnd::Over => day.next().begins_ms(),
        });
    };
    // «18:30:00», as some spreadsheets write it, is 18:30.
    let time = TimeOfDay::parse(
        time.strip_suffix(":00")
            .filter(|rest| rest.len() == 5)
            .unwrap_or(time),
    );
    Ok(day.from_ms(time.ok_or(DATE.at(column))?))
}

/// «31/12/2026» or «2026-12-31».
fn day(text: &str) -> Option<Day> {
    let Some((day, rest)) = text.split_once('/') else {
        return Day::parse(text);
    };
    let (month, year) = rest.split_once('/')?;
    let is_number = |text: &str, digits: std::ops::RangeInclusive<usize>| {
        digits.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    let is_good = is_number(day, 1..=2) && is_number(month, 1..=2) && is_number(year, 4..=4);
    is_good.then(|| Day::parse(&format!("{year}-{month:0>2}-{day:0>2}")))?
}

/// The lines of a cell, or its parts between `|`.
pub(super) fn list(text: &str) -> Vec<String> {
    let parts = text.split(['\n', '|']).map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Days of the week, 1 to 7: «lun-ven, dim».
pub(super) fn days(column: &'static str, text: &str) -> Result<Vec<i32>, BrokenRule> {
    let mut all = Vec::new();
    for part in text.split([',', ' ', ';']).filter(|part| !part.is_empty()) {
        all.extend(span_of_days(part).ok_or(DAYS.at(column))?);
    }
    Ok(all)
}

fn span_of_days(text: &str) -> Option<Vec<i32>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (weekday(first)?, weekday(last)?);
    // «ven-lun» goes over the end of the week.
    let last = if last < first { last + 7 } else { last };
    Some((first..=last).map(|day| (day - 1) % 7 + 1).collect())
}

fn weekday(text: &str) -> Option<i32> {
    let folded = fold(text.trim().trim_end_matches('.'));
    let names = [
        ["lun", "lundi", "mon", "monday"],
        ["mar", "mardi", "tue", "tuesday"],
        ["mer", "mercredi", "wed", "wednesday"],
        ["jeu", "jeudi", "thu", "thursday"],
        ["ven", "vendredi", "fri", "friday"],
        ["sam", "samedi", "sat", "saturday"],
        ["dim", "dimanche", "sun", "sunday"],
    ];
    let found = names
        .iter()
        .zip(1..)
        .find(|(names, _)| names.contains(&folded.as_str()));
    found.map(|(_, number)| number)
}

/// Opening hours: «lun-ven 18:00-02:00; sam 12:00-15:00, 20:00-04:00».
pub(super) fn hours(column: &'static str, text: &str) -> Result<Vec<OpeningHour>, BrokenRule> {
    let mut all = Vec::new();
    for part in text
        .split([';', '\n', '|'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        all.extend(hours_of_days(part).ok_or(HOURS.at(column))?);
    }
    Ok(all)
}

fn hours_of_days(text: &str) -> Option<Vec<OpeningHour>> {
    let (days, times) = text.split_once(' ')?;
    let days = span_of_days(days)?;
    let mut all = Vec::new();
    for span in times.split(',').map(str::trim) {
        let (opens, closes) = span.split_once('-')?;
        for day in &days {
            all.push(OpeningHour {
                weekday: Weekday::new(*day)?,
                opens: opens.trim().to_owned(),
                closes: closes.trim().to_owned(),
            });
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_spreadsheets_write_them() {
        for (text, expected) in [
            ("48,8566", Some(48.8566)),
            ("-1.5", Some(-1.5)),
            ("1 000", Some(1000.0)),
            ("x", None),
            ("NaN", None),
        ] {
            assert_eq!(number("latitude", text).ok(), expected, "{text}");
        }
        for (text, expected) in [
            ("20", Some(20)),
            ("20 %", Some(20)),
            ("20,0", Some(20)),
            ("20,5", None),
            ("", None),
        ] {
            assert_eq!(whole("percentage", text).ok(), expected, "{text}");
        }
        for (text, expected) in [
            ("12,50", Some(1_250)),
            ("5 €", Some(500)),
            ("19,99", Some(1_999)),
            ("1,005", None),
        ] {
            assert_eq!(money("amount", text).ok(), expected, "{text}");
        }
        assert_eq!(
            (flag("active", "OUI"), flag("active", "faux")),
            (Ok(true), Ok(false))
        );
        assert!(flag("active", "peut-être").is_err());
    }

    #[test]
    fn dates_are_of_paris_and_a_day_counts_to_its_end() {
        let begin = |text| moment("validFrom", text, DayEnd::Begin).ok();
        let winter = begin("2026-12-31T00:00:00+01:00");
        assert!(winter.is_some());
        for text in [
            "31/12/2026",
            "2026-12-31",
            "31/12/2026 00:00",
            "31/12/2026 00:00:00",
        ] {
            assert_eq!(begin(text), winter, "{text}");
        }
        let over = moment("validUntil", "31/12/2026", DayEnd::Over).ok();
        assert_eq!(over, begin("01/01/2027"));
        assert_eq!(begin("1/6/2026 18:30"), begin("2026-06-01T16:30:00Z"));
        for bad in [
            "31/02/2026",
            "31/12/26",
            "12/31/2026",
            "31.12.2026",
            "31/12/2026 25:00",
            "demain",
            "1/1/2026 10:00 x",
        ] {
            assert_eq!(begin(bad), None, "{bad}");
        }
    }

    #[test]
    fn days_and_hours_have_french_and_english_names() {
        assert_eq!(days("days", "lun-mer, dim"), Ok(vec![1, 2, 3, 7]));
        assert_eq!(days("days", "Fri-Mon"), Ok(vec![5, 6, 7, 1]));
        assert!(days("days", "lun-xyz").is_err());
        let read = hours(
            "openingHours",
            "ven 12:00-15:00, 18:00-02:00\nSam 20:00-04:00",
        )
        .unwrap();
        let shown: Vec<String> = read
            .iter()
            .map(|hour| format!("{} {} {}", hour.weekday.number(), hour.opens, hour.closes))
            .collect();
        assert_eq!(shown, ["5 12:00 15:00", "5 18:00 02:00", "6 20:00 04:00"]);
        assert!(hours("openingHours", "18:00-02:00").is_err());
    }
}
