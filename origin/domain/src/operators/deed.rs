//! What an operator did, as the audit keeps it: each entry has a digest of itself and of the entry before,
//! so that a change, a removal or an insertion in between is seen.

use sha2::{Digest as _, Sha256};

use crate::{
    BookingId, CampaignId, PartnerId, UserId,
    cursor::{CursorKind, seal, unseal_of},
    words::words,
};

/// The digits of a stored number: so that the order of texts is that of numbers.
const DIGITS: usize = 12;

words! {
    /// What an operator did.
    Deed {
        /// Read somebody's account.
        ReadUser = "read_user",
        /// Read a page of everything that is stored of somebody.
        ExportUser = "export_user",
        EraseUser = "erase_user",
        SetStatus = "set_status",
        SetRole = "set_role",
        EndSessions = "end_sessions",
        ReadBooking = "read_booking",
        CancelBooking = "cancel_booking",
        SendNews = "send_news",
        ApprovePartner = "approve_partner",
        ReturnPartner = "return_partner",
        SuspendPartner = "suspend_partner",
        RestorePartner = "restore_partner",
        DeletePartner = "delete_partner",
        /// Had a task of the queue tried again that was given up.
        RetryTask = "retry_task",
    }
}

/// What a deed is about, such as `user 0123…`: a kind and an id, and nothing else of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(String);

impl Target {
    pub fn user(id: &UserId) -> Self {
        Self(format!("user {id}"))
    }

    pub fn booking(id: &BookingId) -> Self {
        Self(format!("booking {id}"))
    }

    pub fn partner(id: &PartnerId) -> Self {
        Self(format!("partner {id}"))
    }

    pub fn campaign(id: &CampaignId) -> Self {
        Self(format!("campaign {id}"))
    }

    /// A task of the queue; none for a key that is too long to name.
    pub fn task(key: &str) -> Option<Self> {
        Self::parse(&format!("task {key}"))
    }

    /// As it is stored, or as somebody asks for it: at most 100 characters on one line.
    pub fn parse(text: &str) -> Option<Self> {
        let is_good = !text.is_empty() && text.len() <= 100 && !text.contains(char::is_control);
        is_good.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A deed that is to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDeed {
    pub at_ms: i64,
    /// As in the audit of purges: `user <id>`, or a service's name. It stays when the account is erased.
    pub actor: String,
    pub deed: Deed,
    pub target: Option<Target>,
    /// Why, in the operator's words; empty where none are asked for.
    pub reason: String,
    /// By which the log's lines of the request are found.
    pub request: String,
}

/// The place of an entry in the audit, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number(pub i64);

impl Number {
    pub const FIRST: Self = Self(1);

    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// As it is stored.
    pub fn text(self) -> String {
        format!("{:0DIGITS$}", self.0)
    }

    pub fn parse(text: &str) -> Option<Self> {
        let is_good = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| is_good)?;
        (number > 0).then_some(Self(number))
    }

    /// As a position in a list.
    pub fn encode(self) -> String {
        seal(CursorKind::OperatorAudit, &self.0.to_be_bytes())
    }

    pub fn decode(text: &str) -> Option<Self> {
        let body = unseal_of(CursorKind::OperatorAudit, text)?;
        let number = i64::from_be_bytes(body.as_slice().try_into().ok()?);
        (number > 0).then_some(Self(number))
    }
}

/// An entry of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub number: Number,
    pub deed: NewDeed,
    /// SHA-256 in hexadecimal, of the digest before and of all of the above.
    pub digest: String,
}

/// Where the audit ends: the number and the digest of its last entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    pub number: Number,
    pub digest: String,
}

impl Entry {
    /// The entry that follows the last one; `None` is an empty audit.
    pub fn after(last: Option<&End>, deed: NewDeed) -> Self {
        let number = last.map_or(Number::FIRST, |last| last.number.next());
        Self {
            digest: digest(last, number, &deed),
            number,
            deed,
        }
    }

    pub fn end(&self) -> End {
        End {
            number: self.number,
            digest: self.digest.clone(),
        }
    }

    /// Whether it is what follows this end, unchanged.
    pub fn follows(&self, last: Option<&End>) -> bool {
        *self == Self::after(last, self.deed.clone())
    }
}

/// Each part with its length before it, so that no two entries are written the same.
fn digest(last: Option<&End>, number: Number, deed: &NewDeed) -> String {
    let before = last.map_or("", |last| last.digest.as_str());
    let (number, at_ms) = (number.0.to_string(), deed.at_ms.to_string());
    let target = deed.target.as_ref().map_or("", Target::as_str);
    let mut hasher = Sha256::new();
    for part in [
        before,
        &number,
        &at_ms,
        &deed.actor,
        deed.deed.as_str(),
        target,
        &deed.reason,
        &deed.request,
    ] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hex::encode(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deed(reason: &str) -> NewDeed {
        NewDeed {
            at_ms: 7,
            actor: "user 1".into(),
            deed: Deed::ReadUser,
            target: Some(Target::user(&UserId::derive("user", "ana"))),
            reason: reason.into(),
            request: "r1".into(),
        }
    }

    #[test]
    fn a_change_a_removal_and_an_insertion_are_seen() {
        let first = Entry::after(None, deed("a ticket"));
        let second = Entry::after(Some(&first.end()), deed("another"));
        let third = Entry::after(Some(&second.end()), deed("a third"));
        assert_eq!((first.number, third.number), (Number(1), Number(3)));
        assert!(first.follows(None) && second.follows(Some(&first.end())));
        assert!(third.follows(Some(&second.end())));
        // Removed, or in another order.
        assert!(!third.follows(Some(&first.end())) && !second.follows(None));
        let edits: [fn(&mut NewDeed); 6] = [
            |deed| deed.at_ms += 1,
            |deed| deed.actor.push('2'),
            |deed| deed.deed = Deed::EraseUser,
            |deed| deed.target = None,
            |deed| deed.reason.clear(),
            |deed| deed.request.clear(),
        ];
        for edit in edits {
            let mut changed = second.clone();
            edit(&mut changed.deed);
            assert!(!changed.follows(Some(&first.end())), "{changed:?}");
            // With a digest that fits it, the next one does not follow.
            let written_again = Entry::after(Some(&first.end()), changed.deed);
            assert!(!third.follows(Some(&written_again.end())));
        }
    }

    /// What one part loses another does not gain.
    #[test]
    fn parts_do_not_run_into_each_other() {
        let of = |actor: &str, reason: &str| {
            let deed = NewDeed {
                actor: actor.into(),
                reason: reason.into(),
                ..deed("")
            };
            Entry::after(None, deed).digest
        };
        assert_ne!(of("ab", "c"), of("a", "bc"));
    }

    /// Digests that are stored stay good: these bytes do not change.
    #[test]
    fn a_digest_is_what_it_was() {
        let first = Entry::after(None, deed("a ticket"));
        assert_eq!(
            first.digest,
            "c10e829090eec5a159d8c945b77c9e059dd0b98d1eff949cdd2e682d8be5d402"
        );
    }

    #[test]
    fn numbers_are_stored_in_their_order() {
        assert_eq!(Number(42).text(), "000000000042");
        assert_eq!(Number::parse("000000000042"), Some(Number(42)));
        assert!(Number(9).text() < Number(10).text());
        for bad in ["", "42", "000000000000", "00000000004x", "0000000000042"] {
            assert_eq!(Number::parse(bad), None, "{bad}");
        }
        assert_eq!(Number::decode(&Number(7).encode()), Some(Number(7)));
        assert_eq!(Number::decode("x"), None);
    }

    #[test]
    fn a_target_is_a_line() {
        let target = Target::campaign(&CampaignId::derive("campaign", "1"));
        assert_eq!(Target::parse(target.as_str()), Some(target));
        for bad in ["", "a\nb", &"a".repeat(101)] {
            assert_eq!(Target::parse(bad), None, "{bad}");
        }
    }
}
