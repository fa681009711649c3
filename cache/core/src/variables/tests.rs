use proptest::prelude::{any, prop_assert_eq, proptest};
use serde_json::json;

use super::{
    CanonicalVariables, InputTypes, TypeRef, TypeRefError, Value, VariableDefinition, VariableError,
};

fn definitions() -> Vec<VariableDefinition> {
    serde_json::from_value(json!([
        {"name": "first", "type": "Int", "default": 20},
        {"name": "after", "type": "String"},
        {"name": "colours", "type": "[Colour!]"},
        {"name": "input", "type": "Near"},
        {"name": "any", "type": "JSON"},
    ]))
    .unwrap()
}

fn types() -> InputTypes {
    serde_json::from_value(json!({
        "Colour": {"kind": "enum", "values": ["RED", "BLUE"]},
        "Near": {"kind": "object", "fields": [
            {"name": "lat", "type": "Float!"}, {"name": "lng", "type": "Float!"}, {"name": "id", "type": "ID"}]},
        "JSON": {"kind": "scalar", "scalar": "Custom"},
    }))
    .unwrap()
}

fn coerce(given: &Value) -> Result<String, VariableError> {
    let given = given.as_object().unwrap();
    CanonicalVariables::coerce(&definitions(), &types(), given).map(|variables| variables.to_json())
}

#[test]
fn one_meaning_has_one_text() {
    let table = [
        (json!({}), r#"{"first":20}"#),
        (json!({"first": 20}), r#"{"first":20}"#),
        (json!({"first": 20.0}), r#"{"first":20}"#),
        (json!({"after": null}), r#"{"after":null,"first":20}"#),
        (
            json!({"colours": "RED"}),
            r#"{"colours":["RED"],"first":20}"#,
        ),
        (
            json!({"input": {"lng": 2, "lat": -0.0, "id": 7}}),
            r#"{"first":20,"input":{"id":"7","lat":0,"lng":2}}"#,
        ),
        (
            json!({"any": {"b": 1.0, "a": [1e2]}}),
            r#"{"any":{"a":[100],"b":1},"first":20}"#,
        ),
        (
            json!({"after": "é\"\u{1}"}),
            "{\"after\":\"é\\\"\\u0001\",\"first\":20}",
        ),
    ];
    for (given, expected) in table {
        assert_eq!(coerce(&given).as_deref(), Ok(expected), "{given}");
    }
}

#[test]
fn what_is_not_declared_missing_or_ill_typed_is_named() {
    let ill = |path: &str, expected: &str| VariableError::IllTyped {
        path: path.into(),
        expected: expected.into(),
    };
    let table = [
        (
            json!({"input": {"lat": 1, "lng": 1, "x": 1}}),
            VariableError::Undeclared {
                path: "input.x".into(),
            },
        ),
        (
            json!({"input": {"lat": 1}}),
            VariableError::Missing {
                path: "input.lng".into(),
            },
        ),
        (
            json!({"input": {"lat": 1, "lng": null}}),
            VariableError::Missing {
                path: "input.lng".into(),
            },
        ),
        (json!({"first": "20"}), ill("first", "Int")),
        (json!({"first": 1.5}), ill("first", "Int")),
        (json!({"first": 2_147_483_648_u64}), ill("first", "Int")),
        (json!({"after": "a\0b"}), ill("after", "String")),
        (json!({"colours": ["PINK"]}), ill("colours.0", "Colour")),
        (json!({"input": [1]}), ill("input", "Near")),
    ];
    for (given, expected) in table {
        assert_eq!(coerce(&given), Err(expected), "{given}");
    }
}

/// B2.
#[test]
fn a_variable_that_is_not_declared_changes_nothing() {
    let plain = json!({"first": 3});
    for extra in [json!(1), json!(null), json!({"lat": "x"}), json!("a\0b")] {
        let mut given = plain.clone();
        given["x"] = extra;
        assert_eq!(coerce(&given), coerce(&plain), "{given}");
    }
}

#[test]
fn a_location_can_be_read_and_replaced_where_it_is() {
    let given = json!({"input": {"lat": 48, "lng": 2.5}});
    let mut variables =
        CanonicalVariables::coerce(&definitions(), &types(), given.as_object().unwrap()).unwrap();
    let path = ["input".to_owned()];
    assert_eq!(variables.location(&path, "lat", "lng"), Some((48.0, 2.5)));
    variables.set_location(&path, ("lat", 1.25), ("lng", 3.0));
    assert_eq!(
        variables.to_json(),
        r#"{"first":20,"input":{"lat":1.25,"lng":3}}"#
    );
    assert_eq!(
        variables.location(&["after".to_owned()], "lat", "lng"),
        None
    );
}

#[test]
fn types_survive_their_text() {
    for text in ["Int", "[Int!]!", "[[A]!]"] {
        assert_eq!(text.parse::<TypeRef>().unwrap().to_string(), text);
    }
    for bad in ["", "!", "Int!!", "[Int", "a b"] {
        assert_eq!(bad.parse::<TypeRef>(), Err(TypeRefError), "{bad}");
    }
}

proptest! {
    #[test]
    fn canonical_text_is_a_fixed_point(
        first in any::<i32>(), after in "[^\0]{0,20}", lat in -90.0f64..90.0, lng in -180.0f64..180.0,
    ) {
        let text = coerce(&json!({"first": first, "after": after, "input": {"lat": lat, "lng": lng}})).unwrap();
        let again: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(coerce(&again).unwrap(), text);
    }

    #[test]
    fn different_values_have_different_texts(a in -90.0f64..90.0, b in -90.0f64..90.0) {
        let text = |lat: f64| coerce(&json!({"input": {"lat": lat, "lng": 0}})).unwrap();
        prop_assert_eq!((a + 0.0).to_bits() == (b + 0.0).to_bits(), text(a) == text(b));
    }
}
