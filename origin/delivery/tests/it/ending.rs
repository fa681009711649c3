//! What becomes of partners: their owners hear of each decision, and the end of one ends all that it had.

use domain::{
    Offer, PartnerId, UserId,
    bookings::{
        booking::{Booking, BookingStatus},
        store::BookingStore as _,
    },
    messages::{kind::Lane, provider::Content},
    offers::store::{Author, OfferStore as _},
    operators::{
        deed::{Deed, NewDeed, Target},
        store::OperatorStore as _,
    },
    partners::{
        review::Decision,
        store::{PartnerStore as _, Stood},
    },
    sentence::Language,
    team::store::TeamStore as _,
    users::{
        account::{Membership, Post},
        change::AccountChange,
        store::UserStore as _,
    },
};

use crate::world::World;

fn author() -> Author {
    Author {
        actor: "test".into(),
        action: "test",
    }
}

async fn member(
    world: &World,
    name: &str,
    language: Language,
    partner: &PartnerId,
    post: Post,
) -> UserId {
    let user = world.sign_up(name, language).await;
    let join = AccountChange::Join(Membership::new(partner.clone(), post));
    world
        .users
        .change(&user, join, world.now_ms())
        .await
        .unwrap();
    user
}

async fn decide(world: &World, partner: &PartnerId, decision: Decision) {
    let deed = NewDeed {
        at_ms: world.now_ms(),
        actor: "user op".into(),
        deed: Deed::SuspendPartner,
        target: Some(Target::partner(partner)),
        reason: "ticket".into(),
        request: "r".into(),
    };
    let now_ms = world.now_ms();
    let decided = world
        .operators
        .decide(partner, decision, deed, author(), now_ms);
    let decided = decided.await.unwrap();
    assert!(matches!(decided, Stood::Done(_)), "{decided:?}");
}

/// To whom mails went, and their titles, sorted.
fn mails(world: &World) -> Vec<(String, String)> {
    let taken = world.email.taken().into_iter();
    let mails = taken.map(|(_, content)| match content {
        Content::Email(mail) => (mail.to, mail.subject),
        other => panic!("{other:?}"),
    });
    let mut mails: Vec<_> = mails.collect();
    mails.sort();
    mails
}

#[tokio::test]
async fn owners_hear_what_was_decided_and_why() {
    let world = World::new();
    let offer = world.offer(3, "20:00").await;
    let partner = offer.partner_id.clone();
    let ana = member(&world, "ana", Language::French, &partner, Post::Owner).await;
    let ben = member(&world, "ben", Language::English, &partner, Post::Owner).await;
    let cleo = member(&world, "cleo", Language::French, &partner, Post::Manager).await;
    decide(&world, &partner, Decision::Suspend("Adresse fausse".into())).await;
    world.delivery.do_due().await.unwrap();
    let told = mails(&world);
    let to: Vec<&str> = told.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, ["ana@example.fr", "ben@example.fr"]);
    assert!(told[0].1.ends_with("est suspendu"), "{told:?}");
    assert!(told[1].1.ends_with("is suspended"), "{told:?}");
    for (_, content) in world.email.taken() {
        let Content::Email(mail) = content else {
            panic!("it is a mail")
        };
        assert!(mail.text.contains("Adresse fausse"), "{}", mail.text);
    }
    for (user, count) in [(&ana, 1), (&ben, 1), (&cleo, 0)] {
        assert_eq!(world.inbox(user).await.len(), count);
    }
    // What no longer holds when it would be told is not.
    world.pass_ms(1);
    decide(&world, &partner, Decision::Restore).await;
    world.pass_ms(1);
    decide(&world, &partner, Decision::Suspend("Encore".into())).await;
    world.delivery.do_due().await.unwrap();
    let told = mails(&world);
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(
        told.iter().all(|(_, title)| title.contains("suspend")),
        "{told:?}"
    );
}

/// So many guests of an offer, more than one step of the task ends.
async fn booked(world: &World, offer: &Offer, guests: usize) -> Vec<Booking> {
    let mut made = Vec::new();
    for n in 0..guests {
        let guest = world.sign_up(&format!("guest{n}"), Language::English).await;
        made.push(world.book(&guest, offer).await);
    }
    made
}

async fn statuses(world: &World, bookings: &[Booking]) -> Vec<BookingStatus> {
    let ids: Vec<_> = bookings.iter().map(|booking| booking.id.clone()).collect();
    let found = world.bookings.by_ids(&ids).await.unwrap();
    found.into_values().map(|booking| booking.status).collect()
}

#[tokio::test]
async fn the_end_of_a_partner_ends_all_that_it_had_also_after_a_crash() {
    const GUESTS: usize = 120;
    let world = World::new();
    let offer = world.offer(3, "20:00").await;
    let partner = offer.partner_id.clone();
    let team = [("ana", Post::Owner), ("ben", Post::Staff)];
    let mut members = Vec::new();
    for (name, post) in team {
        members.push(member(&world, name, Language::English, &partner, post).await);
    }
    let (invitation, _) = world.invite("new@example.fr").await;
    assert_eq!(invitation.partner, partner);
    let bookings = booked(&world, &offer, GUESTS).await;
    world.delivery.do_due().await.unwrap();
    let told_before = mails(&world).len();

    let ended = world
        .partners
        .end(partner.clone(), author(), world.now_ms());
    assert!(matches!(ended.await.unwrap(), Stood::Done(_)));
    // A worker has taken the task, and is gone.
    let lease_ms = 60_000;
    let taken = world
        .take(Lane::Notices, "killed", world.now_ms() + lease_ms)
        .await;
    assert_eq!(taken[0].kind, "partner_ending");
    world.delivery.do_due().await.unwrap();
    assert!(
        statuses(&world, &bookings)
            .await
            .contains(&BookingStatus::Confirmed)
    );
    world.pass_ms(lease_ms + 1);
    world.delivery.do_due().await.unwrap();

    let now = statuses(&world, &bookings).await;
    assert_eq!(now, vec![BookingStatus::Cancelled; GUESTS]);
    let stored = world
        .offers
        .by_ids(std::slice::from_ref(&offer.id))
        .await
        .unwrap();
    assert!(stored[&offer.id].archived_at_ms.is_some());
    for user in &members {
        let account = world.users.by_id(user).await.unwrap().unwrap();
        assert!(account.memberships.is_empty());
    }
    let open = world
        .teams
        .invitations(&partner, world.now_ms())
        .await
        .unwrap();
    assert_eq!(open, []);
    let told = mails(&world);
    let cancelled = told
        .iter()
        .filter(|(to, title)| to.starts_with("guest") && title.contains("cancel"));
    assert_eq!(
        cancelled.count(),
        GUESTS,
        "each guest hears of it once: {told:?}"
    );
    assert!(told.len() >= told_before + GUESTS);
    // Nothing is left to do.
    let left = world
        .bookings
        .open_of_partner(&partner, world.now_ms(), 1)
        .await
        .unwrap();
    assert_eq!(left, []);
}
