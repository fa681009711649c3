//! The `traceparent` header (W3C Trace Context, level 1).

use http::{HeaderMap, HeaderName};
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The trace and the span that a request belongs to, as its sender says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
    pub(super) is_sampled: bool,
}

impl Parent {
    /// `None` without the header, or when it is malformed.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(TRACEPARENT)?.to_str().ok()?;
        let mut parts = text.split('-');
        let (version, trace, span, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        // A later version may have more parts.
        let ends = parts.next().is_none() || version != "00";
        let lengths = [version.len(), trace.len(), span.len(), flags.len()];
        let is_lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        if lengths != [2, 32, 16, 2] || version == "ff" || !ends || !is_lower {
            return None;
        }
        let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
        let flags = u8::from_str_radix(flags, 16).ok()?;
        (trace != TraceId::INVALID && span != SpanId::INVALID).then_some(Self {
            trace,
            span,
            is_sampled: flags & 1 == 1,
        })
    }

    pub(super) fn context(&self) -> SpanContext {
        let state = TraceState::default();
        SpanContext::new(self.trace, self.span, TraceFlags::SAMPLED, true, state)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn parsed(text: &str) -> Option<Parent> {
        let mut headers = HeaderMap::new();
        headers.insert(TRACEPARENT, HeaderValue::from_str(text).unwrap());
        Parent::of(&headers)
    }

    #[test]
    fn only_a_well_formed_header_names_a_parent() {
        let ids = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
        for (text, sampled) in [
            (format!("00-{ids}-01"), Some(true)),
            (format!("00-{ids}-00"), Some(false)),
            (format!("00-{ids}-03"), Some(true)),
            (format!("cc-{ids}-01-what-comes-later"), Some(true)),
            (format!("00-{ids}-01-more"), None),
            (format!("ff-{ids}-01"), None),
            (format!("00-{ids}-1"), None),
            (format!("00-{ids}"), None),
            (format!("00-{}-01", ids.to_uppercase()), None),
            (format!("00-{}-01", ids.replace('a', "g")), None),
            (format!("00-{}-0000000000000000-01", "a".repeat(32)), None),
            (format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)), None),
            (String::new(), None),
        ] {
            let found = parsed(&text).map(|parent| parent.is_sampled);
            assert_eq!(found, sampled, "{text}");
        }
        assert_eq!(Parent::of(&HeaderMap::new()), None);
    }
}
