//! The `DateTime` scalar as input.

use std::borrow::Cow;

use async_graphql::{InputType, InputValueResult, Value, registry::Registry};
use chrono::{DateTime, Utc};

/// Milliseconds since the epoch; `None` if the input is not a valid date and time.
///
/// chrono's own parser would fail before the resolver runs, with an error that has no code: a
/// client's typing error would be reported as an internal failure. So this type accepts any input,
/// and the resolver refuses it by the field's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub Option<i64>);

impl InputType for Moment {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <DateTime<Utc> as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <DateTime<Utc> as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let moment_ms = match value {
            Some(Value::String(text)) => DateTime::parse_from_rfc3339(&text)
                .ok()
                .map(|moment| moment.timestamp_millis()),
            Some(_) | None => None,
        };
        Ok(Self(moment_ms))
    }

    fn to_value(&self) -> Value {
        let moment = self.0.and_then(DateTime::from_timestamp_millis);
        moment.map_or(Value::Null, |moment| InputType::to_value(&moment))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}
