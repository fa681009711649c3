//! The two doors to a list: the origin answers from the index; the edge makes its answer of candidates, with
//! the document and the directive that are published.

use std::{collections::HashMap, fmt::Write as _, sync::LazyLock};

use cache_core::{CacheKey, geo, variables::CanonicalVariables};
use catalogue_index::{Found, Index, Total};
use domain::{
    Category, GeoPoint,
    cursor::CursorKind,
    offers::store::{Columns, Near, OfferQuery},
};
use edge_core::{
    nearest::{self, Candidates, RESOLUTIONS, list::NearestList},
    plan::{self, NearestRead, Plan, SharedRead},
};
use pq_core::{DocumentRef, GraphqlRequest, Operation, compile::Compiler};
use serde_json::{Map, Value, json};

use super::city::NOW_MS;

const SDL: &str = include_str!("../../../../docs/schema.graphql");
const DOCUMENT: &str =
    include_str!("../../../../persisted-queries/operations/mobile/OffersNearby.graphql");

static OFFERS_NEARBY: LazyLock<Operation> = LazyLock::new(|| {
    let compiled = Compiler::new(SDL).unwrap().compile(DOCUMENT, None);
    compiled.unwrap().operation
});

/// A client's question.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub at: (f64, f64),
    pub first: usize,
    pub within_km: Option<f64>,
    pub category: Option<Category>,
    pub min_discount: Option<i32>,
}

impl Question {
    fn variables(&self) -> Map<String, Value> {
        let all = json!({
            "location": {"lat": self.at.0, "lng": self.at.1},
            "first": self.first,
            "maxDistance": self.within_km,
            "categories": self.category.map(|category| [category.as_str()]),
            "minDiscount": self.min_discount,
        });
        all.as_object().unwrap().clone()
    }

    fn query(&self, (lat, lng): (f64, f64)) -> OfferQuery {
        OfferQuery {
            near: Some(Near {
                centre: GeoPoint { lat, lng },
                max_distance_km: self.within_km.unwrap_or(10.0),
            }),
            categories: self.category.into_iter().collect(),
            min_discount: self.min_discount,
            columns: Columns::EdgesAndTotal,
            ..OfferQuery::newest(self.first, NOW_MS)
        }
    }
}

/// What the origin answers to the document.
fn written(found: &Found, total: Option<Total>, candidates: Option<Candidates>) -> String {
    let mut edges = String::new();
    for (place, hit) in found.items.iter().enumerate() {
        let distance = geo::to_the_metre(hit.distance_km.unwrap());
        let (comma, cursor) = (if place > 0 { "," } else { "" }, hit.cursor.encode());
        let node = json!({"id": hit.id.to_string(), "title": "a \"title\", [é]", "distance": 1});
        let distance = json!(distance);
        write!(
            edges,
            r#"{comma}{{"cursor":"{cursor}","distance":{distance},"node":{node}}}"#
        )
        .unwrap();
    }
    let end = json!(found.items.last().map(|hit| hit.cursor.encode()));
    let (has_next, total) = (found.has_next_page, total.map_or(0, |total| total.count));
    let extensions = candidates.map_or_else(String::new, |candidates| {
        format!(r#","extensions":{}"#, json!({"candidates": candidates}))
    });
    format!(
        r#"{{"data":{{"offers":{{"edges":[{edges}],"pageInfo":{{"hasNextPage":{has_next},"endCursor":{end}}},"totalCount":{total}}}}}{extensions}}}"#
    )
}

/// The origin's answer.
pub(crate) fn origin(index: &Index, question: &Question) -> String {
    let (lat, lng) = geo::snap(question.at.0, question.at.1, RESOLUTIONS[0]).unwrap();
    let found = index
        .nearby(&question.query(question.at), GeoPoint { lat, lng })
        .unwrap();
    written(&found, found.total, None)
}

/// An edge with what it stores.
pub(crate) struct Edge {
    operation: Operation,
    pub stored: HashMap<CacheKey, NearestList>,
    /// All that it ever said to the origin.
    pub said: Vec<String>,
}

/// What became of a question.
pub(crate) struct Outcome {
    /// None: it is forwarded.
    pub body: Option<String>,
    /// At how many resolutions the edge looked, and of how many the origin was asked.
    pub looked_at: usize,
    pub fetched: usize,
}

impl Edge {
    pub(crate) fn new() -> Self {
        Self {
            operation: OFFERS_NEARBY.clone(),
            stored: HashMap::new(),
            said: Vec::new(),
        }
    }

    pub(crate) fn key_of_snapped(&self, question: &Question) -> CacheKey {
        let (definitions, types) = (&self.operation.variables, &self.operation.input_types);
        let mut variables =
            CanonicalVariables::coerce(definitions, types, &question.variables()).unwrap();
        plan::snap(&mut variables, &self.operation.policy);
        plan::key(self.operation.id, &variables.to_json())
    }

    fn plan(&self, question: &Question) -> NearestRead {
        let request = GraphqlRequest {
            document: DocumentRef::Hash(self.operation.id),
            operation_name: None,
            variables: question.variables(),
            resume_from: None,
        };
        match plan::plan(&request, &self.operation).unwrap() {
            Plan::Nearest(read) => read,
            other => panic!("it is a list by distance: {other:?}"),
        }
    }

    /// The keys of the first so many resolutions.
    pub(crate) fn keys(&self, question: &Question, looked_at: usize) -> Vec<CacheKey> {
        let mut read = self.plan(question);
        let resolutions = RESOLUTIONS.into_iter().take(looked_at);
        resolutions
            .map(|resolution| read.candidates(resolution).unwrap().key)
            .collect()
    }

    /// Answers a question; `index` is the origin's.
    pub(crate) fn answer(&mut self, index: &Index, question: &Question) -> Outcome {
        let mut outcome = Outcome {
            body: None,
            looked_at: 0,
            fetched: 0,
        };
        let mut read = self.plan(question);
        let mut largest: Option<CacheKey> = None;
        for resolution in RESOLUTIONS {
            let shared = read.candidates(resolution).unwrap();
            outcome.looked_at += 1;
            if !self.stored.contains_key(&shared.key) {
                outcome.fetched += 1;
                self.fill(index, question, &shared);
            }
            let list = &self.stored[&shared.key];
            let of_largest = largest.map(|key| &self.stored[&key]);
            if let Some(page) = list.page(&read.asked, of_largest) {
                outcome.body = Some(String::from_utf8(page.body).unwrap());
                break;
            }
            largest = largest.or(Some(shared.key));
        }
        outcome
    }

    fn fill(&mut self, index: &Index, question: &Question, shared: &SharedRead) {
        let body: Value = serde_json::from_str(&shared.origin_body).unwrap();
        let location = &body["variables"]["location"];
        let centre = (
            location["lat"].as_f64().unwrap(),
            location["lng"].as_f64().unwrap(),
        );
        let cell = shared.candidates_of.as_ref().unwrap().index;
        let first = body["variables"]["first"].as_u64().unwrap();
        let query = OfferQuery {
            first: usize::try_from(first).unwrap(),
            ..question.query(centre)
        };
        let (near, radius_km) = (query.near.clone().unwrap(), geo::radius_km(cell).unwrap());
        let found = index.candidates_near(&query, &near, radius_km).unwrap();
        let items = found.found.items.iter();
        let candidates = Candidates {
            reach_km: found.reach_km,
            cursor_kind: CursorKind::OfferNear.byte(),
            total: found.total.map(|total| nearest::Total {
                count: total.count,
                is_exact: total.is_exact,
            }),
            items: items
                .map(|hit| (hit.location.lat, hit.location.lng, hit.id.to_string()))
                .collect(),
        };
        let answer = written(&found.found, found.total, Some(candidates));
        let shows = &self.operation.policy.nearest.as_ref().unwrap().shows;
        let list = NearestList::of_answer(answer.as_bytes(), shows, cell).unwrap();
        let list = NearestList::decode(&list.encode()).unwrap();
        self.stored.insert(shared.key, list);
        self.said.push(shared.origin_body.clone());
    }
}
