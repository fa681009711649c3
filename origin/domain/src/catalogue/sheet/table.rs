//! Finds the lines and columns of a file: CSV as spreadsheets write it, JSON, or one JSON object a line.

use std::collections::BTreeMap;

use csv::ByteRecord;
use serde_json::Value;

use super::{
    MAX_BYTES, MAX_LINES, Refused,
    codes::{IMPORT_LINE_MALFORMED, IMPORT_UNREADABLE},
};
use crate::{catalogue::import::text, search_text::fold, sentence::Sentence};

/// Every column, by the name that JSON has for it. In a header neither case, accents, spaces nor `_` count.
pub const COLUMNS: &[&str] = &[
    "kind",
    "externalId",
    "name",
    "street",
    "postalCode",
    "city",
    "country",
    "latitude",
    "longitude",
    "phone",
    "email",
    "website",
    "openingHours",
    "establishment",
    "title",
    "description",
    "category",
    "percentage",
    "discountDescription",
    "conditions",
    "validFrom",
    "validUntil",
    "days",
    "from",
    "to",
    "quota",
    "perDay",
    "perUser",
    "maxPartySize",
    "active",
    "titleEn",
    "descriptionEn",
    "conditionsEn",
    "discountKind",
    "amount",
    "price",
    "original",
    "currency",
    "item",
];
const SEPARATORS: [u8; 4] = [b';', b',', b'\t', b'|'];

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its number in the file, from 1.
    pub number: u64,
    /// What stands in the columns that the file has, trimmed; or why it cannot be told.
    pub cells: Result<BTreeMap<&'static str, String>, Refused>,
}

/// The lines of a file, without empty ones.
///
/// # Errors
/// [`IMPORT_UNREADABLE`] of a file that is no table at all.
pub fn read(file: &[u8]) -> Result<Vec<Record>, Refused> {
    if file.len() > MAX_BYTES {
        return Err(unreadable(
            "le fichier dépasse 10 Mio",
            "the file is larger than 10 MiB",
        ));
    }
    let (bytes, _) = text::decode(file);
    let records = match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => Err(unreadable("le fichier est vide", "the file is empty")),
        Some(b'[' | b'{') => of_json(&bytes),
        Some(_) => of_csv(&bytes),
    }?;
    if records.len() > MAX_LINES {
        return Err(unreadable(
            "le fichier compte plus de 20 000 lignes",
            "the file has more than 20,000 lines",
        ));
    }
    Ok(records)
}

fn unreadable(french: &str, english: &str) -> Refused {
    let why = Sentence::with(french.to_owned(), english.to_owned());
    Refused::new(IMPORT_UNREADABLE, why)
}

fn malformed(french: &str, english: &str) -> Refused {
    let why = Sentence::with(french.to_owned(), english.to_owned());
    Refused::new(IMPORT_LINE_MALFORMED, why)
}

/// The column that a header means.
fn column(header: &str) -> Option<&'static str> {
    let plain = |text: &str| -> String {
        let folded = fold(text);
        folded.chars().filter(|c| c.is_alphanumeric()).collect()
    };
    let wanted = plain(header);
    COLUMNS.iter().copied().find(|known| plain(known) == wanted)
}

fn reader(bytes: &[u8], separator: u8) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes)
}

fn headers(bytes: &[u8], separator: u8) -> Vec<String> {
    let mut reader = reader(bytes, separator);
    let record = reader.byte_headers().cloned().unwrap_or_default();
    let header = |cell: &[u8]| String::from_utf8_lossy(cell).into_owned();
    record.iter().map(header).collect()
}

/// The columns of a header. A spreadsheet may write empty ones at the end.
fn columns(headers: &[String]) -> Result<Vec<Option<&'static str>>, Refused> {
    let mut columns = Vec::new();
    for header in headers {
        let found = column(header);
        if found.is_none() && !header.is_empty() {
            let shown: String = header.chars().take(100).collect();
            return Err(unreadable(
                &format!("la colonne « {shown} » est inconnue"),
                &format!("the column `{shown}` is unknown"),
            ));
        }
        if found.is_some() && columns.contains(&found) {
            return Err(unreadable(
                &format!("la colonne « {header} » est là deux fois"),
                &format!("the column `{header}` is there twice"),
            ));
        }
        columns.push(found);
    }
    if !columns.contains(&Some("externalId")) {
        return Err(unreadable(
            "il n’y a pas de colonne `externalId`",
            "there is no column `externalId`",
        ));
    }
    Ok(columns)
}

fn of_csv(bytes: &[u8]) -> Result<Vec<Record>, Refused> {
    let known = |separator: &u8| {
        let headers = headers(bytes, *separator);
        headers
            .iter()
            .filter(|header| column(header).is_some())
            .count()
    };
    // The first of the best.
    let separator = SEPARATORS
        .into_iter()
        .rev()
        .max_by_key(known)
        .unwrap_or(b';');
    let columns = columns(&headers(bytes, separator))?;
    // One that is not closed swallows what follows it: the last record is not what somebody wrote.
    let quotes = bytes.iter().filter(|byte| **byte == b'"');
    let has_open_quote = quotes.fold(false, |is_open, _quote| !is_open);
    let mut reader = reader(bytes, separator);
    let (mut records, mut record) = (Vec::new(), ByteRecord::new());
    // Reading from memory does not fail.
    while reader.read_byte_record(&mut record).is_ok_and(|read| read) {
        if record.iter().all(<[u8]>::is_empty) {
            continue;
        }
        records.push(Record {
            number: record.position().map_or(0, csv::Position::line),
            cells: cells(&record, &columns),
        });
        if records.len() > MAX_LINES {
            break;
        }
    }
    if has_open_quote && let Some(last) = records.last_mut() {
        last.cells = Err(malformed(
            "un guillemet qui est ouvert ici n’est pas fermé",
            "a quote that is opened here is not closed",
        ));
    }
    Ok(records)
}

fn cells(
    record: &ByteRecord,
    columns: &[Option<&'static str>],
) -> Result<BTreeMap<&'static str, String>, Refused> {
    let mut cells = BTreeMap::new();
    // Empty cells without a header are at the end of lines that spreadsheets write.
    let surplus = record
        .iter()
        .skip(columns.len())
        .any(|cell| !cell.is_empty());
    if surplus || record.len() < columns.len() {
        let (found, wanted) = (record.len(), columns.len());
        return Err(malformed(
            &format!("la ligne compte {found} colonnes au lieu de {wanted}"),
            &format!("the line has {found} columns instead of {wanted}"),
        ));
    }
    for (cell, column) in record.iter().zip(columns) {
        let Some(column) = column else {
            continue;
        };
        let text = std::str::from_utf8(cell).map_err(|_| {
            malformed(
                "la ligne n’est pas dans l’encodage du fichier",
                "the line is not in the encoding of the file",
            )
        })?;
        cells.insert(*column, text.to_owned());
    }
    Ok(cells)
}

fn of_json(bytes: &[u8]) -> Result<Vec<Record>, Refused> {
    let no_json = |error: serde_json::Error| {
        unreadable(
            &format!("le fichier n’est pas du JSON : ligne {}", error.line()),
            &format!("the file is not JSON: line {}", error.line()),
        )
    };
    let mut records = Vec::new();
    for value in serde_json::Deserializer::from_slice(bytes).into_iter::<Value>() {
        match value.map_err(no_json)? {
            Value::Array(all) => records.extend(all),
            one => records.push(one),
        }
        if records.len() > MAX_LINES {
            break;
        }
    }
    let numbered = records.into_iter().zip(1..);
    Ok(numbered
        .map(|(value, number)| Record {
            number,
            cells: of_object(value),
        })
        .collect())
}

fn of_object(value: Value) -> Result<BTreeMap<&'static str, String>, Refused> {
    let Value::Object(fields) = value else {
        return Err(malformed("ce n’est pas un objet", "it is not an object"));
    };
    let mut cells = BTreeMap::new();
    for (name, value) in fields {
        let known = COLUMNS.iter().copied().find(|known| *known == name);
        let text = cell_of(&value);
        let (Some(column), Some(text)) = (known, text) else {
            let shown: String = name.chars().take(100).collect();
            return Err(malformed(
                &format!("le champ « {shown} » est inconnu, ou n’est pas un texte"),
                &format!("the field `{shown}` is unknown, or is not a text"),
            ));
        };
        cells.insert(column, text);
    }
    Ok(cells)
}

/// A value as it would stand in a spreadsheet; a list has one element a line.
fn cell_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(all) => {
            let lines: Option<Vec<String>> = all
                .iter()
                .map(|one| one.as_str().map(str::to_owned))
                .collect();
            Some(lines?.join("\n"))
        }
        Value::Object(_) => None,
    }
}
