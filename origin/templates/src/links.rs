//! The addresses in messages, made from the addresses of the site and of the partner portal.

use domain::messages::letter::Letter;
use url::Url;

/// Where the links of messages lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    site: Url,
    portal: Url,
    unsubscribe: Option<Url>,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a plain https address")]
pub struct NotHttps(String);

impl Links {
    /// `site` is the address of the site, whose pages the app opens where it is installed, and
    /// `portal` that of the partner portal.
    pub fn new(site: &str, portal: &str) -> Result<Self, NotHttps> {
        Ok(Self {
            site: base(site)?,
            portal: base(portal)?,
            unsubscribe: None,
        })
    }

    /// With addresses as long as real ones, for trying templates.
    pub(crate) fn example() -> Self {
        Self::new(
            "https://www.yousoon.example/",
            "https://partner.yousoon.example/",
        )
        .expect("both are plain https addresses")
    }

    /// With the address at which this recipient unsubscribes from the message's kind without signing
    /// in.
    pub fn with_unsubscribe(&self, address: &str) -> Result<Self, NotHttps> {
        Ok(Self {
            unsubscribe: Some(https(address)?),
            ..self.clone()
        })
    }

    pub(crate) fn unsubscribe(&self) -> Option<&str> {
        self.unsubscribe.as_ref().map(Url::as_str)
    }

    /// Where a signed-in user chooses which messages to get.
    pub(crate) fn settings(&self) -> String {
        page(&self.site, &["account", "notifications"], None)
    }

    /// What the message opens. A code opens nothing: it is typed.
    pub(crate) fn of(&self, letter: &Letter) -> Option<String> {
        let (site, portal) = (&self.site, &self.portal);
        let link = match letter {
            Letter::VerifyEmail(l) => page(site, &["verify-email"], Some(l.token.expose())),
            Letter::ResetPassword(l) => page(site, &["reset-password"], Some(l.token.expose())),
            Letter::ChangeEmail(l) => page(site, &["confirm-email"], Some(l.token.expose())),
            Letter::EmailChanged(l) => page(site, &["undo-email"], Some(l.token.expose())),
            Letter::PhoneCode(_) => return None,
            Letter::Invitation(l) => page(portal, &["invitation"], Some(l.token.expose())),
            Letter::NewDevice(_) => page(site, &["account", "devices"], None),
            Letter::BookingConfirmed(l) => page(site, &["bookings", l.booking.id.as_str()], None),
            Letter::BookingToConfirm(l) => page(portal, &["bookings", l.booking.id.as_str()], None),
            Letter::BookingReminder(l) => page(site, &["bookings", l.booking.id.as_str()], None),
            Letter::BookingCancelledByVenue(l) => {
                page(site, &["bookings", l.booking.id.as_str()], None)
            }
            Letter::BookingExpired(l) => page(site, &["bookings", l.booking.id.as_str()], None),
            Letter::FavouritePartnerOffer(l) => page(site, &["offers", l.offer.id.as_str()], None),
            Letter::FavouriteEndsSoon(l) => page(site, &["offers", l.offer.id.as_str()], None),
            Letter::IdentityResult(_) => page(site, &["account", "identity"], None),
            Letter::PaymentResult(l) => page(site, &["bookings", l.booking.as_str()], None),
            Letter::PaymentDisputed(l) => page(portal, &["bookings", l.booking.as_str()], None),
            Letter::ReviewRequest(l) => {
                page(site, &["bookings", l.booking.id.as_str(), "review"], None)
            }
            Letter::ReviewReplied(l) => page(site, &["bookings", l.booking.as_str()], None),
            Letter::ReviewRemoved(l) => page(site, &["bookings", l.booking.as_str()], None),
            Letter::PartnerReviewed(_) => page(portal, &[], None),
            Letter::ReviewContestAnswered(l) => page(site, &["bookings", l.booking.as_str()], None),
            Letter::News(l) => {
                let path = l.path.as_deref().unwrap_or_default();
                let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
                page(site, &segments, None)
            }
        };
        Some(link)
    }
}

fn https(text: &str) -> Result<Url, NotHttps> {
    let is_plain = |url: &Url| {
        url.scheme() == "https" && url.username().is_empty() && url.password().is_none()
    };
    let url = Url::parse(text).ok().filter(is_plain);
    url.ok_or_else(|| NotHttps(text.to_owned()))
}

fn base(text: &str) -> Result<Url, NotHttps> {
    let url = https(text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(NotHttps(text.to_owned()));
    }
    Ok(url)
}

/// A page below the base. Segments and token are percent-encoded, so no value leaves its place.
fn page(base: &Url, segments: &[&str], token: Option<&str>) -> String {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    if let Some(token) = token {
        url.query_pairs_mut().append_pair("token", token);
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use domain::messages::letter::{News, Proof, VerifyEmail};

    use super::*;

    fn news(path: &str) -> Letter {
        Letter::News(News {
            first_name: String::new(),
            title: String::new(),
            paragraphs: Vec::new(),
            path: Some(path.into()),
        })
    }

    #[test]
    fn bases_are_plain_https_addresses() {
        for good in ["https://yousoon.example", "https://yousoon.example/app/"] {
            assert!(Links::new(good, good).is_ok(), "{good}");
        }
        for bad in [
            "http://yousoon.example",
            "javascript:alert(1)",
            "yousoon.example",
            "https://",
            "https://me:secret@yousoon.example",
            "https://yousoon.example/?a=b",
            "https://yousoon.example/#a",
        ] {
            assert!(Links::new(bad, "https://a.example").is_err(), "{bad}");
            assert!(Links::new("https://a.example", bad).is_err(), "{bad}");
        }
        let links = Links::new("https://a.example", "https://b.example").unwrap();
        assert!(links.with_unsubscribe("http://a.example/u").is_err());
        let with = links.with_unsubscribe("https://a.example/u?t=1").unwrap();
        assert_eq!(with.unsubscribe(), Some("https://a.example/u?t=1"));
    }

    #[test]
    fn a_base_may_have_a_path() {
        for base in ["https://a.example/app", "https://a.example/app/"] {
            let links = Links::new(base, base).unwrap();
            let link = links.of(&news("/offers")).unwrap();
            assert_eq!(link, "https://a.example/app/offers");
        }
    }

    #[test]
    fn no_value_leaves_its_place_in_the_address() {
        let links = Links::new("https://a.example", "https://b.example").unwrap();
        let token = "x&next=//evil.example#\"><script>\r\n";
        let letter = Letter::VerifyEmail(VerifyEmail {
            first_name: String::new(),
            token: Proof::new(token),
        });
        let link = Url::parse(&links.of(&letter).unwrap()).unwrap();
        assert_eq!(link.host_str(), Some("a.example"));
        let pairs: Vec<_> = link.query_pairs().into_owned().collect();
        assert_eq!(pairs, [("token".to_owned(), token.to_owned())]);
        for path in [
            "//evil.example/a",
            "https://evil.example",
            "/../../a",
            "\\\\evil.example",
            "/a?b#c",
            "",
        ] {
            let link = links.of(&news(path)).unwrap();
            let url = Url::parse(&link).unwrap();
            assert_eq!(url.host_str(), Some("a.example"), "{path}");
            assert_eq!((url.query(), url.fragment()), (None, None), "{path}");
        }
    }
}
