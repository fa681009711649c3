//! Which offers have which word: a search finds words by their beginnings, also with one typing error.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    ops::Bound,
};

mod typing_errors;

use domain::search_text;
use roaring::{MultiOps, RoaringBitmap};

use crate::{entry::Slot, stop_words};

/// Beginnings of up to so many letters have sets of their own: thousands of words begin with them.
const SHORT: usize = 2;

/// The offers that have a word.
#[derive(Debug, Clone, Default)]
struct Offers {
    in_title: RoaringBitmap,
    /// In the title or any other text.
    anywhere: RoaringBitmap,
}

impl Offers {
    fn insert(&mut self, slot: Slot, place: Place) {
        self.anywhere.insert(slot);
        match place {
            Place::Title => {
                self.in_title.insert(slot);
            }
            Place::Elsewhere => {}
        }
    }

    fn remove(&mut self, slots: &RoaringBitmap) {
        self.in_title -= slots;
        self.anywhere -= slots;
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.in_title.serialized_size() + self.anywhere.serialized_size()
    }
}

/// Where a word stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Title,
    Elsewhere,
}

#[derive(Debug, Default)]
pub(crate) struct Words {
    /// The number of each word.
    numbers: BTreeMap<Box<str>, u32>,
    /// By number.
    offers: Vec<Offers>,
    /// Numbers without a word.
    free: Vec<u32>,
    /// Of beginnings of one and two letters.
    short: HashMap<[char; SHORT], Offers>,
}

/// The words of a text and their short beginnings, each once: many words begin with the same letters, and a
/// set is somewhere else in memory.
struct Terms<'t> {
    words: Vec<&'t str>,
    beginnings: Vec<[char; SHORT]>,
}

impl<'t> Terms<'t> {
    fn of(indexed: &'t str) -> Self {
        let mut words: Vec<&str> = indexed.split_ascii_whitespace().collect();
        words.sort_unstable();
        words.dedup();
        let beginnings = words
            .iter()
            .flat_map(|word| (1..=SHORT).filter_map(|letters| short(word, letters)));
        let mut beginnings: Vec<_> = beginnings.collect();
        beginnings.sort_unstable();
        beginnings.dedup();
        Self { words, beginnings }
    }

    /// Without those that another text has too.
    fn without(mut self, other: &Self) -> Self {
        self.words
            .retain(|word| other.words.binary_search(word).is_err());
        self.beginnings
            .retain(|beginning| other.beginnings.binary_search(beginning).is_err());
        self
    }
}

/// What a search finds.
#[derive(Debug)]
pub(crate) struct Matches {
    /// All words are in the title.
    pub in_title: RoaringBitmap,
    /// All words are somewhere.
    pub anywhere: RoaringBitmap,
}

/// The key of a short beginning.
fn short(word: &str, letters: usize) -> Option<[char; SHORT]> {
    let mut key = ['\0'; SHORT];
    let mut chars = word.chars();
    for place in key.iter_mut().take(letters) {
        *place = chars.next()?;
    }
    Some(key)
}

impl Words {
    pub(crate) fn insert(&mut self, slot: Slot, title: &str, others: &[&str]) {
        let title = search_text::indexed(&[title]);
        let title = Terms::of(&title);
        let others = search_text::indexed(others);
        let others = Terms::of(&others).without(&title);
        self.insert_all(slot, &title, Place::Title);
        self.insert_all(slot, &others, Place::Elsewhere);
    }

    fn insert_all(&mut self, slot: Slot, terms: &Terms<'_>, place: Place) {
        for word in &terms.words {
            let number = self.number(word);
            self.offers[number as usize].insert(slot, place);
        }
        for beginning in &terms.beginnings {
            let offers = self.short.entry(*beginning).or_default();
            offers.insert(slot, place);
        }
    }

    fn number(&mut self, word: &str) -> u32 {
        if let Some(&number) = self.numbers.get(word) {
            return number;
        }
        let number = self.free.pop().unwrap_or_else(|| {
            self.offers.push(Offers::default());
            u32::try_from(self.offers.len() - 1).expect("fewer than four billion words")
        });
        self.numbers.insert(word.into(), number);
        number
    }

    /// The offers among `within` that have a word beginning with each word of the search but
    /// stop words; `None` for a search without words.
    pub(crate) fn find(&self, search: &str, within: &RoaringBitmap) -> Option<Matches> {
        let mut words = stop_words::required(search).into_iter();
        let first = self.beginning_with(&words.next()?);
        let mut found = Matches {
            in_title: &*first.in_title & within,
            anywhere: &*first.anywhere & within,
        };
        for word in words {
            let next = self.beginning_with(&word);
            found.in_title &= &*next.in_title;
            found.anywhere &= &*next.anywhere;
        }
        Some(found)
    }

    /// As [`Self::find`], and each word of [`typing_errors::LETTERS`] letters or more may have one typing
    /// error.
    pub(crate) fn find_almost(&self, search: &str, within: &RoaringBitmap) -> Option<Matches> {
        let words = stop_words::required(search);
        let mut found: Option<Matches> = None;
        for word in &words {
            let next = self.almost_beginning_with(word);
            found = Some(match found {
                None => Matches {
                    in_title: &*next.in_title & within,
                    anywhere: &*next.anywhere & within,
                },
                Some(found) => Matches {
                    in_title: found.in_title & &*next.in_title,
                    anywhere: found.anywhere & &*next.anywhere,
                },
            });
        }
        found
    }

    fn almost_beginning_with(&self, beginning: &str) -> Beginning<'_> {
        if beginning.chars().nth(typing_errors::LETTERS - 1).is_none() {
            return self.beginning_with(beginning);
        }
        let mut numbers = typing_errors::almost(&self.numbers, beginning);
        numbers.sort_unstable();
        numbers.dedup();
        let offers = numbers.iter().map(|number| &self.offers[*number as usize]);
        Beginning {
            in_title: Cow::Owned(offers.clone().map(|offers| &offers.in_title).union()),
            anywhere: Cow::Owned(offers.map(|offers| &offers.anywhere).union()),
        }
    }

    fn beginning_with(&self, beginning: &str) -> Beginning<'_> {
        let letters = beginning.chars().take(SHORT + 1).count();
        if letters <= SHORT {
            let found = short(beginning, letters).and_then(|key| self.short.get(&key));
            return found.map_or_else(Beginning::default, Beginning::of);
        }
        let mut found = self
            .numbers
            .range::<str, _>((Bound::Included(beginning), Bound::Unbounded))
            .take_while(|(word, _)| word.starts_with(beginning))
            .map(|(_, number)| &self.offers[*number as usize]);
        match (found.next(), found.next()) {
            (None, _) => Beginning::default(),
            (Some(one), None) => Beginning::of(one),
            (Some(one), Some(two)) => {
                let all: Vec<&Offers> = [one, two].into_iter().chain(found).collect();
                Beginning {
                    in_title: Cow::Owned(all.iter().map(|offers| &offers.in_title).union()),
                    anywhere: Cow::Owned(all.iter().map(|offers| &offers.anywhere).union()),
                }
            }
        }
    }

    /// Removes slots from the words with numbers from `start` to `end`, and with the last ones from
    /// all short beginnings. Whether those were the last ones.
    pub(crate) fn remove(&mut self, slots: &RoaringBitmap, start: usize, end: usize) -> bool {
        let is_last = end >= self.offers.len();
        let end = end.min(self.offers.len());
        for offers in &mut self.offers[start.min(end)..end] {
            offers.remove(slots);
        }
        if is_last {
            self.short.retain(|_, offers| {
                offers.remove(slots);
                !offers.anywhere.is_empty()
            });
            let (offers, free) = (&self.offers, &mut self.free);
            self.numbers.retain(|_, number| {
                let is_used = !offers[*number as usize].anywhere.is_empty();
                if !is_used {
                    free.push(*number);
                }
                is_used
            });
        }
        is_last
    }

    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        /// Of an entry of a B-tree, besides the word's letters.
        const ENTRY: usize = 32;
        let words = self.numbers.keys().map(|word| word.len() + ENTRY);
        let short = self.short.values().map(Offers::bytes);
        let offers = self.offers.iter().map(Offers::bytes);
        words.chain(short).chain(offers).sum()
    }
}

/// The offers that have a word with some beginning.
struct Beginning<'a> {
    in_title: Cow<'a, RoaringBitmap>,
    anywhere: Cow<'a, RoaringBitmap>,
}

impl Default for Beginning<'_> {
    fn default() -> Self {
        Self {
            in_title: Cow::Owned(RoaringBitmap::new()),
            anywhere: Cow::Owned(RoaringBitmap::new()),
        }
    }
}

impl<'a> Beginning<'a> {
    const fn of(offers: &'a Offers) -> Self {
        Self {
            in_title: Cow::Borrowed(&offers.in_title),
            anywhere: Cow::Borrowed(&offers.anywhere),
        }
    }
}
