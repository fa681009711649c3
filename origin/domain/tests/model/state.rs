//! What there is: the rows of the database, the queue, the provider, and who is at work.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Admission, BookingId, BookingLimits, Category, Discount, EstablishmentId, GeoPoint, Offer,
    OfferId, OfferSchedule, PartnerId, UserId,
    bookings::{
        booking::Booking,
        party::PartySize,
        rules::{self, NewBooking},
    },
    payments::{
        ledger::Transaction,
        money::Currency,
        partner_account::PartnerAccount,
        payment::Payment,
        price::{OfferPrice, Terms},
        provider::{Intent, IntentStatus, ProviderRefund},
        refund::Refund,
        work::PaymentWork,
        writes::{Change, Facts},
    },
    queue::{NewTask, Work},
};

pub(crate) const HOUR_MS: i64 = 3_600_000;
/// 1 June 2026, 12:00 UTC: a Monday. The booking is for Wednesday, 18:00 in Paris.
pub(crate) const NOW_MS: i64 = 1_780_315_200_000;
pub(crate) const AMOUNT: i64 = 1_001;

/// The moments that make a difference: the booking is made, its time to pay is over, and its time to
/// be refunded is.
pub(crate) const MOMENTS: [i64; 3] = [0, HOUR_MS / 6, 28 * HOUR_MS];

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) now_ms: i64,
    pub(crate) booking: Booking,
    pub(crate) payment: Option<Payment>,
    pub(crate) refunds: Vec<Refund>,
    pub(crate) ledger: Vec<Transaction>,
    /// Tasks that are not done, by key.
    pub(crate) queue: BTreeMap<String, PaymentWork>,
    /// The keys of those that are: no second one is stored.
    pub(crate) done: BTreeSet<String>,
    pub(crate) provider: Provider,
    pub(crate) starter: Starter,
    pub(crate) workers: Vec<Worker>,
    /// Whether somebody cancelled when the rule was that nothing is refunded.
    pub(crate) kept_by_rule: bool,
    pub(crate) bounds: Used,
}

/// What the provider has, and its books.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Provider {
    pub(crate) intent: Option<(IntentStatus, i64)>,
    pub(crate) refunds: Vec<ProviderRefund>,
}

/// How often something happened that is bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Used {
    pub(crate) starts: u8,
    pub(crate) crashes: u8,
    pub(crate) supports: u8,
    pub(crate) others: u8,
    pub(crate) failures: u8,
    pub(crate) reports: u8,
}

/// The server that starts a payment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Starter {
    Idle,
    /// The row is stored, and the provider was not asked.
    Stored,
    Has(Intent),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Worker {
    Idle,
    /// It has an answer for a task, and has not applied it.
    Has(String, Answer),
    /// It has applied the answer, and not written down that the task is done.
    Applied(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Answer {
    Intent(Intent),
    Refund(ProviderRefund),
    /// The provider refuses this refund.
    Refused(Refund),
    /// There is nothing to do any more.
    Needless,
}

pub(crate) fn account() -> PartnerAccount {
    PartnerAccount {
        partner: PartnerId::derive("partner", "1"),
        account: "acct_1".into(),
        takes_payments: true,
        is_paid_out: true,
        has_given_details: true,
        created_at_ms: 0,
        seen_at_ms: 0,
    }
}

/// An offer with a price, refundable until 24 hours before.
fn offer() -> Offer {
    Offer {
        id: OfferId::derive("offer", "1"),
        title: "Deux galettes".into(),
        description: String::new(),
        partner_id: account().partner,
        establishment_id: EstablishmentId::derive("establishment", "1"),
        category: Category::Restaurant,
        discount: Discount {
            percentage: 20,
            description: None,
            terms: None,
        },
        conditions: vec![],
        valid_from_ms: 0,
        valid_until_ms: NOW_MS + 240 * HOUR_MS,
        schedule: Some(OfferSchedule {
            weekdays: vec![3],
            from: "18:00".into(),
            to: "20:00".into(),
        }),
        quota: None,
        images: vec![],
        is_active: true,
        location: GeoPoint::default(),
        created_at_ms: 0,
        limits: BookingLimits::default(),
        archived_at_ms: None,
        version: 1,
        admission: Admission::default(),
        price: Some(OfferPrice {
            amount: AMOUNT,
            currency: Currency::Eur,
            original: None,
            is_deposit: false,
            refundable_until_min: Some(24 * 60),
            vat_rate_bp: 1_000,
        }),
        page: domain::WebPage::default(),
        wording: domain::offers::wording::Wording::default(),
    }
}

pub(crate) fn user() -> UserId {
    UserId::derive("user", "1")
}

impl State {
    /// The booking is made.
    pub(crate) fn first(workers: usize) -> Self {
        let new = NewBooking {
            id: BookingId::derive("booking", "1"),
            user: user(),
            offer: offer().id,
            idempotency_key: None,
            terms: Some(Terms { fee_bp: 700 }),
            opening_ms: None,
            party: PartySize::ONE,
        };
        let booking = rules::draft(&offer(), &new, NOW_MS).expect("the offer can be booked");
        Self {
            now_ms: NOW_MS,
            booking,
            payment: None,
            refunds: vec![],
            ledger: vec![],
            queue: BTreeMap::new(),
            done: BTreeSet::new(),
            provider: Provider::default(),
            starter: Starter::Idle,
            workers: vec![Worker::Idle; workers],
            kept_by_rule: false,
            bounds: Used::default(),
        }
    }

    pub(crate) fn facts(&self) -> Option<Facts<'_>> {
        self.payment.as_ref().map(|payment| Facts {
            payment,
            refunds: &self.refunds,
        })
    }

    /// Stores a change, as both backends do in one transaction.
    pub(crate) fn store(&mut self, change: Change) {
        if let Some(payment) = change.payment {
            self.payment = Some(payment);
        }
        if let Some(booking) = change.confirmed {
            self.booking = booking;
        }
        for after in change.changed {
            let before = self.refunds.iter_mut().find(|before| before.id == after.id);
            *before.expect("a refund that is stored") = after;
        }
        self.refunds.extend(change.asked);
        self.ledger.extend(change.transactions);
        for task in change.tasks {
            self.push(task);
        }
    }

    fn push(&mut self, task: NewTask) {
        if let Work::Payment(work) = task.work
            && !self.done.contains(&task.key)
        {
            self.queue.entry(task.key).or_insert(work);
        }
    }
}
