//! What is told to many: news are sent once, an audience is found page by page, and offers leave what is
//! told of them.

use std::slice;

use domain::{
    CampaignId, Offer, OfferId, PartnerId, UserId,
    announcements::{
        Announcement,
        audience::{Audience, PAGE},
        campaign::{Campaign, Content, Text},
        store::Sent,
    },
    messages::{kind::Channel, letter::Letter},
    notifications::inbox::Entry,
    offers::{
        edit::{Edit, OfferEdit},
        store::{Author, Created},
    },
    queue::{
        Lane, Work,
        store::{End, TaskFilter},
    },
    sentence::Language,
    users::{
        account::{Account, Membership, Post, Role, Status},
        store::{Erased, Favored},
    },
};

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{DAY_MS, NOW_MS, family, offer},
    users::account,
};

tests! {
    news_are_sent_once_and_read_back: [],
    everybody_is_found_page_by_page_once: [],
    who_likes_an_offer_or_another_one_of_its_partner_is_found: [],
    a_team_is_found: [],
    an_offer_leaves_what_is_told_of_it: [],
    who_is_erased_while_a_page_is_told_gets_nothing: [],
}

fn campaign(key: &str, title: &str) -> Campaign {
    let text = |title: &str| Text {
        title: title.to_owned(),
        paragraphs: vec!["Un verre.".to_owned()],
    };
    Campaign {
        id: CampaignId::derive("campaign", key),
        content: Content {
            fr: text(title),
            en: text(title),
            path: Some("/offers".to_owned()),
        },
        created_at_ms: NOW_MS,
    }
}

async fn send(fresh: &Fresh, campaign: &Campaign) -> Sent {
    let what = Announcement::News {
        campaign: campaign.id.clone(),
    };
    let task = what.task(NOW_MS, NOW_MS);
    let sent = fresh.db.announcements.send(campaign.clone(), task);
    sent.await.unwrap()
}

/// What waits in the queue, by kind and when it is due.
async fn waiting(fresh: &Fresh) -> Vec<(String, i64)> {
    let all = fresh.db.queue.list(TaskFilter::default(), 99).await;
    let all = all.unwrap().into_iter();
    let mut found: Vec<_> = all.map(|task| (task.kind, task.due_at_ms)).collect();
    found.sort();
    found
}

async fn news_are_sent_once_and_read_back(fresh: Fresh) {
    let first = campaign("a", "Ce soir");
    assert_eq!(
        send(&fresh, &first).await,
        Sent::Done(Box::new(first.clone()))
    );
    let again = Campaign {
        created_at_ms: NOW_MS + 9,
        ..first.clone()
    };
    assert_eq!(
        send(&fresh, &again).await,
        Sent::Done(Box::new(first.clone()))
    );
    assert_eq!(send(&fresh, &campaign("a", "Demain")).await, Sent::Other);
    let read = fresh.db.announcements.campaign(&first.id).await.unwrap();
    assert_eq!(read, Some(first));
    let none = CampaignId::derive("campaign", "none");
    assert_eq!(fresh.db.announcements.campaign(&none).await.unwrap(), None);
    assert_eq!(waiting(&fresh).await, [("news".to_owned(), NOW_MS)]);
    let all = fresh.db.queue.list(TaskFilter::default(), 9).await.unwrap();
    let work = all[0].work().unwrap();
    assert!(
        matches!(work, Work::Announcement { after: None, .. }),
        "{work:?}"
    );
}

/// All of an audience, and how many pages it has.
async fn all(fresh: &Fresh, of: &Audience) -> (Vec<UserId>, usize) {
    let (mut found, mut pages, mut after) = (Vec::new(), 0, None);
    loop {
        let page = fresh.db.announcements.audience(of, after.as_ref()).await;
        let page = page.unwrap();
        found.extend(page.users);
        pages += 1;
        after = page.next;
        if after.is_none() {
            return (found, pages);
        }
    }
}

async fn sign_up(fresh: &Fresh, new: Account) -> UserId {
    let id = new.id.clone();
    let created = fresh.db.users.create(new, vec![], None).await.unwrap();
    assert_eq!(created, domain::users::store::Created::Done);
    id
}

fn plain(name: &str) -> Account {
    Account {
        memberships: None.into(),
        role: Role::User,
        ..account(name)
    }
}

async fn everybody_is_found_page_by_page_once(fresh: Fresh) {
    let mut expected = Vec::new();
    for n in 0..=PAGE {
        expected.push(sign_up(&fresh, plain(&format!("u{n}"))).await);
    }
    let disabled = Account {
        status: Status::Disabled,
        ..plain("disabled")
    };
    sign_up(&fresh, disabled).await;
    expected.sort();
    assert_eq!(all(&fresh, &Audience::Everybody).await, (expected, 2));
}

async fn keep(fresh: &Fresh, user: &UserId, offer: &OfferId) {
    let added = fresh.db.users.add_favorite(user, offer, NOW_MS).await;
    assert_eq!(added.unwrap(), Favored::Added);
}

async fn who_likes_an_offer_or_another_one_of_its_partner_is_found(fresh: Fresh) {
    let offers = ["one", "two", "three"].map(offer);
    let [one, two, three] = offers.each_ref().map(|offer| offer.id.clone());
    let partner = offers[0].partner_id.clone();
    let mut foreign = family(vec![offer("foreign")]);
    foreign.partner.id = PartnerId::derive("partner", "other");
    foreign.establishments.clear();
    foreign.offers[0].partner_id = foreign.partner.id.clone();
    let foreign_offer = foreign.offers[0].id.clone();
    let mut own = family(offers.to_vec());
    own.establishments.truncate(1);
    fresh.fill(vec![own]).await;
    let (ana, ben, eve) = (
        sign_up(&fresh, plain("ana")).await,
        sign_up(&fresh, plain("ben")).await,
        sign_up(&fresh, plain("eve")).await,
    );
    keep(&fresh, &ana, &one).await;
    keep(&fresh, &ana, &two).await;
    keep(&fresh, &ben, &three).await;
    keep(&fresh, &eve, &foreign_offer).await;
    let likes = Audience::Favouring(one.clone());
    assert_eq!(all(&fresh, &likes).await.0, slice::from_ref(&ana));
    let mut both = vec![ana, ben.clone()];
    both.sort();
    let of_partner = |than: &OfferId| Audience::FavouringOthers {
        partner: partner.clone(),
        than: than.clone(),
    };
    assert_eq!(all(&fresh, &of_partner(&one)).await.0, both);
    // Who keeps this one alone knows it.
    let ana_alone: Vec<_> = both.iter().filter(|user| **user != ben).cloned().collect();
    assert_eq!(all(&fresh, &of_partner(&three)).await.0, ana_alone);
}

async fn a_team_is_found(fresh: Fresh) {
    let partner = PartnerId::derive("partner", "a");
    let member = |name: &str, partner: &PartnerId| Account {
        memberships: Some(Membership::new(partner.clone(), Post::Staff)).into(),
        role: Role::Partner,
        ..account(name)
    };
    let ana = sign_up(&fresh, member("ana", &partner)).await;
    sign_up(&fresh, member("ben", &PartnerId::derive("partner", "b"))).await;
    assert_eq!(all(&fresh, &Audience::Team(partner)).await, (vec![ana], 1));
}

async fn an_offer_leaves_what_is_told_of_it(fresh: Fresh) {
    let stored = offer("mine");
    fresh.fill(vec![family(vec![stored.clone()])]).await;
    let author = || Author {
        actor: "test".into(),
        action: "write",
    };
    let draft = Offer {
        id: OfferId::derive("contract", "new"),
        is_active: true,
        archived_at_ms: None,
        valid_from_ms: NOW_MS - DAY_MS,
        valid_until_ms: NOW_MS + 10 * DAY_MS,
        ..stored
    };
    let id = draft.id.clone();
    let created = fresh
        .db
        .offers
        .create(draft, author(), NOW_MS)
        .await
        .unwrap();
    assert!(matches!(created, Created::Done(_)), "{created:?}");
    let (new, ends) = ("favourite_partner_offer", "favourite_ends_soon");
    let expected = [
        (ends.to_owned(), NOW_MS + 8 * DAY_MS),
        (new.to_owned(), NOW_MS),
    ];
    assert_eq!(waiting(&fresh).await, expected);
    let later = OfferEdit {
        valid_until_ms: Edit::Set(NOW_MS + 20 * DAY_MS),
        ..OfferEdit::default()
    };
    fresh
        .db
        .offers
        .update(id, later, author(), NOW_MS)
        .await
        .unwrap();
    assert_eq!(waiting(&fresh).await.len(), 3);
}

async fn who_is_erased_while_a_page_is_told_gets_nothing(fresh: Fresh) {
    let (ana, eve) = (
        sign_up(&fresh, plain("ana")).await,
        sign_up(&fresh, plain("eve")).await,
    );
    let news = campaign("a", "Ce soir");
    send(&fresh, &news).await;
    let what = Announcement::News {
        campaign: news.id.clone(),
    };
    let (queue, lane) = (&fresh.db.queue, Lane::Campaigns);
    let taken = queue.take(lane, "w", NOW_MS, NOW_MS + 60_000, 1).await;
    let page = taken.unwrap().remove(0);
    // The worker has read both accounts.
    let letter = |name: &str| Letter::News(news.letter(name.to_owned(), Language::French));
    let tasks = [&ana, &eve].map(|user| what.to(&page, user, Channel::Push, NOW_MS));
    let entries = [&ana, &eve]
        .map(|user| Entry::new(&what.key_of(user), user.clone(), &letter("Zoé"), NOW_MS));
    let erased = fresh.db.users.erase(&eve, "pseudonym", NOW_MS).await;
    assert_eq!(erased.unwrap(), Erased::Done);
    let end = End::Divided {
        tasks: tasks.to_vec(),
        entries: entries.to_vec(),
    };
    assert!(queue.end(&page.key, "w", end, NOW_MS).await.unwrap());
    let told = queue.take(lane, "w", NOW_MS, NOW_MS + 60_000, 9).await;
    let told: Vec<_> = told.unwrap().into_iter().map(|task| task.person).collect();
    assert_eq!(told, [Some(ana.clone())]);
    let inbox = async |user: &UserId| {
        let page = fresh.db.notifications.page(user, 9, None).await;
        page.unwrap().items.len()
    };
    assert_eq!((inbox(&ana).await, inbox(&eve).await), (1, 0));
}
