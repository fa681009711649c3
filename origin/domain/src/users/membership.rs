//! For which partners a user works, with which post, and at which of their establishments.

use serde::{Deserialize, Serialize};

use crate::{EstablishmentId, PartnerId, words::words};

/// The maximum number of partners that one user works for.
pub const MOST_MEMBERSHIPS: usize = 20;
/// The maximum number of establishments that are named for one member of staff.
pub const MOST_PLACES: usize = 100;

words! {
    /// A member's post at a partner; each post includes the permissions of those before it.
    Post { Staff = "staff", Manager = "manager", Owner = "owner" }
}

/// The establishments of a partner at which a member works.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(
    from = "Option<Vec<EstablishmentId>>",
    into = "Option<Vec<EstablishmentId>>"
)]
pub enum Places {
    /// All of the partner, also those to come.
    #[default]
    All,
    /// These alone, sorted. Empty once they are all archived: then the member sees no bookings.
    Only(Vec<EstablishmentId>),
}

impl Places {
    pub fn only(ids: impl IntoIterator<Item = EstablishmentId>) -> Self {
        let mut ids: Vec<_> = ids.into_iter().collect();
        ids.sort();
        ids.dedup();
        Self::Only(ids)
    }

    pub const fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }

    /// The establishments that are named; none if the member works at all.
    pub fn named(&self) -> Option<&[EstablishmentId]> {
        match self {
            Self::All => None,
            Self::Only(ids) => Some(ids),
        }
    }

    /// Keeps the named establishments for which `is_kept` says so.
    pub fn retain(&mut self, is_kept: impl Fn(&EstablishmentId) -> bool) {
        match self {
            Self::All => {}
            Self::Only(ids) => ids.retain(is_kept),
        }
    }
}

impl From<Option<Vec<EstablishmentId>>> for Places {
    fn from(named: Option<Vec<EstablishmentId>>) -> Self {
        named.map_or(Self::All, Self::only)
    }
}

impl From<Places> for Option<Vec<EstablishmentId>> {
    fn from(places: Places) -> Self {
        match places {
            Places::All => None,
            Places::Only(ids) => Some(ids),
        }
    }
}

/// A partner that a user works for, and the user's post there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Membership {
    #[serde(rename = "partnerId")]
    pub partner: PartnerId,
    pub post: Post,
    /// Those of staff; managers and owners work at all establishments.
    #[serde(
        rename = "establishments",
        default,
        skip_serializing_if = "Places::is_all"
    )]
    pub places: Places,
}

impl Membership {
    /// Of somebody who works at all establishments of the partner.
    pub const fn new(partner: PartnerId, post: Post) -> Self {
        Self {
            partner,
            post,
            places: Places::All,
        }
    }

    /// The establishments to which the member is limited; none if the member works at all.
    pub fn limited_to(&self) -> Option<&[EstablishmentId]> {
        match self.post {
            Post::Staff => self.places.named(),
            Post::Manager | Post::Owner => None,
        }
    }

    pub fn works_at(&self, place: &EstablishmentId) -> bool {
        self.limited_to()
            .is_none_or(|places| places.contains(place))
    }
}

/// The post that a member gets, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPost {
    pub post: Post,
    /// None: those that the member has.
    pub places: Option<Places>,
}

impl From<Post> for NewPost {
    fn from(post: Post) -> Self {
        Self { post, places: None }
    }
}

/// The memberships of one user, oldest first: one for each partner, at most [`MOST_MEMBERSHIPS`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Memberships(Vec<Membership>);

impl Memberships {
    pub const NONE: Self = Self(Vec::new());

    pub fn all(&self) -> &[Membership] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn oldest(&self) -> Option<&Membership> {
        self.0.first()
    }

    /// The membership of the partner that a request chooses, or else the oldest one.
    pub fn chosen(&self, partner: Option<&PartnerId>) -> Option<&Membership> {
        match partner {
            Some(partner) => self.of(partner),
            None => self.oldest(),
        }
    }

    /// The membership of a partner's team.
    pub fn of(&self, partner: &PartnerId) -> Option<&Membership> {
        self.0.iter().find(|of| of.partner == *partner)
    }

    /// Whether one more partner is too many.
    pub fn is_full(&self) -> bool {
        self.0.len() >= MOST_MEMBERSHIPS
    }

    /// Adds a membership, unless the user works for this partner already or for too many others.
    pub fn join(&mut self, new: Membership) {
        if self.of(&new.partner).is_none() && !self.is_full() {
            self.0.push(new);
        }
    }

    /// Replaces the membership of this partner, or adds it as [`Self::join`] does.
    pub fn put(&mut self, new: Membership) {
        match self.0.iter_mut().find(|of| of.partner == new.partner) {
            Some(known) => *known = new,
            None => self.join(new),
        }
    }

    pub fn leave(&mut self, partner: &PartnerId) {
        self.0.retain(|of| of.partner != *partner);
    }

    /// Changes the post at a partner for whom the user works.
    pub fn set_post(&mut self, partner: &PartnerId, new: &NewPost) {
        if let Some(known) = self.0.iter_mut().find(|of| of.partner == *partner) {
            known.post = new.post;
            match (new.post, &new.places) {
                // They work at all.
                (Post::Manager | Post::Owner, _) => known.places = Places::All,
                (Post::Staff, Some(places)) => known.places.clone_from(places),
                (Post::Staff, None) => {}
            }
        }
    }

    /// Takes an archived establishment off the lists.
    pub fn leave_place(&mut self, place: &EstablishmentId) {
        for of in &mut self.0 {
            of.places.retain(|id| id != place);
        }
    }
}

impl FromIterator<Membership> for Memberships {
    fn from_iter<I: IntoIterator<Item = Membership>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

impl From<Option<Membership>> for Memberships {
    fn from(of: Option<Membership>) -> Self {
        of.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partner(n: usize) -> PartnerId {
        PartnerId::derive("partner", &n.to_string())
    }

    fn place(n: usize) -> EstablishmentId {
        EstablishmentId::derive("place", &n.to_string())
    }

    fn staff(n: usize, places: Places) -> Membership {
        Membership {
            places,
            ..Membership::new(partner(n), Post::Staff)
        }
    }

    #[test]
    fn there_is_one_for_each_partner_and_no_more_than_allowed() {
        let mut all = Memberships::NONE;
        for n in 0..=MOST_MEMBERSHIPS {
            all.join(Membership::new(partner(n), Post::Staff));
            all.join(Membership::new(partner(n), Post::Owner));
        }
        assert_eq!(all.all().len(), MOST_MEMBERSHIPS);
        assert!(all.is_full() && all.of(&partner(MOST_MEMBERSHIPS)).is_none());
        assert!(all.all().iter().all(|of| of.post == Post::Staff));
        all.put(Membership::new(partner(3), Post::Owner));
        all.leave(&partner(0));
        assert_eq!(all.oldest().map(|of| &of.partner), Some(&partner(1)));
        assert_eq!(all.of(&partner(3)).map(|of| of.post), Some(Post::Owner));
    }

    #[test]
    fn staff_work_where_it_is_said_and_all_others_everywhere() {
        let only = Places::only([place(2), place(1), place(2)]);
        assert_eq!(only.named().map(<[_]>::len), Some(2));
        let mut all: Memberships = [staff(1, only.clone()), staff(2, Places::All)]
            .into_iter()
            .collect();
        let works =
            |all: &Memberships, at: usize| all.of(&partner(1)).unwrap().works_at(&place(at));
        assert!(works(&all, 1) && works(&all, 2) && !works(&all, 3));
        all.leave_place(&place(1));
        all.leave_place(&place(2));
        // Nothing is left, and that is not all.
        assert!(!works(&all, 1) && !works(&all, 3));
        assert!(all.of(&partner(2)).unwrap().works_at(&place(1)));
        all.set_post(&partner(1), &Post::Manager.into());
        assert!(works(&all, 3));
        let limited = NewPost {
            post: Post::Staff,
            places: Some(only),
        };
        all.set_post(&partner(1), &limited);
        // Who is not told otherwise keeps the establishments.
        all.set_post(&partner(1), &Post::Staff.into());
        assert!(works(&all, 2) && !works(&all, 3));
    }

    #[test]
    fn what_is_stored_reads_back_and_an_empty_list_is_not_all() {
        for places in [Places::All, Places::only([]), Places::only([place(1)])] {
            let of = staff(1, places);
            let text = serde_json::to_string(&of).unwrap();
            assert_eq!(serde_json::from_str::<Membership>(&text).unwrap(), of);
        }
    }
}
