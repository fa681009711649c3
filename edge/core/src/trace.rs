//! The edge's span of a trace (W3C Trace Context).
//!
//! The edge exports nothing: that would cost each request another one. It names its span as the
//! parent of the origin's, and tells when the span began; the origin, which the edge waits for,
//! exports both. Hits are in no trace.

/// What the edge sends to the origin beside a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The value of `traceparent`.
    pub traceparent: String,
    /// The value of [`crate::header::SPAN`]; `None` when the trace is not sampled.
    pub span: Option<String>,
}

/// The edge's span, as the origin is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// When it began, in milliseconds since the Unix epoch.
    pub began_ms: u64,
    /// The span of the client that it is a child of.
    pub parent: Option<[u8; 8]>,
}

/// Continues the trace that a client's `traceparent` names, or begins one if `begins`. `random` gives
/// numbers for ids.
pub fn send(
    client: Option<&str>,
    begins: bool,
    now_ms: u64,
    mut random: impl FnMut() -> u64,
) -> Option<Sent> {
    let mut id = || format!("{:016x}", random().max(1));
    match client.and_then(parts) {
        Some((trace, span, true)) => Some(Sent {
            traceparent: format!("00-{trace}-{}-01", id()),
            span: Some(format!("{now_ms}-{span}")),
        }),
        // The sender that began the trace does not want it sampled. Log lines at the origin name it.
        Some((trace, span, false)) => Some(Sent {
            traceparent: format!("00-{trace}-{span}-00"),
            span: None,
        }),
        None => begins.then(|| Sent {
            traceparent: format!("00-{}{}-{}-01", id(), id(), id()),
            span: Some(now_ms.to_string()),
        }),
    }
}

/// The id of the trace that a `traceparent` names.
pub fn id(traceparent: &str) -> Option<&str> {
    parts(traceparent).map(|(trace, _, _)| trace)
}

/// The trace, the span, and whether it is sampled.
fn parts(traceparent: &str) -> Option<(&str, &str, bool)> {
    let (version, rest) = traceparent.split_once('-')?;
    let (trace, rest) = rest.split_once('-')?;
    let (span, flags) = rest.split_once('-')?;
    let is_hex = |text: &str, length| {
        let mut bytes = text.bytes();
        text.len() == length && bytes.all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_zero = |text: &str| text.bytes().all(|byte| byte == b'0');
    let fits = version == "00" && is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2);
    if !fits || is_zero(trace) || is_zero(span) {
        return None;
    }
    let flags = u8::from_str_radix(flags, 16).ok()?;
    Some((trace, span, flags & 1 == 1))
}

/// Reads the value of [`crate::header::SPAN`].
pub fn told(text: &str) -> Option<Told> {
    let (began, parent) = match text.split_once('-') {
        Some((began, parent)) => (began, Some(parent)),
        None => (text, None),
    };
    let parent = match parent {
        Some(parent) if parent.len() == 16 => {
            Some(u64::from_str_radix(parent, 16).ok()?.to_be_bytes())
        }
        Some(_) => return None,
        None => None,
    };
    let began_ms = began.parse().ok()?;
    Some(Told { began_ms, parent })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    fn sent(client: Option<&str>, begins: bool) -> Option<Sent> {
        send(client, begins, 1_700, || 0xab)
    }

    #[test]
    fn a_sampled_trace_goes_on_below_a_span_of_the_edge() {
        let client = format!("00-{TRACE}-{SPAN}-01");
        let found = sent(Some(&client), false).unwrap();
        assert_eq!(found.traceparent, format!("00-{TRACE}-00000000000000ab-01"));
        let told = told(&found.span.unwrap()).unwrap();
        assert_eq!(told.began_ms, 1_700);
        assert_eq!(told.parent, Some(0x00f0_67aa_0ba9_02b7_u64.to_be_bytes()));
    }

    #[test]
    fn a_trace_that_is_not_sampled_is_passed_on() {
        let client = format!("00-{TRACE}-{SPAN}-00");
        let found = sent(Some(&client), true).unwrap();
        assert_eq!((found.traceparent, found.span), (client, None));
    }

    #[test]
    fn without_a_valid_parent_a_trace_begins_if_it_may() {
        let invalid = format!("00-{TRACE}-0000000000000000-01");
        for client in [None, Some("nonsense"), Some(invalid.as_str())] {
            assert_eq!(sent(client, false), None);
            let found = sent(client, true).unwrap();
            assert!(parts(&found.traceparent).unwrap().2);
            let told = told(&found.span.unwrap()).unwrap();
            assert_eq!((told.began_ms, told.parent), (1_700, None));
        }
    }

    #[test]
    fn nonsense_tells_nothing() {
        assert_eq!(id(&format!("00-{TRACE}-{SPAN}-00")), Some(TRACE));
        assert_eq!(id("00-x-y-00"), None);
        for text in ["", "x", "1-", "1-00f0", "1-00f067aa0ba902bz", "-1"] {
            assert_eq!(told(text), None, "{text:?}");
        }
    }
}
