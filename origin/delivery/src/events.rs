//! Sends product events, many at once, and has erased people forgotten. What was taken is removed from the
//! queue, not kept.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    sync::Arc,
    time::Duration,
};

use access::pseudonyms::Pseudonyms;
use domain::{
    StoreError, UserId,
    analytics::{
        ProductEvent,
        outlet::{Fate, OutgoingEvent, Outlet, Sent, Trouble},
    },
    error_chain::chain,
    queue::{Lane, Task, Work, retry},
    users::account::Purpose,
};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::{Delivery, UNKNOWN_AFTER_MS, number};

/// How many tasks a worker takes at once.
const MOST: usize = 500;
/// Nobody waits for an event: it is better to send many at once.
const LOOKS_EVERY: Duration = Duration::from_secs(10);
/// How long one batch may take. Shorter than a worker has its tasks.
const WITHIN: Duration = Duration::from_secs(45);

/// Who takes product events, and under which names.
#[derive(Clone, Debug)]
pub struct ProductEvents {
    pub outlet: Arc<dyn Outlet>,
    pub pseudonyms: Pseudonyms,
}

/// What becomes of the tasks of a batch.
#[derive(Default)]
struct Ends {
    removed: Vec<String>,
    /// By when they are due.
    later: BTreeMap<i64, Vec<String>>,
}

impl Ends {
    fn later(&mut self, task: &Task, due_at_ms: i64) {
        self.later
            .entry(due_at_ms)
            .or_default()
            .push(task.key.clone());
    }
}

impl Delivery {
    /// Does all tasks of product events that are due now; returns how many.
    pub async fn do_events(&self) -> Result<usize, StoreError> {
        let mut count = 0;
        loop {
            match self.event_batch().await? {
                0 => return Ok(count),
                taken => count += taken,
            }
        }
    }

    pub(crate) async fn run_events(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.event_batch().await {
                // There may be more.
                Ok(MOST) => continue,
                Ok(_) => {}
                Err(error) => {
                    let error = chain(&error);
                    tracing::warn!(error, "product events were not sent");
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(LOOKS_EVERY) => {}
            }
        }
    }

    async fn event_batch(&self) -> Result<usize, StoreError> {
        let parts = &self.0.parts;
        let (lease, taken) = self.take(Lane::Events, MOST).await?;
        let count = taken.len();
        if count == 0 {
            return Ok(0);
        }
        let now_ms = (parts.now)();
        let mut ends = Ends::default();
        let (mut events, mut people) = (Vec::new(), Vec::new());
        for task in taken {
            if task.expires_at_ms <= now_ms {
                self.end_event(&mut ends, &task, "dead");
                continue;
            }
            match task.work() {
                Some(Work::Event(event)) => events.push((task, event)),
                Some(Work::Forget { user }) => people.push((task, user)),
                Some(
                    Work::Code { .. }
                    | Work::Invitation { .. }
                    | Work::Booking { .. }
                    | Work::NewDevice { .. }
                    | Work::Message { .. }
                    | Work::Announcement { .. }
                    | Work::Announced { .. }
                    | Work::Payment(_)
                    | Work::Receipt { .. }
                    | Work::Look { .. }
                    | Work::ForgetSession { .. }
                    | Work::Identity { .. }
                    | Work::Review { .. }
                    | Work::EndPartner { .. },
                )
                | None => ends.later(&task, now_ms + UNKNOWN_AFTER_MS),
            }
        }
        if let Some(to) = &parts.events {
            self.send_events(to, events, &mut ends).await;
            self.forget_people(to, people, &mut ends).await;
        } else {
            let events = events.iter().map(|(task, _)| task);
            for task in events.chain(people.iter().map(|(task, _)| task)) {
                self.end_event(&mut ends, task, "needless");
            }
        }
        // If this fails the lease ends by itself, and they are sent again: they are taken once.
        parts.queue.remove_taken(&ends.removed, &lease).await?;
        for (due_at_ms, keys) in &ends.later {
            let put_back = parts.queue.put_back(keys, &lease, *due_at_ms, "not taken");
            put_back.await?;
        }
        Ok(count)
    }

    fn end_event(&self, ends: &mut Ends, task: &Task, outcome: &'static str) {
        let metrics = &self.0.parts.metrics;
        let kind = match task.kind.as_str() {
            "forget" => "forget",
            _ => "event",
        };
        metrics.ended(kind, outcome);
        if outcome == "sent" {
            metrics.waited(task.lane, (self.0.parts.now)() - task.created_at_ms);
        }
        if outcome == "dead" {
            tracing::error!(kind, key = task.key, "a product event is given up");
        }
        ends.removed.push(task.key.clone());
    }

    fn put_back(&self, ends: &mut Ends, task: &Task, after_ms: Option<i64>) {
        let wait_ms = retry::wait_ms(task.attempts, number());
        // To the second: what is due together is put back together.
        let due_at_ms = (self.0.parts.now)() + wait_ms.max(after_ms.unwrap_or(0));
        ends.later(task, due_at_ms / 1_000 * 1_000 + 1_000);
        self.0.parts.metrics.ended("event", "later");
    }

    async fn send_events(
        &self,
        to: &ProductEvents,
        events: Vec<(Task, ProductEvent)>,
        ends: &mut Ends,
    ) {
        if events.is_empty() {
            return;
        }
        let agreeing = match self.agreeing(&events).await {
            Ok(agreeing) => agreeing,
            Err(error) => {
                let error = chain(&error);
                tracing::warn!(error, "consents to product events cannot be read");
                for (task, _) in &events {
                    self.put_back(ends, task, None);
                }
                return;
            }
        };
        let (events, withdrawn): (Vec<_>, Vec<_>) = events
            .into_iter()
            .partition(|(_, event)| agreeing.contains(&event.user));
        for (task, _) in &withdrawn {
            self.end_event(ends, task, "needless");
        }
        if events.is_empty() {
            return;
        }
        let outgoing: Vec<OutgoingEvent> = events
            .iter()
            .map(|(task, event)| OutgoingEvent {
                id: to.pseudonyms.event(&task.key),
                person: to.pseudonyms.person(&event.user),
                name: event.name,
                offer: event.offer.clone(),
                at_ms: event.at_ms,
            })
            .collect();
        let fates = self.sent(to, &outgoing).await;
        for ((task, _), fate) in events.iter().zip(fates) {
            match fate {
                Fate::Taken => self.end_event(ends, task, "sent"),
                Fate::Refused => self.end_event(ends, task, "dead"),
                Fate::Later { after_ms } => self.put_back(ends, task, after_ms),
            }
        }
    }

    async fn agreeing(
        &self,
        events: &[(Task, ProductEvent)],
    ) -> Result<HashSet<UserId>, StoreError> {
        let users: HashSet<&UserId> = events.iter().map(|(_, event)| &event.user).collect();
        let users: Vec<UserId> = users.into_iter().cloned().collect();
        let store = &self.0.parts.sources.users;
        store.agreeing(&users, Purpose::Analytics).await
    }

    /// What became of each event.
    async fn sent(&self, to: &ProductEvents, outgoing: &[OutgoingEvent]) -> Vec<Fate> {
        let (circuit, now) = (&self.0.events, &self.0.parts.now);
        let later = |after_ms| vec![Fate::Later { after_ms }; outgoing.len()];
        let now_ms = now();
        if let Some(until_ms) = circuit.enter(now_ms) {
            return later(Some(until_ms - now_ms));
        }
        let sent = timeout(WITHIN, to.outlet.send(outgoing)).await;
        let sent = sent.unwrap_or_else(|_| Sent {
            fates: later(None),
            trouble: Some(Trouble::Later {
                why: format!("no answer within {} s", WITHIN.as_secs()),
                after_ms: None,
            }),
        });
        let (name, now_ms) = (to.outlet.name(), now());
        match &sent.trouble {
            None => circuit.works(),
            Some(trouble @ Trouble::Refused { .. }) => {
                circuit.works();
                tracing::error!(name, %trouble, "product events are refused");
            }
            Some(trouble @ Trouble::Later { after_ms, .. }) => {
                circuit.failed(now_ms, *after_ms);
                tracing::warn!(name, %trouble, "product events are sent again later");
            }
        }
        let is_open = circuit.is_open(now_ms);
        self.0.parts.metrics.circuit(name, is_open);
        sent.fates
    }

    async fn forget_people(
        &self,
        to: &ProductEvents,
        people: Vec<(Task, UserId)>,
        ends: &mut Ends,
    ) {
        for some in people.chunks(to.outlet.most_forgotten().max(1)) {
            let names: Vec<String> = some
                .iter()
                .map(|(_, user)| to.pseudonyms.person(user))
                .collect();
            let forgotten = to.outlet.forget(&names).await;
            for (task, _) in some {
                match &forgotten {
                    Ok(()) => self.end_event(ends, task, "sent"),
                    Err(Trouble::Later { after_ms, .. }) => self.put_back(ends, task, *after_ms),
                    Err(Trouble::Refused { .. }) => self.put_back(ends, task, None),
                }
            }
            if let Err(trouble) = forgotten {
                let name = to.outlet.name();
                tracing::error!(name, %trouble, "erased people are forgotten later");
            }
        }
    }
}

impl fmt::Debug for Ends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ends").finish_non_exhaustive()
    }
}
