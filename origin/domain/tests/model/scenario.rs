//! What can happen, within which bounds, and how the rules are weakened.

use stateright::{Model, Property};

use crate::{
    properties,
    state::{MOMENTS, NOW_MS, State, Worker},
};

/// One rule is broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weakening {
    None,
    /// A booking is confirmed when its payment begins.
    ConfirmedAtStart,
    /// Money that comes after its booking has ended is not refunded.
    LateMoneyKept,
    /// A refund of support does not look at what was refunded.
    SumUnchecked,
    /// A venue that cancels refunds nothing.
    VenueKeeps,
    /// An older answer is applied as if it were the newest: a booking whose intent is not said to have
    /// succeeded loses its payment.
    OldAnswersWin,
    /// No job looks at payments of which no report comes.
    NeverLooks,
    /// A refund that comes again is entered in the ledger again.
    RefundsEnteredAgain,
}

/// The steps and the faults. A number is the index of a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// The next moment that makes a difference.
    Tick,
    /// The guest asks to pay, once more if the answer was lost.
    Start,
    /// The server asks the provider.
    Create,
    /// The server applies what the provider answered.
    ApplyCreated,
    StarterCrashes,
    /// The guest pays at the provider.
    Pay,
    HolderCancels,
    VenueCancels,
    Erase,
    /// The job ends the booking.
    Expire,
    /// The job looks at the payment.
    Look,
    /// A report of the provider arrives. It may never do so, or twice.
    ReportIntent,
    ReportRefund(usize),
    /// A worker takes a task and asks the provider.
    Ask(usize, String),
    Apply(usize),
    End(usize),
    Crash(usize),
    /// Support refunds a part.
    Support,
    /// Somebody refunds a part at the provider's own page.
    RefundElsewhere,
    /// A refund that the provider had accepted fails.
    RefundFails(usize),
}

/// The model: everything within bounds.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) weakening: Weakening,
    pub(crate) workers: usize,
    pub(crate) starts: u8,
    pub(crate) crashes: u8,
    pub(crate) reports: u8,
    pub(crate) supports: u8,
    /// Refunds at the provider's own page.
    pub(crate) others: u8,
    /// Refunds that fail.
    pub(crate) failures: u8,
    /// What the guest pays.
    pub(crate) pays: i64,
    /// Whether the account may be erased.
    pub(crate) erasure: bool,
    /// How many of the moments pass.
    pub(crate) moments: usize,
}

const SMALLEST: Scenario = Scenario {
    weakening: Weakening::None,
    workers: 1,
    starts: 1,
    crashes: 0,
    reports: 1,
    supports: 0,
    others: 0,
    failures: 0,
    pays: crate::state::AMOUNT,
    erasure: false,
    moments: MOMENTS.len(),
};

/// A crash anywhere, cancellations by everybody.
pub(crate) const ONE_WORKER: Scenario = Scenario {
    crashes: 1,
    ..SMALLEST
};

/// The guest taps twice, because the answer was lost.
pub(crate) const TWO_TAPS: Scenario = Scenario {
    starts: 2,
    ..SMALLEST
};

/// The account may be erased at any moment; a report comes twice.
pub(crate) const ERASURE: Scenario = Scenario {
    reports: 2,
    erasure: true,
    ..SMALLEST
};

/// Answers that are applied late, and in another order than they were given.
pub(crate) const TWO_WORKERS: Scenario = Scenario {
    workers: 2,
    moments: 2,
    ..SMALLEST
};

/// Support, the provider's own page and cancellations at once; one refund fails.
pub(crate) const REFUNDS: Scenario = Scenario {
    supports: 2,
    others: 1,
    failures: 1,
    moments: 1,
    ..SMALLEST
};

pub(crate) const ANOTHER_AMOUNT: Scenario = Scenario {
    crashes: 1,
    pays: crate::state::AMOUNT - 1,
    ..SMALLEST
};

impl Model for Scenario {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::first(self.workers)]
    }

    /// Candidates; [`Scenario::step`] decides which of them are possible in this state.
    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        actions.extend([
            Action::Tick,
            Action::Start,
            Action::Create,
            Action::ApplyCreated,
            Action::StarterCrashes,
            Action::Pay,
            Action::HolderCancels,
            Action::VenueCancels,
            Action::Expire,
            Action::Look,
            Action::ReportIntent,
            Action::Support,
            Action::RefundElsewhere,
        ]);
        if self.erasure {
            actions.push(Action::Erase);
        }
        for place in 0..state.provider.refunds.len() {
            actions.extend([Action::ReportRefund(place), Action::RefundFails(place)]);
        }
        for (number, worker) in state.workers.iter().enumerate() {
            match worker {
                Worker::Idle => {
                    let ask = |key: &String| Action::Ask(number, key.clone());
                    actions.extend(state.queue.keys().map(ask));
                }
                Worker::Has(..) => actions.push(Action::Apply(number)),
                Worker::Applied(_) => actions.push(Action::End(number)),
            }
            actions.push(Action::Crash(number));
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        self.step(&mut next, action).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::of(self)
    }
}

impl Scenario {
    /// Takes the step, if it is possible.
    fn step(&self, state: &mut State, action: Action) -> bool {
        match action {
            Action::Tick => self.tick(state),
            Action::Start => self.start(state),
            Action::Create => Self::create(state),
            Action::ApplyCreated => self.apply_created(state),
            Action::StarterCrashes => self.starter_crashes(state),
            Action::Pay => self.pay(state),
            Action::HolderCancels => self.cancel(state, &domain::bookings::store::By::Holder),
            Action::VenueCancels => self.cancel(state, &domain::bookings::store::By::Staff(None)),
            Action::Erase => self.erase(state),
            Action::Expire => self.expire(state),
            Action::Look => self.look(state),
            Action::ReportIntent => self.report_intent(state),
            Action::ReportRefund(place) => self.report_refund(state, place),
            Action::Ask(worker, key) => Self::ask(state, worker, &key),
            Action::Apply(worker) => self.apply(state, worker),
            Action::End(worker) => Self::end(state, worker),
            Action::Crash(worker) => self.crash(state, worker),
            Action::Support => self.support(state),
            Action::RefundElsewhere => self.refund_elsewhere(state),
            Action::RefundFails(place) => self.refund_fails(state, place),
        }
    }

    fn tick(&self, state: &mut State) -> bool {
        let since_ms = state.now_ms - NOW_MS;
        let mut moments = MOMENTS.into_iter().take(self.moments);
        let next = moments.find(|moment| *moment > since_ms);
        if let Some(moment) = next {
            state.now_ms = NOW_MS + moment;
        }
        next.is_some()
    }
}
