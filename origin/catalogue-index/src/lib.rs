//! The catalogue index: answers every list, search and count of offers from memory.
//!
//! It knows of each offer what lists filter and sort by ([`domain::offers::listing::Listing`]), and
//! answers with ids; the caller reads the offers themselves. It has no clock and no I/O: changes
//! come in by [`Index::put`] and [`Index::remove`], time by [`Index::advance`].
//!
//! An offer has a *slot*, a small number. What filters have in common is sets of slots
//! ([`roaring`]): the offers that are *shown* (active, within their validity), those of a category,
//! those with at least some discount, those with a word. [`grid`] finds the nearest ones.

mod answer;
mod area;
mod areas;
mod asked;
mod best;
mod cities;
mod clusters;
mod entry;
mod facets;
mod filters;
mod grid;
mod ids;
mod in_cities;
mod names;
mod near_partners;
mod nearby;
mod order;
mod partners;
mod places;
mod sorted;
mod sphere;
mod stop_words;
mod suggesting;
#[cfg(test)]
mod tests;
mod walking;
mod words;

use std::{cmp::Reverse, collections::BinaryHeap};

use domain::{Category, GeoPoint, ID_BYTES, OfferId, offers::listing::Listing};
use roaring::RoaringBitmap;

use crate::{
    cities::{Cities, partner_place},
    entry::{Entry, Numbers, Slot},
    filters::Filters,
    grid::{Grid, Item},
    ids::{Id, Numbered, NumbersById},
    names::{Names, PartnerFacts, PlaceFacts, Turned},
    partners::ByPartner,
    sorted::{By, Sorted},
    sphere::Point,
    words::Words,
};

pub use answer::{Found, Hit, LARGEST_EXACT_TOTAL, Total};
pub use clusters::{Cluster, MOST_CLUSTERS};
pub use facets::Facets;
pub use in_cities::{CitiesAsked, CitiesFound, CityFound, PartnersInCity};
pub use near_partners::{PartnersFound, PartnersNear};
pub use nearby::{Candidates, nearby_disk};
pub use suggesting::{FoundByName, Suggested, Suggestion};

/// When the index does what; tests choose small numbers.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Of so many offers the newest are found by looking at each: a search for few offers among many
    /// passes over too many others.
    looked_at: u64,
    /// Of so many offers with a word the nearest are found by measuring each, for the same reason.
    /// That costs less than to look at one.
    measured: u64,
    /// The same of any number that is less than one in so many: such a set is slow to be asked what it has.
    sparse: u64,
    /// The nearest of so many establishments with a name are found by measuring each.
    places_measured: u64,
    /// Slots without an offer are cleaned when there are this many, and more than one for
    /// [`OFFERS_A_SLOT_TO_CLEAN`].
    fewest_to_clean: u64,
    /// How many words one [`Index::put`] or [`Index::remove`] cleans.
    words_cleaned_at_once: usize,
    largest_exact_total: u64,
}

const OFFERS_A_SLOT_TO_CLEAN: u64 = 16;

impl Default for Limits {
    fn default() -> Self {
        Self {
            looked_at: 20_000,
            measured: 50_000,
            sparse: 16,
            places_measured: 50_000,
            fewest_to_clean: 1_000,
            words_cleaned_at_once: 500,
            largest_exact_total: LARGEST_EXACT_TOTAL,
        }
    }
}

/// All offers of the catalogue, for lists.
#[derive(Debug)]
pub struct Index {
    entries: Vec<Entry>,
    /// Where the offers are, by slot.
    points: Vec<Point>,
    /// Slots that can be given to an offer.
    free: Vec<Slot>,
    /// The slot of each offer.
    by_id: NumbersById,
    /// All offers by creation.
    newest: Sorted,
    /// All offers by end.
    ending: Sorted,
    partners: ByPartner,
    partner_names: Names<PartnerFacts>,
    /// Establishments.
    places: Numbered,
    place_names: Names<PlaceFacts>,
    /// The establishments that have offers which are shown; a slot is the number of one.
    place_grid: Grid,
    cities: Cities,
    words: Words,
    filters: Filters,
    grid: Grid,
    /// When the offer of a slot begins or ends to be shown. What no longer holds is harmless: at
    /// its moment the offer is looked at again.
    changes: BinaryHeap<Reverse<(i64, Slot)>>,
    /// Slots without an offer that words still name.
    dead: RoaringBitmap,
    cleaning: Option<Cleaning>,
    limits: Limits,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            points: Vec::new(),
            free: Vec::new(),
            by_id: NumbersById::default(),
            newest: Sorted::new(By::Creation),
            ending: Sorted::new(By::End),
            partners: ByPartner::default(),
            partner_names: Names::default(),
            places: Numbered::default(),
            place_names: Names::default(),
            place_grid: Grid::default(),
            cities: Cities::default(),
            words: Words::default(),
            filters: Filters::default(),
            grid: Grid::default(),
            changes: BinaryHeap::new(),
            dead: RoaringBitmap::new(),
            cleaning: None,
            limits: Limits::default(),
        }
    }
}

/// Slots that are being removed from all words, and the next word to remove them from.
#[derive(Debug)]
struct Cleaning {
    slots: RoaringBitmap,
    next_word: usize,
}

/// What the index holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub offers: usize,
    /// Different words.
    pub words: usize,
    /// Memory in bytes, as the capacity of its collections.
    pub bytes: usize,
}

impl Index {
    /// Adds an offer, or replaces the one with its id.
    pub fn put(&mut self, listing: &Listing, now_ms: i64) {
        let id = listing.id.to_bytes();
        self.take_out(&id);
        let slot = self.unused_slot();
        let numbers = Numbers {
            partner: self.partners.number(&listing.partner_id.to_bytes()),
            place: self.places.number(&listing.establishment_id.to_bytes()),
            city: self.cities.number(&listing.city, listing.city_area),
        };
        self.note_names(listing, numbers);
        let entry = Entry::of(listing, numbers);
        self.entries[slot as usize] = entry;
        self.points[slot as usize] = Point::of(entry.location);
        self.by_id
            .insert(slot, |slot| self.entries[slot as usize].id);
        self.newest.insert(&self.entries, slot);
        self.ending.insert(&self.entries, slot);
        self.partners.insert(&self.entries, slot);
        let texts = [
            listing.description.as_str(),
            &listing.partner_name,
            &listing.establishment_name,
        ];
        self.words.insert(slot, &listing.title, &texts);
        self.reconsider(slot, now_ms);
        self.forget_old_changes(now_ms);
        self.clean();
    }

    /// Whether the index has the offer exactly so.
    pub fn has(&self, listing: &Listing) -> bool {
        let slot = self.slot(&listing.id);
        let numbers = self.known_numbers(listing);
        slot.zip(numbers).is_some_and(|(slot, numbers)| {
            self.entries[slot as usize] == Entry::of(listing, numbers)
        })
    }

    fn known_numbers(&self, listing: &Listing) -> Option<Numbers> {
        let place = self
            .places
            .known_number(&listing.establishment_id.to_bytes());
        Some(Numbers {
            partner: self.partners.known_number(&listing.partner_id.to_bytes())?,
            place: place?,
            city: self.cities.known_number(&listing.city, listing.city_area)?,
        })
    }

    /// Notes the names of the partner and the establishment.
    fn note_names(&mut self, listing: &Listing, numbers: Numbers) {
        let category = Some(listing.partner_category);
        self.note_partner(numbers.partner, &listing.partner_name, category);
        let facts = PlaceFacts {
            partner: numbers.partner,
            category,
            location: listing.location,
            point: Point::of(listing.location),
        };
        let name = &listing.establishment_name;
        if let Some(before) = self.place_names.set(numbers.place, name, facts) {
            self.place_grid.remove(numbers.place, before.location);
            self.show_place(numbers.place);
        }
    }

    fn note_partner(&mut self, number: u32, name: &str, category: Option<Category>) {
        let shown = self.partner_names.shown(number);
        let renamed = shown.filter(|known| *known.name != *name);
        let place = |name: &str| partner_place(name, self.partners.id(number));
        let moved = renamed.map(|known| (place(&known.name), place(name)));
        if let Some((before, after)) = moved {
            self.cities.rename(number, &before, &after);
        }
        let facts = PartnerFacts { category };
        self.partner_names.set(number, name, facts);
    }

    fn show_place(&mut self, number: u32) {
        let facts = self.place_names.get(number).facts;
        let item = Item {
            point: facts.point,
            slot: number,
            category: facts.category.unwrap_or(Category::Other),
            percentage: 0,
        };
        self.place_grid.insert(item, facts.location);
    }

    /// Removes an offer, if the index has it.
    pub fn remove(&mut self, id: &OfferId) {
        self.take_out(&id.to_bytes());
        self.clean();
    }

    /// Shows what has begun and hides what has ended.
    pub fn advance(&mut self, now_ms: i64) {
        while let Some(Reverse((at_ms, slot))) = self.changes.peek().copied() {
            if at_ms > now_ms {
                break;
            }
            self.changes.pop();
            self.reconsider(slot, now_ms);
        }
    }

    /// The next moment at which [`Index::advance`] may change something.
    pub fn next_change_ms(&self) -> Option<i64> {
        self.changes.peek().map(|Reverse((at_ms, _))| *at_ms)
    }

    /// The ids of all offers, in no order.
    pub fn ids(&self) -> impl Iterator<Item = OfferId> {
        let id = |slot| OfferId::from_bytes(self.entries[slot as usize].id);
        self.by_id.all().map(id)
    }

    /// The ids of a partner's offers.
    pub fn ids_of_partner(&self, partner: &domain::PartnerId) -> Vec<OfferId> {
        let slots = self.partners.slots(&partner.to_bytes());
        let id = |slot: &Slot| OfferId::from_bytes(self.entries[*slot as usize].id);
        slots.iter().map(id).collect()
    }

    /// Any offer and its place; the number chooses which. None if there are no offers.
    pub fn any(&self, number: u64) -> Option<(OfferId, GeoPoint)> {
        let slots = u64::try_from(self.entries.len()).ok()?;
        let start = usize::try_from(number.checked_rem(slots)?).ok()?;
        let (before, from) = self.entries.split_at(start);
        let entry = from
            .iter()
            .chain(before)
            .find(|entry| self.slot_of(&entry.id).is_some())?;
        Some((OfferId::from_bytes(entry.id), entry.location))
    }

    /// Those of `ids` that are shown and have all words of a search.
    pub fn with_words(&self, search: &str, ids: &[OfferId]) -> Vec<OfferId> {
        let slots = ids.iter().filter_map(|id| self.slot(id));
        let shown = slots.filter(|slot| self.filters.shows(*slot));
        let Some(matches) = self.words.find(search, &shown.collect()) else {
            return Vec::new();
        };
        let id = |slot| OfferId::from_bytes(self.entries[slot as usize].id);
        matches.anywhere.iter().map(id).collect()
    }

    /// As [`Index::with_words`], and the words may have typing errors.
    pub fn with_words_almost(&self, search: &str, ids: &[OfferId]) -> Vec<OfferId> {
        let slots = ids.iter().filter_map(|id| self.slot(id));
        let shown = slots.filter(|slot| self.filters.shows(*slot));
        let Some(matches) = self.words.find_almost(search, &shown.collect()) else {
            return Vec::new();
        };
        let id = |slot| OfferId::from_bytes(self.entries[slot as usize].id);
        matches.anywhere.iter().map(id).collect()
    }

    /// What it holds, and what that takes. It looks at every word: not for every request.
    pub fn size(&self) -> Size {
        let bytes = self.entries.capacity() * size_of::<Entry>()
            + self.points.capacity() * size_of::<Point>()
            + self.by_id.bytes()
            + self.free.capacity() * size_of::<Slot>()
            + self.changes.capacity() * size_of::<Reverse<(i64, Slot)>>()
            + self.newest.bytes()
            + self.ending.bytes()
            + self.partners.bytes()
            + self.partner_names.bytes()
            + self.places.bytes()
            + self.place_names.bytes()
            + self.place_grid.bytes()
            + self.cities.bytes()
            + self.words.bytes()
            + self.filters.bytes()
            + self.grid.bytes();
        Size {
            offers: self.by_id.len(),
            words: self.words.len(),
            bytes,
        }
    }

    fn slot(&self, id: &OfferId) -> Option<Slot> {
        self.slot_of(&id.to_bytes())
    }

    fn slot_of(&self, id: &Id) -> Option<Slot> {
        self.by_id.get(id, |slot| self.entries[slot as usize].id)
    }

    fn unused_slot(&mut self) -> Slot {
        self.free.pop().unwrap_or_else(|| {
            let nothing = Entry::nothing();
            self.entries.push(nothing);
            self.points.push(Point::of(nothing.location));
            Slot::try_from(self.entries.len() - 1).expect("fewer than four billion offers")
        })
    }

    /// Shows or hides the offer of a slot as it should be now, and notes when that ends.
    fn reconsider(&mut self, slot: Slot, now_ms: i64) {
        let entry = self.entries[slot as usize];
        match (entry.is_shown(now_ms), self.filters.shows(slot)) {
            (true, false) => self.show(slot, &entry),
            (false, true) => self.hide(slot, &entry),
            (true, true) | (false, false) => {}
        }
        if let Some(at_ms) = entry.changes_after(now_ms) {
            self.changes.push(Reverse((at_ms, slot)));
        }
    }

    fn show(&mut self, slot: Slot, entry: &Entry) {
        self.filters.insert(slot, entry);
        let (names, ids) = (&self.partner_names, &self.partners);
        let place = || partner_place(&names.get(entry.partner).name, ids.id(entry.partner));
        self.cities.insert(slot, entry, place);
        let item = Item::of(slot, entry, self.points[slot as usize]);
        self.grid.insert(item, entry.location);
        self.partner_names.show(entry.partner);
        if self.place_names.show(entry.place) == Turned::Yes {
            self.show_place(entry.place);
        }
    }

    fn hide(&mut self, slot: Slot, entry: &Entry) {
        self.filters.remove(slot, entry);
        let (names, ids) = (&self.partner_names, &self.partners);
        let place = || partner_place(&names.get(entry.partner).name, ids.id(entry.partner));
        self.cities.remove(slot, entry, place);
        self.grid.remove(slot, entry.location);
        self.partner_names.hide(entry.partner);
        if self.place_names.hide(entry.place) == Turned::Yes {
            let location = self.place_names.get(entry.place).facts.location;
            self.place_grid.remove(entry.place, location);
        }
    }

    /// Collects the changes anew when most of them are of offers that were replaced since: else
    /// each edit of an offer would stay in memory until the offer ends.
    fn forget_old_changes(&mut self, now_ms: i64) {
        let most = self.entries.len() as u64 * 2 + self.limits.fewest_to_clean;
        if self.changes.len() as u64 <= most {
            return;
        }
        // What is due is done: only later changes are collected.
        self.advance(now_ms);
        let entries = (0..).zip(&self.entries);
        let changes = entries.filter_map(|(slot, entry)| {
            let at_ms = entry.changes_after(now_ms)?;
            Some(Reverse((at_ms, slot)))
        });
        self.changes = changes.collect();
    }

    /// Takes an offer out of everything but the words, which [`Index::clean`] does for many at once.
    fn take_out(&mut self, id: &[u8; ID_BYTES]) {
        let Some(slot) = self.by_id.remove(id, |slot| self.entries[slot as usize].id) else {
            return;
        };
        let entry = self.entries[slot as usize];
        if self.filters.shows(slot) {
            self.hide(slot, &entry);
        }
        self.newest.remove(&self.entries, slot);
        self.ending.remove(&self.entries, slot);
        self.partners.remove(&self.entries, slot);
        self.entries[slot as usize] = Entry::nothing();
        self.dead.insert(slot);
    }

    /// Cleans some words of slots without an offer. A slot that went through all words is free.
    fn clean(&mut self) {
        let mut cleaning = match self.cleaning.take() {
            Some(cleaning) => cleaning,
            None if self.is_clean() => return,
            None => Cleaning {
                slots: std::mem::take(&mut self.dead),
                next_word: 0,
            },
        };
        let end = cleaning.next_word + self.limits.words_cleaned_at_once;
        if self.words.remove(&cleaning.slots, cleaning.next_word, end) {
            self.free.extend(&cleaning.slots);
        } else {
            cleaning.next_word = end;
            self.cleaning = Some(cleaning);
        }
    }

    fn is_clean(&self) -> bool {
        let offers = self.by_id.len() as u64;
        self.dead.len()
            <= self
                .limits
                .fewest_to_clean
                .max(offers / OFFERS_A_SLOT_TO_CLEAN)
    }
}
