//! The end of a partner. One transaction marks it: from then on the public does not see it, and nothing is added to
//! it. A task then ends what it had, in small steps, each of which may be repeated.

use super::standing::Standing;
use crate::{
    PartnerId,
    queue::{Lane, NewTask, Work},
};

/// How long the task is tried.
const WITHIN_MS: i64 = 30 * 86_400_000;

/// The standing of a partner that ends; none if it has ended before.
pub fn ended(before: &Standing, now_ms: i64) -> Option<Standing> {
    before.archived_at_ms.is_none().then(|| Standing {
        archived_at_ms: Some(now_ms),
        ..before.clone()
    })
}

/// The task that ends what the partner had: offers, bookings, invitations and memberships.
pub fn task(partner: &PartnerId, now_ms: i64) -> NewTask {
    NewTask {
        key: format!("partner_ending:{partner}"),
        lane: Lane::Notices,
        work: Work::EndPartner {
            partner: partner.clone(),
        },
        person: None,
        created_at_ms: now_ms,
        due_at_ms: now_ms,
        expires_at_ms: now_ms.saturating_add(WITHIN_MS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partners::standing::PartnerStatus;

    #[test]
    fn a_partner_ends_once() {
        let before = Standing::new(PartnerStatus::Suspended);
        let after = ended(&before, 5).unwrap();
        assert_eq!(after.archived_at_ms, Some(5));
        assert_eq!(ended(&after, 6), None);
    }

    #[test]
    fn its_task_is_about_no_person_and_stored_once() {
        let partner = PartnerId::derive("partner", "1");
        let (first, again) = (task(&partner, 1), task(&partner, 9));
        assert_eq!((first.key, first.person), (again.key, None));
    }
}
