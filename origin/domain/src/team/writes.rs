//! What the writes of invitations decide, for every backend; see `bookings::writes`.

use super::{
    Invitation, MOST_INVITATIONS, MOST_MEMBERS, RESEND_AFTER_MS, TokenHash,
    store::{Accepted, Invited},
};
use crate::users::account::{EmailKey, Membership};

/// Decides on an invitation of a partner that has `count` others that were not accepted. If it is done, it is stored in place of
/// `known`, the one to the same address.
pub fn invited(new: &Invitation, known: Option<Invitation>, count: usize) -> Invited {
    match known.filter(|known| !known.accepted) {
        Some(known) if new.created_at_ms - known.created_at_ms < RESEND_AFTER_MS => {
            Invited::Sent(Box::new(known))
        }
        None if count >= MOST_INVITATIONS => Invited::Full,
        Some(_) | None => Invited::Done,
    }
}

/// The membership that an invitation gives to who has this token hash, owns this address and works
/// where `current` says. Its partner has `members`. An error is the answer of a request that stores
/// nothing: whoever accepted the invitation and still works there gets the same one again.
pub fn membership(
    invitation: Option<Invitation>,
    hash: &TokenHash,
    email: &EmailKey,
    members: usize,
    current: Option<Membership>,
    now_ms: i64,
) -> Result<Membership, Accepted> {
    let good = invitation.filter(|known| is_good(known, hash, email, now_ms));
    let good = good.ok_or(Accepted::Invalid)?;
    if good.accepted {
        let still = current.filter(|current| current.partner == good.partner);
        return Err(still.map_or(Accepted::Invalid, Accepted::Done));
    }
    if members >= MOST_MEMBERS {
        return Err(Accepted::Full);
    }
    Ok(Membership {
        partner: good.partner,
        post: good.post,
    })
}

fn is_good(invitation: &Invitation, hash: &TokenHash, email: &EmailKey, now_ms: i64) -> bool {
    // All three conditions are evaluated, so that timing reveals nothing.
    let proven = invitation.token_hash.is(hash);
    let own = invitation.email_key() == *email;
    let in_time = now_ms < invitation.expires_at_ms;
    proven & own & in_time
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{InvitationId, PartnerId, users::account::Post};

    fn invitation(created_at_ms: i64) -> Invitation {
        Invitation {
            id: InvitationId::derive("invitation", "1"),
            partner: PartnerId::derive("partner", "1"),
            email: "Ana@example.com".into(),
            post: Post::Owner,
            token_hash: TokenHash::of("secret"),
            created_at_ms,
            expires_at_ms: created_at_ms + 10,
            accepted: false,
        }
    }

    #[test]
    fn an_invitation_replaces_an_older_one_whatever_the_number_and_not_a_recent_one() {
        let known = invitation(0);
        let [soon, later] = [RESEND_AFTER_MS - 1, RESEND_AFTER_MS].map(invitation);
        let sent = Invited::Sent(Box::new(known.clone()));
        assert_eq!(invited(&soon, Some(known.clone()), 1), sent);
        let full = MOST_INVITATIONS;
        assert_eq!(invited(&later, Some(known), full), Invited::Done);
        assert_eq!(invited(&later, None, full - 1), Invited::Done);
        assert_eq!(invited(&later, None, full), Invited::Full);
    }

    #[test]
    fn a_membership_needs_token_address_time_and_room() {
        let (hash, email) = (TokenHash::of("secret"), EmailKey::of("ana@example.com"));
        let (other_hash, other_email) = (TokenHash::of("other"), EmailKey::of("bob@example.com"));
        let invalid = Err(Accepted::Invalid);
        let known = || Some(invitation(0));
        let full = MOST_MEMBERS;
        assert_eq!(membership(None, &hash, &email, 0, None, 9), invalid);
        assert_eq!(
            membership(known(), &other_hash, &email, 0, None, 9),
            invalid
        );
        assert_eq!(
            membership(known(), &hash, &other_email, 0, None, 9),
            invalid
        );
        assert_eq!(membership(known(), &hash, &email, full, None, 10), invalid);
        assert_eq!(
            membership(known(), &hash, &email, full, None, 9),
            Err(Accepted::Full)
        );
        let given = membership(known(), &hash, &email, full - 1, None, 9).unwrap();
        assert_eq!(
            (given.partner, given.post),
            (invitation(0).partner, Post::Owner)
        );
    }
    /// F3. A lost answer repeated is the same answer.
    #[test]
    fn an_accepted_invitation_answers_who_accepted_it_and_still_works_there() {
        let (hash, email) = (TokenHash::of("secret"), EmailKey::of("ana@example.com"));
        let used = || {
            Some(Invitation {
                accepted: true,
                ..invitation(0)
            })
        };
        let of = |partner: &str| {
            Some(Membership {
                partner: PartnerId::derive("partner", partner),
                // It may have changed since.
                post: Post::Staff,
            })
        };
        let full = MOST_MEMBERS;
        let again = membership(used(), &hash, &email, full, of("1"), 9);
        assert_eq!(again, Err(Accepted::Done(of("1").unwrap())));
        for (current, now_ms) in [(of("2"), 9), (None, 9), (of("1"), 10)] {
            let invalid = membership(used(), &hash, &email, 0, current, now_ms);
            assert_eq!(invalid, Err(Accepted::Invalid));
        }
        // It stands in nobody's way.
        let later = invitation(1);
        assert_eq!(invited(&later, used(), 0), Invited::Done);
        assert_eq!(invited(&later, used(), MOST_INVITATIONS), Invited::Full);
    }
}
