//! A picture: what is known of it, and whose it is.

use crate::{PartnerId, UserId, words::words};

words! {
    /// What a picture is for.
    Purpose { Avatar = "avatar", Logo = "logo", Establishment = "establishment", Offer = "offer" }
}

words! {
    State {
        /// Its files are being written.
        Making = "making",
        Kept = "kept",
        /// Its owner deleted it, or their account; its files go after a while.
        Removed = "removed",
        /// Its files are being deleted.
        Erasing = "erasing",
    }
}

/// The hash of a picture's files, of its purpose and of its owner: 64 hexadecimal digits in lower
/// case. Its files lie under it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PictureId(String);

impl PictureId {
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_good = text.len() == 64 && text.bytes().all(is_hex);
        is_good.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for PictureId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    User(UserId),
    Partner(PartnerId),
}

impl Owner {
    /// How many pictures it may have.
    pub const fn most_pictures(&self) -> usize {
        match self {
            Self::User(_) => 20,
            Self::Partner(_) => 1_000,
        }
    }

    /// How many bytes its pictures may have together.
    pub const fn most_bytes(&self) -> i64 {
        const MIB: i64 = 1024 * 1024;
        match self {
            Self::User(_) => 50 * MIB,
            Self::Partner(_) => 1024 * MIB,
        }
    }

    pub const fn user(&self) -> Option<&UserId> {
        match self {
            Self::User(user) => Some(user),
            Self::Partner(_) => None,
        }
    }

    pub const fn partner(&self) -> Option<&PartnerId> {
        match self {
            Self::User(_) => None,
            Self::Partner(partner) => Some(partner),
        }
    }
}

/// What an owner has, also what was deleted and whose files are still there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    pub pictures: usize,
    pub bytes: i64,
}

impl Holdings {
    /// Whether one more picture, of so many bytes, is within the owner's limits.
    pub const fn have_room(self, owner: &Owner, bytes: i64) -> bool {
        self.pictures < owner.most_pictures()
            && self.bytes.saturating_add(bytes) <= owner.most_bytes()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub id: PictureId,
    pub purpose: Purpose,
    /// None: their account was erased.
    pub owner: Option<Owner>,
    /// Of the largest file, in pixels.
    pub width: u32,
    pub height: u32,
    /// Of all files, the smallest first; at least one.
    pub widths: Vec<u32>,
    /// Of all files.
    pub bytes: i64,
    pub blurhash: String,
    pub state: State,
    pub created_at_ms: i64,
    /// Since when nothing refers to it, as far as was looked.
    pub unused_since_ms: Option<i64>,
    /// When it is looked at next.
    pub due_ms: i64,
}

impl Picture {
    /// Whether its files can still be shown, or soon again.
    pub fn has_files(&self) -> bool {
        self.state != State::Erasing
    }

    /// The width of the file for a place of this width: the smallest one that fills it, or else the
    /// largest.
    pub fn file_width(&self, wanted: Option<u32>) -> u32 {
        let wanted = wanted.unwrap_or(u32::MAX);
        let fills = self.widths.iter().find(|width| **width >= wanted);
        fills.or(self.widths.last()).copied().unwrap_or(self.width)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::pictures) fn picture() -> Picture {
        Picture {
            id: PictureId::parse(&"0a".repeat(32)).unwrap(),
            purpose: Purpose::Offer,
            owner: Some(Owner::Partner(PartnerId::derive("partner", "a"))),
            width: 1_400,
            height: 700,
            widths: vec![320, 640, 1_280, 1_400],
            bytes: 90_000,
            blurhash: "LEHV6nWB2yk8pyo0adR*.7kCMdnj".to_owned(),
            state: State::Kept,
            created_at_ms: 0,
            unused_since_ms: None,
            due_ms: 0,
        }
    }

    #[test]
    fn an_id_is_a_hash_in_lower_case() {
        let good = "0a".repeat(32);
        assert_eq!(PictureId::parse(&good).unwrap().as_str(), good);
        for bad in ["", &good[1..], &good.to_uppercase(), &"é".repeat(32)] {
            assert_eq!(PictureId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_place_gets_the_smallest_file_that_fills_it() {
        let picture = picture();
        for (wanted, width) in [
            (Some(1), 320),
            (Some(320), 320),
            (Some(321), 640),
            (Some(1_400), 1_400),
            (Some(9_999), 1_400),
            (None, 1_400),
        ] {
            assert_eq!(picture.file_width(wanted), width, "{wanted:?}");
        }
    }

    #[test]
    fn an_owner_has_room_up_to_both_limits() {
        let user = Owner::User(UserId::derive("user", "a"));
        let most = user.most_bytes();
        for (pictures, bytes, has_room) in [
            (0, 0, true),
            (19, most - 1, true),
            (20, 0, false),
            (1, most, false),
        ] {
            let holdings = Holdings { pictures, bytes };
            assert_eq!(holdings.have_room(&user, 1), has_room, "{holdings:?}");
        }
    }
}
