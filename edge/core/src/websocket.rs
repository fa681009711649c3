//! WebSocket handshakes. The edge forwards them; while the origin is away it answers them itself.

use pq_core::websocket::SUBPROTOCOL;

/// How the edge closes a connection that the origin cannot take now: code and reason. Clients of
/// `graphql-ws` come back after this code; they give up after a handshake that fails.
pub const TRY_AGAIN_LATER: (u16, &str) = (1013, "The service cannot be reached");

/// The subprotocol with which the edge accepts a connection, only to close it; `None` when the
/// origin's answer is the client's. `offered` is the client's `Sec-WebSocket-Protocol`; `status` is
/// the origin's, `None` if it did not answer.
pub fn accepted_in_its_place(offered: Option<&str>, status: Option<u16>) -> Option<&'static str> {
    let is_away = status.is_none_or(|status| status >= 500);
    let mut offered = offered?.split(',').map(str::trim);
    (is_away && offered.any(|protocol| protocol == SUBPROTOCOL)).then_some(SUBPROTOCOL)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// B15.
    #[test]
    fn clients_of_an_origin_that_is_away_are_told_to_come_back() {
        let ours = Some(SUBPROTOCOL);
        let table = [
            (ours, None, ours),
            (ours, Some(503), ours),
            (Some("a, graphql-transport-ws"), Some(521), ours),
            (ours, Some(101), None),
            (ours, Some(429), None),
            (ours, Some(403), None),
            (Some("graphql-ws"), None, None),
            (None, None, None),
        ];
        for (offered, status, expected) in table {
            let actual = accepted_in_its_place(offered, status);
            assert_eq!(actual, expected, "{offered:?} {status:?}");
        }
    }
}
