//! Who may do what. A refusal is logged: somebody tries doors.

use async_graphql::Result;
use pq_core::ErrorCode;

use super::{caller::Caller, errors::refused};

/// Lets the service token through. `what` is the field that is asked for.
pub(crate) fn service_only(caller: Caller, what: &'static str) -> Result<()> {
    let (code, message) = match caller {
        Caller::Service => return Ok(()),
        Caller::Anonymous => (
            ErrorCode::Unauthenticated,
            format!("`{what}` needs the service token"),
        ),
        Caller::Unknown => (
            ErrorCode::Forbidden,
            format!("these credentials may not use `{what}`"),
        ),
    };
    log_refusal(caller, what);
    Err(refused(code, message))
}

/// Tells the log who was refused what.
pub(crate) fn log_refusal(caller: Caller, what: &'static str) {
    tracing::warn!(caller = caller.as_str(), what, "refused");
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex},
    };

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn everybody_but_the_service_is_refused_and_logged() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .without_time()
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            for (caller, allowed) in [
                (Caller::Service, true),
                (Caller::Anonymous, false),
                (Caller::Unknown, false),
            ] {
                assert_eq!(service_only(caller, "purge").is_ok(), allowed);
            }
        });
        let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(logged.lines().count(), 2, "{logged}");
        assert!(logged.starts_with(" WARN"), "{logged}");
        for word in [
            r#"caller="anonymous" what="purge""#,
            r#"caller="unknown credentials""#,
        ] {
            assert!(logged.contains(word), "{logged}");
        }
    }
}
