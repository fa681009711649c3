//! The stored form of a cell's candidates, and the pages that are made of it by copying.

use cache_core::entry::ContentHash;
use cache_core::{cursor, geo};
use pq_core::nearest::{OfList, Shows};

use super::places::{self, Place, Slot};
use super::{Asked, Candidates, Total};

mod bytes;

/// Candidates, ready to make pages of.
#[derive(Clone, Debug, PartialEq)]
pub struct NearestList {
    /// Every item that is nearer than this to any location in the cell is known, in kilometres.
    certain_km: f64,
    cursor_kind: u8,
    total: Option<Total>,
    frame: Text,
    items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq)]
struct Item {
    position: (f64, f64),
    id: Vec<u8>,
    text: Text,
}

/// Text with slots.
#[derive(Clone, Debug, PartialEq)]
struct Text {
    parts: Vec<(Vec<u8>, Slot)>,
    rest: Vec<u8>,
    /// The hash of everything but the slots.
    hash: ContentHash,
}

impl Text {
    /// The bytes of `body` in `range`, with slots at `places`.
    fn of(body: &str, range: std::ops::Range<usize>, places: &[Place]) -> Option<Self> {
        let mut at = range.start;
        let mut parts = Vec::with_capacity(places.len());
        for (place, slot) in places {
            parts.push((body.get(at..place.start)?.as_bytes().to_vec(), *slot));
            at = place.end;
        }
        Some(Self::new(
            parts,
            body.get(at..range.end)?.as_bytes().to_vec(),
        ))
    }

    fn new(parts: Vec<(Vec<u8>, Slot)>, rest: Vec<u8>) -> Self {
        let mut all = Vec::new();
        for (literal, _) in &parts {
            all.extend_from_slice(literal);
            all.push(0);
        }
        all.extend_from_slice(&rest);
        Self {
            parts,
            rest,
            hash: ContentHash::of(&all),
        }
    }
}

/// A page for one location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The whole answer.
    pub body: Vec<u8>,
    /// Differs if and only if the body does, but is cheaper than its hash.
    pub content: ContentHash,
}

impl NearestList {
    /// Reads the origin's answer for a cell; none if it is not one.
    pub fn of_answer(body: &[u8], shows: &Shows, cell: u64) -> Option<Self> {
        let body = std::str::from_utf8(body).ok()?;
        let added = ["extensions", "candidates"].map(str::to_owned);
        let candidates = places::value(body, &added)?;
        let candidates: Candidates = serde_json::from_str(candidates).ok()?;
        let data = places::value(body, &["data".to_owned()])?;
        // What the origin answers to everybody else.
        let body = format!(r#"{{"data":{data}}}"#);
        let found = places::find(&body, shows)?;
        if found.items.len() != candidates.items.len() {
            return None;
        }
        let items = found.items.into_iter().zip(candidates.items);
        let items = items.map(|((range, places), (lat, lng, id))| {
            Some(Item {
                position: (lat, lng),
                id: hex::decode(id).ok()?,
                text: Text::of(&body, range, &places)?,
            })
        });
        Some(Self {
            certain_km: candidates.reach_km - geo::radius_km(cell)?,
            cursor_kind: candidates.cursor_kind,
            total: candidates.total,
            items: items.collect::<Option<_>>()?,
            frame: Text::of(&body, 0..body.len(), &found.frame)?,
        })
    }

    /// Roughly how many bytes it takes in memory.
    pub fn bytes(&self) -> usize {
        let of = |text: &Text| {
            let parts = text.parts.iter().map(|(literal, _)| literal.len() + 64);
            parts.sum::<usize>() + text.rest.len()
        };
        let items = self.items.iter().map(|item| of(&item.text) + 160);
        items.sum::<usize>() + of(&self.frame)
    }

    /// The first page for a location in the cell. `largest` has the candidates of the largest of the
    /// location's cells, if this is a smaller one: they say the total. None if another item could belong
    /// to the page, or count.
    pub fn page(&self, asked: &Asked, largest: Option<&Self>) -> Option<Page> {
        let total = largest.unwrap_or(self).total;
        let mut near: Vec<(f64, &Item)> = self
            .items
            .iter()
            .map(|item| (geo::distance_km(asked.location, item.position), item))
            .filter(|(distance_km, _)| *distance_km <= asked.within_km)
            .collect();
        near.sort_unstable_by(|(a_km, a), (b_km, b)| a_km.total_cmp(b_km).then(a.id.cmp(&b.id)));
        let has_all = asked.within_km <= self.certain_km;
        let certain = near
            .iter()
            .take_while(|(distance_km, _)| *distance_km <= self.certain_km)
            .count();
        let has_next = near.len() > asked.first;
        let shows_total =
            self.frame.parts.iter().any(|(_, slot)| {
                matches!(slot, Slot::OfList(OfList::Total | OfList::IsTotalExact))
            });
        if !has_all && (certain <= asked.first || (shows_total && total.is_none())) {
            return None;
        }
        let total = total.unwrap_or(Total {
            count: near.len() as u64,
            is_exact: true,
        });
        near.truncate(asked.first);
        Some(self.write(&near, has_next, total))
    }

    fn write(&self, near: &[(f64, &Item)], has_next: bool, total: Total) -> Page {
        let cursor = |(distance_km, item): &(f64, &Item)| {
            let text = cursor::by_distance(self.cursor_kind, *distance_km, &item.id);
            format!("\"{text}\"")
        };
        let edge_of = |item: Option<&(f64, &Item)>| item.map_or_else(|| "null".to_owned(), cursor);
        let literals = near.iter().map(|(_, item)| item.text.rest.len() + 256);
        let mut to = Writer::with_capacity(literals.sum::<usize>() + 512);
        to.text(&self.frame, |to, slot| match slot {
            Slot::Items => {
                to.slot("[");
                for (index, item) in near.iter().enumerate() {
                    if index > 0 {
                        to.slot(",");
                    }
                    to.text(&item.1.text, |to, slot| match slot {
                        Slot::Distance => to.slot(&number(geo::to_the_metre(item.0))),
                        Slot::Cursor => to.slot(&cursor(item)),
                        Slot::OfList(_) | Slot::Items => {}
                    });
                }
                to.slot("]");
            }
            Slot::OfList(what) => to.slot(&match what {
                OfList::HasNextPage => has_next.to_string(),
                OfList::StartCursor => edge_of(near.first()),
                OfList::EndCursor => edge_of(near.last()),
                OfList::Total => total.count.to_string(),
                OfList::IsTotalExact => total.is_exact.to_string(),
            }),
            Slot::Distance | Slot::Cursor => {}
        });
        Page {
            content: ContentHash::of(&to.hashed),
            body: to.body,
        }
    }
}

/// A number as JSON has it.
fn number(value: f64) -> String {
    serde_json::Number::from_f64(value)
        .map_or_else(|| "null".to_owned(), |number| number.to_string())
}

/// Writes a body, and beside it what its hash is made of: the hashes of literal texts, which are known,
/// and what is in the slots.
struct Writer {
    body: Vec<u8>,
    hashed: Vec<u8>,
}

impl Writer {
    fn with_capacity(bytes: usize) -> Self {
        Self {
            body: Vec::with_capacity(bytes),
            hashed: Vec::with_capacity(1_024),
        }
    }

    fn text(&mut self, text: &Text, mut fill: impl FnMut(&mut Self, Slot)) {
        self.hashed.extend_from_slice(&text.hash.0);
        for (literal, slot) in &text.parts {
            self.body.extend_from_slice(literal);
            fill(self, *slot);
        }
        self.body.extend_from_slice(&text.rest);
    }

    fn slot(&mut self, value: &str) {
        self.body.extend_from_slice(value.as_bytes());
        self.hashed.extend_from_slice(value.as_bytes());
        // No value has a zero byte.
        self.hashed.push(0);
    }
}
