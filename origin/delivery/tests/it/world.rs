//! A database, a clock, and a provider that does what a test says.

use std::{
    collections::VecDeque,
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
};

use access::{codes::Codes, keys::KeySet, unsubscribing::Unsubscribing};
use async_trait::async_trait;
use delivery::{Delivery, Metrics, Parts, ProductEvents, Providers, Sources, UnsubscribeLinks};
use domain::{
    Admission, BookingId, BookingLimits, InvitationId, Offer, OfferSchedule, PartnerId, UserId,
    auth::codes::{CodePurpose, CodeStore as _},
    bookings::{
        booking::{Booking, Step},
        party::PartySize,
        rules::NewBooking,
        store::{BookingStore as _, By, Created, Stepped},
    },
    catalogue::{Announce, CatalogueStore as _, Family, Reach, sample},
    messages::{
        kind::Channel,
        letter::Letter,
        provider::{Accepted, Content, Provider, SendError},
        sms_countries::SmsCountries,
    },
    notifications::{
        device::{DeviceId, Platform},
        store::{NotificationStore as _, Registered},
    },
    payments::price::Terms,
    queue::{
        Lane, NewTask, Task, Work,
        store::{End, QueueStore as _},
    },
    sentence::Language,
    team::{Invitation, InvitationToken, store::TeamStore as _},
    users::{
        account::{Account, Identity, PasswordHash, Preferences, Role, Status},
        change::AccountChange,
        membership::{Places, Post},
        store::UserStore as _,
    },
};
use store_sqlite::{
    database::EmbeddedDb,
    stores::{
        announcements::EmbeddedAnnouncements, bookings::EmbeddedBookings,
        catalogue::EmbeddedCatalogue, codes::EmbeddedCodes, identity::EmbeddedIdentity,
        notifications::EmbeddedNotifications, offers::EmbeddedOffers, operators::EmbeddedOperators,
        partners::EmbeddedPartners, payments::EmbeddedPayments, queue::EmbeddedQueue,
        reach::EmbeddedReach, reviews::EmbeddedReviews, team::EmbeddedTeams, users::EmbeddedUsers,
    },
};
use templates::{Current, Links};
use tokio::sync::watch;

pub(crate) const NOW_MS: i64 = 1_790_000_000_000;

/// What a provider does with a message.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Take,
    Fail(SendError),
    /// Takes it, and its answer never arrives.
    TakeAndHang,
    /// Takes it, and knows these devices no more.
    Forget(&'static [&'static str]),
}

pub(crate) fn down() -> Act {
    Act::Fail(SendError::Later {
        why: "503".to_owned(),
        after_ms: None,
    })
}

/// A provider without a memory for keys.
#[derive(Debug, Default)]
pub(crate) struct Scripted {
    /// What it does next; then it takes everything.
    script: Mutex<VecDeque<Act>>,
    asked: Mutex<Vec<String>>,
    taken: Mutex<Vec<(String, Content)>>,
}

impl Scripted {
    pub(crate) fn then(&self, act: Act) {
        self.script.lock().unwrap().push_back(act);
    }

    /// The keys that it was asked to send.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn taken(&self) -> Vec<(String, Content)> {
        self.taken.lock().unwrap().clone()
    }
}

#[async_trait]
impl Provider for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    async fn send(&self, key: &str, content: &Content) -> Result<Accepted, SendError> {
        self.asked.lock().unwrap().push(key.to_owned());
        let act = self.script.lock().unwrap().pop_front().unwrap_or(Act::Take);
        if let Act::Fail(error) = &act {
            return Err(error.clone());
        }
        let message = (key.to_owned(), content.clone());
        self.taken.lock().unwrap().push(message);
        if matches!(act, Act::TakeAndHang) {
            pending::<()>().await;
        }
        let invalid: &[&str] = match act {
            Act::Forget(devices) => devices,
            Act::Take | Act::Fail(_) | Act::TakeAndHang => &[],
        };
        Ok(Accepted {
            provider_id: "m1".to_owned(),
            invalid_devices: invalid.iter().map(|name| (*name).to_owned()).collect(),
        })
    }
}

pub(crate) struct World {
    pub(crate) delivery: Delivery,
    pub(crate) email: Arc<Scripted>,
    pub(crate) sms: Arc<Scripted>,
    pub(crate) push: Arc<Scripted>,
    pub(crate) users: EmbeddedUsers,
    pub(crate) teams: EmbeddedTeams,
    pub(crate) bookings: EmbeddedBookings,
    pub(crate) notifications: EmbeddedNotifications,
    pub(crate) announcements: EmbeddedAnnouncements,
    pub(crate) offers: EmbeddedOffers,
    pub(crate) partners: EmbeddedPartners,
    pub(crate) operators: EmbeddedOperators,
    pub(crate) payments: EmbeddedPayments,
    pub(crate) queue: EmbeddedQueue,
    pub(crate) reach: EmbeddedReach,
    pub(crate) wake: watch::Sender<()>,
    codes: Codes,
    code_store: EmbeddedCodes,
    catalogue: EmbeddedCatalogue,
    clock: Arc<AtomicI64>,
    _dir: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_events(None)
    }

    pub(crate) fn with_events(events: Option<ProductEvents>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = EmbeddedDb::open(dir.path()).unwrap();
        let [email, sms, push] = std::array::from_fn(|_| Arc::new(Scripted::default()));
        let (clock, wake) = (Arc::new(AtomicI64::new(NOW_MS)), watch::Sender::new(()));
        let now = Arc::clone(&clock);
        let codes = Codes::new([1; 32]);
        let delivery = Delivery::new(Parts {
            queue: Arc::new(EmbeddedQueue::new(db.clone())),
            reach: Arc::new(EmbeddedReach::new(db.clone())),
            sources: Sources {
                users: Arc::new(EmbeddedUsers::new(db.clone())),
                bookings: Arc::new(EmbeddedBookings::new(db.clone())),
                offers: Arc::new(EmbeddedOffers::new(db.clone())),
                notifications: Arc::new(EmbeddedNotifications::new(db.clone())),
                announcements: Arc::new(EmbeddedAnnouncements::new(db.clone())),
                payments: Arc::new(EmbeddedPayments::new(db.clone())),
                partners: Arc::new(EmbeddedPartners::new(db.clone())),
                teams: Arc::new(EmbeddedTeams::new(db.clone())),
                identities: Arc::new(EmbeddedIdentity::new(db.clone())),
                reviews: Arc::new(EmbeddedReviews::new(db.clone())),
                code_store: Arc::new(EmbeddedCodes::new(db.clone())),
                codes: codes.clone(),
            },
            templates: Current::new().unwrap(),
            links: Links::new("https://site.test/", "https://portal.test/").unwrap(),
            unsubscribe: Some(UnsubscribeLinks {
                url: "https://api.test/unsubscribe".parse().unwrap(),
                tokens: Unsubscribing::new(&KeySet::for_development()),
            }),
            sms_countries: SmsCountries::default(),
            providers: Providers {
                email: Arc::clone(&email) as Arc<_>,
                sms: Arc::clone(&sms) as Arc<_>,
                push: Arc::clone(&push) as Arc<_>,
            },
            events,
            identity: None,
            now: Arc::new(move || now.load(Relaxed)),
            wake: wake.clone(),
            payments: None,
            entries_stored: watch::Sender::new(()),
            metrics: Metrics::default(),
        });
        Self {
            delivery,
            email,
            sms,
            push,
            users: EmbeddedUsers::new(db.clone()),
            teams: EmbeddedTeams::new(db.clone()),
            bookings: EmbeddedBookings::new(db.clone()),
            notifications: EmbeddedNotifications::new(db.clone()),
            announcements: EmbeddedAnnouncements::new(db.clone()),
            offers: EmbeddedOffers::new(db.clone()),
            partners: EmbeddedPartners::new(db.clone()),
            operators: EmbeddedOperators::new(db.clone()),
            payments: EmbeddedPayments::new(db.clone()),
            queue: EmbeddedQueue::new(db.clone()),
            reach: EmbeddedReach::new(db.clone()),
            wake,
            codes,
            code_store: EmbeddedCodes::new(db.clone()),
            catalogue: EmbeddedCatalogue::new(db),
            clock,
            _dir: dir,
        }
    }

    pub(crate) fn pass_ms(&self, ms: i64) {
        self.clock.fetch_add(ms, Relaxed);
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.load(Relaxed)
    }

    pub(crate) async fn sign_up(&self, name: &str, language: Language) -> UserId {
        let id = self.sign_up_only(name, language).await;
        let proven = AccountChange::EmailVerified(format!("{name}@example.fr"));
        self.users.change(&id, proven, NOW_MS).await.unwrap();
        id
    }

    /// The address is not proven.
    pub(crate) async fn sign_up_only(&self, name: &str, language: Language) -> UserId {
        let id = UserId::derive("user", name);
        let account = Account {
            id: id.clone(),
            email: format!("{name}@example.fr"),
            email_verified_at_ms: None,
            phone: Some("+33600000001".to_owned()),
            phone_verified_at_ms: None,
            first_name: name.to_owned(),
            last_name: "Martin".to_owned(),
            avatar: None,
            preferences: Preferences {
                language,
                ..Preferences::default()
            },
            identity: Identity::default(),
            role: Role::User,
            memberships: None.into(),
            status: Status::Active,
            password: PasswordHash::new("x"),
            epoch: 0,
            created_at_ms: NOW_MS,
            updated_at_ms: NOW_MS,
        };
        self.users.create(account, vec![], None).await.unwrap();
        id
    }

    /// Stores a code and its task; gives the code and the task's key.
    pub(crate) async fn code(&self, user: &UserId, purpose: CodePurpose) -> (String, String) {
        let nonce = Codes::nonce();
        let code = self.codes.code(purpose, &nonce);
        let target = match purpose {
            CodePurpose::VerifyPhone => "+33600000001".to_owned(),
            CodePurpose::VerifyEmail
            | CodePurpose::ResetPassword
            | CodePurpose::ChangeEmail
            | CodePurpose::UndoEmailChange => format!("{user}@example.fr"),
        };
        let now_ms = self.now_ms();
        let stored = self.codes.stored(user, 0, purpose, &target, &code, now_ms);
        let task = stored.task(nonce);
        let key = task.key.clone();
        assert!(self.code_store.put(stored, task).await.unwrap());
        (code, key)
    }

    /// An offer of a sample partner, open on this day of the week from this time on. Now is a Monday,
    /// 16:13 in Paris.
    pub(crate) async fn offer(&self, weekday: i32, from: &str) -> Offer {
        self.offer_with(weekday, from, Admission::default()).await
    }

    /// As [`Self::offer`], but the venue approves its bookings.
    pub(crate) async fn offer_to_approve(&self, weekday: i32, from: &str) -> Offer {
        let admission = Admission {
            requires_approval: true,
            ..Admission::default()
        };
        self.offer_with(weekday, from, admission).await
    }

    async fn offer_with(&self, weekday: i32, from: &str, admission: Admission) -> Offer {
        let mut family = sample::families(1, NOW_MS).next().unwrap();
        family.offers.truncate(1);
        let offer = Offer {
            title: "Deux galettes".to_owned(),
            is_active: true,
            valid_from_ms: NOW_MS,
            valid_until_ms: NOW_MS + 14 * 86_400_000,
            schedule: Some(OfferSchedule {
                weekdays: vec![weekday],
                from: from.to_owned(),
                to: "23:00".to_owned(),
            }),
            quota: None,
            limits: BookingLimits::default(),
            archived_at_ms: None,
            admission,
            ..family.offers[0].clone()
        };
        family.offers = vec![offer.clone()];
        self.add(family).await;
        offer
    }

    pub(crate) async fn book(&self, user: &UserId, offer: &Offer) -> Booking {
        let new = NewBooking {
            id: BookingId::derive("booking", user.as_str()),
            user: user.clone(),
            offer: offer.id.clone(),
            idempotency_key: None,
            terms: Some(Terms { fee_bp: 700 }),
            opening_ms: None,
            party: PartySize::ONE,
        };
        let created = self.bookings.create(new, self.now_ms()).await.unwrap();
        let Created::Done(booking) = created else {
            panic!("{created:?}");
        };
        *booking
    }

    pub(crate) async fn step(&self, booking: &Booking, step: Step, by: By) -> Booking {
        let stepped = self.bookings.step(&booking.id, step, by, self.now_ms());
        match stepped.await.unwrap() {
            Stepped::Done(booking) => *booking,
            other => panic!("{other:?}"),
        }
    }

    /// Takes a task as another worker would.
    pub(crate) async fn take(&self, lane: Lane, lease: &str, until_ms: i64) -> Vec<Task> {
        let taken = self.queue.take(lane, lease, self.now_ms(), until_ms, 1);
        taken.await.unwrap()
    }

    /// Divides a task that another worker may have by now; whether that was written.
    pub(crate) async fn divide_late(&self, task: &Task, lease: &str) -> bool {
        let Some(Work::Booking { id, user, notice }) = task.work() else {
            panic!("{task:?}");
        };
        let (about, now_ms) = ((notice, &id, &user), self.now_ms());
        let tasks = vec![NewTask::of_channel(task, about, Channel::Sms, now_ms)];
        let divided = End::Divided {
            tasks,
            entries: Vec::new(),
        };
        let ended = self.queue.end(&task.key, lease, divided, now_ms);
        ended.await.unwrap()
    }

    /// Stores a task, as the end of another one.
    pub(crate) async fn store(&self, task: NewTask) {
        let user = UserId::derive("user", "of a code");
        if self.users.by_id(&user).await.unwrap().is_none() {
            self.sign_up_only("of a code", Language::French).await;
        }
        let (_, key) = self.code(&user, CodePurpose::VerifyEmail).await;
        self.take(Lane::Codes, "storing", self.now_ms() + 1).await;
        let divided = End::Divided {
            tasks: vec![task],
            entries: Vec::new(),
        };
        let ended = self.queue.end(&key, "storing", divided, self.now_ms());
        assert!(ended.await.unwrap());
    }

    pub(crate) async fn register(&self, user: &UserId, device: &str) {
        let id = DeviceId::parse(device).unwrap();
        let registered = self
            .notifications
            .register(user, &id, Platform::Ios, self.now_ms());
        assert!(matches!(registered.await.unwrap(), Registered::Done(_)));
    }

    /// What is in somebody's inbox, newest first.
    pub(crate) async fn inbox(&self, user: &UserId) -> Vec<Letter> {
        let page = self.notifications.page(user, 100, None).await.unwrap();
        let letters = page.items.iter().map(|entry| entry.letter().unwrap());
        letters.collect()
    }

    async fn add(&self, family: Family) {
        let announce = Announce {
            reach: Reach::Added,
            reason: "test".to_owned(),
            actor: "test".to_owned(),
        };
        let added = self.catalogue.add(vec![family], announce, self.now_ms());
        added.await.unwrap();
    }

    /// Invites an address to a sample partner; gives the invitation and its token.
    pub(crate) async fn invite(&self, email: &str) -> (Invitation, InvitationToken) {
        let family = sample::families(1, NOW_MS).next().unwrap();
        let partner: PartnerId = family.partner.id.clone();
        self.add(family).await;
        let now_ms = self.now_ms();
        let nonce = Codes::nonce();
        let id = InvitationId::derive("invitation", email);
        let token = InvitationToken::new(id.clone(), self.codes.invitation(&nonce));
        let invitation = Invitation {
            id,
            partner,
            email: email.to_owned(),
            post: Post::Staff,
            places: Places::All,
            token_hash: token.hash(),
            created_at_ms: now_ms,
            expires_at_ms: now_ms + domain::team::LIFE_MS,
            accepted: false,
        };
        let task = invitation.task(Language::English, nonce);
        self.teams.invite(invitation.clone(), task).await.unwrap();
        (invitation, token)
    }

    pub(crate) async fn task(&self, key: &str) -> Task {
        self.queue.get(key).await.unwrap().expect("a task")
    }
}
