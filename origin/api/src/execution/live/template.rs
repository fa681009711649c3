//! The JSON of an answer that subscribers at different places share.

use async_graphql::Value;
use serde_json::Value as Json;

use super::super::collect::Operation;
use crate::nodes::offer::to_the_metre;

/// The field of the offer that was published whose value depends on the subscriber.
const DISTANCE: &str = "distance";

/// JSON text with the places where the subscriber's distance is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    text: String,
    /// Offsets in the text, ascending.
    gaps: Vec<usize>,
}

impl Template {
    /// The JSON of an answer's `data`. Its root fields are objects, and a field `distance` of one of
    /// them is left out, unless it is null: it failed. Objects below have distances of their own.
    pub fn of(data: &Value, selected: &Operation) -> serde_json::Result<Self> {
        let mut template = Self::default();
        let Value::Object(roots) = data else {
            template.text = serde_json::to_string(data)?;
            return Ok(template);
        };
        for (index, (key, root)) in roots.iter().enumerate() {
            template.begin_field(index, key);
            let selected = selected.fields.iter().find(|field| field.key == *key);
            let below = selected.and_then(|field| field.below.as_deref());
            let (Value::Object(fields), Some(below)) = (root, below) else {
                template.text.push_str(&serde_json::to_string(root)?);
                continue;
            };
            for (index, (key, value)) in fields.iter().enumerate() {
                template.begin_field(index, key);
                let is_distance = below
                    .iter()
                    .any(|field| field.key == *key && field.field == DISTANCE);
                if is_distance && *value != Value::Null {
                    template.gaps.push(template.text.len());
                } else {
                    template.text.push_str(&serde_json::to_string(value)?);
                }
            }
            template.end_object(fields.is_empty());
        }
        template.end_object(roots.is_empty());
        Ok(template)
    }

    /// Writes what comes before a field's value.
    fn begin_field(&mut self, index: usize, key: &str) {
        let before = if index == 0 { "{\"" } else { ",\"" };
        // A name needs no escapes.
        self.text.extend([before, key, "\":"]);
    }

    fn end_object(&mut self, is_empty: bool) {
        self.text.push_str(if is_empty { "{}" } else { "}" });
    }

    /// Appends the JSON for a subscriber at this distance to a text.
    pub fn fill(&self, distance_km: Option<f64>, text: &mut String) {
        let mut from = 0;
        if !self.gaps.is_empty() {
            let distance = Json::from(distance_km.map(to_the_metre)).to_string();
            for gap in &self.gaps {
                text.extend([&self.text[from..*gap], distance.as_str()]);
                from = *gap;
            }
        }
        text.push_str(&self.text[from..]);
    }

    /// About how many bytes it has when it is filled.
    pub const fn len(&self) -> usize {
        self.text.len()
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{Variables, parser::parse_query};
    use serde_json::json;

    use super::*;
    use crate::execution::collect::collect;

    fn filled(document: &str, data: Json, distance_km: Option<f64>) -> String {
        let document = parse_query(document).unwrap();
        let collected = collect(&document, &Variables::default()).unwrap();
        let data = Value::from_json(data).unwrap();
        let mut text = String::new();
        Template::of(&data, &collected.selected)
            .unwrap()
            .fill(distance_km, &mut text);
        text
    }

    #[test]
    fn the_distance_is_filled_in_where_the_document_asks_for_it_and_nowhere_else() {
        let document = "subscription S { o: near { distance: title d: distance ...F \
                        partner { offers { distance } } } } fragment F on Offer { far: distance }";
        let data = json!({"o": {"distance": "\"d\":0,", "d": 0.0, "far": 0.0,
            "partner": {"offers": [{"distance": null}]}}});
        assert_eq!(
            filled(document, data, Some(1.23456)),
            r#"{"o":{"distance":"\"d\":0,","d":1.235,"far":1.235,"partner":{"offers":[{"distance":null}]}}}"#
        );
    }

    #[test]
    fn what_failed_stays_null() {
        let document = "subscription S { near { distance title } }";
        let cases = [
            json!(null),
            json!({}),
            json!({"near": null}),
            json!({"near": {}}),
            json!({"near": {"distance": null, "title": "é\n"}}),
        ];
        for data in cases {
            assert_eq!(filled(document, data.clone(), Some(1.0)), data.to_string());
        }
        let data = json!({"near": {"distance": 0.0, "title": ""}});
        assert_eq!(
            filled(document, data, None),
            r#"{"near":{"distance":null,"title":""}}"#
        );
    }
}
