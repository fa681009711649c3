//! Reads arbitrary text as a WebSocket message of a client, and the request in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pq_core::GraphqlRequest;
use pq_core::websocket::Message;

fuzz_target!(|text: &str| {
    match Message::parse(text) {
        Ok(Message::Subscribe { id, request }) => {
            assert!((1..=128).contains(&id.as_str().len()));
            if let Ok(request) = GraphqlRequest::from_payload(request) {
                assert_ne!(request.operation_name.as_deref(), Some(""));
            }
        }
        Ok(Message::Complete(id)) => assert!(!id.as_str().is_empty()),
        Ok(Message::ConnectionInit(_) | Message::Ping(_) | Message::Pong) => {}
        // It is sent in a close frame.
        Err(why) => assert!(why.to_string().len() < 120),
    }
});
