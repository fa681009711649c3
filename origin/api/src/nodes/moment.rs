//! The `DateTime` scalar: [`DateTime`] in answers, [`Moment`] in inputs.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;

use async_graphql::{
    InputType, InputValueError, InputValueResult, Scalar, ScalarType, Value, registry::Registry,
};
use chrono::{SecondsFormat, Utc};

/// A moment in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime(chrono::DateTime<Utc>);

/// The years that RFC 3339 can write, 0000 to 9999 in UTC, in milliseconds since the epoch.
const YEARS_MS: RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;

/// Converts milliseconds; a value out of range becomes the nearest moment that can be written.
pub fn timestamp(moment_ms: i64) -> DateTime {
    let moment_ms = moment_ms.clamp(*YEARS_MS.start(), *YEARS_MS.end());
    DateTime(chrono::DateTime::from_timestamp_millis(moment_ms).unwrap_or_default())
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// A date and time by RFC 3339. Answers are always in UTC with milliseconds, such as
/// `2026-06-01T18:00:00.000Z`; an input may have any offset.
#[Scalar(specified_by_url = "https://datatracker.ietf.org/doc/html/rfc3339")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Ok(Self(text.parse()?)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }
}

/// Milliseconds since the epoch; `None` if the input is not a valid date and time.
///
/// [`DateTime`]'s parser would fail before the resolver runs, with an error that has no code: a
/// client's typing error would be reported as an internal failure. So this type accepts any input,
/// and the resolver refuses it by the field's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub Option<i64>);

impl InputType for Moment {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <DateTime as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <DateTime as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let moment_ms = match value {
            Some(Value::String(text)) => chrono::DateTime::parse_from_rfc3339(&text)
                .ok()
                .map(|moment| moment.timestamp_millis())
                // An offset may lead out of the years that an answer can write.
                .filter(|moment_ms| YEARS_MS.contains(moment_ms)),
            Some(_) | None => None,
        };
        Ok(Self(moment_ms))
    }

    fn to_value(&self) -> Value {
        self.0
            .map_or(Value::Null, |ms| ScalarType::to_value(&timestamp(ms)))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A8.
    #[test]
    fn a_moment_is_always_written_in_utc_with_milliseconds() {
        let table = [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_780_000_000_000, "2026-05-28T20:26:40.000Z"),
            (1_780_000_000_250, "2026-05-28T20:26:40.250Z"),
            (i64::MAX, "9999-12-31T23:59:59.999Z"),
            (i64::MIN, "0000-01-01T00:00:00.000Z"),
        ];
        for (at_ms, text) in table {
            assert_eq!(timestamp(at_ms).to_string(), text);
            assert_eq!(ScalarType::to_value(&timestamp(at_ms)), text.into());
        }
    }

    #[test]
    fn an_input_may_have_any_offset() {
        let parsed = <Moment as InputType>::parse(Some("2026-05-28T22:26:40.25+02:00".into()));
        assert_eq!(parsed.unwrap(), Moment(Some(1_780_000_000_250)));
        // They are years that an answer cannot write.
        for out in ["0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-23:59"] {
            let parsed = <Moment as InputType>::parse(Some(out.into()));
            assert_eq!(parsed.unwrap(), Moment(None), "{out}");
        }
    }
}
