//! Offers in the embedded store: by id, by distance, newest first.

mod near;
mod rows;
#[cfg(test)]
mod tests;
mod update;

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, Transaction, params_from_iter, types::Value};

use crate::{
    domain::{GeoPoint, Offer, OfferCategory, OfferId, PartnerId},
    embedded::{
        EmbeddedDb, StoreError,
        cursor::{CursorKind, seal, unseal},
        json_list, text,
    },
};

pub use update::{Author, Purging, Updated};

/// A search disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    pub centre: GeoPoint,
    pub max_distance_km: f64,
}

/// Whose eyes a list is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody: active offers within their validity.
    Public,
    /// The partner portal: every offer.
    All,
}

/// What of a connection was selected; the total costs a scan of the whole reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    Edges,
    EdgesAndTotal,
}

/// Which of an offer's larger fields a list was asked for; the others come back empty, so that an
/// offer out of a list must never be kept as the whole one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a set of columns")]
pub struct ListFields {
    pub description: bool,
    pub conditions: bool,
    pub schedule: bool,
    /// The first one.
    pub images: bool,
}

impl ListFields {
    /// Every field.
    pub const ALL: Self = Self {
        description: true,
        conditions: true,
        schedule: true,
        images: true,
    };
}

#[derive(Debug, Clone)]
pub struct OfferQuery {
    /// Nearest first within this disk; without it newest first.
    pub near: Option<Near>,
    /// Any of these; empty means all.
    pub categories: Vec<OfferCategory>,
    pub min_discount: Option<i32>,
    /// Every word must begin a word of the title or description; no word at all finds nothing.
    pub search: Option<String>,
    pub partner: Option<PartnerId>,
    pub include_inactive: Visibility,
    pub first: usize,
    pub after: Option<OfferCursor>,
    pub now_ms: i64,
    pub columns: Columns,
    pub fields: ListFields,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct OfferPage {
    /// Each with its distance in km when the query has a location.
    pub items: Vec<(Offer, Option<f64>)>,
    pub has_next_page: bool,
    pub total: Option<u64>,
}

/// The place after an item, in the order of its list.
#[derive(Debug, Clone, PartialEq)]
pub enum OfferCursor {
    Near { distance_km: f64, id: OfferId },
    Newest { created_at_ms: i64, id: OfferId },
}

impl OfferCursor {
    /// The cursor of an item of an [`OfferPage`].
    pub fn of(offer: &Offer, distance_km: Option<f64>) -> Self {
        let id = offer.id.clone();
        match distance_km {
            Some(distance_km) => Self::Near { distance_km, id },
            None => Self::Newest {
                created_at_ms: offer.created_at_ms,
                id,
            },
        }
    }

    pub fn encode(&self) -> String {
        let (kind, position, id) = match self {
            // The bits, not a decimal text: the next page must compare equal to the very float.
            Self::Near { distance_km, id } => (
                CursorKind::OfferNear,
                distance_km.to_bits().to_be_bytes(),
                id,
            ),
            Self::Newest { created_at_ms, id } => {
                (CursorKind::OfferNewest, created_at_ms.to_be_bytes(), id)
            }
        };
        seal(kind, &[&position[..], &id.to_bytes()[..]].concat())
    }

    pub fn decode(text: &str) -> Option<Self> {
        let (kind, body) = unseal(text)?;
        let (position, id) = body.split_first_chunk::<8>()?;
        let id = OfferId::from_bytes(id.try_into().ok()?);
        match kind {
            CursorKind::OfferNear => {
                let distance_km = f64::from_bits(u64::from_be_bytes(*position));
                (distance_km >= 0.0 && distance_km.is_finite())
                    .then_some(Self::Near { distance_km, id })
            }
            CursorKind::OfferNewest => Some(Self::Newest {
                created_at_ms: i64::from_be_bytes(*position),
                id,
            }),
            CursorKind::PartnerName => None,
        }
    }
}

/// The offers of the embedded store.
#[derive(Debug, Clone)]
pub struct OfferStore {
    db: EmbeddedDb,
}

impl OfferStore {
    pub const fn new(db: EmbeddedDb) -> Self {
        Self { db }
    }

    /// The offers that exist among `ids`, visible or not.
    pub async fn by_ids(&self, ids: &[OfferId]) -> Result<HashMap<OfferId, Offer>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let wanted = json_list(ids.iter().map(OfferId::as_str));
        self.db
            .read(move |connection| {
                let sql = format!(
                    "SELECT {} FROM offers o WHERE o.id IN (SELECT value FROM json_each(?1))",
                    rows::COLUMNS
                );
                let offers = rows::query(connection, &sql, vec![wanted])?;
                Ok(offers
                    .into_iter()
                    .map(|offer| (offer.id.clone(), offer))
                    .collect())
            })
            .await
    }

    /// The newest offers of each partner, at most `limit_each`, in one query.
    pub async fn of_partners(
        &self,
        partners: &[PartnerId],
        visibility: Visibility,
        limit_each: usize,
        now_ms: i64,
    ) -> Result<HashMap<PartnerId, Vec<Offer>>, StoreError> {
        // A set: the join would list the offers of a partner that is asked for twice twice.
        let wanted: BTreeSet<&str> = partners.iter().map(PartnerId::as_str).collect();
        let wanted = json_list(wanted.into_iter());
        let mut filter = Filter::default();
        filter.visible(visibility, now_ms);
        self.db
            .read(move |connection| {
                // The limit applies inside, by partner: one with ten thousand offers costs no more.
                let sql = format!(
                    "SELECT {} FROM json_each(?) p JOIN offers o ON o.row IN (
                        SELECT o.row FROM offers o WHERE o.partner_id = p.value{}
                        ORDER BY o.created_at_ms DESC, o.id DESC LIMIT ?)
                     ORDER BY o.created_at_ms DESC, o.id DESC",
                    rows::COLUMNS,
                    filter.and_sql()
                );
                let mut params = vec![wanted];
                params.extend(filter.params);
                params.push(limit(limit_each));
                let mut found: HashMap<PartnerId, Vec<Offer>> = HashMap::new();
                for offer in rows::query(connection, &sql, params)? {
                    found
                        .entry(offer.partner_id.clone())
                        .or_default()
                        .push(offer);
                }
                Ok(found)
            })
            .await
    }

    /// One page of offers; a cursor of the other order is [`StoreError::ForeignCursor`].
    pub async fn list(&self, query: &OfferQuery) -> Result<OfferPage, StoreError> {
        let Some(filter) = Filter::of(query) else {
            return Ok(OfferPage {
                total: empty_total(query.columns),
                ..OfferPage::default()
            });
        };
        let (first, columns, fields) = (query.first, query.columns, query.fields);
        match (query.near.clone(), query.after.clone()) {
            (Some(near), None) => {
                self.db
                    .read(move |c| near::list(c, &near, &filter, None, first, columns, fields))
                    .await
            }
            (Some(near), Some(OfferCursor::Near { distance_km, id })) => {
                let after = near::Position {
                    distance_km,
                    id: id.to_bytes(),
                };
                self.db
                    .read(move |c| {
                        near::list(c, &near, &filter, Some(after), first, columns, fields)
                    })
                    .await
            }
            (None, None) => {
                self.db
                    .read(move |c| newest(c, &filter, None, first, columns, fields))
                    .await
            }
            (None, Some(OfferCursor::Newest { created_at_ms, id })) => {
                self.db
                    .read(move |c| {
                        newest(
                            c,
                            &filter,
                            Some((created_at_ms, id)),
                            first,
                            columns,
                            fields,
                        )
                    })
                    .await
            }
            (Some(_), Some(OfferCursor::Newest { .. }))
            | (None, Some(OfferCursor::Near { .. })) => Err(StoreError::ForeignCursor),
        }
    }

    /// How many can still be booked of those among `ids` that have a quota.
    pub async fn remaining(&self, ids: &[OfferId]) -> Result<HashMap<OfferId, i32>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let wanted = json_list(ids.iter().map(OfferId::as_str));
        self.db
            .read(move |connection| rows::remaining(connection, wanted))
            .await
    }

    /// The first moment after `now_ms` at which an active offer within reach starts or ends: a
    /// cached list must not outlive it. Empty `categories` means all.
    pub async fn next_change_ms(
        &self,
        near: Option<&Near>,
        categories: &[OfferCategory],
        now_ms: i64,
    ) -> Result<Option<i64>, StoreError> {
        let mut filter = Filter::default();
        filter.categories(categories);
        match near.cloned() {
            Some(near) => {
                self.db
                    .read(move |c| near::next_change_ms(c, &near, &filter, now_ms))
                    .await
            }
            None => {
                self.db
                    .read(move |c| next_change_anywhere_ms(c, &filter, now_ms))
                    .await
            }
        }
    }
}

/// Stores a new offer with its place and its words.
pub fn insert(tx: &Transaction<'_>, offer: &Offer) -> Result<(), StoreError> {
    rows::insert(tx, offer)
}

/// Whether the offer is stored.
pub fn exists(connection: &Connection, id: &OfferId) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM offers WHERE id = ?1")?
        .exists([id.as_str()])?)
}

/// Conditions on `offers o`, with positional parameters in the order of their text.
#[derive(Debug, Default)]
struct Filter {
    conditions: Vec<&'static str>,
    params: Vec<Value>,
}

impl Filter {
    /// The filter of a query; none when nothing can match.
    fn of(query: &OfferQuery) -> Option<Self> {
        let mut filter = Self::default();
        filter.visible(query.include_inactive, query.now_ms);
        filter.categories(&query.categories);
        if let Some(percentage) = query.min_discount {
            filter.push("o.percentage >= ?", [i64::from(percentage).into()]);
        }
        if let Some(partner) = &query.partner {
            filter.push("o.partner_id = ?", [partner.as_str().to_owned().into()]);
        }
        if let Some(search) = &query.search {
            let expression = text::match_expression(search)?;
            filter.push(
                "o.row IN (SELECT rowid FROM offer_text WHERE offer_text MATCH ?)",
                [expression.into()],
            );
        }
        Some(filter)
    }

    fn visible(&mut self, visibility: Visibility, now_ms: i64) {
        match visibility {
            Visibility::Public => self.push(
                "o.is_active = 1 AND o.valid_from_ms <= ? AND o.valid_until_ms > ?",
                [now_ms.into(), now_ms.into()],
            ),
            Visibility::All => {}
        }
    }

    fn categories(&mut self, categories: &[OfferCategory]) {
        if !categories.is_empty() {
            let names = json_list(categories.iter().map(|category| category.as_str()));
            self.push("o.category IN (SELECT value FROM json_each(?))", [names]);
        }
    }

    fn push<const N: usize>(&mut self, condition: &'static str, params: [Value; N]) {
        self.conditions.push(condition);
        self.params.extend(params);
    }

    /// The conditions as a continuation of a WHERE clause.
    fn and_sql(&self) -> String {
        self.conditions
            .iter()
            .fold(String::new(), |sql, condition| sql + " AND " + condition)
    }
}

fn newest(
    connection: &Connection,
    filter: &Filter,
    after: Option<(i64, OfferId)>,
    first: usize,
    columns: Columns,
    fields: ListFields,
) -> Result<OfferPage, StoreError> {
    let conditions = filter.and_sql();
    let mut params = filter.params.clone();
    let mut sql = format!(
        "SELECT {} FROM offers o WHERE TRUE{conditions}",
        rows::list_columns(fields)
    );
    if let Some((created_at_ms, id)) = after {
        sql.push_str(" AND (o.created_at_ms, o.id) < (?, ?)");
        params.extend([created_at_ms.into(), id.as_str().to_owned().into()]);
    }
    sql.push_str(" ORDER BY o.created_at_ms DESC, o.id DESC LIMIT ?");
    // One more than asked tells whether there is a next page.
    params.push(limit(first.saturating_add(1)));
    let mut offers = rows::query(connection, &sql, params)?;
    let has_next_page = offers.len() > first;
    offers.truncate(first);
    let total = match columns {
        Columns::Edges => None,
        Columns::EdgesAndTotal => {
            let sql = format!("SELECT COUNT(*) FROM offers o WHERE TRUE{conditions}");
            let count: i64 = connection
                .prepare_cached(&sql)?
                .query_row(params_from_iter(&filter.params), |row| row.get(0))?;
            Some(count.unsigned_abs())
        }
    };
    Ok(OfferPage {
        items: offers.into_iter().map(|offer| (offer, None)).collect(),
        has_next_page,
        total,
    })
}

fn next_change_anywhere_ms(
    connection: &Connection,
    filter: &Filter,
    now_ms: i64,
) -> Result<Option<i64>, StoreError> {
    let conditions = filter.and_sql();
    let mut earliest: Option<i64> = None;
    for column in ["valid_from_ms", "valid_until_ms"] {
        // ORDER BY … LIMIT 1 walks the partial index and stops at the first row.
        let sql = format!(
            "SELECT o.{column} FROM offers o WHERE o.is_active = 1 AND o.{column} > ?{conditions}
             ORDER BY o.{column} LIMIT 1"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let params = std::iter::once(Value::from(now_ms)).chain(filter.params.iter().cloned());
        let mut found = statement.query(params_from_iter(params))?;
        if let Some(row) = found.next()? {
            let moment: i64 = row.get(0)?;
            earliest = Some(earliest.map_or(moment, |known| known.min(moment)));
        }
    }
    Ok(earliest)
}

const fn empty_total(columns: Columns) -> Option<u64> {
    match columns {
        Columns::Edges => None,
        Columns::EdgesAndTotal => Some(0),
    }
}

fn limit(count: usize) -> Value {
    Value::from(i64::try_from(count).unwrap_or(i64::MAX))
}
