//! Amplitude: HTTP V2 API for events, User Privacy API for erasure (amplitude.com/docs/apis/analytics).
//! Both have hosts of their own in the EU.

mod answer;
mod batches;
mod privacy;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use domain::{
    analytics::outlet::{Fate, OutgoingEvent, Outlet, Sent, Trouble},
    messages::provider::SendError,
    secret::Secret,
};
use provider_http::{Mode, Provider as Http, SetupError};
use reqwest::Method;
use url::Url;

use answer::Verdict;

/// How often a request is sent again without what was refused of it.
const MOST_ROUNDS: usize = 5;

#[derive(Clone, Debug)]
pub struct Config {
    /// `https://api.eu.amplitude.com`.
    pub events: Url,
    /// `https://analytics.eu.amplitude.com`.
    pub privacy: Url,
    pub mode: Mode,
    pub timeout: Duration,
    /// Names the project: everything that is sent belongs to it.
    pub key: Secret,
    /// With the key it allows to erase.
    pub secret: Secret,
}

#[derive(Clone)]
pub struct Amplitude {
    events: Http,
    privacy: Http,
    key: Secret,
    secret: Secret,
}

impl Amplitude {
    pub fn new(config: &Config) -> Result<Self, SetupError> {
        let http = |base| Http::new(base, config.mode, config.timeout);
        Ok(Self {
            events: http(&config.events)?,
            privacy: http(&config.privacy)?,
            key: config.key.clone(),
            secret: config.secret.clone(),
        })
    }

    /// Sends events of one request. What Amplitude refuses of it has it refuse the whole, so the rest is
    /// sent again.
    async fn send_batch(&self, events: &[OutgoingEvent]) -> Sent {
        let mut fates = vec![Fate::Later { after_ms: None }; events.len()];
        // Positions of the events that are still to be sent.
        let mut left: Vec<usize> = (0..events.len()).collect();
        for _ in 0..MOST_ROUNDS {
            let these: Vec<&OutgoingEvent> = left.iter().map(|at| &events[*at]).collect();
            let body = batches::body(&self.key, &these);
            let request = self
                .events
                .request(Method::POST, self.events.url(&["2", "httpapi"]))
                .header("content-type", "application/json")
                .body(body);
            let verdict = match self.events.send(request).await {
                Ok(answer) => answer::verdict(&answer, left.len()),
                Err(error) => Verdict::Nothing(trouble(error)),
            };
            match verdict {
                Verdict::Taken => {
                    for at in left {
                        fates[at] = Fate::Taken;
                    }
                    return Sent {
                        fates,
                        trouble: None,
                    };
                }
                Verdict::Without(refused) => {
                    for at in &refused {
                        fates[left[*at]] = Fate::Refused;
                    }
                    let mut place = 0;
                    left.retain(|_| {
                        place += 1;
                        !refused.contains(&(place - 1))
                    });
                    if left.is_empty() {
                        return Sent {
                            fates,
                            trouble: None,
                        };
                    }
                }
                Verdict::Slower(throttled, pause_ms) => {
                    for (place, at) in left.iter().enumerate() {
                        let is_throttled = throttled.is_empty() || throttled.contains(&place);
                        fates[*at] = Fate::Later {
                            after_ms: is_throttled.then_some(pause_ms),
                        };
                    }
                    // Only what is throttled waits so long.
                    let after_ms = throttled.is_empty().then_some(pause_ms);
                    return later(fates, "429", after_ms);
                }
                Verdict::TooLarge => return self.send_halves(events).await,
                Verdict::Nothing(trouble) => {
                    return Sent {
                        fates,
                        trouble: Some(trouble),
                    };
                }
            }
        }
        later(fates, "400 again and again", None)
    }

    async fn send_halves(&self, events: &[OutgoingEvent]) -> Sent {
        let (first, second) = events.split_at(events.len() / 2);
        let mut all = Box::pin(self.send_batch(first)).await;
        if all.trouble.is_some() {
            let rest = second.iter().map(|_| Fate::Later { after_ms: None });
            all.fates.extend(rest);
            return all;
        }
        let rest = Box::pin(self.send_batch(second)).await;
        all.fates.extend(rest.fates);
        all.trouble = rest.trouble;
        all
    }
}

fn later(fates: Vec<Fate>, why: &str, after_ms: Option<i64>) -> Sent {
    Sent {
        fates,
        trouble: Some(Trouble::Later {
            why: why.to_owned(),
            after_ms,
        }),
    }
}

/// The trouble when no answer came.
fn trouble(error: SendError) -> Trouble {
    match error {
        SendError::Later { why, after_ms } => Trouble::Later { why, after_ms },
        SendError::Refused { why } | SendError::Recipient { why, .. } => Trouble::Refused { why },
    }
}

impl fmt::Debug for Amplitude {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Amplitude").field(&self.events).finish()
    }
}

#[async_trait]
impl Outlet for Amplitude {
    fn name(&self) -> &'static str {
        "amplitude"
    }

    async fn send(&self, events: &[OutgoingEvent]) -> Sent {
        let mut all = Sent {
            fates: Vec::with_capacity(events.len()),
            trouble: None,
        };
        for batch in batches::split(events) {
            // After trouble the rest would meet it as well.
            if all.trouble.is_some() {
                let rest = batch.iter().map(|_| Fate::Later { after_ms: None });
                all.fates.extend(rest);
                continue;
            }
            let sent = self.send_batch(batch).await;
            all.fates.extend(sent.fates);
            all.trouble = sent.trouble;
        }
        all
    }

    async fn forget(&self, people: &[String]) -> Result<(), Trouble> {
        let request = privacy::request(&self.privacy, (&self.key, &self.secret), people);
        let answer = self.privacy.send(request).await.map_err(trouble)?;
        privacy::read(&answer)
    }

    fn most_forgotten(&self) -> usize {
        privacy::MOST_PEOPLE
    }
}

#[cfg(test)]
mod tests;
