//! Whether the general crates name something of Yousoon's domain, also in comments and texts.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::rules::{DOMAIN_WORDS, GENERAL_CRATES, GENERAL_TESTS, WORD_EXCEPTIONS};
use super::violation::{Kind, Violation};
use super::workspace::Member;
use crate::checkout;

/// The words of one file, and the lines that have them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Hits {
    lines: BTreeMap<&'static str, Vec<usize>>,
}

/// One violation for each file, tests included: they are read as examples.
pub(crate) fn judge(members: &[Member]) -> Result<Vec<Violation>> {
    let general = members
        .iter()
        .filter(|member| GENERAL_CRATES.contains(&member.name.as_str()));
    let (mut found, mut all) = (Vec::new(), String::new());
    for member in general {
        let folder = checkout::root().join(&member.folder);
        let mut paths = checkout::sources(&folder.join("src"))?;
        if GENERAL_TESTS.contains(&member.name.as_str()) {
            paths.extend(checkout::sources(&folder.join("tests"))?);
        }
        for path in paths {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let hits = Hits::of(&text);
            all.push_str(&text.to_lowercase());
            if !hits.lines.is_empty() {
                let name = path.strip_prefix(checkout::root()).unwrap_or(&path);
                found.push(Violation::new(Kind::Word, hits.sentence(name)));
            }
        }
    }
    found.extend(stale_exceptions(&all));
    Ok(found)
}

impl Hits {
    pub(crate) fn of(text: &str) -> Self {
        let mut hits = Self::default();
        for (number, line) in text.lines().enumerate() {
            for word in words_of(&without_exceptions(line)) {
                let singular = word.strip_suffix('s').unwrap_or(&word);
                let noun = DOMAIN_WORDS
                    .iter()
                    .find(|noun| **noun == singular || **noun == word);
                if let Some(noun) = noun {
                    hits.lines.entry(noun).or_default().push(number + 1);
                }
            }
        }
        hits
    }

    fn sentence(&self, file: &Path) -> String {
        const SHOWN: usize = 3;
        let words = self.lines.iter().map(|(word, lines)| {
            let first: Vec<String> = lines.iter().take(SHOWN).map(ToString::to_string).collect();
            let more = if lines.len() > SHOWN { ", …" } else { "" };
            format!("{word} {}× (line {}{more})", lines.len(), first.join(", "))
        });
        let words: Vec<String> = words.collect();
        format!(
            "{} is in a crate that knows nothing of Yousoon, but names: {}. Say it in general terms, \
             or move it to the origin.",
            file.display(),
            words.join(", ")
        )
    }
}

/// Lower-case, without the names that may stay.
fn without_exceptions(line: &str) -> String {
    let mut line = line.to_owned();
    for (exception, _) in WORD_EXCEPTIONS {
        // Bytes of ASCII stay where they are in lower case.
        while let Some(at) = line.to_ascii_lowercase().find(exception) {
            line.replace_range(at..at + exception.len(), " ");
        }
    }
    line
}

/// The words of names and sentences in lower case: `BookingNotFound` and `BOOKING_NOT_FOUND` have
/// three; `check-in`, `check_in` and `CheckIn` are one.
fn words_of(line: &str) -> Vec<String> {
    let (mut words, mut word, mut before) = (Vec::new(), String::new(), ' ');
    for (at, letter) in line.char_indices().chain([(line.len(), ' ')]) {
        let ends = !letter.is_alphanumeric() || (letter.is_uppercase() && before.is_lowercase());
        // `check` waits for its `in`.
        let joined = word == "check" && begins_with_in(&line[at..]);
        if ends && !word.is_empty() && !joined {
            words.push(std::mem::take(&mut word));
        }
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words
}

/// Whether `in` follows, as in `-in`, `_in` and `In`, and not the beginning of a longer word.
fn begins_with_in(rest: &str) -> bool {
    let mut letters = rest.trim_start_matches(['-', '_']).chars();
    let is_in = letters
        .next()
        .is_some_and(|letter| letter.eq_ignore_ascii_case(&'i'))
        && letters
            .next()
            .is_some_and(|letter| letter.eq_ignore_ascii_case(&'n'));
    is_in && !letters.next().is_some_and(char::is_lowercase)
}

fn stale_exceptions(all: &str) -> Vec<Violation> {
    let exceptions = WORD_EXCEPTIONS.iter();
    exceptions
        .filter(|(exception, _)| !all.contains(exception))
        .map(|(exception, reason)| {
            let text = format!(
                "no general crate names `{exception}` ({reason}) any more. Remove the exception."
            );
            Violation::new(Kind::Table, text)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Hits;

    fn nouns(text: &str) -> Vec<&'static str> {
        Hits::of(text).lines.into_keys().collect()
    }

    #[test]
    fn nouns_are_found_in_names_comments_and_texts() {
        assert_eq!(nouns("enum A { BookingNotFound }"), ["booking"]);
        assert_eq!(nouns(r#"const A: &str = "OFFER_SOLD_OUT";"#), ["offer"]);
        assert_eq!(
            nouns("// What Partners and venues see."),
            ["partner", "venue"]
        );
        assert_eq!(nouns("fn check_in() {} // a check-in"), ["checkin"]);
        assert_eq!(nouns("CheckIn, CHECK_IN, CheckIns, checkins"), ["checkin"]);
        assert_eq!(nouns("fn check_offer() {}"), ["offer"]);
        assert_eq!(nouns("struct CheckPartner;"), ["partner"]);
    }

    #[test]
    fn parts_of_other_words_are_no_nouns() {
        assert!(nouns("let coffer = checking.in_order(); // check in time").is_empty());
    }

    #[test]
    fn names_of_the_protocol_may_stay() {
        assert!(nouns("/// `Yousoon-Revision`, of the cache `yousoon-edge`.").is_empty());
        assert_eq!(nouns("/// The clients of Yousoon."), ["yousoon"]);
    }
}
