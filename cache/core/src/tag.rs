//! Tags: the names of the things that an answer depends on.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The name of one thing that an answer depends on, such as `item:<id>` or `geo:<cell>`.
///
/// 1 to 128 printable ASCII bytes without comma and space, so that a list of tags can be sent as a
/// comma-separated `Cache-Tag` header without escaping.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(Box<str>);

/// The text is not a tag.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a tag is 1 to 128 printable ASCII characters without comma and space")]
pub struct TagError;

impl Tag {
    /// The longest tag, in bytes.
    pub const MAX_BYTES: usize = 128;

    /// The tag `*`. Every answer depends on it without listing it, so purging it purges everything.
    pub fn everything() -> Self {
        Self("*".into())
    }

    /// The tag `warm`. No answer depends on it: a record of the purge log that has it asks every cache to
    /// make its hottest answers anew, as far as they may not be served any more.
    pub fn warm() -> Self {
        Self("warm".into())
    }

    /// The tag of an H3 cell: `geo:<cell in hexadecimal>`.
    pub fn geo(cell: u64) -> Self {
        Self(format!("geo:{cell:x}").into())
    }

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a comma-separated list, as in a `Cache-Tag` header; empty parts are skipped.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, TagError> {
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::parse)
            .collect()
    }

    /// Writes the comma-separated list that [`Tag::parse_list`] reads.
    pub fn join<'a>(tags: impl IntoIterator<Item = &'a Self>) -> String {
        let mut text = String::new();
        for tag in tags {
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(tag.as_str());
        }
        text
    }
}

impl FromStr for Tag {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Self, TagError> {
        let printable = text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b',');
        if text.is_empty() || text.len() > Self::MAX_BYTES || !printable {
            return Err(TagError);
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for Tag {
    type Error = TagError;

    fn try_from(text: String) -> Result<Self, TagError> {
        text.parse()
    }
}

impl From<Tag> for String {
    fn from(tag: Tag) -> Self {
        tag.0.into()
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_that_could_break_the_header_is_refused() {
        for bad in ["", "a,b", "a b", "é", "a\0", "a\n", &"x".repeat(129)] {
            assert_eq!(bad.parse::<Tag>(), Err(TagError), "{bad:?}");
        }
        assert!("x".repeat(128).parse::<Tag>().is_ok());
    }

    #[test]
    fn a_list_survives_its_header() {
        let tags = Tag::parse_list("item:1, list:2,,geo:88").unwrap();
        assert_eq!(Tag::join(&tags), "item:1,list:2,geo:88");
    }
}
