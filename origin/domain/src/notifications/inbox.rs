//! The inbox: what a person was told, to be read in the app.

use crate::{
    NotificationId, UserId,
    cursor::{CursorKind, seal, unseal_of},
    messages::{kind::Lane, letter::Letter},
    pending_purge::{PendingPurge, PurgeKind},
    tags,
};

/// How long an entry is kept, in milliseconds.
pub const KEPT_MS: i64 = 90 * 86_400_000;
/// A person has at most so many entries; the oldest make room.
pub const MOST_ENTRIES: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: NotificationId,
    pub user: UserId,
    /// A [`Letter`] in JSON. Its text is made when it is read, in the language of then.
    pub letter: String,
    pub at_ms: i64,
    pub read_at_ms: Option<i64>,
}

impl Entry {
    /// An unread entry. `key` says what happened: one entry is stored of it.
    pub fn new(key: &str, user: UserId, letter: &Letter, now_ms: i64) -> Self {
        Self {
            id: NotificationId::derive("notification", key),
            user,
            letter: serde_json::to_string(letter).unwrap_or_default(),
            at_ms: now_ms,
            read_at_ms: None,
        }
    }

    /// What it says; none if another version of the program stored what this one does not know.
    pub fn letter(&self) -> Option<Letter> {
        serde_json::from_str(&self.letter).ok()
    }
}

/// The purge by which open apps hear of new entries, and which they are; it is stored together with them. Entries of
/// campaigns have none: one for each of their many readers would fill the purge log. They are seen when
/// the inbox is read next.
pub fn purge_of(entries: &[Entry]) -> Option<PendingPurge> {
    let is_of_one = |letter: Letter| letter.kind().lane() != Lane::Campaigns;
    let told = entries
        .iter()
        .filter(|entry| entry.letter().is_some_and(is_of_one));
    let tags: Vec<_> = told
        .flat_map(|entry| [tags::inbox(&entry.user), tags::inbox_entry(&entry.id)])
        .collect();
    (!tags.is_empty()).then(|| PendingPurge {
        tags,
        kind: PurgeKind::Soft,
        reason: "inbox".to_owned(),
        actor: "queue".to_owned(),
    })
}

/// The position after an entry, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxCursor {
    pub at_ms: i64,
    pub id: NotificationId,
}

impl InboxCursor {
    pub fn of(entry: &Entry) -> Self {
        Self {
            at_ms: entry.at_ms,
            id: entry.id.clone(),
        }
    }

    pub fn encode(&self) -> String {
        let body = [&self.at_ms.to_be_bytes()[..], &self.id.to_bytes()[..]].concat();
        seal(CursorKind::InboxNewest, &body)
    }

    pub fn decode(text: &str) -> Option<Self> {
        let body = unseal_of(CursorKind::InboxNewest, text)?;
        let (moment, id) = body.split_first_chunk::<8>()?;
        Some(Self {
            at_ms: i64::from_be_bytes(*moment),
            id: NotificationId::from_bytes(id.try_into().ok()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::letter::{IdentityOutcome, IdentityResult};

    #[test]
    fn an_entry_reads_back_and_a_cursor_too() {
        let letter = Letter::IdentityResult(IdentityResult {
            first_name: "Ana".to_owned(),
            outcome: IdentityOutcome::Verified,
        });
        let user = UserId::derive("user", "ana");
        let entry = Entry::new("k", user.clone(), &letter, 5);
        assert_eq!(entry.letter(), Some(letter.clone()));
        assert_eq!(entry.id, Entry::new("k", user.clone(), &letter, 9).id);
        assert_ne!(entry.id, Entry::new("l", user, &letter, 5).id);
        let unknown = Entry {
            letter: r#"{"kind":"later"}"#.to_owned(),
            ..entry.clone()
        };
        assert_eq!(unknown.letter(), None);
        let cursor = InboxCursor::of(&entry);
        assert_eq!(InboxCursor::decode(&cursor.encode()), Some(cursor));
        let others = seal(CursorKind::BookingNewest, &[0; 20]);
        assert_eq!(InboxCursor::decode(&others), None);
        let short = seal(CursorKind::InboxNewest, &[0; 19]);
        assert_eq!(InboxCursor::decode(&short), None);
    }
}
