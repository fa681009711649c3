//! Every query of accounts and sessions, for who looks at their plans.

use access::{
    codes::Codes,
    service_tokens::Secret,
    sessions::{RefreshToken, RefreshTokens, SessionsConfig},
};
use domain::{
    OfferId, UserId,
    analytics::{EventName, ProductEvent},
    auth::{
        codes::CodePurpose,
        service_tokens::{Scope, ServiceToken, TokenName},
        sessions::{LIFE_MS, Session},
    },
    messages::{
        kind::Channel,
        letter::{Letter, NewDevice},
        reach::{AddressHash, Reach},
    },
    notifications::{
        device::{DeviceId, Platform},
        inbox::{Entry, InboxCursor},
        store::Marked,
    },
    queue::{
        Lane, NewTask, Nonce,
        store::{End, TaskFilter},
    },
    users::{
        account::{Account, Consent, Identity, PasswordHash, Preferences, Purpose, Role, Status},
        change::AccountChange,
    },
};
use yousoon::database::Database;

use crate::fixtures::NOW_MS;

pub(super) async fn ask(db: &Database) {
    let account = account();
    let (users, id) = (&db.users, &account.id);
    users.create(account.clone(), vec![], None).await.unwrap();
    users.by_id(id).await.unwrap();
    users.by_email(&account.email_key()).await.unwrap();
    users.standing(id).await.unwrap();
    let change = AccountChange::Password {
        epoch: 0,
        to: PasswordHash::new("y"),
    };
    users.change(id, change, NOW_MS).await.unwrap();
    let verified = AccountChange::PhoneVerified("+33600000001".into());
    users.change(id, verified, NOW_MS).await.unwrap();
    let consent = Consent {
        purpose: Purpose::Terms,
        version: "1".into(),
        granted: true,
        at_ms: NOW_MS,
    };
    users.record_consent(id, consent).await.unwrap();
    users.consents(id).await.unwrap();
    let agreed = Consent {
        purpose: Purpose::Analytics,
        version: "1".into(),
        granted: true,
        at_ms: NOW_MS,
    };
    users.record_consent(id, agreed).await.unwrap();
    users
        .agreeing(std::slice::from_ref(id), Purpose::Analytics)
        .await
        .unwrap();
    assert!(users.record_events(id, vec![event(id)]).await.unwrap());
    let lease = db.queue.take(Lane::Events, "w", NOW_MS, NOW_MS + 9, 9);
    let keys: Vec<String> = lease
        .await
        .unwrap()
        .into_iter()
        .map(|task| task.key)
        .collect();
    db.queue.put_back(&keys, "w", NOW_MS, "down").await.unwrap();
    db.queue.remove_taken(&keys, "w").await.unwrap();
    let offer = OfferId::derive("offer", "a");
    users.add_favorite(id, &offer, NOW_MS).await.unwrap();
    users.favorites(id).await.unwrap();
    let offers = std::slice::from_ref(&offer);
    users.favorites_among(id, offers).await.unwrap();
    users.remove_favorite(id, &offer).await.unwrap();
    ask_sessions(db, id).await;
    ask_codes(db, id).await;
    ask_service_tokens(db).await;
    ask_queue(db).await;
    for at_ms in [NOW_MS, NOW_MS + 1] {
        let reach = Reach {
            channel: Channel::Email,
            address: AddressHash::of("ana@example.fr"),
            barrier: None,
            at_ms,
        };
        db.reach.note(reach.clone()).await.unwrap();
        let address = reach.address;
        db.reach.barrier(Channel::Email, &address).await.unwrap();
    }
    ask_notifications(db, id).await;
    super::pictures::ask(db, id).await;
    super::identity::ask(db, id).await;
    users.erase(id, "pseudonym", NOW_MS).await.unwrap();
}

fn event(user: &UserId) -> NewTask {
    let event = ProductEvent {
        name: EventName::Searched,
        user: user.clone(),
        offer: None,
        at_ms: NOW_MS,
    };
    NewTask::of_report("e1", event, NOW_MS)
}

async fn ask_sessions(db: &Database, user: &UserId) {
    let token = RefreshToken::first();
    let session = Session {
        id: token.session(),
        user: user.clone(),
        epoch: 0,
        device: None,
        created_at_ms: NOW_MS,
        used_at_ms: NOW_MS,
        expires_at_ms: NOW_MS + LIFE_MS,
    };
    let (sessions, id) = (&db.sessions, session.id.clone());
    sessions.begin(session, token.hash()).await.unwrap();
    let tokens = RefreshTokens::new([1; 32], SessionsConfig::default());
    let (_, exchange) = tokens.exchange(&token, NOW_MS);
    sessions.rotate(&id, exchange).await.unwrap();
    sessions.is_live(user, &id).await.unwrap();
    sessions.of_user(user, NOW_MS).await.unwrap();
    sessions.end(user, &id).await.unwrap();
    sessions.end_all(user, Some(&id)).await.unwrap();
}

async fn ask_service_tokens(db: &Database) {
    let (tokens, secret) = (&db.service_tokens, Secret::fresh());
    let token = ServiceToken {
        name: TokenName::parse("ci").unwrap(),
        scopes: vec![Scope::Purge],
        created_at_ms: NOW_MS,
        expires_at_ms: None,
        revoked_at_ms: None,
    };
    tokens.create(token.clone(), secret.hash()).await.unwrap();
    tokens.by_hash(&secret.hash()).await.unwrap();
    tokens.all().await.unwrap();
    tokens.revoke(&token.name, NOW_MS).await.unwrap();
}

/// Of the task that a code has left.
async fn ask_queue(db: &Database) {
    let queue = &db.queue;
    let until_ms = NOW_MS + 60_000;
    let taken = queue.take(Lane::Codes, "lease", NOW_MS, until_ms, 9);
    let task = taken.await.unwrap().remove(0);
    let error = "refused".to_owned();
    let dead = End::Dead { error };
    queue.end(&task.key, "lease", dead, NOW_MS).await.unwrap();
    queue.list(TaskFilter::default(), 9).await.unwrap();
    queue.get(&task.key).await.unwrap();
    queue.figures(NOW_MS).await.unwrap();
    queue.revive(&task.key, NOW_MS, until_ms).await.unwrap();
    queue.remove(&task.key).await.unwrap();
    queue.forget(until_ms, 9).await.unwrap();
}

/// Of a task of a booking.
async fn ask_notifications(db: &Database, user: &UserId) {
    let (store, until_ms) = (&db.notifications, NOW_MS + 60_000);
    let letter = Letter::NewDevice(NewDevice {
        first_name: "Ana".to_owned(),
        device: None,
        signed_in_at_ms: NOW_MS,
    });
    let taken = db
        .queue
        .take(Lane::Notices, "w", i64::MAX / 4, i64::MAX / 2, 1);
    let task = taken.await.unwrap().remove(0);
    let end = End::Divided {
        tasks: vec![],
        entries: vec![Entry::new("k", user.clone(), &letter, NOW_MS)],
    };
    assert!(db.queue.end(&task.key, "w", end, NOW_MS).await.unwrap());
    for n in 0..12 {
        let id = DeviceId::parse(&format!("00000000-device-{n}")).unwrap();
        for now_ms in [NOW_MS, NOW_MS + n] {
            let registered = store.register(user, &id, Platform::Ios, now_ms);
            registered.await.unwrap();
        }
    }
    let devices = store.devices(user).await.unwrap();
    store.remove_device(user, &devices[0].id).await.unwrap();
    store
        .forget_devices(&[devices[1].id.clone()])
        .await
        .unwrap();
    let page = store.page(user, 9, None).await.unwrap();
    let after = page.items.last().map(InboxCursor::of);
    store.page(user, 9, after).await.unwrap();
    store.unread(user).await.unwrap();
    let these = Marked::These(vec![page.items[0].id.clone()]);
    for which in [these, Marked::All] {
        store.mark_read(user, &which, NOW_MS).await.unwrap();
    }
    store.forget_entries(until_ms, 9).await.unwrap();
}

async fn ask_codes(db: &Database, user: &UserId) {
    let purpose = CodePurpose::VerifyPhone;
    let code = Codes::new([1; 32]).stored(user, 0, purpose, "+33600000001", "012345", NOW_MS);
    let task = code.task(Nonce::new([7; 32]));
    db.codes.put(code, task).await.unwrap();
    db.codes.get(user, purpose).await.unwrap();
    db.codes.take_try(user, purpose, NOW_MS).await.unwrap();
}

pub(super) fn account() -> Account {
    Account {
        id: UserId::derive("user", "ana"),
        email: "ana@example.fr".into(),
        email_verified_at_ms: None,
        phone: Some("+33600000001".into()),
        phone_verified_at_ms: None,
        first_name: "Ana".into(),
        last_name: "Petit".into(),
        avatar: None,
        preferences: Preferences::default(),
        identity: Identity::default(),
        role: Role::User,
        memberships: None.into(),
        status: Status::Active,
        password: PasswordHash::new("x"),
        epoch: 0,
        created_at_ms: NOW_MS,
        updated_at_ms: NOW_MS,
    }
}
