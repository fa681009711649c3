//! Who is told.

use crate::{OfferId, PartnerId, UserId};

/// How many persons a page of an audience has at most.
pub const PAGE: usize = 100;

/// The persons among whom those are told who want it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// All active accounts.
    Everybody,
    /// Who keeps this offer as a favourite.
    Favouring(OfferId),
    /// Who keeps another offer of this partner than this one as a favourite.
    FavouringOthers { partner: PartnerId, than: OfferId },
    /// Who works for this partner.
    Team(PartnerId),
}

/// A part of an audience, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// At most [`PAGE`].
    pub users: Vec<UserId>,
    /// After whom the next page begins; none after the last one.
    pub next: Option<UserId>,
}

impl Page {
    /// From ids in order, which may repeat, of which so many were asked for.
    pub fn of(mut ids: Vec<UserId>, asked: usize) -> Self {
        let is_full = ids.len() >= asked;
        ids.dedup();
        let has_more = is_full || ids.len() > PAGE;
        ids.truncate(PAGE);
        let next = has_more.then(|| ids.last().cloned()).flatten();
        Self { users: ids, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_page_has_a_next_one_also_if_persons_repeat() {
        let user = |name: &str| UserId::derive("user", name);
        let page = Page::of(vec![user("a"), user("a"), user("b")], 3);
        assert_eq!(page.users, [user("a"), user("b")]);
        assert_eq!(page.next, Some(user("b")));
        assert_eq!(Page::of(vec![user("a")], 3).next, None);
        let many: Vec<UserId> = (0..=PAGE).map(|n| user(&n.to_string())).collect();
        let page = Page::of(many.clone(), 500);
        assert_eq!(page.users, many[..PAGE], "no more than a transaction bears");
        assert_eq!(page.next.as_ref(), Some(&many[PAGE - 1]));
        assert_eq!(Page::of(Vec::new(), 3), Page::default());
    }
}
