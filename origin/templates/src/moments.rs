//! Days, times, periods and amounts in words.

use domain::{
    paris::{Day, TimeOfDay},
    payments::money::{Currency, Money},
    sentence::Language,
};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// A booking that may be used for longer than this is not for one evening.
const EVENING_MS: i64 = 18 * HOUR_MS;

const WEEKDAYS: [(&str, &str); 7] = [
    ("lundi", "Monday"),
    ("mardi", "Tuesday"),
    ("mercredi", "Wednesday"),
    ("jeudi", "Thursday"),
    ("vendredi", "Friday"),
    ("samedi", "Saturday"),
    ("dimanche", "Sunday"),
];

const MONTHS: [(&str, &str); 12] = [
    ("janvier", "January"),
    ("février", "February"),
    ("mars", "March"),
    ("avril", "April"),
    ("mai", "May"),
    ("juin", "June"),
    ("juillet", "July"),
    ("août", "August"),
    ("septembre", "September"),
    ("octobre", "October"),
    ("novembre", "November"),
    ("décembre", "December"),
];

fn word(
    words: &'static [(&'static str, &'static str)],
    number: u32,
    language: Language,
) -> &'static str {
    let at = usize::try_from(number).unwrap_or(0).checked_sub(1);
    let both = at.and_then(|at| words.get(at));
    both.map_or("", |(french, english)| match language {
        Language::French => french,
        Language::English => english,
    })
}

/// The local day, such as "vendredi 12 juin", "Friday 12 June". Empty outside the calendar, as all
/// words for moments here.
pub(crate) fn day(moment_ms: i64, language: Language) -> String {
    Day::of(moment_ms).map_or_else(String::new, |day| words_of(day, language))
}

fn words_of(day: Day, language: Language) -> String {
    let weekday = word(&WEEKDAYS, day.weekday(), language);
    let month = word(&MONTHS, day.month(), language);
    match (day.day_of_month(), language) {
        (1, Language::French) => format!("{weekday} 1er {month}"),
        (number, _) => format!("{weekday} {number} {month}"),
    }
}

/// The last local day before a moment, with its year.
pub(crate) fn last_day(until_ms: i64, language: Language) -> String {
    let last = Day::of(until_ms.saturating_sub(1));
    last.map_or_else(String::new, |last| {
        format!("{} {}", words_of(last, language), last.year())
    })
}

/// The local time, such as "20 h 30", "20:30".
pub(crate) fn time(moment_ms: i64, language: Language) -> String {
    let Some(minutes) = TimeOfDay::of(moment_ms).map(TimeOfDay::minutes) else {
        return String::new();
    };
    let (hour, minute) = (minutes / 60, minutes % 60);
    match (language, minute) {
        (Language::French, 0) => format!("{hour}\u{a0}h"),
        (Language::French, minute) => format!("{hour}\u{a0}h\u{a0}{minute:02}"),
        (Language::English, minute) => format!("{hour:02}:{minute:02}"),
    }
}

/// The local day and time: "vendredi 12 juin à 20 h", "Friday 12 June at 20:00".
pub(crate) fn moment(moment_ms: i64, language: Language) -> String {
    let (day, time) = (day(moment_ms, language), time(moment_ms, language));
    match language {
        Language::French => format!("{day} à {time}"),
        Language::English => format!("{day} at {time}"),
    }
}

/// How many people: "1 personne", "4 people".
pub(crate) fn party(number: i32, language: Language) -> String {
    let word = match (language, number) {
        (Language::French, ..=1) => "personne",
        (Language::French, _) => "personnes",
        (Language::English, 1) => "person",
        (Language::English, _) => "people",
    };
    format!("{number}\u{a0}{word}")
}

/// When a booking may be used: "vendredi 12 juin, de 20 h à 23 h", "Friday 12 June, from 20:00 to
/// 23:00"; with both days if that is longer than an evening.
pub(crate) fn window(from_ms: i64, until_ms: i64, language: Language) -> String {
    let (from_day, from) = (day(from_ms, language), time(from_ms, language));
    let (until_day, until) = (day(until_ms, language), time(until_ms, language));
    let is_long = until_ms.saturating_sub(from_ms) > EVENING_MS;
    match (language, is_long) {
        (Language::French, false) => format!("{from_day}, de {from} à {until}"),
        (Language::French, true) => format!("du {from_day} à {from} au {until_day} à {until}"),
        (Language::English, false) => format!("{from_day}, from {from} to {until}"),
        (Language::English, true) => {
            format!("from {from_day} at {from} to {until_day} at {until}")
        }
    }
}

/// How long something is valid: "7 jours", "24 heures", "30 minutes".
pub(crate) fn period(ms: i64, language: Language) -> String {
    let (number, french, english) = if ms > DAY_MS && ms % DAY_MS == 0 {
        (ms / DAY_MS, "jour", "day")
    } else if ms >= HOUR_MS && ms % HOUR_MS == 0 {
        (ms / HOUR_MS, "heure", "hour")
    } else {
        (ms / MINUTE_MS, "minute", "minute")
    };
    let unit = match language {
        Language::French => french,
        Language::English => english,
    };
    let plural = if number > 1 { "s" } else { "" };
    format!("{number} {unit}{plural}")
}

/// An amount of money: "1 234,50 €", "€1,234.50".
pub(crate) fn amount(money: Money, language: Language) -> String {
    let (whole, cents) = (
        money.minor.unsigned_abs() / 100,
        money.minor.unsigned_abs() % 100,
    );
    let digits = whole.to_string();
    let separator = match language {
        Language::French => '\u{202f}',
        Language::English => ',',
    };
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(separator);
        }
        grouped.push(digit);
    }
    match language {
        Language::French => format!(
            "{grouped},{cents:02}\u{a0}{}",
            sign(money.currency).trim_end()
        ),
        Language::English => format!("{}{grouped}.{cents:02}", sign(money.currency)),
    }
}

const fn sign(currency: Currency) -> &'static str {
    match currency {
        Currency::Eur => "€",
        Currency::Gbp => "£",
        Currency::Chf => "CHF\u{a0}",
    }
}

/// A rate in basis points: "10 %", "5,5 %"; "10%", "5.5%".
pub(crate) fn rate(basis_points: i32, language: Language) -> String {
    let (whole, rest) = (basis_points / 100, basis_points % 100);
    let digits = match rest {
        0 => whole.to_string(),
        rest if rest % 10 == 0 => format!("{whole}.{}", rest / 10),
        rest => format!("{whole}.{rest:02}"),
    };
    match language {
        Language::French => format!("{}\u{202f}%", digits.replace('.', ",")),
        Language::English => format!("{digits}%"),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn ms(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text)
            .unwrap()
            .timestamp_millis()
    }

    const BOTH: [Language; 2] = [Language::French, Language::English];

    #[test]
    fn moments_are_local() {
        let evening_ms = ms("2026-05-31T22:30:00Z");
        assert_eq!(
            BOTH.map(|language| day(evening_ms, language)),
            ["lundi 1er juin", "Monday 1 June"]
        );
        assert_eq!(
            BOTH.map(|language| time(evening_ms, language)),
            ["0\u{a0}h\u{a0}30", "00:30"]
        );
        assert_eq!(time(ms("2026-12-24T19:00:00Z"), BOTH[0]), "20\u{a0}h");
        assert_eq!(day(i64::MAX, BOTH[0]), "");
        assert_eq!(time(i64::MAX, BOTH[0]), "");
    }

    #[test]
    fn an_offer_ends_on_its_last_day() {
        let midnight_ms = ms("2027-01-01T00:00:00+01:00");
        assert_eq!(
            BOTH.map(|language| last_day(midnight_ms, language)),
            ["jeudi 31 décembre 2026", "Thursday 31 December 2026"]
        );
        assert_eq!(last_day(i64::MIN, BOTH[0]), "");
    }

    #[test]
    fn a_window_has_two_days_if_it_is_longer_than_an_evening() {
        let from_ms = ms("2026-06-12T20:00:00+02:00");
        assert_eq!(
            BOTH.map(|language| window(from_ms, ms("2026-06-13T02:00:00+02:00"), language)),
            [
                "vendredi 12 juin, de 20\u{a0}h à 2\u{a0}h",
                "Friday 12 June, from 20:00 to 02:00"
            ]
        );
        assert_eq!(
            BOTH.map(|language| window(from_ms, ms("2026-06-13T20:00:00+02:00"), language)),
            [
                "du vendredi 12 juin à 20\u{a0}h au samedi 13 juin à 20\u{a0}h",
                "from Friday 12 June at 20:00 to Saturday 13 June at 20:00"
            ]
        );
    }

    #[test]
    fn periods_and_amounts_are_in_words() {
        for (ms, french, english) in [
            (7 * DAY_MS, "7 jours", "7 days"),
            (DAY_MS, "24 heures", "24 hours"),
            (HOUR_MS, "1 heure", "1 hour"),
            (30 * MINUTE_MS, "30 minutes", "30 minutes"),
        ] {
            assert_eq!(BOTH.map(|language| period(ms, language)), [french, english]);
        }
        for (cents, french, english) in [
            (5, "0,05\u{a0}€", "€0.05"),
            (1250, "12,50\u{a0}€", "€12.50"),
            (
                123_456_789,
                "1\u{202f}234\u{202f}567,89\u{a0}€",
                "€1,234,567.89",
            ),
            (-1250, "12,50\u{a0}€", "€12.50"),
        ] {
            let money = |currency| Money {
                minor: cents,
                currency,
            };
            let both = BOTH.map(|language| amount(money(Currency::Eur), language));
            assert_eq!(both, [french, english]);
            let francs = BOTH.map(|language| amount(money(Currency::Chf), language));
            let digits = english.trim_start_matches('€');
            assert_eq!(francs[1], format!("CHF\u{a0}{digits}"));
        }
        for (basis_points, french, english) in [
            (0, "0\u{202f}%", "0%"),
            (550, "5,5\u{202f}%", "5.5%"),
            (1_000, "10\u{202f}%", "10%"),
            (2_005, "20,05\u{202f}%", "20.05%"),
        ] {
            let both = BOTH.map(|language| rate(basis_points, language));
            assert_eq!(both, [french, english]);
        }
    }
}
