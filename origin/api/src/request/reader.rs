//! Who reads an answer's messages, and in which language.

use access::caller::{Asker, Caller};
use domain::{UserId, sentence::Language};

use crate::services::Services;

/// The reader of an answer.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Of `Accept-Language`.
    accepted: Option<Language>,
    user: Option<UserId>,
}

impl Reader {
    pub fn of(asker: &Asker) -> Self {
        Self {
            accepted: asker.language,
            user: match &asker.caller {
                Caller::User(user) => Some(user.id.clone()),
                Caller::Anonymous | Caller::Unknown(_) | Caller::Service(_) => None,
            },
        }
    }

    /// The language of `Accept-Language`, else of the account, else French. May read the account:
    /// only for answers that have a message.
    pub async fn language(&self, services: &Services) -> Language {
        let user = match (self.accepted, &self.user) {
            (Some(language), _) => return language,
            (None, None) => return Language::French,
            (None, Some(user)) => user,
        };
        // Without the account the message is still worth reading.
        let found = services.users.by_id(user).await.ok().flatten();
        found.map_or(Language::French, |account| account.preferences.language)
    }
}
