//! One person in the teams of several partners; [`places`]: staff of some establishments.

mod places;

use domain::{
    PartnerId, UserId,
    catalogue::{Family, sample},
    offers::store::Author,
    partners::store::Founded,
    team::{
        Invitation, InvitationToken, LIFE_MS,
        store::{Accepted, Invited},
    },
    users::{
        account::{Account, Role},
        change::AccountChange,
        membership::{MOST_MEMBERSHIPS, Membership, NewPost, Places, Post},
        store::{Changed, Erased, PostChanged},
    },
};

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{NOW_MS, invitation_token, invite},
    users::account,
};

pub(crate) use places::TESTS as PLACES;

tests! {
    a_person_works_for_several_partners_and_leaves_each: [],
    nobody_works_for_more_partners_than_allowed: [],
    of_two_acceptances_at_the_last_place_one_is_done: [Transactions],
    the_only_owner_of_any_partner_stays: [],
    two_owners_of_a_further_partner_do_not_both_leave: [Transactions],
}

fn author() -> Author {
    Author {
        actor: "test".into(),
        action: "write",
    }
}

/// Partners without offers.
async fn partners(fresh: &Fresh, count: usize) -> Vec<Family> {
    // A family has several of the sample's offers.
    let families = sample::families(count * 10, NOW_MS).map(|family| Family {
        offers: vec![],
        ..family
    });
    let families: Vec<Family> = families.take(count).collect();
    assert_eq!(families.len(), count);
    fresh.fill(families.clone()).await;
    families
}

async fn person(fresh: &Fresh, name: &str, memberships: Vec<Membership>) -> Account {
    let account = Account {
        role: if memberships.is_empty() {
            Role::User
        } else {
            Role::Partner
        },
        memberships: memberships.into_iter().collect(),
        ..account(name)
    };
    let users = &fresh.db.users;
    users.create(account.clone(), vec![], None).await.unwrap();
    account
}

fn staff(partner: &PartnerId, places: Places) -> Membership {
    Membership {
        places,
        ..Membership::new(partner.clone(), Post::Staff)
    }
}

fn invitation(of: &Membership, name: &str) -> (Invitation, InvitationToken) {
    let token = invitation_token();
    let invitation = Invitation {
        id: token.id.clone(),
        partner: of.partner.clone(),
        email: account(name).email,
        post: of.post,
        places: of.places.clone(),
        token_hash: token.hash(),
        created_at_ms: NOW_MS,
        expires_at_ms: NOW_MS + LIFE_MS,
        accepted: false,
    };
    (invitation, token)
}

async fn invited(fresh: &Fresh, of: &Membership, name: &str) -> InvitationToken {
    let (invitation, token) = invitation(of, name);
    let invited = invite(&*fresh.db.teams, invitation).await.unwrap();
    assert_eq!(invited, Invited::Done);
    token
}

async fn accept(fresh: &Fresh, token: &InvitationToken, who: &Account) -> Accepted {
    let (id, hash, email) = (token.id.clone(), token.hash(), who.email_key());
    let teams = &fresh.db.teams;
    let accepted = teams.accept(id, hash, who.id.clone(), email, NOW_MS).await;
    accepted.unwrap()
}

async fn change(
    fresh: &Fresh,
    partner: &PartnerId,
    who: &UserId,
    to: Option<NewPost>,
) -> PostChanged {
    let changed = fresh.db.users.change_post(partner, who, to, NOW_MS).await;
    changed.unwrap()
}

/// The memberships that are stored, which are also those that decide.
async fn stored(fresh: &Fresh, who: &UserId) -> Vec<Membership> {
    let account = fresh.db.users.by_id(who).await.unwrap().unwrap();
    let standing = fresh.db.users.standing(who).await.unwrap().unwrap();
    assert_eq!(standing.memberships, account.memberships);
    account.memberships.all().to_vec()
}

async fn a_person_works_for_several_partners_and_leaves_each(fresh: Fresh) {
    let families = partners(&fresh, 3).await;
    let of: Vec<Membership> = families
        .iter()
        .map(|family| staff(&family.partner.id, Places::All))
        .collect();
    let ana = person(&fresh, "ana", vec![]).await;
    for of in &of {
        let token = invited(&fresh, of, "ana").await;
        let done = Accepted::Done(of.clone());
        assert_eq!(accept(&fresh, &token, &ana).await, done);
        // F3. A repeat finds the membership of this partner.
        assert_eq!(accept(&fresh, &token, &ana).await, done);
        let members = fresh.db.users.members(&of.partner).await.unwrap();
        assert_eq!(members.len(), 1);
    }
    assert_eq!(stored(&fresh, &ana.id).await, of);
    let again = Membership::new(of[1].partner.clone(), Post::Owner);
    let token = invited(&fresh, &again, "ana").await;
    assert_eq!(accept(&fresh, &token, &ana).await, Accepted::Member);
    // A post is that of one partner.
    let raised = change(&fresh, &of[1].partner, &ana.id, Some(Post::Manager.into())).await;
    assert_eq!(raised, PostChanged::Done);
    let manager = Membership::new(of[1].partner.clone(), Post::Manager);
    let now = [of[0].clone(), manager.clone(), of[2].clone()];
    assert_eq!(stored(&fresh, &ana.id).await, now);
    // The oldest one goes first: what is left moves up.
    for (partner, left) in [
        (&of[0].partner, vec![manager.clone(), of[2].clone()]),
        (&of[2].partner, vec![manager]),
        (&of[1].partner, vec![]),
    ] {
        let gone = change(&fresh, partner, &ana.id, None).await;
        assert_eq!(gone, PostChanged::Done);
        let role = fresh
            .db
            .users
            .standing(&ana.id)
            .await
            .unwrap()
            .unwrap()
            .role;
        assert_eq!(role == Role::Partner, !left.is_empty());
        assert_eq!(stored(&fresh, &ana.id).await, left);
        assert_eq!(fresh.db.users.members(partner).await.unwrap(), []);
        let again = change(&fresh, partner, &ana.id, None).await;
        assert_eq!(again, PostChanged::NotMember);
    }
}

async fn nobody_works_for_more_partners_than_allowed(fresh: Fresh) {
    let families = partners(&fresh, MOST_MEMBERSHIPS + 1).await;
    let last = &families[MOST_MEMBERSHIPS].partner;
    let all = families[..MOST_MEMBERSHIPS].iter();
    let all: Vec<_> = all
        .map(|family| staff(&family.partner.id, Places::All))
        .collect();
    let ana = person(&fresh, "ana", all.clone()).await;
    let token = invited(&fresh, &staff(&last.id, Places::All), "ana").await;
    assert_eq!(accept(&fresh, &token, &ana).await, Accepted::TooMany);
    let mut own = last.clone();
    own.id = PartnerId::derive("contract", "own");
    let found = async || {
        let store = &fresh.db.partners;
        let founded = store.found(own.clone(), ana.id.clone(), author(), NOW_MS);
        founded.await.unwrap()
    };
    assert_eq!(found().await, Founded::TooMany);
    assert_eq!(stored(&fresh, &ana.id).await, all);
    // The invitation is still good when there is room.
    let left = change(&fresh, &all[0].partner, &ana.id, None).await;
    assert_eq!(left, PostChanged::Done);
    let joined = accept(&fresh, &token, &ana).await;
    assert!(matches!(joined, Accepted::Done(_)), "{joined:?}");
    change(&fresh, &last.id, &ana.id, None).await;
    assert_eq!(found().await, Founded::Done);
    assert_eq!(found().await, Founded::Member);
    let owner = Membership::new(own.id, Post::Owner);
    assert_eq!(stored(&fresh, &ana.id).await.last(), Some(&owner));
}

async fn of_two_acceptances_at_the_last_place_one_is_done(fresh: Fresh) {
    let families = partners(&fresh, MOST_MEMBERSHIPS + 1).await;
    let mut all = families
        .iter()
        .map(|family| staff(&family.partner.id, Places::All));
    let two: Vec<_> = all.by_ref().take(2).collect();
    let ana = person(&fresh, "ana", all.collect()).await;
    let first = invited(&fresh, &two[0], "ana").await;
    let second = invited(&fresh, &two[1], "ana").await;
    let (one, other) = tokio::join!(accept(&fresh, &first, &ana), accept(&fresh, &second, &ana));
    let mut outcomes = [one, other];
    outcomes.sort_by_key(|outcome| *outcome == Accepted::TooMany);
    assert!(
        matches!(outcomes, [Accepted::Done(_), Accepted::TooMany]),
        "{outcomes:?}"
    );
    assert_eq!(stored(&fresh, &ana.id).await.len(), MOST_MEMBERSHIPS);
}

async fn the_only_owner_of_any_partner_stays(fresh: Fresh) {
    let [alone, shared, oldest] = ["alone", "shared", "oldest"].map(|n| PartnerId::derive("p", n));
    let owner = |of: &PartnerId| Membership::new(of.clone(), Post::Owner);
    let all = vec![staff(&oldest, Places::All), owner(&shared), owner(&alone)];
    let ana = person(&fresh, "ana", all.clone()).await;
    person(&fresh, "ben", vec![owner(&shared)]).await;
    let users = &fresh.db.users;
    let erased = users.erase(&ana.id, "pseudonym", NOW_MS).await.unwrap();
    assert_eq!(erased, Erased::LastOwner(alone.clone()));
    let refused = AccountChange::Role(Role::User, None);
    let refused = users.change(&ana.id, refused, NOW_MS).await.unwrap();
    assert_eq!(refused, Changed::LastOwner(alone.clone()));
    for to in [None, Some(Post::Staff.into())] {
        let refused = change(&fresh, &alone, &ana.id, to).await;
        assert_eq!(refused, PostChanged::LastOwner);
    }
    assert_eq!(stored(&fresh, &ana.id).await, all);
    for (partner, to) in [(&shared, Some(Post::Manager.into())), (&oldest, None)] {
        let done = change(&fresh, partner, &ana.id, to).await;
        assert_eq!(done, PostChanged::Done);
    }
    // A membership of another team takes nothing from this one.
    let elsewhere = AccountChange::Role(Role::Partner, Some(staff(&oldest, Places::All)));
    let done = users.change(&ana.id, elsewhere, NOW_MS).await.unwrap();
    assert!(matches!(done, Changed::Done(_)), "{done:?}");
    let left = [
        Membership::new(shared, Post::Manager),
        owner(&alone),
        staff(&oldest, Places::All),
    ];
    assert_eq!(stored(&fresh, &ana.id).await, left);
}

async fn two_owners_of_a_further_partner_do_not_both_leave(fresh: Fresh) {
    for round in 0..6 {
        let partner = PartnerId::derive("partner", &round.to_string());
        let first = PartnerId::derive("first", &round.to_string());
        let owner = Membership::new(partner.clone(), Post::Owner);
        // The oldest one of one, and a further one of the other.
        let one = person(&fresh, &format!("one{round}"), vec![owner.clone()]).await;
        let both = vec![staff(&first, Places::All), owner];
        let two = person(&fresh, &format!("two{round}"), both).await;
        let (left, lowered) = tokio::join!(
            change(&fresh, &partner, &one.id, None),
            change(&fresh, &partner, &two.id, Some(Post::Staff.into())),
        );
        let mut outcomes = [left, lowered];
        outcomes.sort_by_key(|outcome| *outcome == PostChanged::Done);
        assert_eq!(outcomes, [PostChanged::LastOwner, PostChanged::Done]);
    }
}
