//! Imports places from CSV: one partner, establishment and offer per line.
//!
//! Ids derive from a line's content and its number among identical lines, so importing the same
//! file again, with its lines in any order, gives the same rows.

#[cfg(test)]
mod tests;

use std::{collections::HashMap, path::Path};

use csv::ByteRecord;
use domain::{
    Address, Category, Establishment, EstablishmentId, GeoPoint, OfferId, Partner, PartnerId,
    StoreError,
    catalogue::{
        Announce, CatalogueStore, Family, Reach,
        sample::{DAY_MS, chance::Chance, words},
    },
    offers::events::OfferChange,
};
use sha2::{Digest, Sha256};

const HEADER: [&str; 6] = [
    "category",
    "cuisine",
    "latitude",
    "longitude",
    "district",
    "postcode",
];
/// How many offers one transaction and its purge cover.
const BATCH: usize = 200;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportReport {
    pub added: usize,
    pub already_there: usize,
    /// The number of each skipped line (the header is line 1) and why it was skipped.
    pub bad_lines: Vec<(u64, String)>,
    pub changed: Vec<OfferChange>,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("the file cannot be read")]
    Io(#[from] std::io::Error),
    #[error("the first line must be `{}`", HEADER.join(","))]
    Header,
    #[error("the file is not CSV")]
    Csv(#[from] csv::Error),
    #[error("the store refused")]
    Store(#[from] StoreError),
    #[error("the reading task panicked or was cancelled")]
    Interrupted,
}

/// A valid line.
#[derive(Debug, Clone, PartialEq)]
struct Venue {
    category: Category,
    cuisine: String,
    location: GeoPoint,
    district: String,
    postcode: String,
    /// The line's content and its number among identical lines, from which the ids derive.
    key: String,
}

#[derive(Debug, Default)]
struct Parsed {
    venues: Vec<Venue>,
    bad_lines: Vec<(u64, String)>,
}

/// Imports `path`; `source` is recorded as the actor of its purges.
pub async fn import_csv(
    catalogue: &dyn CatalogueStore,
    path: &Path,
    now_ms: i64,
    source: &str,
) -> Result<ImportReport, ImportError> {
    let file = path.to_owned();
    let parsed = tokio::task::spawn_blocking(move || parse(&std::fs::read(file)?))
        .await
        .map_err(|_| ImportError::Interrupted)??;
    let mut report = ImportReport {
        bad_lines: parsed.bad_lines,
        ..ImportReport::default()
    };
    let announce = Announce {
        reach: Reach::Added,
        reason: format!(
            "import of {}",
            path.file_name().unwrap_or_default().to_string_lossy()
        ),
        actor: source.to_owned(),
    };
    for batch in parsed.venues.chunks(BATCH) {
        // A family is stored together with its only offer: if the offer exists, all of it does.
        let families = batch.iter().map(|venue| family_of(venue, now_ms)).collect();
        let added = catalogue.add(families, announce.clone(), now_ms).await?;
        report.added += added.offers.len();
        report.already_there += batch.len() - added.offers.len();
        report
            .changed
            .extend(added.offers.into_iter().map(|offer| OfferChange {
                before: None,
                after: Some(offer),
            }));
    }
    Ok(report)
}

fn parse(bytes: &[u8]) -> Result<Parsed, ImportError> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(bytes);
    if !reader
        .byte_headers()?
        .iter()
        .eq(HEADER.iter().map(|name| name.as_bytes()))
    {
        return Err(ImportError::Header);
    }
    let mut parsed = Parsed::default();
    let mut occurrences: HashMap<String, u32> = HashMap::new();
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record)? {
        let line = record.position().map_or(0, csv::Position::line);
        match venue(&record) {
            Ok(mut venue) => {
                let occurrence = occurrences.entry(venue.key.clone()).or_default();
                venue.key = format!("{}\u{1f}{occurrence}", venue.key);
                *occurrence += 1;
                parsed.venues.push(venue);
            }
            Err(reason) => parsed.bad_lines.push((line, reason)),
        }
    }
    Ok(parsed)
}

fn venue(record: &ByteRecord) -> Result<Venue, String> {
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
    let location = GeoPoint::new(
        degrees("latitude", lat, 90.0)?,
        degrees("longitude", lng, 180.0)?,
    )
    .ok_or("not a place on the Earth")?;
    Ok(Venue {
        category: Category::parse(category)
            .ok_or_else(|| format!("unknown category `{category}`"))?,
        cuisine: cuisine.to_owned(),
        location,
        district: district.to_owned(),
        postcode: postcode.to_owned(),
        key: fields.join("\u{1f}"),
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

/// Makes the partner, establishment and offer of a venue. The random generator is seeded with the
/// venue's key, so they do not depend on other lines.
fn family_of(venue: &Venue, now_ms: i64) -> Family {
    let digest = Sha256::digest(venue.key.as_bytes());
    let seed = digest
        .first_chunk::<8>()
        .map_or(0, |bytes| u64::from_be_bytes(*bytes));
    let mut chance = Chance::new(seed);
    let today_ms = now_ms - now_ms.rem_euclid(DAY_MS);
    // OpenStreetMap writes several cuisines as «pizza;italian».
    let cuisine = venue.cuisine.split(';').next().unwrap_or_default();
    let name = words::name(&mut chance, venue.category, words::kind_of_cuisine(cuisine));
    let slug = words::slug(&name);
    let partner = Partner {
        id: PartnerId::derive("import partner", &venue.key),
        description: Some(words::partner_description(
            &mut chance,
            venue.category,
            "Paris",
        )),
        logo: None,
        category: venue.category,
        rating: None,
        review_count: 0,
        created_at_ms: today_ms,
        name,
    };
    let id = EstablishmentId::derive("import establishment", &venue.key);
    let place = Establishment {
        partner_id: partner.id.clone(),
        name: place_name(&partner.name, &venue.district),
        address: Address {
            street: words::street(&mut chance),
            city: "Paris".to_owned(),
            postcode: venue.postcode.clone(),
            country: "FR".to_owned(),
        },
        location: venue.location,
        phone: Some(words::phone(&mut chance, "01")),
        email: None,
        website: None,
        opening_hours: words::opening_hours(&mut chance, venue.category),
        images: words::images(&mut chance, "places", &format!("{slug}-{id}")),
        archived_at_ms: None,
        id,
    };
    let id = OfferId::derive("import offer", &venue.key);
    let mut offer = domain::catalogue::sample::offer(&mut chance, id, &partner, &place, today_ms);
    // Sample offers are partly inactive or expired, for benchmarks. An import must show all places.
    offer.is_active = true;
    offer.valid_from_ms = today_ms;
    offer.valid_until_ms = today_ms + i64::from(chance.between(30, 120)) * DAY_MS;
    offer.created_at_ms = now_ms;
    Family {
        partner,
        establishments: vec![place],
        offers: vec![offer],
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
