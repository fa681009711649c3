//! Decides what to do with a request whose document is known: refuse it, forward it, or read
//! through the cache.

use cache_core::variables::CanonicalVariables;
use cache_core::{CacheKey, KeyBuilder, geo};
use pq_core::error::{ErrorCode, Refusal};
use pq_core::manifest::{Operation, OperationKind};
use pq_core::nearest::{Given, Shows};
use pq_core::policy::SnapRule;
use pq_core::{CachePolicy, DocumentHash, GraphqlRequest};

use crate::nearest::{self, Asked, Reading};

/// What to do with a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Forward the client's own request to the origin, and return its answer without storing it.
    Forward,
    /// Answer from the cache, or send the origin a request that the edge builds itself.
    Read(SharedRead),
    /// Answer a list by distance from the candidates of the location's cells.
    Nearest(NearestRead),
}

/// A query whose answer is the same for everybody.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedRead {
    /// The cache key of its answer.
    pub key: CacheKey,
    /// The body of the edge's request to the origin. It has only the document's hash and the
    /// canonical variables, so the answer cannot depend on the caller or on anything that is not in
    /// the key.
    pub origin_body: String,
    /// The cell, if the answer is for making the lists of everybody in it.
    pub candidates_of: Option<Cell>,
}

/// A cell that has candidates, see [`nearest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The H3 cell.
    pub index: u64,
    /// Its H3 resolution.
    pub resolution: u8,
    /// Where in the answer is what lists are made of.
    pub shows: Shows,
}

/// A list by distance around a location that no shared answer may depend on.
#[derive(Clone, Debug, PartialEq)]
pub struct NearestRead {
    /// What the client asks for.
    pub asked: Asked,
    document: DocumentHash,
    variables: CanonicalVariables,
    snap: SnapRule,
    shows: Shows,
}

impl NearestRead {
    /// The read of the candidates of the location's cell at a resolution; none if it has no cell.
    pub fn candidates(&mut self, resolution: u8) -> Option<SharedRead> {
        let (lat, lng) = self.asked.location;
        let index = geo::cell(lat, lng, resolution)?;
        let (lat, lng) = geo::centre(index)?;
        let SnapRule {
            path,
            lat: lat_name,
            lng: lng_name,
            ..
        } = &self.snap;
        self.variables
            .set_location(path, (lat_name, lat), (lng_name, lng));
        let variables = self.variables.to_json();
        Some(SharedRead {
            key: candidates_key(self.document, &variables, resolution),
            origin_body: body(self.document, &variables),
            candidates_of: Some(Cell {
                index,
                resolution,
                shows: self.shows.clone(),
            }),
        })
    }
}

/// Decides what to do with a request for a published document.
///
/// # Errors
/// A [`Refusal`] with `OPERATION_UNKNOWN` or `VARIABLE_*`.
pub fn plan(request: &GraphqlRequest, operation: &Operation) -> Result<Plan, Refusal> {
    variables(request, operation).map(|variables| plan_for(operation, variables))
}

/// The canonical variables of a request for a published document.
///
/// # Errors
/// As [`plan`].
pub fn variables(
    request: &GraphqlRequest,
    operation: &Operation,
) -> Result<CanonicalVariables, Refusal> {
    if request
        .operation_name
        .as_ref()
        .is_some_and(|name| *name != operation.name)
    {
        return Err(Refusal::new(
            ErrorCode::OPERATION_UNKNOWN,
            "the document has no operation with this name",
        ));
    }
    let variables = CanonicalVariables::coerce(
        &operation.variables,
        &operation.input_types,
        &request.variables,
    )?;
    Ok(variables)
}

/// Decides what to do with a request that has these variables.
pub fn plan_for(operation: &Operation, mut variables: CanonicalVariables) -> Plan {
    if operation.kind != OperationKind::Query || !operation.policy.is_shared() {
        return Plan::Forward;
    }
    let policy = &operation.policy;
    match (
        nearest::reading(policy, &variables),
        policy.snap.as_ref().zip(policy.nearest.as_ref()),
    ) {
        (Reading::Forwarded, _) => return Plan::Forward,
        (Reading::Exact(asked), Some((snap, rule))) => {
            if let Given::Variable(path) = &rule.first {
                variables.set_whole(path, asked.page());
            }
            return Plan::Nearest(NearestRead {
                asked,
                document: operation.id,
                variables,
                snap: snap.clone(),
                shows: rule.shows.clone(),
            });
        }
        (Reading::AsGiven | Reading::Snapped | Reading::Exact(_), _) => {}
    }
    match snap(&mut variables, policy) {
        Snap::Unchanged | Snap::Snapped => {}
        // The origin refuses the request, and says why.
        Snap::OffTheEarth => return Plan::Forward,
    }
    let variables = variables.to_json();
    let key = key(operation.id, &variables);
    Plan::Read(SharedRead {
        key,
        origin_body: body(operation.id, &variables),
        candidates_of: None,
    })
}

/// The result of [`snap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Snap {
    /// The policy snaps no location, or the request has none.
    Unchanged,
    /// The location was replaced by the centre of its cell.
    Snapped,
    /// The latitude or longitude is out of range, so the location has no cell.
    OffTheEarth,
}

/// Replaces the location that the policy names by the centre of its H3 cell.
pub fn snap(variables: &mut CanonicalVariables, policy: &CachePolicy) -> Snap {
    let Some(rule) = &policy.snap else {
        return Snap::Unchanged;
    };
    let Some((lat, lng)) = variables.location(&rule.path, &rule.lat, &rule.lng) else {
        return Snap::Unchanged;
    };
    let Some((lat, lng)) = geo::snap(lat, lng, rule.resolution) else {
        return Snap::OffTheEarth;
    };
    variables.set_location(&rule.path, (&rule.lat, lat), (&rule.lng, lng));
    Snap::Snapped
}

/// The body of a request for a document's answer to these canonical variables.
pub fn body(document: DocumentHash, canonical_variables: &str) -> String {
    format!(r#"{{"documentId":"{document}","variables":{canonical_variables}}}"#)
}

/// The cache key of a document's answer to these canonical variables.
pub fn key(document: DocumentHash, canonical_variables: &str) -> CacheKey {
    KeyBuilder::new()
        .part(document.as_bytes())
        .part(canonical_variables.as_bytes())
        .finish()
}

/// The cache key of a document's candidates for a cell of this resolution; the variables have the
/// cell's centre.
pub fn candidates_key(
    document: DocumentHash,
    canonical_variables: &str,
    resolution: u8,
) -> CacheKey {
    KeyBuilder::new()
        .part(document.as_bytes())
        .part(canonical_variables.as_bytes())
        .part(&[resolution])
        .finish()
}

#[cfg(test)]
mod tests {
    use pq_core::request::DocumentRef;
    use serde_json::{Value, json};

    use super::*;

    fn operation(kind: &str, scope: &str) -> Operation {
        let body = "query Near($at: LocationInput) { near(at: $at) }";
        serde_json::from_value(json!({
            "id": DocumentHash::of(body), "name": "Near", "type": kind, "body": body,
            "variables": [{"name": "at", "type": "LocationInput"}],
            "inputTypes": {"LocationInput": {"kind": "object", "fields": [
                {"name": "lat", "type": "Float!"}, {"name": "lng", "type": "Float!"}]}},
            "policy": {"scope": scope, "maxAgeS": 60,
                "snap": {"path": ["at"], "lat": "lat", "lng": "lng", "resolution": 8}},
        }))
        .unwrap()
    }

    fn decide(operation: &Operation, variables: Value) -> Result<Plan, ErrorCode> {
        let Value::Object(variables) = variables else {
            panic!("an object")
        };
        let request = GraphqlRequest {
            document: DocumentRef::Hash(operation.id),
            operation_name: None,
            variables,
            resume_from: None,
        };
        plan(&request, operation).map_err(|refusal| refusal.code)
    }

    fn key_of(lat: f64, lng: f64) -> CacheKey {
        let plan = decide(
            &operation("query", "public"),
            json!({"at": {"lat": lat, "lng": lng}}),
        );
        match plan.unwrap() {
            Plan::Read(read) => read.key,
            Plan::Forward | Plan::Nearest(_) => panic!("is a plain read"),
        }
    }

    #[test]
    fn neighbours_share_an_entry_and_others_do_not() {
        assert_eq!(key_of(48.8566, 2.3522), key_of(48.8570, 2.3500));
        assert_ne!(key_of(48.8566, 2.3522), key_of(48.8800, 2.3522));
    }

    #[test]
    fn what_is_private_or_writes_is_forwarded() {
        let query = operation("query", "public");
        assert!(matches!(decide(&query, json!({})), Ok(Plan::Read(_))));
        assert_eq!(
            decide(&operation("query", "private"), json!({})),
            Ok(Plan::Forward)
        );
        assert_eq!(
            decide(&operation("mutation", "public"), json!({})),
            Ok(Plan::Forward)
        );
        assert_eq!(
            decide(&query, json!({"at": {"lat": 91, "lng": 0}})),
            Ok(Plan::Forward)
        );
        assert_eq!(
            decide(&query, json!({"at": {"lat": 1}})),
            Err(ErrorCode::VARIABLE_MISSING)
        );
        assert_eq!(
            decide(&query, json!({"at": {"lat": 1, "lng": 1, "x": 1}})),
            Err(ErrorCode::VARIABLE_UNDECLARED)
        );
        // B2.
        assert_eq!(decide(&query, json!({"x": 1})), decide(&query, json!({})));
        assert_eq!(
            decide(&query, json!({"at": 1})),
            Err(ErrorCode::VARIABLE_INVALID)
        );
    }
}
