//! An upload: from the form that a client got to the picture that was made of its file.

use super::{
    picture::{PictureId, Purpose},
    refusal::Refusal,
};
use crate::{
    PartnerId, UploadId, UserId,
    broken::{BrokenRule, Rule},
    words::words,
};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// How long a form takes a file.
pub const FORM_MS: i64 = 15 * MINUTE_MS;
/// How long after its form an upload may be completed.
pub const OPEN_MS: i64 = HOUR_MS;
/// How long the answer to a completed upload is remembered, for clients that ask once more.
pub const ANSWERED_MS: i64 = 24 * HOUR_MS;
/// How long a server has an upload to itself while it makes the picture. It gives up by then.
pub const HELD_MS: i64 = 2 * MINUTE_MS;
/// How long files stay after it was decided that they go: longer than a server has an upload, so that
/// none still writes to what is deleted, and than clocks differ.
pub const GRACE_MS: i64 = 15 * MINUTE_MS;

/// Uploads that a user has open at a time.
pub const MOST_OPEN: usize = 10;

words! {
    State {
        /// For its file, and for `completeUpload`.
        Waiting = "waiting",
        Processing = "processing",
        Ready = "ready",
        Refused = "refused",
    }
}

/// Media types that may be declared. What a file is, its bytes say.
pub const CONTENT_TYPES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub id: UploadId,
    /// Who asked. None: their account was erased.
    pub user: Option<UserId>,
    pub purpose: Purpose,
    /// Whose picture it will be; for an avatar none.
    pub partner: Option<PartnerId>,
    pub content_type: String,
    /// What the client declared, and the most that its form takes.
    pub bytes: i64,
    pub state: State,
    /// Why the file was refused.
    pub refusal: Option<Refusal>,
    /// The picture that is being made of the file, or was.
    pub picture: Option<PictureId>,
    /// Which server works on it.
    pub holder: Option<String>,
    pub held_until_ms: Option<i64>,
    pub created_at_ms: i64,
    pub expires_at_ms: i64,
}

impl Upload {
    pub const fn is_expired(&self, now_ms: i64) -> bool {
        self.expires_at_ms <= now_ms
    }

    /// Whether a server works on it now.
    pub fn is_held(&self, now_ms: i64) -> bool {
        self.state == State::Processing && self.held_until_ms.is_some_and(|until| until > now_ms)
    }

    /// Whether it is this holder's.
    pub fn is_held_by(&self, holder: &str) -> bool {
        self.state == State::Processing && self.holder.as_deref() == Some(holder)
    }

    /// Whether its client may still complete it: these count for [`MOST_OPEN`].
    pub fn is_open(&self, now_ms: i64) -> bool {
        matches!(self.state, State::Waiting | State::Processing) && !self.is_expired(now_ms)
    }
}

/// Bytes of a file, at most.
pub const MOST_BYTES: i32 = 10 * 1024 * 1024;

const CONTENT_TYPE: Rule = Rule::new(
    "CONTENT_TYPE",
    "est image/jpeg, image/png ou image/webp",
    "is image/jpeg, image/png or image/webp",
);
const SIZE: Rule = Rule::new(
    "SIZE",
    "va de 1 à 10485760 octets",
    "is 1 to 10485760 bytes",
);
const PARTNER: Rule = Rule::new(
    "PARTNER_OF_PURPOSE",
    "est l’identifiant d’un partenaire, sauf pour un avatar, qui n’en a pas",
    "is the id of a partner, except for an avatar, which has none",
);

pub fn content_type(text: &str) -> Result<String, BrokenRule> {
    if CONTENT_TYPES.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(CONTENT_TYPE.at("contentType"))
    }
}

pub fn size(bytes: i32) -> Result<i64, BrokenRule> {
    if (1..=MOST_BYTES).contains(&bytes) {
        Ok(i64::from(bytes))
    } else {
        Err(SIZE.at("size"))
    }
}

/// Whose picture it will be: every purpose but an avatar has a partner.
pub fn partner(purpose: Purpose, id: Option<&str>) -> Result<Option<PartnerId>, BrokenRule> {
    match (purpose, id.map(PartnerId::parse)) {
        (Purpose::Avatar, None) => Ok(None),
        (Purpose::Logo | Purpose::Establishment | Purpose::Offer, Some(Some(partner))) => {
            Ok(Some(partner))
        }
        (Purpose::Avatar, Some(_))
        | (Purpose::Logo | Purpose::Establishment | Purpose::Offer, None | Some(None)) => {
            Err(PARTNER.at("partnerId"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_is_within_bounds() {
        assert!(content_type("image/webp").is_ok());
        for bad in ["", "image/svg+xml", "image/heic", "IMAGE/JPEG"] {
            assert!(content_type(bad).is_err(), "{bad}");
        }
        for (bytes, is_good) in [(0, false), (1, true), (MOST_BYTES, true), (-1, false)] {
            assert_eq!(size(bytes).is_ok(), is_good, "{bytes}");
        }
        assert!(size(MOST_BYTES + 1).is_err());
    }

    #[test]
    fn every_purpose_but_an_avatar_has_a_partner() {
        let id = PartnerId::derive("partner", "a");
        let given = Some(id.as_str());
        assert_eq!(partner(Purpose::Avatar, None), Ok(None));
        assert!(partner(Purpose::Avatar, given).is_err());
        for purpose in [Purpose::Logo, Purpose::Establishment, Purpose::Offer] {
            assert_eq!(partner(purpose, given), Ok(Some(id.clone())));
            for bad in [None, Some("x")] {
                assert!(partner(purpose, bad).is_err(), "{purpose:?} {bad:?}");
            }
        }
    }

    #[test]
    fn an_upload_is_held_and_open_for_a_while() {
        let upload = |state, held_until_ms| Upload {
            id: UploadId::derive("upload", "a"),
            user: None,
            purpose: Purpose::Avatar,
            partner: None,
            content_type: "image/png".to_owned(),
            bytes: 1,
            state,
            refusal: None,
            picture: None,
            holder: Some("h".to_owned()),
            held_until_ms,
            created_at_ms: 0,
            expires_at_ms: 10,
        };
        let processing = upload(State::Processing, Some(5));
        assert!(processing.is_held(4) && !processing.is_held(5));
        assert!(processing.is_held_by("h") && !processing.is_held_by("g"));
        assert!(processing.is_open(9) && !processing.is_open(10));
        assert!(!upload(State::Waiting, Some(5)).is_held(4));
        for state in [State::Ready, State::Refused] {
            assert!(!upload(state, None).is_open(9), "{state:?}");
        }
    }
}
