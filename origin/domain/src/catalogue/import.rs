//! Reads places from a CSV file: one partner, establishment and offer per line.
//!
//! Ids derive from a line's content and its number among identical lines, so importing the same
//! file again gives the same rows: with its lines in any order, and also after a spreadsheet has
//! saved it with another separator, other line ends, another encoding or decimal commas.

pub(super) mod text;

#[cfg(test)]
mod tests;

use std::{collections::HashMap, fmt};

use csv::ByteRecord;
use sha2::{Digest, Sha256};

use super::{
    Family,
    sample::{self, DAY_MS, chance::Chance, words},
};
use crate::{
    Address, Category, Establishment, EstablishmentId, GeoPoint, OfferId, Partner, PartnerId,
    partners::standing::Standing,
};

const HEADER: [&str; 6] = [
    "category",
    "cuisine",
    "latitude",
    "longitude",
    "district",
    "postcode",
];
/// What spreadsheets write between columns.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// How much of a wrong header is shown, in characters.
const SHOWN_CHARS: usize = 100;

/// What was read from a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Places {
    pub places: Vec<Place>,
    /// The number of each skipped line (the header is line 1) and why it was skipped.
    pub bad_lines: Vec<(u64, String)>,
    /// How many lines, beside `bad_lines`, belong to a quote that is not closed on its line.
    pub swallowed_lines: u64,
    pub format: Format,
}

/// How a file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// The name of the encoding.
    pub encoding: &'static str,
    pub separator: u8,
}

/// The first line is not the header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the first line must be `{}`, separated by `,`, `;`, tab or `|`; read as {format}, it is `{found}`",
    HEADER.join(",")
)]
pub struct WrongHeader {
    pub format: Format,
    /// The first line, shortened.
    pub found: String,
}

/// A valid line.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    category: Category,
    cuisine: String,
    location: GeoPoint,
    district: String,
    postcode: String,
    /// The line's content and its number among identical lines, from which the ids derive.
    key: String,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.separator {
            b'\t' => write!(f, "{} separated by tabs", self.encoding),
            other => write!(f, "{} separated by `{}`", self.encoding, char::from(other)),
        }
    }
}

impl Places {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// [`WrongHeader`] if the first line names other columns, with any separator.
    pub fn read(file: &[u8]) -> Result<Self, WrongHeader> {
        let (bytes, encoding) = text::decode(file);
        let format = format_of(&bytes, encoding)?;
        let mut read = Self {
            places: Vec::new(),
            bad_lines: Vec::new(),
            swallowed_lines: 0,
            format,
        };
        let mut occurrences: HashMap<String, u32> = HashMap::new();
        let mut reader = reader(&bytes, format.separator);
        let mut record = ByteRecord::new();
        // Reading from memory does not fail.
        while reader.read_byte_record(&mut record).is_ok_and(|read| read) {
            let lines = Lines::of(&bytes, &record, reader.position(), format.separator);
            if lines.swallowed > 0 || lines.is_cut_off {
                read.swallowed_lines += lines.swallowed;
                read.bad_lines.push((lines.first, lines.unclosed_quote()));
                continue;
            }
            match place(&record) {
                Ok(mut place) => {
                    let occurrence = occurrences.entry(place.key.clone()).or_default();
                    place.key = format!("{}\u{1f}{occurrence}", place.key);
                    *occurrence += 1;
                    read.places.push(place);
                }
                Err(reason) => read.bad_lines.push((lines.first, reason)),
            }
        }
        Ok(read)
    }

    /// How many lines are not imported.
    pub fn left_out(&self) -> u64 {
        self.bad_lines.len() as u64 + self.swallowed_lines
    }
}

impl Place {
    /// Makes the partner, establishment and offer of this place. The random generator is seeded with
    /// the place's key, so they do not depend on other lines.
    pub fn family(&self, now_ms: i64) -> Family {
        let digest = Sha256::digest(self.key.as_bytes());
        let seed = digest
            .first_chunk::<8>()
            .map_or(0, |bytes| u64::from_be_bytes(*bytes));
        let mut chance = Chance::new(seed);
        let today_ms = now_ms - now_ms.rem_euclid(DAY_MS);
        // OpenStreetMap writes several cuisines as «pizza;italian».
        let cuisine = self.cuisine.split(';').next().unwrap_or_default();
        let name = words::name(&mut chance, self.category, words::kind_of_cuisine(cuisine));
        let slug = words::slug(&name);
        let partner = Partner {
            id: PartnerId::derive("import partner", &self.key),
            description: Some(words::partner_description(
                &mut chance,
                self.category,
                "Paris",
            )),
            logo: None,
            category: self.category,
            rating: None,
            review_count: 0,
            created_at_ms: today_ms,
            name,
            page: crate::WebPage::default(),
            standing: Standing::default(),
        };
        let id = EstablishmentId::derive("import establishment", &self.key);
        let establishment = Establishment {
            partner_id: partner.id.clone(),
            name: place_name(&partner.name, &self.district),
            address: Address {
                street: words::street(&mut chance),
                city: "Paris".to_owned(),
                postcode: self.postcode.clone(),
                country: "FR".to_owned(),
            },
            location: self.location,
            phone: Some(words::phone(&mut chance, "01")),
            email: None,
            website: None,
            opening_hours: words::opening_hours(&mut chance, self.category),
            images: words::images(&mut chance, "places", &format!("{slug}-{id}")),
            archived_at_ms: None,
            id,
            page: crate::WebPage::default(),
        };
        let id = OfferId::derive("import offer", &self.key);
        let mut offer = sample::offer(&mut chance, id, &partner, &establishment, today_ms);
        // Sample offers are partly inactive or expired, for benchmarks. An import must show all places.
        offer.is_active = true;
        offer.valid_from_ms = today_ms;
        offer.valid_until_ms = today_ms + i64::from(chance.between(30, 120)) * DAY_MS;
        offer.created_at_ms = now_ms;
        Family {
            partner,
            establishments: vec![establishment],
            offers: vec![offer],
        }
    }
}

/// The lines of a file that a record takes.
struct Lines {
    /// The number of the first one, from 1.
    first: u64,
    /// How many more there are. No column may hold a line break, so these are other records.
    swallowed: u64,
    /// Whether the file ends within a quote, as one does that was not sent to its end.
    is_cut_off: bool,
}

impl Lines {
    /// Of the record that was read last. Its text may begin with blank lines.
    fn of(bytes: &[u8], record: &ByteRecord, after: &csv::Position, separator: u8) -> Self {
        let offset = |position: &csv::Position| {
            usize::try_from(position.byte()).map_or(bytes.len(), |byte| byte.min(bytes.len()))
        };
        let Some(start) = record.position() else {
            return Self {
                first: after.line(),
                swallowed: 0,
                is_cut_off: false,
            };
        };
        let text = bytes.get(offset(start)..offset(after)).unwrap_or_default();
        let blank = text.iter().take_while(|byte| **byte == b'\n').count();
        let text = &text[blank..];
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        Self {
            first: start.line() + blank as u64,
            swallowed: text.split(|byte| *byte == b'\n').skip(1).count() as u64,
            is_cut_off: offset(after) == bytes.len() && ends_in_quote(text, separator),
        }
    }

    fn unclosed_quote(&self) -> String {
        if self.swallowed == 0 {
            return "a quote that is opened on this line is not closed: the file ends there"
                .to_owned();
        }
        let last = self.first + self.swallowed;
        let lines = if self.swallowed == 1 { "line" } else { "lines" };
        format!(
            "a quote that is opened on this line is not closed on it: it swallows {} {lines}, up to line {last}",
            self.swallowed,
        )
    }
}

/// Whether a quote is open at the end of a record. One within a field that has no quotes around it
/// is a character as any other.
fn ends_in_quote(record: &[u8], separator: u8) -> bool {
    let quotes = record.iter().filter(|byte| **byte == b'"');
    let is_open = quotes.fold(false, |is_open, _quote| !is_open);
    let Some(last) = record.iter().rposition(|byte| *byte == b'"') else {
        return false;
    };
    let before = record[..last].trim_ascii_end().last();
    is_open && before.is_none_or(|byte| [separator, b'"'].contains(byte))
}

fn reader(bytes: &[u8], separator: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes)
}

/// The separator with which the first line is the header.
fn format_of(bytes: &[u8], encoding: &'static str) -> Result<Format, WrongHeader> {
    let is_header = |separator: &u8| {
        let mut reader = reader(bytes, *separator);
        let columns = reader.byte_headers();
        columns.is_ok_and(|columns| columns.iter().eq(HEADER.map(str::as_bytes)))
    };
    if let Some(separator) = SEPARATORS.into_iter().find(is_header) {
        return Ok(Format {
            encoding,
            separator,
        });
    }
    let first = bytes
        .split(|byte| *byte == b'\n')
        .next()
        .unwrap_or_default();
    let count = |separator: &u8| first.split(|byte| byte == separator).count();
    // The last one of the most frequent is taken: a comma if there is none.
    let likely = SEPARATORS.into_iter().rev().max_by_key(count);
    let first = String::from_utf8_lossy(first);
    Err(WrongHeader {
        format: Format {
            encoding,
            separator: likely.unwrap_or(b','),
        },
        found: first.trim().chars().take(SHOWN_CHARS).collect(),
    })
}

fn place(record: &ByteRecord) -> Result<Place, String> {
    let fields = record
        .iter()
        .map(std::str::from_utf8)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| "not UTF-8".to_owned())?;
    let [category, cuisine, lat, lng, district, postcode] = fields[..] else {
        return Err(format!(
            "{} columns instead of {}",
            fields.len(),
            HEADER.len()
        ));
    };
    // Spreadsheets in French write decimal commas.
    let (lat, lng) = (lat.replace(',', "."), lng.replace(',', "."));
    let location = GeoPoint::new(
        degrees("latitude", &lat, 90.0)?,
        degrees("longitude", &lng, 180.0)?,
    )
    .ok_or("not a place on the Earth")?;
    Ok(Place {
        category: Category::parse(category)
            .ok_or_else(|| format!("unknown category `{category}`"))?,
        cuisine: cuisine.to_owned(),
        location,
        district: district.to_owned(),
        postcode: postcode.to_owned(),
        key: [category, cuisine, &lat, &lng, district, postcode].join("\u{1f}"),
    })
}

fn degrees(what: &str, text: &str, limit: f64) -> Result<f64, String> {
    let value: f64 = text
        .parse()
        .map_err(|_| format!("{what} `{text}` is not a number"))?;
    if (-limit..=limit).contains(&value) {
        Ok(value)
    } else {
        Err(format!("{what} {text} is out of range"))
    }
}

/// «Brasserie d'Élise (Saint-Merri)»; OpenStreetMap writes districts as «du Gros-Caillou».
fn place_name(partner: &str, district: &str) -> String {
    let bare = ["du ", "des ", "de la ", "de l'", "de "]
        .iter()
        .find_map(|article| district.strip_prefix(article))
        .unwrap_or(district);
    if bare.is_empty() {
        partner.to_owned()
    } else {
        format!("{partner} ({bare})")
    }
}
