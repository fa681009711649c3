//! Candidates as bytes, for KV.
//!
//! ```text
//! "YN" version:u8 certain_km:f64 cursor_kind:u8 total:u64 is_exact:u8 frame items:u32 item*
//! item: lat:f64 lng:f64 id:text text-with-slots
//! text: length:u32 byte*
//! text-with-slots: parts:u32 (text slot:u8)* text
//! ```
//! All numbers are little-endian; a total of `u64::MAX` is none.

use pq_core::nearest::OfList;

use super::{Item, NearestList, Slot, Text, Total};

const HEAD: [u8; 3] = [b'Y', b'N', 1];
const NO_TOTAL: u64 = u64::MAX;
/// Each is written as its place here.
const SLOTS: [Slot; 8] = [
    Slot::Distance,
    Slot::Cursor,
    Slot::Items,
    Slot::OfList(OfList::HasNextPage),
    Slot::OfList(OfList::StartCursor),
    Slot::OfList(OfList::EndCursor),
    Slot::OfList(OfList::Total),
    Slot::OfList(OfList::IsTotalExact),
];

impl NearestList {
    /// What encoded candidates begin with. No answer in JSON does.
    pub const FIRST_BYTE: u8 = HEAD[0];

    /// Encodes the candidates.
    pub fn encode(&self) -> Vec<u8> {
        let mut to = HEAD.to_vec();
        to.extend_from_slice(&self.certain_km.to_le_bytes());
        to.push(self.cursor_kind);
        let total = self.total.unwrap_or(Total {
            count: NO_TOTAL,
            is_exact: false,
        });
        to.extend_from_slice(&total.count.to_le_bytes());
        to.push(total.is_exact.into());
        put_slots(&mut to, &self.frame);
        put_length(&mut to, self.items.len());
        for item in &self.items {
            to.extend_from_slice(&item.position.0.to_le_bytes());
            to.extend_from_slice(&item.position.1.to_le_bytes());
            put(&mut to, &item.id);
            put_slots(&mut to, &item.text);
        }
        to
    }

    /// Reads what [`NearestList::encode`] wrote; none of anything else.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut from = Reader(bytes);
        if from.array()? != HEAD {
            return None;
        }
        let certain_km = f64::from_le_bytes(from.array()?);
        let [cursor_kind] = from.array()?;
        let count = u64::from_le_bytes(from.array()?);
        let is_exact = from.array()? == [1];
        let frame = from.slots()?;
        let items = (0..from.length()?).map(|_| {
            Some(Item {
                position: (
                    f64::from_le_bytes(from.array()?),
                    f64::from_le_bytes(from.array()?),
                ),
                id: from.text()?.to_vec(),
                text: from.slots()?,
            })
        });
        let items = items.collect::<Option<_>>()?;
        from.0.is_empty().then_some(Self {
            certain_km,
            cursor_kind,
            total: (count != NO_TOTAL).then_some(Total { count, is_exact }),
            frame,
            items,
        })
    }
}

/// Stored answers have at most 2 MiB.
fn put_length(to: &mut Vec<u8>, length: usize) {
    to.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

fn put(to: &mut Vec<u8>, text: &[u8]) {
    put_length(to, text.len());
    to.extend_from_slice(text);
}

fn put_slots(to: &mut Vec<u8>, text: &Text) {
    put_length(to, text.parts.len());
    for (literal, slot) in &text.parts {
        put(to, literal);
        let place = SLOTS.iter().position(|known| known == slot);
        to.push(
            place
                .and_then(|place| u8::try_from(place).ok())
                .unwrap_or(u8::MAX),
        );
    }
    put(to, &text.rest);
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.array()?)).ok()
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.length()?;
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn slots(&mut self) -> Option<Text> {
        let parts = (0..self.length()?).map(|_| {
            let literal = self.text()?.to_vec();
            let [place] = self.array()?;
            Some((literal, *SLOTS.get(usize::from(place))?))
        });
        let parts = parts.collect::<Option<_>>()?;
        Some(Text::new(parts, self.text()?.to_vec()))
    }
}
