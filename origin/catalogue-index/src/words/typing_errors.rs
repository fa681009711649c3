//! Words that begin almost as what was typed: with one letter too many, too few or another, or with two
//! neighbours exchanged.
//!
//! The words are sorted, so the ways in which letters go on after a beginning are found by looking for the
//! next word that goes on otherwise. That takes a few hundred look-ups for a word, whatever number of words
//! there is, and no memory.

use std::{collections::BTreeMap, ops::Bound};

/// Shorter words are found as they are typed only: with one error they would be almost any word.
pub(super) const LETTERS: usize = 4;

type Numbers = BTreeMap<Box<str>, u32>;

/// The numbers of the words of which some beginning has at most one error; some of them twice.
pub(super) fn almost(words: &Numbers, typed: &str) -> Vec<u32> {
    let letters: Vec<char> = typed.chars().collect();
    let text = |letters: &[char]| letters.iter().collect::<String>();
    let mut found = Vec::new();
    // Another last letter, and any that follow it.
    let Some((_, all_but_last)) = letters.split_last() else {
        return found;
    };
    found.extend(beginning_with(words, &text(all_but_last)));
    // Any error there begins with all letters but the last.
    for at in 0..all_but_last.len() {
        let before = text(&letters[..at]);
        let (from, after) = (text(&letters[at..]), text(&letters[at + 1..]));
        found.extend(beginning_with(words, &format!("{before}{after}")));
        if let [one, two, ..] = &letters[at..] {
            let rest = text(&letters[at + 2..]);
            found.extend(beginning_with(words, &format!("{before}{two}{one}{rest}")));
        }
        for next in next_letters(words, &before) {
            found.extend(beginning_with(words, &format!("{before}{next}{after}")));
            found.extend(beginning_with(words, &format!("{before}{next}{from}")));
        }
    }
    found
}

fn beginning_with(words: &Numbers, beginning: &str) -> impl Iterator<Item = u32> {
    words
        .range::<str, _>((Bound::Included(beginning), Bound::Unbounded))
        .take_while(move |(word, _)| word.starts_with(beginning))
        .map(|(_, number)| *number)
}

/// The letters with which words go on after a beginning.
fn next_letters(words: &Numbers, beginning: &str) -> Vec<char> {
    let mut letters = Vec::new();
    let mut from = beginning.to_owned();
    while let Some((word, _)) = words
        .range::<str, _>((Bound::Included(from.as_str()), Bound::Unbounded))
        .next()
    {
        let Some(rest) = word.strip_prefix(beginning) else {
            break;
        };
        let next = match rest.chars().next() {
            // The beginning is a word itself: it goes on with the first letter there is.
            None => '\0',
            Some(letter) => {
                letters.push(letter);
                match after(letter) {
                    Some(next) => next,
                    None => break,
                }
            }
        };
        beginning.clone_into(&mut from);
        from.push(next);
    }
    letters
}

fn after(letter: char) -> Option<char> {
    // Surrogates are no characters.
    let next = u32::from(letter) + 1;
    char::from_u32(next).or_else(|| char::from_u32(next.max(0xe000)))
}
