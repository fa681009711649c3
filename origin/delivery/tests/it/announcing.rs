//! What is told to many: to those who want it, once, page by page, while it holds.

use domain::{
    CampaignId, Offer, OfferId, UserId,
    announcements::{
        Announcement,
        audience::PAGE,
        campaign::{Campaign, Content, Text},
        store::{AnnouncementStore as _, Sent},
    },
    bookings::{booking::Step, store::By},
    messages::{
        kind::{Channel, Kind},
        letter::Letter,
        provider::Content as Message,
        settings::Switch,
    },
    offers::{
        edit::{Edit, OfferEdit},
        notices::ENDS_SOON_MS,
        store::{Author, Created, OfferStore as _},
    },
    queue::{NewTask, State, Work},
    sentence::Language,
    users::{
        account::{Membership, Post, Preferences},
        change::{AccountChange, ProfileEdit},
        store::{Changed, Favored, UserStore as _},
    },
};

use crate::world::World;

const DAY_MS: i64 = 86_400_000;
const MONDAY: i32 = 1;

/// To whom mails went, and their titles, sorted.
fn mails(world: &World) -> Vec<(String, String)> {
    let taken = world.email.taken().into_iter();
    let mails = taken.map(|(_, content)| match content {
        Message::Email(mail) => (mail.to, mail.subject),
        other => panic!("{other:?}"),
    });
    let mut mails: Vec<_> = mails.collect();
    mails.sort();
    mails
}

async fn due(world: &World) {
    world.delivery.do_due().await.unwrap();
}

async fn change(world: &World, user: &UserId, change: AccountChange) {
    let changed = world.users.change(user, change, world.now_ms()).await;
    assert!(matches!(changed.unwrap(), Changed::Done(_)));
}

async fn agree(world: &World, user: &UserId) {
    let account = world.users.by_id(user).await.unwrap().unwrap();
    let edit = ProfileEdit {
        preferences: Some(Preferences {
            news_by_email: true,
            ..account.preferences
        }),
        ..ProfileEdit::default()
    };
    change(world, user, AccountChange::Profile(Box::new(edit))).await;
}

async fn send(world: &World) -> Announcement {
    let text = |title: &str| Text {
        title: title.to_owned(),
        paragraphs: vec!["Un verre.".to_owned()],
    };
    let campaign = Campaign {
        id: CampaignId::derive("campaign", "1"),
        content: Content {
            fr: text("Ce soir"),
            en: text("Tonight"),
            path: None,
        },
        created_at_ms: world.now_ms(),
    };
    let what = Announcement::News {
        campaign: campaign.id.clone(),
    };
    let task = what.clone().task(world.now_ms(), world.now_ms());
    let sent = world.announcements.send(campaign, task).await.unwrap();
    assert!(matches!(sent, Sent::Done(_)));
    what
}

#[tokio::test]
async fn news_are_mailed_to_who_agreed_and_lie_in_every_inbox() {
    let world = World::new();
    let mut expected = Vec::new();
    // More than a page; every other one agreed.
    let mut all = Vec::new();
    for n in 0..=PAGE {
        let name = format!("u{n}");
        let user = world.sign_up(&name, Language::English).await;
        if n % 2 == 0 {
            agree(&world, &user).await;
            expected.push((format!("{name}@example.fr"), "Tonight".to_owned()));
        }
        all.push(user);
    }
    let ana = world.sign_up("ana", Language::French).await;
    agree(&world, &ana).await;
    expected.push(("ana@example.fr".to_owned(), "Ce soir".to_owned()));
    // An address that nobody proved gets nothing.
    let unproven = world.sign_up_only("unproven", Language::French).await;
    agree(&world, &unproven).await;
    // Who switched them off, although they agreed once.
    let off = world.sign_up("off", Language::French).await;
    agree(&world, &off).await;
    for channel in [Channel::Email, Channel::Inbox] {
        let switch = Switch {
            kind: Kind::News,
            channel,
            enabled: false,
        };
        change(&world, &off, AccountChange::Switch(switch)).await;
    }
    send(&world).await;
    due(&world).await;
    expected.sort();
    assert_eq!(mails(&world), expected);
    for user in all.iter().chain([&ana, &unproven]) {
        assert_eq!(world.inbox(user).await.len(), 1);
    }
    assert_eq!(world.inbox(&off).await, []);
    due(&world).await;
    assert_eq!(mails(&world).len(), expected.len(), "once");
}

#[tokio::test]
async fn a_page_that_is_told_twice_tells_nobody_twice() {
    let world = World::new();
    for n in 0..=PAGE {
        let user = world.sign_up(&format!("u{n}"), Language::French).await;
        agree(&world, &user).await;
    }
    let what = send(&world).await;
    due(&world).await;
    let first = mails(&world);
    assert_eq!(first.len(), PAGE + 1);
    // As after a crash before the end of the first page was stored, but under another key.
    let mut again: NewTask = what.task(world.now_ms(), world.now_ms());
    again.key.push_str(":again");
    world.store(again).await;
    due(&world).await;
    assert_eq!(mails(&world), first);
}

fn author() -> Author {
    Author {
        actor: "test".to_owned(),
        action: "write",
    }
}

async fn keep(world: &World, user: &UserId, offer: &Offer) {
    let kept = world.users.add_favorite(user, &offer.id, world.now_ms());
    assert_eq!(kept.await.unwrap(), Favored::Added);
}

/// Another offer of the same partner, for ten days.
async fn publish(world: &World, like: &Offer) -> Offer {
    let draft = Offer {
        id: OfferId::derive("offer", "new"),
        title: "Une crêpe".to_owned(),
        valid_until_ms: world.now_ms() + 10 * DAY_MS,
        ..like.clone()
    };
    let created = world.offers.create(draft, author(), world.now_ms()).await;
    match created.unwrap() {
        Created::Done(offer) => *offer,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_likes_a_partner_hears_of_its_new_offer_and_when_a_favourite_ends() {
    let world = World::new();
    let old = world.offer(MONDAY, "18:00").await;
    let (ana, ben) = (
        world.sign_up("ana", Language::French).await,
        world.sign_up("ben", Language::French).await,
    );
    keep(&world, &ana, &old).await;
    let new = publish(&world, &old).await;
    due(&world).await;
    let told = world.inbox(&ana).await;
    let [Letter::FavouritePartnerOffer(letter)] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(
        (&letter.offer.id, letter.offer.title.as_str()),
        (&new.id, "Une crêpe")
    );
    assert_eq!(world.inbox(&ben).await, []);

    keep(&world, &ben, &new).await;
    // Its end moves: only the later one is told.
    let later = OfferEdit {
        valid_until_ms: Edit::Set(new.valid_until_ms + DAY_MS),
        ..OfferEdit::default()
    };
    let edited = world
        .offers
        .update(new.id.clone(), later, author(), world.now_ms());
    edited.await.unwrap();
    world.pass_ms(new.valid_until_ms - ENDS_SOON_MS - world.now_ms());
    due(&world).await;
    assert_eq!(world.inbox(&ben).await, []);
    world.pass_ms(DAY_MS);
    due(&world).await;
    let told = world.inbox(&ben).await;
    assert!(
        matches!(told.as_slice(), [Letter::FavouriteEndsSoon(_)]),
        "{told:?}"
    );
    due(&world).await;
    assert_eq!(world.inbox(&ben).await.len(), 1, "once");
}

#[tokio::test]
async fn an_offer_that_was_paused_meanwhile_is_not_told() {
    let world = World::new();
    let old = world.offer(MONDAY, "18:00").await;
    let ana = world.sign_up("ana", Language::French).await;
    keep(&world, &ana, &old).await;
    let new = publish(&world, &old).await;
    let pause = OfferEdit {
        is_active: Edit::Set(false),
        ..OfferEdit::default()
    };
    let paused = world
        .offers
        .update(new.id.clone(), pause, author(), world.now_ms());
    paused.await.unwrap();
    due(&world).await;
    assert_eq!(world.inbox(&ana).await, []);
    let task = world
        .task(&format!(
            "favourite_partner_offer:{}:{}",
            new.partner_id,
            world.now_ms() / DAY_MS
        ))
        .await;
    assert_eq!(task.state, State::Done);
    assert_eq!(
        task.error.as_deref(),
        Some("what it announces no longer holds")
    );
}

#[tokio::test]
async fn a_team_hears_of_a_booking_that_waits_for_it() {
    let world = World::new();
    let (ana, ben) = (
        world.sign_up("ana", Language::French).await,
        world.sign_up("ben", Language::French).await,
    );
    let staff = world.sign_up("staff", Language::English).await;
    let gone = world.sign_up("gone", Language::French).await;
    let offer = world.offer_to_approve(3, "20:00").await;
    let membership = Membership::new(offer.partner_id.clone(), Post::Staff);
    for member in [&staff, &gone] {
        change(&world, member, AccountChange::Join(membership.clone())).await;
    }
    let waits = world.book(&ana, &offer).await;
    let taken_back = world.book(&ben, &offer).await;
    world.step(&taken_back, Step::Cancel, By::Holder).await;
    let page = world
        .task(&format!("booking_to_confirm:{}", waits.id))
        .await;
    let Some(Work::Announcement { what, .. }) = page.work() else {
        panic!("{page:?}");
    };
    assert_eq!(what.kind(), Kind::BookingToConfirm);
    let leaves = AccountChange::Post(offer.partner_id.clone(), None);
    change(&world, &gone, leaves).await;
    due(&world).await;
    let told = mails(&world);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "staff@example.fr");
    assert_eq!(
        world.inbox(&staff).await,
        [],
        "no name of a guest stays there"
    );
}
