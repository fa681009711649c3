//! Two users and an anonymous client request the same documents at the same time, through the same
//! edge.

use std::sync::Arc;
use std::time::Duration;

use e2e::{Answer, Ask, Target};
use serde_json::{Value, json};

use super::dice::Dice;
use super::scale::Scale;
use super::tally::Tally;
use crate::PARIS;
use crate::people::{DOMAIN, Person, anonymous};

const PART: &str = "in parallel";
const AT_ONCE: u64 = 16;

/// A public document, and the answer that everybody must get.
#[derive(Clone, Debug)]
struct Shared {
    ask: Ask,
    text: String,
}

#[derive(Debug)]
struct Field {
    shared: Vec<Shared>,
    /// Documents whose answers depend on the user.
    own: Vec<Ask>,
    people: Vec<Person>,
    client: reqwest::Client,
    edge: String,
}

/// Requests whose answers are cached and shared.
pub(crate) fn public(target: &Target) -> Vec<Ask> {
    let location = json!({"lat": PARIS.0, "lng": PARIS.1});
    let near = |first: u64| json!({"location": location, "maxDistance": 5, "first": first});
    vec![
        target.ask("Categories", json!({})),
        target.ask("OffersNearby", near(20)),
        target.ask("OffersNearby", near(3)),
    ]
}

/// The answer that everybody gets, read once the edge has cached it.
pub(crate) async fn warm(target: &Target, ask: &Ask) -> String {
    let within = Duration::from_secs(10);
    let (seen, _) = ask
        .until(&target.client, &target.edge_url, within, Answer::is_hit)
        .await
        .unwrap();
    seen.text
}

/// Sends the requests. No user may get another user's data, and public answers must have the same
/// bytes for all.
pub(crate) async fn ask(target: &Target, tally: &Arc<Tally>, people: [&Person; 2], scale: Scale) {
    let mut shared = Vec::new();
    for ask in public(target) {
        let text = warm(target, &ask).await;
        shared.push(Shared { ask, text });
    }
    let field = Arc::new(Field {
        shared,
        own: ["Me", "MyFavorites"]
            .map(|name| target.ask(name, json!({})))
            .to_vec(),
        people: people.map(Clone::clone).to_vec(),
        client: target.client.clone(),
        edge: target.edge_url.clone(),
    });
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..AT_ONCE {
        let (field, tally) = (Arc::clone(&field), Arc::clone(tally));
        let mut dice = Dice::new(scale.seed).fork(worker);
        workers.spawn(async move {
            for _ in 0..scale.in_parallel.div_ceil(AT_ONCE) {
                field.ask_once(&mut dice, &tally).await;
            }
        });
    }
    workers.join_all().await;
}

impl Field {
    async fn ask_once(&self, dice: &mut Dice, tally: &Tally) {
        let who = dice.below(self.people.len() + 1);
        let person = self.people.get(who);
        let shared = dice.once_in(2).then(|| dice.pick(&self.shared));
        let ask = match shared {
            Some(shared) => &shared.ask,
            None => dice.pick(&self.own),
        };
        let request = if dice.once_in(2) {
            let variables = ask.variables.to_string();
            let url = format!("{}/graphql/{}", self.edge, ask.id);
            self.client.get(url).query(&[("variables", variables)])
        } else {
            anonymous(&self.client, &self.edge, ask)
        };
        let request = match person {
            Some(person) => request.bearer_auth(&person.access),
            None => request,
        };
        let seen = match request.send().await {
            Ok(seen) => Answer::read(seen).await,
            Err(error) => Err(error.into()),
        };
        let seen = match seen {
            Ok(seen) => seen,
            Err(error) => return tally.fault(format!("{PART}: no answer: {error:#}")),
        };
        tally.read(PART, &seen, &ask.id);
        if let Some(shared) = shared {
            tally.holds(seen.text == shared.text, || {
                format!(
                    "{PART}: what is public differs: {} {}",
                    seen.status, seen.text
                )
            });
        } else {
            judge_own(&seen, person, tally);
        }
        for other in self
            .people
            .iter()
            .filter(|one| person.is_none_or(|me| me.id != one.id))
        {
            if seen.text.contains(&other.id) || seen.text.contains(&other.email) {
                tally.leaked(format!("{PART}: {}", seen.text));
            }
        }
    }
}

fn judge_own(seen: &Answer, person: Option<&Person>, tally: &Tally) {
    let Some(person) = person else {
        tally.holds(seen.code() == "UNAUTHENTICATED", || {
            format!(
                "{PART}: an anonymous client got {} {}",
                seen.status, seen.text
            )
        });
        if seen.text.contains(DOMAIN) {
            tally.leaked(format!("{PART}: to an anonymous client: {}", seen.text));
        }
        return;
    };
    let id: &Value = &seen.json()["data"]["me"]["id"];
    tally.holds(id == person.id.as_str(), || {
        format!("{PART}: {} got {} {}", person.email, seen.status, seen.text)
    });
    let is_kept = seen.is_hit() || !seen.header("cache-control").contains("no-store");
    tally.holds(!is_kept, || {
        format!("{PART}: a private answer is cacheable: {:?}", seen.headers)
    });
}
