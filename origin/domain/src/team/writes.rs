//! What the writes of invitations decide, for every backend; see `bookings::writes`.

use super::{
    Invitation, MOST_INVITATIONS, MOST_MEMBERS, RESEND_AFTER_MS, TokenHash,
    store::{Accepted, Invited},
};
use crate::{
    EstablishmentId,
    users::account::{EmailKey, Membership},
};

/// Decides on an invitation of a partner that has `count` open ones. If it is done, it is stored in
/// place of `known`, the one to the same address.
pub fn invited(new: &Invitation, known: Option<Invitation>, count: usize) -> Invited {
    let now_ms = new.created_at_ms;
    let known = known.filter(|known| !known.accepted && known.expires_at_ms > now_ms);
    let wait_ms = known
        .as_ref()
        .map(|known| known.created_at_ms + RESEND_AFTER_MS - now_ms)
        .filter(|wait_ms| *wait_ms > 0);
    match (known, wait_ms) {
        (Some(known), Some(wait_ms)) if known.is_withdrawn() => Invited::Withdrawn { wait_ms },
        (Some(known), Some(_)) => Invited::Sent(Box::new(known)),
        // It takes the place of an open one.
        (Some(known), None) if !known.is_withdrawn() => Invited::Done,
        (Some(_) | None, _) if count >= MOST_INVITATIONS => Invited::Full,
        (Some(_) | None, _) => Invited::Done,
    }
}

/// The invitation, if who uses it has this token hash and owns this address, and it is not over.
/// Before that is known nothing else is read, so that strangers learn nothing of the team.
pub fn proven(
    invitation: Option<Invitation>,
    hash: &TokenHash,
    email: &EmailKey,
    now_ms: i64,
) -> Option<Invitation> {
    invitation.filter(|known| is_good(known, hash, email, now_ms))
}

/// The membership that a user gets by a proven invitation. `current` is the user's membership of this
/// partner before it, and `members` the number of members that the partner has. `is_open` says of an
/// establishment that it was not archived since. An error is the answer of a request that stores
/// nothing: a user who accepted the invitation before and still works there gets the same answer again.
pub fn membership(
    proven: Invitation,
    members: usize,
    current: Option<Membership>,
    is_open: impl Fn(&EstablishmentId) -> bool,
) -> Result<Membership, Accepted> {
    if proven.accepted {
        return Err(current.map_or(Accepted::Invalid, Accepted::Done));
    }
    if current.is_some() {
        return Err(Accepted::Member);
    }
    if members >= MOST_MEMBERS {
        return Err(Accepted::Full);
    }
    let mut places = proven.places;
    places.retain(is_open);
    Ok(Membership {
        partner: proven.partner,
        post: proven.post,
        places,
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
    use crate::{
        InvitationId, PartnerId,
        team::LIFE_MS,
        users::membership::{Places, Post},
    };

    fn invitation(created_at_ms: i64) -> Invitation {
        Invitation {
            id: InvitationId::derive("invitation", "1"),
            partner: PartnerId::derive("partner", "1"),
            email: "Ana@example.com".into(),
            post: Post::Owner,
            places: Places::All,
            token_hash: TokenHash::of("secret"),
            created_at_ms,
            expires_at_ms: created_at_ms + LIFE_MS,
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

    /// E4.
    #[test]
    fn a_withdrawn_invitation_keeps_its_time_and_no_place() {
        let known = Invitation {
            token_hash: TokenHash::none(),
            ..invitation(0)
        };
        let [soon, later] = [RESEND_AFTER_MS - 1, RESEND_AFTER_MS].map(invitation);
        let full = MOST_INVITATIONS;
        for count in [0, full] {
            let early = invited(&soon, Some(known.clone()), count);
            assert_eq!(early, Invited::Withdrawn { wait_ms: 1 });
        }
        assert_eq!(invited(&later, Some(known.clone()), 0), Invited::Done);
        assert_eq!(invited(&later, Some(known), full), Invited::Full);
    }

    #[test]
    fn a_membership_needs_token_address_time_and_room() {
        let (hash, email) = (TokenHash::of("secret"), EmailKey::of("ana@example.com"));
        let (other_hash, other_email) = (TokenHash::of("other"), EmailKey::of("bob@example.com"));
        let known = || Some(invitation(0));
        let last_ms = LIFE_MS - 1;
        assert_eq!(proven(None, &hash, &email, last_ms), None);
        assert_eq!(proven(known(), &other_hash, &email, last_ms), None);
        assert_eq!(proven(known(), &hash, &other_email, last_ms), None);
        assert_eq!(proven(known(), &hash, &email, LIFE_MS), None);
        let good = || proven(known(), &hash, &email, last_ms).unwrap();
        let full = MOST_MEMBERS;
        assert_eq!(
            membership(good(), full, None, |_| true),
            Err(Accepted::Full)
        );
        let given = membership(good(), full - 1, None, |_| true).unwrap();
        assert_eq!(
            (given.partner, given.post),
            (invitation(0).partner, Post::Owner)
        );
    }

    /// F3. A lost answer repeated is the same answer.
    #[test]
    fn an_accepted_invitation_answers_who_accepted_it_and_still_works_there() {
        let used = || Invitation {
            accepted: true,
            ..invitation(0)
        };
        // It may have changed since.
        let current = Membership::new(PartnerId::derive("partner", "1"), Post::Staff);
        let full = MOST_MEMBERS;
        let again = membership(used(), full, Some(current.clone()), |_| true);
        assert_eq!(again, Err(Accepted::Done(current.clone())));
        let left = membership(used(), 0, None, |_| true);
        assert_eq!(left, Err(Accepted::Invalid));
        let another = membership(invitation(0), 0, Some(current), |_| true);
        assert_eq!(another, Err(Accepted::Member));
        // It stands in nobody's way.
        let later = invitation(1);
        assert_eq!(invited(&later, Some(used()), 0), Invited::Done);
        assert_eq!(
            invited(&later, Some(used()), MOST_INVITATIONS),
            Invited::Full
        );
    }
}
