//! Lists by distance: the R*Tree gives candidates, the haversine decides.

mod boxes;

use std::cmp::Ordering;

use boxes::boxes;
use domain::{
    EARTH_RADIUS_KM, GeoPoint,
    offers::store::{Columns, ListFields, Near, OfferPage},
};
use rusqlite::{Connection, params_from_iter, types::Value};

use super::filter::Filter;
use crate::{error::SqliteError, tables::offers as rows};

/// A search starts this wide and widens until its page is full: in a city the first page then
/// reads dozens of rows instead of thousands.
const FIRST_RADIUS_KM: f64 = 0.5;
const WIDENING: f64 = 3.0;
/// Half way around the Earth: no distance is greater.
const GREATEST_DISTANCE_KM: f64 = EARTH_RADIUS_KM * std::f64::consts::PI;

/// Where an offer stands in a list by distance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position {
    pub distance_km: f64,
    pub id: [u8; 12],
}

impl Position {
    fn compare(&self, other: &Self) -> Ordering {
        self.distance_km
            .total_cmp(&other.distance_km)
            .then_with(|| self.id.cmp(&other.id))
    }
}

pub(super) struct Hit {
    pub position: Position,
    row: i64,
}

pub(super) fn list(
    connection: &Connection,
    near: &Near,
    filter: &Filter,
    after: Option<Position>,
    first: usize,
    columns: Columns,
    fields: ListFields,
) -> Result<OfferPage, SqliteError> {
    // Not a number and negative reaches hold nothing; an infinite one holds the Earth.
    let reach_km = if near.max_distance_km >= 0.0 {
        near.max_distance_km.min(GREATEST_DISTANCE_KM)
    } else {
        -1.0
    };
    let mut radius_km = match columns {
        Columns::Edges => {
            (after.map_or(0.0, |after| after.distance_km) + FIRST_RADIUS_KM).min(reach_km)
        }
        // The total needs the whole disk anyway.
        Columns::EdgesAndTotal => reach_km,
    };
    let (mut hits, total) = loop {
        let mut hits = hits_within(connection, near.centre, radius_km, filter)?;
        let total = hits.len();
        if let Some(after) = &after {
            hits.retain(|hit| hit.position.compare(after) == Ordering::Greater);
        }
        if hits.len() > first || radius_km >= reach_km {
            break (hits, total);
        }
        radius_km = (radius_km * WIDENING).min(reach_km);
    };
    let has_next_page = hits.len() > first;
    hits.sort_unstable_by(|a, b| a.position.compare(&b.position));
    hits.truncate(first);
    let found = rows::by_rows(connection, hits.iter().map(|hit| hit.row), fields)?;
    let items = hits
        .iter()
        .filter_map(|hit| Some((found.get(&hit.row)?.clone(), Some(hit.position.distance_km))))
        .collect();
    let total = match columns {
        Columns::Edges => None,
        Columns::EdgesAndTotal => Some(u64::try_from(total).unwrap_or(u64::MAX)),
    };
    Ok(OfferPage {
        items,
        has_next_page,
        total,
        next_change_ms: None,
    })
}

pub(super) fn next_change_ms(
    connection: &Connection,
    near: &Near,
    filter: &Filter,
    now_ms: i64,
) -> Result<Option<i64>, SqliteError> {
    let sql = format!(
        "SELECT o.lat, o.lng, CASE WHEN o.valid_from_ms > ? THEN o.valid_from_ms ELSE o.valid_until_ms END
         FROM offer_geo g CROSS JOIN offers o ON o.row = g.row
         WHERE {IN_BOX} AND o.is_active = 1 AND o.valid_until_ms > ?{}",
        filter.and_sql()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut earliest: Option<i64> = None;
    for area in boxes(near.centre, near.max_distance_km) {
        let params = std::iter::once(Value::from(now_ms))
            .chain(area.params())
            .chain([Value::from(now_ms)])
            .chain(filter.params.iter().cloned());
        let mut found = statement.query(params_from_iter(params))?;
        while let Some(row) = found.next()? {
            let place = GeoPoint {
                lat: row.get(0)?,
                lng: row.get(1)?,
            };
            let moment: i64 = row.get(2)?;
            if near.centre.distance_km(&place) <= near.max_distance_km {
                earliest = Some(earliest.map_or(moment, |known| known.min(moment)));
            }
        }
    }
    Ok(earliest)
}

pub(super) fn hits_within(
    connection: &Connection,
    centre: GeoPoint,
    radius_km: f64,
    filter: &Filter,
) -> Result<Vec<Hit>, SqliteError> {
    // CROSS JOIN keeps the R*Tree outermost, whatever the planner thinks of the other filters.
    let sql = format!(
        "SELECT o.row, o.id, o.lat, o.lng FROM offer_geo g CROSS JOIN offers o ON o.row = g.row WHERE {IN_BOX}{}",
        filter.and_sql()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut hits = Vec::new();
    for area in boxes(centre, radius_km) {
        let mut found = statement.query(params_from_iter(
            area.params()
                .into_iter()
                .chain(filter.params.iter().cloned()),
        ))?;
        while let Some(row) = found.next()? {
            let place = GeoPoint {
                lat: row.get(2)?,
                lng: row.get(3)?,
            };
            let distance_km = centre.distance_km(&place);
            if distance_km <= radius_km {
                let id = rows::id_bytes(row.get_ref(1)?)?;
                hits.push(Hit {
                    position: Position { distance_km, id },
                    row: row.get(0)?,
                });
            }
        }
    }
    Ok(hits)
}

const IN_BOX: &str = "g.max_lat >= ? AND g.min_lat <= ? AND g.max_lng >= ? AND g.min_lng <= ?";
