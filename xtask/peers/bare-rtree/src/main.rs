//! The least that a list of offers near a place takes: all offers of an embedded store in memory, in an
//! R*-tree of the `rstar` crate, behind axum. It reads the database once and never again, knows no
//! words, no pages after the first, no GraphQL and no purges.
//!
//!     bare-rtree 127.0.0.1:PORT DATABASE
//!
//! `GET /near?lat=…&lng=…&km=…[&category=…]` answers with the nearest 20 offers that can be used now, and
//! counts them all up to 10,000, as the origin's lists do.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use rstar::RTree;
use rstar::primitives::GeomWithData;
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};

const EARTH_RADIUS_KM: f64 = 6_371.0;
const FIRST: usize = 20;
const LARGEST_TOTAL: usize = 10_000;

/// A point of the unit sphere: straight lines between such points compare like distances on the Earth.
type Point = [f64; 3];

#[derive(Debug)]
struct Offer {
    id: String,
    title: String,
    category: String,
    percentage: i64,
}

#[derive(Debug)]
struct Offers {
    /// Each with its position in `all`.
    tree: RTree<GeomWithData<Point, usize>>,
    all: Vec<Offer>,
}

#[derive(Debug, Deserialize)]
struct Wanted {
    lat: f64,
    lng: f64,
    km: f64,
    category: Option<String>,
}

#[derive(Debug, Serialize)]
struct Edge<'a> {
    id: &'a str,
    title: &'a str,
    category: &'a str,
    percentage: i64,
    distance: f64,
}

#[derive(Debug, Serialize)]
struct List<'a> {
    edges: Vec<Edge<'a>>,
    total: usize,
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().context("the first argument is missing")?;
    let database = arguments.next().context("the second argument is missing")?;
    let offers = read(&database)?;
    // As the origin does it.
    tokio::runtime::Runtime::new()?.block_on(serve(&address, offers))
}

fn read(database: &str) -> Result<Offers> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .with_context(|| format!("cannot open {database}"))?;
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let mut statement = connection.prepare(
        "SELECT id, title, category, percentage, lat, lng FROM offers
         WHERE is_active = 1 AND valid_from_ms <= ?1 AND ?1 < valid_until_ms",
    )?;
    let mut rows = statement.query([i64::try_from(now_ms)?])?;
    let (mut all, mut points) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        points.push(GeomWithData::new(
            point(row.get(4)?, row.get(5)?),
            all.len(),
        ));
        all.push(Offer {
            id: row.get(0)?,
            title: row.get(1)?,
            category: row.get(2)?,
            percentage: row.get(3)?,
        });
    }
    let tree = RTree::bulk_load(points);
    Ok(Offers { tree, all })
}

fn point(lat: f64, lng: f64) -> Point {
    let (lat_sin, lat_cos) = lat.to_radians().sin_cos();
    let (lng_sin, lng_cos) = lng.to_radians().sin_cos();
    [lat_cos * lng_cos, lat_cos * lng_sin, lat_sin]
}

async fn serve(address: &str, offers: Offers) -> Result<()> {
    let routes = Router::new()
        .route("/near", get(near))
        .route("/readyz", get(async || "ok"))
        .with_state(Arc::new(offers));
    let listener = tokio::net::TcpListener::bind(address).await?;
    axum::serve(listener, routes).await?;
    Ok(())
}

async fn near(State(offers): State<Arc<Offers>>, Query(wanted): Query<Wanted>) -> Response {
    Json(offers.near(&wanted)).into_response()
}

impl Offers {
    fn near(&self, wanted: &Wanted) -> List<'_> {
        let centre = point(wanted.lat, wanted.lng);
        let reach = 2.0 * (wanted.km / EARTH_RADIUS_KM / 2.0).sin();
        let is_wanted = |found: &&GeomWithData<Point, usize>| {
            let category = wanted.category.as_ref();
            category.is_none_or(|category| self.all[found.data].category == *category)
        };
        let nearest = self.tree.nearest_neighbor_iter_with_distance_2(centre);
        let nearest = nearest.take_while(|(_, squared)| *squared <= reach * reach);
        let edges = nearest.filter(|(found, _)| is_wanted(found)).take(FIRST);
        let edge = |(found, squared): (&GeomWithData<Point, usize>, f64)| {
            let offer = &self.all[found.data];
            Edge {
                id: &offer.id,
                title: &offer.title,
                category: &offer.category,
                percentage: offer.percentage,
                distance: 2.0 * EARTH_RADIUS_KM * (squared.sqrt() / 2.0).asin(),
            }
        };
        let within = self.tree.locate_within_distance(centre, reach * reach);
        List {
            edges: edges.map(edge).collect(),
            total: within.filter(is_wanted).take(LARGEST_TOTAL).count(),
        }
    }
}
