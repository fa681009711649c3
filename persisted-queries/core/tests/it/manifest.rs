//! Manifests are read, refused and written.

use cache_core::variables::{InputType, InputTypes, ScalarKind, TypeRef, VariableDefinition};
use pq_core::manifest::{Clients, ManifestError, OperationKind};
use pq_core::policy::{Scope, SnapRule};
use pq_core::{CachePolicy, DocumentHash, Manifest, Operation};
use proptest::prelude::*;
use serde_json::json;

fn operation(name: &str, body: &str) -> Operation {
    Operation {
        id: DocumentHash::of(body),
        name: name.to_owned(),
        kind: OperationKind::Query,
        body: body.to_owned(),
        clients: Clients::default(),
        variables: Vec::new(),
        input_types: InputTypes::default(),
        cost: 0,
        depth: 0,
        policy: CachePolicy::NOT_CACHEABLE,
        split: None,
    }
}

fn refusal(json: &serde_json::Value) -> String {
    Manifest::from_json(&json.to_string())
        .expect_err("refused")
        .to_string()
}

#[test]
fn a_manifest_is_apollos_with_our_fields_beside() {
    let mut near = operation("Near", "query Near($at: LocationInput!) { near(at: $at) }");
    near.clients = Clients::one("mobile");
    near.variables = vec![VariableDefinition {
        name: "at".to_owned(),
        ty: "LocationInput!".parse().unwrap(),
        default: None,
    }];
    near.input_types.0.insert(
        "LocationInput".to_owned(),
        InputType::Object {
            fields: vec![VariableDefinition {
                name: "lat".to_owned(),
                ty: "Float!".parse().unwrap(),
                default: Some(json!(0.5)),
            }],
        },
    );
    near.cost = 7;
    near.depth = 2;
    near.policy = CachePolicy {
        scope: Scope::Public,
        max_age_s: 300,
        stale_while_revalidate_s: 600,
        stale_if_error_s: 3600,
        snap: Some(SnapRule {
            path: vec!["at".to_owned()],
            lat: "lat".to_owned(),
            lng: "lng".to_owned(),
            resolution: 8,
        }),
        nearest: None,
    };
    let manifest = Manifest::new(vec![near]).unwrap();
    insta::assert_snapshot!(manifest.to_json().unwrap(), @r#"
    {
      "format": "apollo-persisted-query-manifest",
      "version": 1,
      "operations": [
        {
          "id": "f6ed28723f5b568cd82c74a24f8296b3f0eb9f841f17489ee619792166086180",
          "name": "Near",
          "type": "query",
          "body": "query Near($at: LocationInput!) { near(at: $at) }",
          "clientName": "mobile",
          "variables": [
            {
              "name": "at",
              "type": "LocationInput!"
            }
          ],
          "inputTypes": {
            "LocationInput": {
              "kind": "object",
              "fields": [
                {
                  "name": "lat",
                  "type": "Float!",
                  "default": 0.5
                }
              ]
            }
          },
          "cost": 7,
          "depth": 2,
          "policy": {
            "scope": "public",
            "maxAgeS": 300,
            "staleWhileRevalidateS": 600,
            "staleIfErrorS": 3600,
            "snap": {
              "path": [
                "at"
              ],
              "lat": "lat",
              "lng": "lng",
              "resolution": 8
            }
          }
        }
      ]
    }
    "#);
}

#[test]
fn apollos_own_manifest_is_read_and_is_not_cacheable() {
    let body = "query A { __typename }";
    let manifest = Manifest::from_json(
        &json!({
            "format": "apollo-persisted-query-manifest",
            "version": 1,
            "operations": [{
                "id": DocumentHash::of(body),
                "name": "A",
                "type": "query",
                "body": body,
                "unknownToUs": true,
            }],
        })
        .to_string(),
    )
    .unwrap();
    assert_eq!(manifest.operations(), [operation("A", body)]);
}

#[test]
fn relays_map_is_read() {
    let (a, b) = ("query A { x }", "# c\nmutation B($i: I = {q: 1}) { y }");
    let relay = json!({
        DocumentHash::of(a).to_string(): a,
        format!("sha256:{}", DocumentHash::of(b)): b,
    });
    let manifest = Manifest::from_json(&relay.to_string()).unwrap();
    let read: Vec<_> = manifest
        .operations()
        .iter()
        .map(|operation| (operation.name.as_str(), operation.kind))
        .collect();
    assert_eq!(
        read,
        [("A", OperationKind::Query), ("B", OperationKind::Mutation)]
    );
    assert_eq!(Manifest::from_json("{}").unwrap().operations(), []);
}

/// D9: what Apollo's tools for iOS and Android write, and Relay's map.
#[test]
fn maps_from_hashes_to_names_and_sources_are_read() {
    let (a, b) = ("query A { x }", "mutation B { y }");
    let map = json!({
        DocumentHash::of(a).to_string(): {"name": "A", "source": a},
        DocumentHash::of(b).to_string(): {"name": "B", "source": b, "type": "mutation"},
    });
    let relay = json!({
        DocumentHash::of(a).to_string(): a,
        DocumentHash::of(b).to_string(): b,
    });
    let manifest = Manifest::from_json(&map.to_string()).unwrap();
    assert_eq!(manifest, Manifest::from_json(&relay.to_string()).unwrap());
    assert_eq!(manifest.operations()[0], operation("A", a));
    let error = refusal(&json!({DocumentHash::of(b).to_string(): {"name": "A", "source": a}}));
    assert!(error.contains("the id of A is"), "{error}");
    let error = refusal(&json!({DocumentHash::of(a).to_string(): {"name": "A"}}));
    assert!(error.contains("missing field `format`"), "{error}");
}

/// D7.
#[test]
fn a_manifest_knows_of_which_documents_it_states_no_policy() {
    let (a, b) = ("query A { x }", "query B { x }");
    let mut listed = json!([
        {"id": DocumentHash::of(a), "name": "A", "type": "query", "body": a},
        {"id": DocumentHash::of(b), "name": "B", "type": "query", "body": b},
    ]);
    listed[1]["policy"] = json!({"scope": "private", "maxAgeS": 0});
    let manifest = json!({"format": "apollo-persisted-query-manifest", "version": 1,
        "operations": listed});
    let manifest = Manifest::from_json(&manifest.to_string()).unwrap();
    let stated = [a, b].map(|body| manifest.has_policy(&DocumentHash::of(body)));
    assert_eq!(stated, [false, true]);
    let map = json!({ DocumentHash::of(a).to_string(): a }).to_string();
    let map = Manifest::from_json(&map).unwrap();
    assert!(!map.has_policy(&DocumentHash::of(a)));
    let built = Manifest::new(vec![operation("A", a)]).unwrap();
    assert!(built.has_policy(&DocumentHash::of(a)));
}

/// D5.
#[test]
fn a_byte_order_mark_before_a_manifest_is_no_part_of_it() {
    let manifest = Manifest::new(vec![operation("A", "query A { x }")]).unwrap();
    let json = manifest.to_json().unwrap();
    assert_eq!(
        Manifest::from_json(&format!("\u{feff}{json}")).unwrap(),
        manifest
    );
}

/// D3.
#[test]
fn a_document_of_two_clients_is_one_document_listed_for_each() {
    let of = |client: &str| Operation {
        clients: Clients::one(client),
        ..operation("A", "query A { x }")
    };
    let manifest = Manifest::new(vec![of("site"), of("mobile")]).unwrap();
    let [both] = manifest.operations() else {
        panic!("{manifest:?}");
    };
    assert_eq!(both.label(), "mobile+site/A");
    let json = manifest.to_json().unwrap();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let listed = value["operations"].as_array().unwrap().iter();
    let names: Vec<_> = listed.map(|one| one["clientName"].as_str()).collect();
    assert_eq!(names, [Some("mobile"), Some("site")]);
    assert_eq!(Manifest::from_json(&json).unwrap(), manifest);
    // What an origin stores is one record.
    let record = serde_json::to_value(both).unwrap();
    assert_eq!(record["clientName"], json!(["mobile", "site"]));
    assert_eq!(serde_json::from_value::<Operation>(record).unwrap(), *both);
    for twice in [
        vec![of("site"), of("mobile"), of("site")],
        vec![of("site"), operation("A", "query A { x }")],
    ] {
        let refused = Manifest::new(twice);
        assert!(matches!(refused, Err(ManifestError::DuplicateId { .. })));
    }
}

#[test]
fn each_refusal_names_its_cause() {
    let body = "query A { x }";
    let good = json!({"id": DocumentHash::of(body), "name": "A", "type": "query", "body": body});
    let other_name = json!({
        "id": format!("sha256:{}", DocumentHash::of(body)),
        "name": "B", "clientName": "site", "type": "query", "body": body,
    });
    let other_body =
        json!({"id": DocumentHash::of("x"), "name": "A", "type": "query", "body": body});
    let of = |operations: serde_json::Value| json!({"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations});
    let refusals = [
        refusal(&of(json!([good, other_name]))),
        refusal(&of(json!([other_body]))),
        refusal(&of(
            json!([{"id": "0cc1", "name": "A", "type": "query", "body": body}]),
        )),
        refusal(&json!({"format": "other", "version": 1, "operations": []})),
        refusal(&json!({
            "format": "apollo-persisted-query-manifest", "version": 2, "operations": []
        })),
        refusal(&json!({"format": "apollo-persisted-query-manifest", "operations": []})),
        refusal(&json!({"version": 1, "operations": []})),
        refusal(&json!({"9c1185a5c5e9fc54612808977ee8f548": body})),
        refusal(&json!({ DocumentHash::of("{ x }").to_string(): "{ x }" })),
        refusal(&json!([])),
    ];
    insta::assert_snapshot!(refusals.join("\n"), @r#"
    the id 943b223e5487366f9e7abba7a92341cbaf2dcbc18b122ed43c9147d782e95b08 is there twice: A and site/B
    the id of A is 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881, and its body's hash is 943b223e5487366f9e7abba7a92341cbaf2dcbc18b122ed43c9147d782e95b08
    the manifest cannot be read: a document hash has 64 hex characters, not 4 at line 1 column 82
    the manifest's format is "other", not "apollo-persisted-query-manifest"
    the manifest's version is 2, not 1
    the manifest's version is 0, not 1
    the manifest cannot be read: missing field `format` at line 1 column 29
    the id "9c1185a5c5e9fc54612808977ee8f548" is not a document hash: a document hash has 64 hex characters, not 32
    the document cd140144ab2af6145e3658df027eac1c4b58f4b8504b3db0b1195907f313db5e does not have exactly one named operation
    the manifest cannot be read: invalid type: sequence, expected a manifest: apollo-persisted-query-manifest, or a map from ids to documents at line 1 column 0
    "#);
}

#[test]
fn an_id_that_relay_writes_twice_is_refused_not_overwritten() {
    let body = "query A { x }";
    let id = DocumentHash::of(body);
    let error = Manifest::from_json(&format!(r#"{{"{id}": "{body}", "{id}": "{body}"}}"#));
    assert!(matches!(error, Err(ManifestError::DuplicateId { .. })));
}

fn type_ref() -> impl Strategy<Value = TypeRef> {
    let named = "[A-Z][a-z]{0,5}".prop_map(TypeRef::Named);
    (named, any::<[bool; 3]>()).prop_map(|(named, [inner, list, outer])| {
        let non_null = |ty: TypeRef, yes| {
            if yes {
                TypeRef::NonNull(Box::new(ty))
            } else {
                ty
            }
        };
        let item = non_null(named, inner);
        if list {
            non_null(TypeRef::List(Box::new(item)), outer)
        } else {
            item
        }
    })
}

fn variable() -> impl Strategy<Value = VariableDefinition> {
    let default = prop_oneof![
        Just(None),
        Just(Some(json!(null))),
        any::<i32>().prop_map(|number| Some(json!(number))),
        ".*".prop_map(|text| Some(json!({ "a": [text] }))),
    ];
    ("[a-z]{1,6}", type_ref(), default).prop_map(|(name, ty, default)| VariableDefinition {
        name,
        ty,
        default,
    })
}

fn policy() -> impl Strategy<Value = CachePolicy> {
    let snap = prop::option::of((prop::collection::vec("[a-z]{1,5}", 1..4), 0..=15_u8));
    (any::<[u32; 3]>(), any::<bool>(), snap).prop_map(|(seconds, public, snap)| CachePolicy {
        scope: if public {
            Scope::Public
        } else {
            Scope::Private
        },
        max_age_s: seconds[0],
        stale_while_revalidate_s: seconds[1],
        stale_if_error_s: seconds[2],
        snap: snap.map(|(path, resolution)| SnapRule {
            path,
            lat: "lat".to_owned(),
            lng: "lng".to_owned(),
            resolution,
        }),
        nearest: None,
    })
}

fn any_operation() -> impl Strategy<Value = Operation> {
    let kind = prop_oneof![
        Just(OperationKind::Query),
        Just(OperationKind::Mutation),
        Just(OperationKind::Subscription)
    ];
    let input_type = prop_oneof![
        Just(InputType::Scalar {
            scalar: ScalarKind::Custom
        }),
        prop::collection::vec("[A-Z]{1,4}", 0..3).prop_map(|values| InputType::Enum { values }),
        prop::collection::vec(variable(), 0..3).prop_map(|fields| InputType::Object { fields }),
    ];
    let input_types = prop::collection::btree_map("[A-Z][a-z]{0,4}", input_type, 0..3);
    let ours = (any::<u64>(), any::<u32>(), policy());
    let variables = prop::collection::vec(variable(), 0..4);
    let clients = prop::collection::vec("[a-z]{1,6}", 0..3);
    (
        ".*",
        "[A-Za-z]{1,8}",
        kind,
        clients,
        variables,
        input_types,
        ours,
    )
        .prop_map(
            |(body, name, kind, names, variables, input_types, (cost, depth, policy))| {
                let mut clients = Clients::default();
                for client in &names {
                    clients.extend(&Clients::one(client));
                }
                Operation {
                    id: DocumentHash::of(&body),
                    name,
                    kind,
                    body,
                    clients,
                    variables,
                    input_types: InputTypes(input_types),
                    cost,
                    depth,
                    policy,
                    split: None,
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(mut operations in prop::collection::vec(any_operation(), 0..4)) {
        operations.sort_by_key(|operation| operation.id);
        operations.dedup_by_key(|operation| operation.id);
        let manifest = Manifest::new(operations).unwrap();
        let json = manifest.to_json().unwrap();
        let read = Manifest::from_json(&json).unwrap();
        prop_assert_eq!(&read, &manifest);
        prop_assert_eq!(read.to_json().unwrap(), json);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in ".*", body in "[{}()\\[\\]\"\\\\#a-z\n]*") {
        let _ = Manifest::from_json(&text);
        let id = DocumentHash::of(&body);
        let _ = Manifest::from_json(&json!({ id.to_string(): body }).to_string());
    }
}
