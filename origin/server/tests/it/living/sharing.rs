//! An event is executed once for all subscribers who may see the same.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use access::caller::{Asker, Caller, SignedIn};
use api::{
    documents::{Document, sent},
    environment::Environment,
    execution::{
        execute,
        live::{answers::Answers, operation::Operation, outcome::Outcome},
    },
    live::{
        event::{Event, Publication, PublicationNumber, Source},
        position::Position,
        subscriptions::{SubscriptionRun, Trigger},
        topic::Topic,
    },
    request::{errors::shown, loaders::Entities, reader::Reader},
    schema::{self, Schema},
};
use async_graphql::{
    Response,
    async_trait::async_trait,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextSubscribe},
    futures_util::stream::BoxStream,
};
use cache_core::{Revision, variables::CanonicalVariables};
use domain::{auth::sessions::SessionId, sentence::Language, users::account::Role};
use futures_util::future::join_all;
use pq_core::{ErrorCode, policy::Scope};
use serde_json::{Map, Value, json};

use super::{begun, client::Socket, insert, nearby, paris, say_published, subscribed};
use crate::{
    accounts::person::{Person, register},
    app::TestApp,
    fixtures::{offer, store},
    graphql_js::{
        documents::{Fields, Random, Root},
        failing::{Failing, Rule},
    },
};

/// Levels of fields below the offer.
const DEPTH: usize = 4;
const DOCUMENTS: usize = 100;

/// Counts how often the schema executes a subscription.
#[derive(Clone, Debug, Default)]
struct Executions(Arc<AtomicUsize>);

impl ExtensionFactory for Executions {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(self.clone())
    }
}

#[async_trait]
impl Extension for Executions {
    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        self.0.fetch_add(1, Relaxed);
        next.run(ctx, stream)
    }
}

/// A server's parts, without sockets.
struct Server {
    app: TestApp,
    schema: Schema,
    executions: Executions,
    failing: Failing,
    answers: Answers,
    ana: Person,
    ben: Person,
    number: PublicationNumber,
}

/// One subscriber.
#[derive(Clone)]
struct Subscriber {
    asker: Asker,
    variables: Map<String, Value>,
}

impl Server {
    /// Ana has the first offer as a favourite, and Ben has none.
    async fn start(nullable: &[String]) -> Self {
        let app = TestApp::start().await;
        store(&app, "a", vec![offer("a", 1), offer("a", 2)]).await;
        let (ana, ben) = (register(&app, "ana").await, register(&app, "ben").await);
        keep(&app, &ana, &offer("a", 1)).await;
        let (executions, failing) = (Executions::default(), Failing::of(nullable));
        let schema = schema::builder(Environment::Development)
            .extension(executions.clone())
            .extension(failing.clone())
            .finish();
        Self {
            app,
            schema,
            executions,
            failing,
            answers: Answers::default(),
            ana,
            ben,
            number: PublicationNumber::default(),
        }
    }

    fn document(&self, body: &str, variables: &Map<String, Value>) -> Option<Arc<Document>> {
        let compiler = &self.app.state.services.compiler;
        match sent::compile(compiler, body, variables, Environment::Development) {
            Ok(document) => Some(Arc::new(document)),
            Err(why) if why.code == ErrorCode::DOCUMENT_TOO_COMPLEX => None,
            Err(why) => panic!("{why}: {body}"),
        }
    }

    /// Twelve subscribers: all persons at all places, with each value of a variable.
    fn subscribers(&self) -> Vec<Subscriber> {
        let callers = [
            Caller::Anonymous,
            signed_in(&self.ana),
            signed_in(&self.ben),
        ];
        let mut all = Vec::new();
        for (at, caller) in callers.iter().cycle().take(12).enumerate() {
            let north = f64::from(u8::try_from(at).unwrap()) * 0.001;
            let location = json!({"lat": 48.8566 + north, "lng": 2.3522});
            let variables = json!({"location": location, "max": 2 + at, "t": true, "f": at < 6});
            all.push(Subscriber {
                asker: Asker {
                    caller: caller.clone(),
                    language: (at % 4 == 0).then_some(Language::English),
                    ..Asker::anybody()
                },
                variables: variables.as_object().unwrap().clone(),
            });
        }
        all
    }

    /// What subscribers get when the first offer is published.
    async fn told(&mut self, document: &Arc<Document>, to: &[Subscriber]) -> Vec<(Event, Outcome)> {
        self.number = self.number.next();
        let publication = Arc::new(Publication {
            number: self.number,
            offer: offer("a", 1),
            at: Position::whole(Revision(1)),
            source: Source::Log,
        });
        let by = (&self.app.state.services, &self.schema);
        let all = to.iter().map(|subscriber| async {
            let variables = coerced(document, &subscriber.variables);
            let operation = Operation::new(Arc::clone(document), &variables);
            let (_, topic) = operation.begin(by, &subscriber.asker).await.unwrap();
            let Some(Topic::Offers(reach)) = topic else {
                panic!("it waits for {topic:?}");
            };
            let event = Event::Published {
                publication: Arc::clone(&publication),
                distance_km: reach.distance_km(publication.offer.location).unwrap(),
            };
            (operation, &subscriber.asker, event)
        });
        let all = join_all(all).await;
        self.executions.0.store(0, Relaxed);
        let told = all.iter().map(|(operation, asker, event)| async {
            let outcome = operation.result(by, asker, event, &self.answers).await;
            (event.clone(), outcome)
        });
        join_all(told).await
    }

    /// What a subscriber gets whose document is executed for it alone.
    async fn alone(&self, document: &Document, to: &Subscriber, event: Event) -> String {
        let services = &self.app.state.services;
        let variables = coerced(document, &to.variables).to_json();
        let entities = Entities::Cached {
            required: Some(event.required()),
        };
        let prepared =
            execute::prepare(services, document, &variables, to.asker.clone(), entities).unwrap();
        let run = SubscriptionRun {
            trigger: Trigger::Happened(event),
            memory: Arc::default(),
        };
        let (response, _selected) = prepared.first_answer(&self.schema, run).await.unwrap();
        if response.errors.is_empty() {
            return json!({"data": response.data}).to_string();
        }
        let language = Reader::of(&to.asker).language(services).await;
        let errors = response.errors.iter().map(|error| shown(error, language));
        let errors: Vec<_> = errors.collect();
        json!({"data": response.data, "errors": errors}).to_string()
    }
}

fn coerced(document: &Document, variables: &Map<String, Value>) -> CanonicalVariables {
    let operation = &document.operation;
    let declared: HashSet<_> = operation
        .variables
        .iter()
        .map(|definition| definition.name.clone())
        .collect();
    let mut variables = variables.clone();
    variables.retain(|name, _| declared.contains(name));
    CanonicalVariables::coerce(&operation.variables, &operation.input_types, &variables).unwrap()
}

fn signed_in(person: &Person) -> Caller {
    Caller::User(Box::new(SignedIn {
        id: person.user_id(),
        role: Role::User,
        memberships: None.into(),
        chosen: None,
        session: SessionId::new(format!("of {}", person.id)),
    }))
}

/// Makes an offer a favourite.
async fn keep(app: &TestApp, person: &Person, offer: &domain::Offer) {
    let document = format!("mutation {{ addFavorite(offerId: \"{}\") }}", offer.id);
    person.ask(app, &document, json!({})).await.data();
}

/// Each failure has a random reference, in the error's message as well.
fn without_references(text: &str) -> String {
    const BEFORE: &str = "\"reference\":\"";
    let references: Vec<_> = text
        .match_indices(BEFORE)
        .map(|(at, _)| &text[at + BEFORE.len()..][..12])
        .collect();
    references
        .into_iter()
        .fold(text.to_owned(), |text, reference| {
            text.replace(reference, "…")
        })
}

/// A payload's data, and its errors in the order of their texts: fields of one object are executed at
/// the same time, and the one that fails first is told first.
fn in_order(payload: &str) -> (String, Vec<String>) {
    let payload = without_references(payload);
    let parsed: Value = serde_json::from_str(&payload).unwrap();
    let errors = parsed["errors"].as_array().into_iter().flatten();
    let mut errors: Vec<_> = errors.map(Value::to_string).collect();
    errors.sort();
    let data = payload.split(",\"errors\":[").next().unwrap_or_default();
    (data.to_owned(), errors)
}

fn near() -> Root {
    let text = "newOfferNearby(location: $location, maxDistance: $max)".to_owned();
    Root::new("Subscription", "near", text)
}

/// The property that sharing must keep, for random documents with random failures.
#[tokio::test]
async fn everybody_gets_what_they_would_get_if_executed_alone() {
    let fields = Fields::of(&schema::sdl());
    let mut server = Server::start(&fields.nullable).await;
    let declared = ["$location: LocationInput!", "$max: Float"];
    let (mut compared, mut public, mut filled, mut failed) = (0, 0, 0, 0);
    for seed in 0.. {
        if compared == DOCUMENTS {
            break;
        }
        let body = Random::subscription(&fields, &near(), &declared, seed, DEPTH);
        let subscribers = server.subscribers();
        let Some(document) = server.document(&body, &subscribers[0].variables) else {
            continue;
        };
        let rule = Rule {
            seed,
            rate: if seed % 2 == 0 { 0 } else { 1 + seed % 30 },
        };
        server.failing.begin(rule);
        let told = server.told(&document, &subscribers).await;
        for (subscriber, (event, outcome)) in subscribers.iter().zip(told) {
            let Outcome::Result(payload) = outcome else {
                panic!("{outcome:?}");
            };
            let alone = server.alone(&document, subscriber, event).await;
            assert_eq!(
                in_order(payload.as_str()),
                in_order(&alone),
                "{body} for {subscriber:?}",
                subscriber = subscriber.asker.caller
            );
            filled += usize::from(payload.as_str().contains("distance\":0"));
            failed += usize::from(payload.as_str().contains("\"errors\":["));
        }
        public += usize::from(document.operation.policy.scope == Scope::Public);
        compared += 1;
    }
    // Otherwise nothing was compared that matters.
    assert!((10..DOCUMENTS - 10).contains(&public), "{public}");
    assert!(filled > 20 && failed > 50, "{filled} {failed}");
}

#[tokio::test]
async fn a_document_is_executed_once_for_each_group_that_may_see_the_same() {
    let mut server = Server::start(&[]).await;
    let subscribers = server.subscribers();
    let document = |more: &str| {
        format!(
            "subscription S($location: LocationInput!, $max: Float, $f: Boolean!) {{
                newOfferNearby(location: $location, maxDistance: $max) {{
                    id distance partner {{ name }} {more} }} }}"
        )
    };
    let table = [
        // Everybody, by the value of `$f`.
        ("title @include(if: $f)", 2),
        // Nobody, Ana and Ben, by the value of `$f`.
        ("isFavorite @include(if: $f)", 6),
    ];
    for (more, executions) in table {
        let body = document(more);
        let document = server.document(&body, &subscribers[0].variables).unwrap();
        // What another event got is not told again.
        for _ in 0..2 {
            let told = server.told(&document, &subscribers).await;
            assert_eq!(server.executions.0.load(Relaxed), executions, "{body}");
            let distances: HashSet<_> = told
                .into_iter()
                .map(|(_, outcome)| match outcome {
                    Outcome::Result(payload) => {
                        let told: Value = serde_json::from_str(payload.as_str()).unwrap();
                        told["data"]["newOfferNearby"]["distance"].to_string()
                    }
                    other => panic!("{other:?}"),
                })
                .collect();
            assert_eq!(distances.len(), 12);
        }
    }
}

/// A policy that is wrong must not tell one person what is another's.
#[tokio::test]
async fn a_public_document_is_executed_for_nobody() {
    let mut server = Server::start(&[]).await;
    let subscribers = server.subscribers();
    let body = "subscription S($location: LocationInput!) { newOfferNearby(location: $location) { isFavorite } }";
    let document = server.document(body, &Map::new()).unwrap();
    let mut operation = document.operation.clone();
    let favorites = async |server: &mut Server, document: Arc<Document>| {
        let told = server.told(&document, &subscribers[1..3]).await;
        told.into_iter()
            .map(|(_, told)| format!("{told:?}").contains("true"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        favorites(&mut server, Arc::clone(&document)).await,
        [true, false]
    );
    operation.policy.scope = Scope::Public;
    let wrong = Arc::new(Document::parse(operation).unwrap());
    assert_eq!(favorites(&mut server, wrong).await, [false; 2]);
}

#[tokio::test]
async fn a_persons_favorites_are_told_to_that_person_alone() {
    let app = TestApp::start().await;
    begun(&app).await;
    let (ana, ben) = (register(&app, "ana").await, register(&app, "ben").await);
    let mut sockets = Vec::new();
    for access in [&ana.access, &ben.access, &ana.access] {
        sockets.push(Socket::signed_in(&app, access).await);
    }
    sockets.push(Socket::anonymous(&app).await);
    for socket in &mut sockets {
        socket.subscribe("1", nearby(paris())).await;
    }
    subscribed(&app, 4).await;
    for (number, of, favorites) in [
        (1, &ana, [true, false, true, false]),
        (2, &ben, [false, true, false, false]),
    ] {
        let new = insert(&app, number).await;
        keep(&app, of, &new).await;
        say_published(&app, &new).await;
        for (socket, favorite) in sockets.iter_mut().zip(favorites) {
            let heard = socket.hear().await;
            let told = &heard["payload"]["data"]["newOfferNearby"];
            assert_eq!(told["title"], new.title.as_str(), "{heard}");
            assert_eq!(told["isFavorite"], favorite, "{heard}");
        }
    }
}
