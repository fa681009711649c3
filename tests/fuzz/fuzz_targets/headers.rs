//! Reads arbitrary text as `Accept` and as `Cache-Control`. What is accepted decides the same for a
//! header that only spells it differently, and no text makes an answer live longer than it says.
#![no_main]

use cache_core::CacheControl;
use libfuzzer_sys::fuzz_target;
use pq_core::manifest::OperationKind;
use pq_core::request::Method;
use pq_core::{Accepted, ErrorCode, Form};

fuzz_target!(|text: &str| {
    let accepted = Accepted::parse(Some(text));
    assert_eq!(accepted, Accepted::parse(Some(&text.to_ascii_uppercase())));
    if let Ok(accepted) = accepted {
        form(text, accepted);
    }
    cache_control(text);
});

fn form(text: &str, accepted: Accepted) {
    let stream = accepted.form(OperationKind::Subscription, Method::Get);
    match &stream {
        Ok(form) => {
            assert_eq!(*form, Form::EventStream);
            assert!(
                text.to_ascii_lowercase().contains("text/"),
                "a stream that nobody named"
            );
        }
        Err(refusal) => assert_eq!(refusal.code, ErrorCode::NOT_ACCEPTABLE),
    }
    let response = accepted.form(OperationKind::Query, Method::Get);
    assert!(
        response.is_ok() || stream.is_ok(),
        "accepted, and nothing can be answered"
    );
}

fn cache_control(text: &str) {
    let read = CacheControl::parse(text);
    let again = CacheControl::parse(&read.to_string());
    match (read, again) {
        (CacheControl::Public(read), CacheControl::Public(again)) => {
            assert!(read.max_age_s > 0);
            assert_eq!(
                read, again,
                "an answer that is passed on lives longer or shorter"
            );
            assert!(text.to_ascii_lowercase().contains("public"));
        }
        (CacheControl::Public(_), _) | (_, CacheControl::Public(_)) => {
            panic!("{read:?} is written as {again:?}")
        }
        (_, _) => {}
    }
}
