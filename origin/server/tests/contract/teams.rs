//! Who works for a partner, and who is invited.

use domain::{
    PartnerId, UserId,
    team::{
        Invitation, InvitationToken, LIFE_MS, MOST_INVITATIONS, MOST_MEMBERS, RESEND_AFTER_MS,
        store::{Accepted, Invited},
    },
    users::{
        account::{Account, Role},
        change::AccountChange,
        membership::{Membership, Places, Post},
        store::{Changed, Erased, PostChanged},
    },
};
use futures_util::future::join_all;

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{DAY_MS, NOW_MS, family, invite},
    users::account,
};

tests! {
    an_invitation_is_good_once_in_time_and_for_its_address: [],
    whoever_uses_a_token_many_times_at_once_joins_once: [Transactions],
    an_invitation_replaces_the_one_before_unless_that_is_young: [],
    invitations_have_an_end: [],
    a_withdrawn_invitation_is_not_taken: [],
    a_post_is_changed_and_ends: [],
    two_owners_do_not_both_leave: [Transactions],
    an_only_owner_stays_whatever_is_changed: [],
    an_erased_account_leaves_no_invitation: [],
    a_team_is_no_larger_than_allowed_whoever_comes_at_once: [Transactions],
}

async fn partner(fresh: &Fresh) -> PartnerId {
    let family = family(vec![]);
    let id = family.partner.id.clone();
    fresh.fill(vec![family]).await;
    id
}

async fn person(fresh: &Fresh, name: &str, membership: Option<Membership>) -> Account {
    let role = match membership {
        None => Role::User,
        Some(_) => Role::Partner,
    };
    let account = Account {
        role,
        memberships: membership.into(),
        ..account(name)
    };
    fresh
        .db
        .users
        .create(account.clone(), vec![], None)
        .await
        .unwrap();
    account
}

fn invitation(
    partner: &PartnerId,
    name: &str,
    post: Post,
    at_ms: i64,
) -> (Invitation, InvitationToken) {
    let token = crate::samples::invitation_token();
    let invitation = Invitation {
        id: token.id.clone(),
        partner: partner.clone(),
        email: account(name).email,
        post,
        places: Places::All,
        token_hash: token.hash(),
        created_at_ms: at_ms,
        expires_at_ms: at_ms + LIFE_MS,
        accepted: false,
    };
    (invitation, token)
}

async fn invited(fresh: &Fresh, partner: &PartnerId, name: &str) -> InvitationToken {
    invited_at(fresh, partner, name, NOW_MS).await
}

async fn invited_at(fresh: &Fresh, partner: &PartnerId, name: &str, at_ms: i64) -> InvitationToken {
    let (invitation, token) = invitation(partner, name, Post::Staff, at_ms);
    let invited = invite(&*fresh.db.teams, invitation).await.unwrap();
    assert_eq!(invited, Invited::Done);
    token
}

async fn accept(fresh: &Fresh, token: &InvitationToken, who: &Account, at_ms: i64) -> Accepted {
    let (id, hash) = (token.id.clone(), token.hash());
    let teams = &fresh.db.teams;
    let accepted = teams.accept(id, hash, who.id.clone(), who.email_key(), at_ms);
    accepted.await.unwrap()
}

fn staff_of(partner: &PartnerId) -> Membership {
    Membership::new(partner.clone(), Post::Staff)
}

async fn an_invitation_is_good_once_in_time_and_for_its_address(fresh: Fresh) {
    let partner = partner(&fresh).await;
    let (ana, ben) = (
        person(&fresh, "ana", None).await,
        person(&fresh, "ben", None).await,
    );
    let token = invited(&fresh, &partner, "ana").await;
    let forged = InvitationToken::parse(&format!("{}.guessed", token.id)).unwrap();
    let unknown = crate::samples::invitation_token();
    for (token, who, at_ms) in [
        (&forged, &ana, NOW_MS),
        (&unknown, &ana, NOW_MS),
        (&token, &ben, NOW_MS),
        (&token, &ana, NOW_MS + LIFE_MS),
    ] {
        let refused = accept(&fresh, token, who, at_ms).await;
        assert_eq!(refused, Accepted::Invalid);
    }
    assert_eq!(fresh.db.users.members(&partner).await.unwrap(), []);
    let joined = accept(&fresh, &token, &ana, NOW_MS + LIFE_MS - 1).await;
    assert_eq!(joined, Accepted::Done(staff_of(&partner)));
    // F3. Whoever heard no answer accepts again, and joins once.
    let again = accept(&fresh, &token, &ana, NOW_MS).await;
    assert_eq!(again, Accepted::Done(staff_of(&partner)));
    let open = fresh.db.teams.invitations(&partner, NOW_MS).await.unwrap();
    assert_eq!(open, []);
    let withdrawn = fresh.db.teams.withdraw(&partner, &token.id, NOW_MS).await;
    assert!(!withdrawn.unwrap(), "it was accepted");
    let members = fresh.db.users.members(&partner).await.unwrap();
    assert_eq!(members.len(), 1);
    assert_eq!(members[0].memberships, Some(staff_of(&partner)).into());
    assert_eq!((members[0].role, &members[0].id), (Role::Partner, &ana.id));
    // A member of a team stays in it, and the invitation stays valid.
    let again = invited(&fresh, &partner, "ana").await;
    assert_eq!(accept(&fresh, &again, &ana, NOW_MS).await, Accepted::Member);
    let open = fresh.db.teams.invitations(&partner, NOW_MS).await.unwrap();
    assert_eq!(open.len(), 1);
    // A used invitation does not bring back who has left.
    let ben = person(&fresh, "ben2", None).await;
    let token = invited(&fresh, &partner, "ben2").await;
    accept(&fresh, &token, &ben, NOW_MS).await;
    let left = change(&fresh, &partner, &ben.id, None).await;
    assert_eq!(left, PostChanged::Done);
    assert_eq!(
        accept(&fresh, &token, &ben, NOW_MS).await,
        Accepted::Invalid
    );
}

async fn whoever_uses_a_token_many_times_at_once_joins_once(fresh: Fresh) {
    let partner = partner(&fresh).await;
    let ana = person(&fresh, "ana", None).await;
    let token = invited(&fresh, &partner, "ana").await;
    let tries = (0..6).map(|_| accept(&fresh, &token, &ana, NOW_MS));
    let outcomes = futures_util::future::join_all(tries).await;
    let done = Accepted::Done(staff_of(&partner));
    assert!(outcomes.iter().all(|one| *one == done), "{outcomes:?}");
    assert_eq!(fresh.db.users.members(&partner).await.unwrap().len(), 1);
}

async fn an_invitation_replaces_the_one_before_unless_that_is_young(fresh: Fresh) {
    let partner = partner(&fresh).await;
    let ana = person(&fresh, "ana", None).await;
    let first = invited(&fresh, &partner, "ana").await;
    let (soon, _) = invitation(&partner, "ana", Post::Owner, NOW_MS + RESEND_AFTER_MS - 1);
    let young = invite(&*fresh.db.teams, soon).await.unwrap();
    assert!(matches!(young, Invited::Sent(known) if known.id == first.id));
    let at_ms = NOW_MS + RESEND_AFTER_MS;
    let (later, second) = invitation(&partner, "ana", Post::Manager, at_ms);
    let done = invite(&*fresh.db.teams, later.clone()).await.unwrap();
    assert_eq!(done, Invited::Done);
    let open = fresh.db.teams.invitations(&partner, at_ms).await.unwrap();
    assert_eq!(open, [later]);
    assert_eq!(accept(&fresh, &first, &ana, at_ms).await, Accepted::Invalid);
    let joined = accept(&fresh, &second, &ana, at_ms).await;
    assert!(matches!(joined, Accepted::Done(of) if of.post == Post::Manager));
}

async fn invitations_have_an_end(fresh: Fresh) {
    let partner = partner(&fresh).await;
    for number in 0..MOST_INVITATIONS {
        invited(&fresh, &partner, &format!("guest{number}")).await;
    }
    let (one_more, _) = invitation(&partner, "late", Post::Staff, NOW_MS);
    let full = invite(&*fresh.db.teams, one_more).await.unwrap();
    assert_eq!(full, Invited::Full);
    let over_ms = NOW_MS + LIFE_MS;
    let open = fresh.db.teams.invitations(&partner, over_ms).await.unwrap();
    assert_eq!(open, []);
    // What is over takes no place, also before the server forgets it.
    let (next, _) = invitation(&partner, "next", Post::Staff, over_ms);
    assert_eq!(invite(&*fresh.db.teams, next).await.unwrap(), Invited::Done);
    let (of_nobody, _) = invitation(&PartnerId::derive("nobody", ""), "a", Post::Staff, NOW_MS);
    let nobody = invite(&*fresh.db.teams, of_nobody).await.unwrap();
    assert_eq!(nobody, Invited::NoPartner);
}

async fn a_withdrawn_invitation_is_not_taken(fresh: Fresh) {
    let partner = partner(&fresh).await;
    let ana = person(&fresh, "ana", None).await;
    let token = invited(&fresh, &partner, "ana").await;
    let teams = &fresh.db.teams;
    let other = PartnerId::derive("nobody", "");
    let withdraw = async |partner: &PartnerId| {
        let withdrawn = teams.withdraw(partner, &token.id, NOW_MS).await;
        withdrawn.unwrap()
    };
    assert!(!withdraw(&other).await);
    assert!(withdraw(&partner).await);
    assert!(!withdraw(&partner).await);
    assert_eq!(
        accept(&fresh, &token, &ana, NOW_MS).await,
        Accepted::Invalid
    );
    assert_eq!(teams.invitations(&partner, NOW_MS).await.unwrap(), []);
    let to_ana = teams.invitations_to(&ana.email_key(), NOW_MS).await;
    assert_eq!(to_ana.unwrap(), []);
    // E4. It keeps its time.
    let (again, _) = invitation(&partner, "ana", Post::Staff, NOW_MS + 1);
    let soon = invite(&**teams, again).await.unwrap();
    let wait_ms = RESEND_AFTER_MS - 1;
    assert_eq!(soon, Invited::Withdrawn { wait_ms });
    let (later, token) = invitation(&partner, "ana", Post::Staff, NOW_MS + RESEND_AFTER_MS);
    assert_eq!(invite(&**teams, later).await.unwrap(), Invited::Done);
    let joined = accept(&fresh, &token, &ana, NOW_MS + RESEND_AFTER_MS).await;
    assert_eq!(joined, Accepted::Done(staff_of(&partner)));
}

async fn change(
    fresh: &Fresh,
    partner: &PartnerId,
    who: &UserId,
    post: Option<Post>,
) -> PostChanged {
    let users = &fresh.db.users;
    users
        .change_post(partner, who, post.map(Into::into), NOW_MS)
        .await
        .unwrap()
}

async fn with_post(fresh: &Fresh, name: &str, partner: &PartnerId, post: Post) -> UserId {
    let membership = Membership::new(partner.clone(), post);
    person(fresh, name, Some(membership)).await.id
}

async fn a_post_is_changed_and_ends(fresh: Fresh) {
    let partner = partner(&fresh).await;
    let owner = with_post(&fresh, "ana", &partner, Post::Owner).await;
    let staff = with_post(&fresh, "ben", &partner, Post::Staff).await;
    let elsewhere = PartnerId::derive("elsewhere", "");
    let other = with_post(&fresh, "eve", &elsewhere, Post::Owner).await;
    for post in [None, Some(Post::Staff)] {
        let only = change(&fresh, &partner, &owner, post).await;
        assert_eq!(only, PostChanged::LastOwner);
        let not_ours = change(&fresh, &partner, &other, post).await;
        assert_eq!(not_ours, PostChanged::NotMember);
    }
    let raised = change(&fresh, &partner, &staff, Some(Post::Owner)).await;
    assert_eq!(raised, PostChanged::Done);
    assert_eq!(
        change(&fresh, &partner, &owner, None).await,
        PostChanged::Done
    );
    let gone = fresh.db.users.by_id(&owner).await.unwrap().unwrap();
    assert_eq!((gone.role, gone.memberships), (Role::User, None.into()));
    let members = fresh.db.users.members(&partner).await.unwrap();
    let posts: Vec<_> = members
        .iter()
        .map(|m| (&m.id, m.memberships.of(&partner).unwrap().post))
        .collect();
    assert_eq!(posts, [(&staff, Post::Owner)]);
    let again = change(&fresh, &partner, &owner, Some(Post::Owner)).await;
    assert_eq!(again, PostChanged::NotMember);
}

/// F5. By a change of role on the command line, and by the owner's own wish.
async fn an_only_owner_stays_whatever_is_changed(fresh: Fresh) {
    let partner = partner(&fresh).await;
    let users = &fresh.db.users;
    let ana = with_post(&fresh, "ana", &partner, Post::Owner).await;
    let manager = Membership::new(partner.clone(), Post::Manager);
    let before = users.by_id(&ana).await.unwrap();
    for (role, membership) in [
        (Role::Admin, None),
        (Role::User, None),
        (Role::Partner, Some(manager.clone())),
    ] {
        let change = AccountChange::Role(role, membership);
        let refused = users.change(&ana, change, NOW_MS).await.unwrap();
        assert_eq!(refused, Changed::LastOwner(partner.clone()));
    }
    let refused = users.erase(&ana, "pseudonym", NOW_MS).await.unwrap();
    assert_eq!(refused, Erased::LastOwner(partner.clone()));
    assert_eq!(users.by_id(&ana).await.unwrap(), before);
    // As soon as somebody else is one, the first may go, and the second stays.
    let ben = with_post(&fresh, "ben", &partner, Post::Owner).await;
    let gone = users.erase(&ana, "pseudonym", NOW_MS).await.unwrap();
    assert_eq!(gone, Erased::Done);
    let change = AccountChange::Role(Role::Admin, None);
    let refused = users.change(&ben, change, NOW_MS).await.unwrap();
    assert_eq!(refused, Changed::LastOwner(partner));
}

async fn two_owners_do_not_both_leave(fresh: Fresh) {
    for round in 0..8 {
        let partner = PartnerId::derive("partner", &round.to_string());
        let one = with_post(&fresh, &format!("one{round}"), &partner, Post::Owner).await;
        let two = with_post(&fresh, &format!("two{round}"), &partner, Post::Owner).await;
        let (first, second) = tokio::join!(
            change(&fresh, &partner, &one, None),
            change(&fresh, &partner, &two, Some(Post::Staff)),
        );
        let mut outcomes = [first, second];
        outcomes.sort_by_key(|outcome| *outcome == PostChanged::Done);
        assert_eq!(outcomes, [PostChanged::LastOwner, PostChanged::Done]);
    }
}

async fn an_erased_account_leaves_no_invitation(fresh: Fresh) {
    let partner = partner(&fresh).await;
    let ana = person(&fresh, "ana", None).await;
    invited(&fresh, &partner, "ana").await;
    invited(&fresh, &partner, "ben").await;
    let erased = fresh.db.users.erase(&ana.id, "nobody", NOW_MS).await;
    assert_eq!(erased.unwrap(), Erased::Done);
    let open = fresh.db.teams.invitations(&partner, NOW_MS).await.unwrap();
    let emails: Vec<_> = open.into_iter().map(|one| one.email).collect();
    assert_eq!(emails, [account("ben").email]);
}

/// Three are invited, and three accept at once, on two servers, where there is room for one.
async fn a_team_is_no_larger_than_allowed_whoever_comes_at_once(fresh: Fresh) {
    const AT_ONCE: usize = 3;
    /// Long after now: the server itself forgets invitations that are over.
    const AT_MS: i64 = NOW_MS + 3_650 * DAY_MS;
    let partner = partner(&fresh).await;
    let other = fresh.of_another_server().await;
    let server = |n: usize| [&fresh.db, &other][n % 2];
    let mut comers = Vec::new();
    for n in 0..AT_ONCE {
        let name = format!("comer {n}");
        let token = invited_at(&fresh, &partner, &name, AT_MS).await;
        comers.push((token, person(&fresh, &name, None).await));
    }
    for n in 1..MOST_MEMBERS {
        with_post(&fresh, &format!("member {n}"), &partner, Post::Staff).await;
    }
    let accepts = comers.iter().enumerate().map(|(n, (token, who))| {
        let (id, hash) = (token.id.clone(), token.hash());
        let teams = &server(n).teams;
        teams.accept(id, hash, who.id.clone(), who.email_key(), AT_MS)
    });
    let accepted = join_all(accepts).await;
    let full = accepted
        .iter()
        .filter(|one| matches!(one, Ok(Accepted::Full)));
    assert_eq!(full.count(), AT_ONCE - 1, "{accepted:?}");
    let open = fresh.db.teams.invitations(&partner, AT_MS).await.unwrap();
    for n in open.len() + 1..MOST_INVITATIONS {
        invited_at(&fresh, &partner, &format!("guest {n}"), AT_MS).await;
    }
    let invites = (0..AT_ONCE).map(|n| {
        let (invitation, _) = invitation(&partner, &format!("late {n}"), Post::Staff, AT_MS);
        invite(&*server(n).teams, invitation)
    });
    let said = join_all(invites).await;
    let full = said.iter().filter(|one| matches!(one, Ok(Invited::Full)));
    assert_eq!(full.count(), AT_ONCE - 1, "{said:?}");
}
