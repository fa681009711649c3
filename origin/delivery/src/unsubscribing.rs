//! The links by which a person switches a kind of e-mail off without signing in.

use access::unsubscribing::Unsubscribing;
use domain::{UserId, messages::letter::Letter};
use templates::Links;
use url::Url;

/// Makes the links.
#[derive(Clone, Debug)]
pub struct UnsubscribeLinks {
    /// The address of `/unsubscribe`.
    pub url: Url,
    pub tokens: Unsubscribing,
}

impl UnsubscribeLinks {
    /// With the link of a person and the letter's kind; without one for messages that cannot be
    /// switched off, and to addresses without an account.
    pub(crate) fn added(&self, links: &Links, person: Option<&UserId>, letter: &Letter) -> Links {
        let kind = letter.kind();
        let person = person.filter(|_| kind.can_be_switched_off());
        let with = person.map(|person| {
            let mut url = self.url.clone();
            let token = self.tokens.token(person, kind);
            url.query_pairs_mut().append_pair("token", &token);
            links.with_unsubscribe(url.as_str())
        });
        // The address was checked when the server started.
        with.and_then(Result::ok).unwrap_or_else(|| links.clone())
    }
}
