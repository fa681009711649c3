//! Does the tasks of the queue: reads what is to be said, writes it in the recipient's language, and
//! hands it to a provider.
//!
//! A task is done at least once. A worker that is killed between the provider's answer and the end of
//! the task leaves it to another one, which sends again, with the same key: a provider that knows keys
//! sends it once.

mod announcements;
mod composing;
mod endings;
mod events;
mod identities;
mod metrics;
mod notices;
mod reaching;
mod receipts;
mod reviews;
mod sign_ins;
mod unsubscribing;
mod working;

use std::{fmt, sync::Arc, time::Duration};

use access::random;
use domain::{
    StoreError,
    circuit::Circuit,
    error_chain::chain,
    messages::{
        kind::{Channel, Kind},
        provider::{Content, Provider, SendError},
        reach::{AddressHash, Barrier, Reach, ReachStore},
        sms_countries::SmsCountries,
    },
    notifications::device::DeviceId,
    payments::work::PaymentWork,
    queue::{
        Lane, Task, Work, retry,
        store::{End, QueueStore},
    },
};
use identity::Identity;
use payments::Payments;
use templates::{Current, Links, Rendered};
use tokio::{sync::watch, time::timeout};

pub use composing::Sources;
pub use events::ProductEvents;
pub use metrics::Metrics;
pub use unsubscribing::UnsubscribeLinks;

use composing::{Addressed, Composed, Recipient};
use working::LANES;

/// How long a provider may take.
const PROVIDER_WITHIN: Duration = Duration::from_secs(15);
/// How long a worker has a task. Longer than reading, writing and sending it may take together, so that
/// no other worker gets it meanwhile.
const LEASE_MS: i64 = 60_000;
/// When another version of the program may have come, which knows a task that this one does not, in
/// milliseconds.
const UNKNOWN_AFTER_MS: i64 = 3_600_000;
/// After so many attempts a task is given up, however long it is worth doing.
const MOST_ATTEMPTS: i32 = 100;

/// Who sends the messages of each channel.
#[derive(Clone, Debug)]
pub struct Providers {
    pub email: Arc<dyn Provider>,
    pub sms: Arc<dyn Provider>,
    pub push: Arc<dyn Provider>,
}

/// The source of the current time, in milliseconds since the epoch.
pub type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Does tasks; clones share everything.
#[derive(Clone)]
pub struct Delivery(Arc<Shared>);

/// What it works with.
pub struct Parts {
    pub queue: Arc<dyn QueueStore>,
    pub reach: Arc<dyn ReachStore>,
    pub sources: Sources,
    pub templates: Current,
    pub links: Links,
    /// Where e-mails of kinds that can be switched off are switched off; none without an address.
    pub unsubscribe: Option<UnsubscribeLinks>,
    /// The countries of the numbers that SMS are sent to.
    pub sms_countries: SmsCountries,
    pub providers: Providers,
    /// None if product events are not sent.
    pub events: Option<ProductEvents>,
    /// None if identities are not checked.
    pub identity: Option<Identity>,
    /// None if no payments are taken.
    pub payments: Option<Payments>,
    pub now: Now,
    /// Told when a task was stored.
    pub wake: watch::Sender<()>,
    /// Told when entries of inboxes were stored, and with them a purge.
    pub entries_stored: watch::Sender<()>,
    pub metrics: Metrics,
}

struct Shared {
    parts: Parts,
    /// Of what concerns one person.
    circuits: Circuits,
    /// Of campaigns: a provider that is asked too much for these is still asked for codes.
    of_campaigns: Circuits,
    events: Circuit,
}

/// The circuits of the providers.
#[derive(Default)]
struct Circuits {
    email: Circuit,
    sms: Circuit,
    push: Circuit,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").finish_non_exhaustive()
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

impl Delivery {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Shared {
            parts,
            circuits: Circuits::default(),
            of_campaigns: Circuits::default(),
            events: Circuit::default(),
        }))
    }

    pub fn metrics(&self) -> &Metrics {
        &self.0.parts.metrics
    }

    /// Does all tasks of messages, identity checks and payments that are due now, one after the other;
    /// returns how many.
    pub async fn do_due(&self) -> Result<usize, StoreError> {
        let mut count = 0;
        for (lane, _) in LANES {
            loop {
                let (lease, taken) = self.take(lane, 16).await?;
                if taken.is_empty() {
                    break;
                }
                for task in taken {
                    self.work(task, &lease).await;
                    count += 1;
                }
            }
        }
        Ok(count)
    }

    async fn take(&self, lane: Lane, most: usize) -> Result<(String, Vec<Task>), StoreError> {
        let parts = &self.0.parts;
        let (lease, now_ms) = (lease(), (parts.now)());
        let taken = parts
            .queue
            .take(lane, &lease, now_ms, now_ms + LEASE_MS, most);
        let taken = taken.await?;
        Ok((lease, taken))
    }

    /// Does a task that was taken, and writes down what became of it.
    async fn work(&self, task: Task, lease: &str) {
        let parts = &self.0.parts;
        let work = task.work();
        let kind = work.as_ref().map_or("unknown", |work| work.kind());
        let end = match &work {
            Some(Work::Payment(work)) => self.payment(&task, work).await,
            Some(Work::EndPartner { partner }) => self.end_partner(&task, partner).await,
            Some(work) => self.outcome(&task, work).await,
            None if task.expires_at_ms <= (parts.now)() => {
                dead("the program does not know this kind of task")
            }
            None => End::Later {
                due_at_ms: (parts.now)() + UNKNOWN_AFTER_MS,
                error: "the program does not know this kind of task yet".to_owned(),
                counts: false,
            },
        };
        let now_ms = (parts.now)();
        let outcome = match &end {
            End::Sent { .. } => {
                parts.metrics.waited(task.lane, now_ms - task.created_at_ms);
                "sent"
            }
            End::Divided { .. } => "divided",
            End::Needless { why } => {
                tracing::debug!(kind, key = task.key, why, "a task is needless");
                "needless"
            }
            End::Later { error, .. } => {
                tracing::warn!(kind, key = task.key, error, "a task is tried again later");
                "later"
            }
            End::Dead { error } => {
                tracing::error!(kind, key = task.key, error, "a task is given up");
                "dead"
            }
        };
        parts.metrics.ended(kind, outcome);
        let is_divided = matches!(end, End::Divided { .. });
        let has_entries = matches!(&end, End::Divided { entries, .. } if !entries.is_empty());
        match parts.queue.end(&task.key, lease, end, now_ms).await {
            Ok(true) if is_divided => {
                parts.wake.send_replace(());
                if has_entries {
                    parts.entries_stored.send_replace(());
                }
            }
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!(
                    kind,
                    key = task.key,
                    "a task was removed or taken by another worker"
                );
            }
            // The lease ends by itself, and the task is done again.
            Err(error) => {
                let error = chain(&error);
                tracing::error!(
                    kind,
                    key = task.key,
                    error,
                    "the end of a task was not stored"
                );
            }
        }
    }

    async fn payment(&self, task: &Task, work: &PaymentWork) -> End {
        match &self.0.parts.payments {
            Some(payments) => payments.work(task, work).await,
            // Another server may take payments, or this one after its settings were mended.
            None => End::Later {
                due_at_ms: (self.0.parts.now)() + UNKNOWN_AFTER_MS,
                error: "no payments are taken here".to_owned(),
                counts: false,
            },
        }
    }

    async fn outcome(&self, task: &Task, work: &Work) -> End {
        let parts = &self.0.parts;
        let now_ms = (parts.now)();
        if task.expires_at_ms <= now_ms {
            return dead("it was too late");
        }
        if let Some(end) = self.ask_about_identity(task, work).await {
            return end;
        }
        let addressed = match parts.sources.compose(task, work, now_ms).await {
            Ok(Composed::Send(addressed)) => addressed,
            Ok(Composed::Divide(tasks, entries)) => return End::Divided { tasks, entries },
            Ok(Composed::Needless(why)) => return End::Needless { why },
            Err(error) => {
                let error = chain(&error);
                return self.later(task, error, None);
            }
        };
        let Addressed {
            to,
            language,
            letter,
        } = *addressed;
        if let Recipient::Phone(number) = &to
            && !parts.sms_countries.takes(number)
        {
            return End::Needless {
                why: "no SMS are sent to this country or kind of number",
            };
        }
        let channel = to.channel();
        if let Some(due_at_ms) = letter.waits_until(channel, now_ms) {
            return End::Later {
                due_at_ms,
                error: "quiet hours".to_owned(),
                counts: false,
            };
        }
        let address = to.address();
        match self.barrier(channel, address.as_ref(), letter.kind()).await {
            Ok(None) => {}
            Ok(Some(barrier)) => return End::Needless { why: barrier.why() },
            Err(error) => return self.later(task, chain(&error), None),
        }
        let links = match &parts.unsubscribe {
            Some(unsubscribe) => unsubscribe.added(&parts.links, task.person.as_ref(), &letter),
            None => parts.links.clone(),
        };
        let rendered = parts
            .templates
            .get()
            .render(&letter, language, channel, &links);
        let content = match (rendered, to) {
            (Ok(Rendered::Email(email)), Recipient::Email(to)) => Content::Email(email.to(to)),
            (Ok(Rendered::Sms(sms)), Recipient::Phone(to)) => Content::Sms(sms.to(to)),
            (Ok(Rendered::Push(push)), Recipient::Devices(to)) => Content::Push(push.to(to)),
            (Ok(_), _) => return dead("the text is for another channel"),
            (Err(error), _) => return dead(&chain(&error)),
        };
        self.send(task, channel, &content, address).await
    }

    /// Why a message of this kind is not sent to this address.
    async fn barrier(
        &self,
        channel: Channel,
        address: Option<&AddressHash>,
        kind: Kind,
    ) -> Result<Option<Barrier>, StoreError> {
        let Some(address) = address else {
            return Ok(None);
        };
        let barrier = self.0.parts.reach.barrier(channel, address).await?;
        Ok(barrier.filter(|barrier| !barrier.lets_through(kind)))
    }

    async fn send(
        &self,
        task: &Task,
        channel: Channel,
        content: &Content,
        address: Option<AddressHash>,
    ) -> End {
        let parts = &self.0.parts;
        let is_of_campaign = task.lane == Lane::Campaigns;
        let circuits = if is_of_campaign {
            &self.0.of_campaigns
        } else {
            &self.0.circuits
        };
        let (provider, circuit) = match channel {
            Channel::Email => (&parts.providers.email, &circuits.email),
            Channel::Sms => (&parts.providers.sms, &circuits.sms),
            Channel::Push => (&parts.providers.push, &circuits.push),
            Channel::Inbox => return dead("no task is told by this channel"),
        };
        let name = provider.name();
        let now_ms = (parts.now)();
        if let Some(until_ms) = circuit.enter(now_ms) {
            let wait_ms = until_ms - now_ms;
            return End::Later {
                // Not all at the same moment.
                due_at_ms: until_ms + spread(wait_ms),
                error: format!("{name} is not asked: it failed"),
                counts: false,
            };
        }
        let sent = timeout(PROVIDER_WITHIN, provider.send(&task.key, content)).await;
        let sent = sent.unwrap_or_else(|_| {
            Err(SendError::Later {
                why: format!("no answer within {} s", PROVIDER_WITHIN.as_secs()),
                after_ms: None,
            })
        });
        let now_ms = (parts.now)();
        match &sent {
            Ok(_) | Err(SendError::Refused { .. } | SendError::Recipient { .. }) => circuit.works(),
            Err(SendError::Later { after_ms, .. }) => circuit.failed(now_ms, *after_ms),
        }
        if !is_of_campaign {
            parts.metrics.circuit(name, circuit.is_open(now_ms));
        }
        match sent {
            Ok(accepted) => {
                self.forget(&accepted.invalid_devices).await;
                End::Sent {
                    provider_id: accepted.provider_id,
                }
            }
            Err(SendError::Later { why, after_ms }) => {
                self.later(task, format!("{name}: {why}"), after_ms)
            }
            Err(error @ SendError::Refused { .. }) => dead(&format!("{name}: {error}")),
            Err(SendError::Recipient {
                why,
                invalid_devices,
            }) => {
                self.forget(&invalid_devices).await;
                if let Some(address) = address {
                    self.bounced(channel, address, now_ms).await;
                }
                dead(&format!("{name}: {why}"))
            }
        }
    }

    /// Notes that an address cannot be reached. If that fails, the provider says so again.
    async fn bounced(&self, channel: Channel, address: AddressHash, at_ms: i64) {
        let bounced = Reach {
            channel,
            address,
            barrier: Some(Barrier::Bounced),
            at_ms,
        };
        if let Err(error) = self.0.parts.reach.note(bounced).await {
            tracing::warn!(error = chain(&error), "a bounce was not stored");
        }
    }

    /// Removes devices that a provider does not know any more. If that fails, it says so again.
    async fn forget(&self, devices: &[String]) {
        let ids: Vec<DeviceId> = devices
            .iter()
            .filter_map(|name| DeviceId::parse(name))
            .collect();
        if ids.is_empty() {
            return;
        }
        let notifications = &self.0.parts.sources.notifications;
        if let Err(error) = notifications.forget_devices(&ids).await {
            tracing::warn!(error = chain(&error), "devices were not removed");
        }
    }

    /// Tries again, unless it is then too late or was tried often enough.
    fn later(&self, task: &Task, error: String, after_ms: Option<i64>) -> End {
        let wait_ms = retry::wait_ms(task.attempts, number());
        let due_at_ms = (self.0.parts.now)() + wait_ms.max(after_ms.unwrap_or(0));
        if due_at_ms >= task.expires_at_ms || task.attempts >= MOST_ATTEMPTS {
            return End::Dead { error };
        }
        End::Later {
            due_at_ms,
            error,
            counts: true,
        }
    }
}

fn dead(error: &str) -> End {
    End::Dead {
        error: error.to_owned(),
    }
}

/// A name that no other worker has.
fn lease() -> String {
    format!("{:032x}", u128::from_be_bytes(random::bytes()))
}

fn number() -> u64 {
    u64::from_be_bytes(random::bytes())
}

/// A random part of a time.
fn spread(ms: i64) -> i64 {
    i64::try_from(number() % ms.max(1).unsigned_abs()).unwrap_or(0)
}
