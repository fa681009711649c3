//! What is told of an offer to those who like it or its partner. A store writes these tasks in the
//! transaction that creates or edits the offer.

use crate::{Offer, announcements::Announcement, queue::NewTask};

const DAY_MS: i64 = 86_400_000;
/// How long before its end an offer is said to end soon.
pub const ENDS_SOON_MS: i64 = 48 * 3_600_000;

/// The tasks of a new or edited offer; `before` is none for a new one.
///
/// An offer is new when it is created, and not when it is resumed.
pub fn notices(before: Option<&Offer>, after: &Offer, now_ms: i64) -> Vec<NewTask> {
    let is_open = |offer: &Offer| offer.is_active && offer.archived_at_ms.is_none();
    if !is_open(after) || after.valid_until_ms <= now_ms {
        return Vec::new();
    }
    let was_open = before.is_some_and(is_open);
    let mut tasks = Vec::new();
    if before.is_none() {
        let due_at_ms = now_ms.max(after.valid_from_ms);
        let what = Announcement::NewOffer {
            offer: after.id.clone(),
            partner: after.partner_id.clone(),
            day: due_at_ms.div_euclid(DAY_MS),
        };
        tasks.push(what.task(now_ms, due_at_ms));
    }
    let had_this_end = before.is_some_and(|before| before.valid_until_ms == after.valid_until_ms);
    let soon_ms = after.valid_until_ms - ENDS_SOON_MS;
    // One that ends at once has no favourites yet.
    if !(was_open && had_this_end) && soon_ms > now_ms.max(after.valid_from_ms) {
        let what = Announcement::EndsSoon {
            offer: after.id.clone(),
            until_ms: after.valid_until_ms,
        };
        tasks.push(what.task(now_ms, soon_ms));
    }
    tasks
}

/// Whether what a task tells of an offer still holds. `until_ms` is the end that it is about.
pub fn holds(offer: &Offer, until_ms: Option<i64>, now_ms: i64) -> bool {
    let is_usable = offer.is_active
        && offer.archived_at_ms.is_none()
        && (offer.valid_from_ms..offer.valid_until_ms).contains(&now_ms);
    is_usable && until_ms.is_none_or(|until_ms| until_ms == offer.valid_until_ms)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bookings::samples::offer;

    const NOW_MS: i64 = 1_790_000_000_000;

    fn open(days: i64) -> Offer {
        Offer {
            is_active: true,
            archived_at_ms: None,
            valid_from_ms: NOW_MS - DAY_MS,
            valid_until_ms: NOW_MS + days * DAY_MS,
            ..offer()
        }
    }

    fn told(before: Option<&Offer>, after: &Offer) -> Vec<(&'static str, i64)> {
        let tasks = notices(before, after, NOW_MS).into_iter();
        let told = tasks.map(|task| (task.work.kind(), (task.due_at_ms - NOW_MS) / DAY_MS));
        told.collect()
    }

    #[test]
    fn it_is_new_once_and_ends_once() {
        let (new, ends) = ("favourite_partner_offer", "favourite_ends_soon");
        assert_eq!(told(None, &open(10)), [(new, 0), (ends, 8)]);
        let later = Offer {
            valid_from_ms: NOW_MS + 3 * DAY_MS,
            ..open(10)
        };
        assert_eq!(told(None, &later), [(new, 3), (ends, 8)]);
        // Its end is said when it begins, or before.
        assert_eq!(told(None, &open(2)), [(new, 0)]);
        let paused = Offer {
            is_active: false,
            ..open(10)
        };
        assert_eq!(told(None, &paused), []);
        assert_eq!(told(Some(&paused), &open(10)), [(ends, 8)]);
        assert_eq!(told(Some(&open(10)), &open(10)), []);
        assert_eq!(told(Some(&open(10)), &open(20)), [(ends, 18)]);
        assert_eq!(told(None, &open(0)), []);
    }

    #[test]
    fn an_announcement_holds_while_the_offer_can_be_used_and_ends_then() {
        let offer = open(2);
        let until = Some(offer.valid_until_ms);
        assert!(holds(&offer, None, NOW_MS) && holds(&offer, until, NOW_MS));
        assert!(!holds(&offer, Some(1), NOW_MS), "it ends at another time");
        assert!(!holds(&offer, until, offer.valid_until_ms));
        let archived = Offer {
            archived_at_ms: Some(1),
            ..open(2)
        };
        assert!(!holds(&archived, None, NOW_MS));
    }
}
