//! Operators: what administrators read and do to help others, each with its reason in an audit that
//! cannot be changed.

pub mod mutations;
pub mod partners;
pub mod queries;
pub mod recording;

use async_graphql::Error;
use domain::{
    UserId,
    operators::codes::{LAST_ADMINISTRATOR, USER_IS_YOURSELF, USER_NOT_FOUND},
    sentence::Sentence,
};

use crate::request::{context::RequestContext, errors::refused};

/// The user whom an operator means; nobody's own account.
fn another(request: &RequestContext, id: &str) -> Result<UserId, Error> {
    let id = UserId::parse(id).ok_or_else(no_user)?;
    if request.signed_in()?.id == id {
        return Err(refused(
            USER_IS_YOURSELF,
            Sentence::new(
                "on ne fait pas cela à son propre compte",
                "nobody does this to their own account",
            ),
        ));
    }
    Ok(id)
}

fn no_user() -> Error {
    refused(
        USER_NOT_FOUND,
        Sentence::new(
            "aucun compte n’a cet identifiant",
            "there is no account with this id",
        ),
    )
}

fn last_administrator() -> Error {
    refused(
        LAST_ADMINISTRATOR,
        Sentence::new(
            "c’est le seul administrateur actif : nommez-en d’abord un autre",
            "this is the only active administrator: make another one first",
        ),
    )
}
