//! Why a connection ends.

use domain::{StoreError, error_chain::chain};
use pq_core::websocket::BadMessage;
use tokio_tungstenite::tungstenite;

use super::super::{credentials::CredentialsRefused, mailbox::Closing, protocol::Close};

pub(super) const TOO_SLOW: Close = Close::TryAgainLater("Too slow");
const FAILED: Close = Close::TryAgainLater("Something went wrong on our side");

/// Why a connection ends.
pub(super) enum End {
    /// The client is gone.
    Gone,
    /// The client closes it.
    Closed,
    /// The server does.
    Close(Close),
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

impl From<BadMessage> for End {
    fn from(why: BadMessage) -> Self {
        Self::Close(Close::BadRequest(why.to_string()))
    }
}

impl From<CredentialsRefused> for End {
    fn from(why: CredentialsRefused) -> Self {
        Self::Close(Close::Forbidden(why.to_string()))
    }
}

impl From<Closing> for End {
    fn from(why: Closing) -> Self {
        Self::Close(match why {
            Closing::TooSlow => TOO_SLOW,
            Closing::Draining => Close::Restart,
        })
    }
}

impl From<axum::Error> for End {
    fn from(error: axum::Error) -> Self {
        match error.into_inner().downcast_ref() {
            Some(tungstenite::Error::Capacity(_)) => Self::Close(Close::TooLong),
            // A connection that broke, or frames that are none.
            Some(_) | None => Self::Gone,
        }
    }
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> Self {
        tracing::error!(error = chain(&error), "a connection failed");
        Self::Close(FAILED)
    }
}
