//! A running origin: real HTTP through the router, on a free port, over a database of its own.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

use access::{
    AuthConfig,
    keys::KeySet,
    passwords::PasswordsConfig,
    rate::{RateLimitsConfig, budgets::Budgets},
    sessions::SessionsConfig,
    tokens::TokensConfig,
};
use api::{
    caches::CacheConfig,
    documents::{DocumentMode, DocumentsConfig},
    environment::Environment,
    lists::{ListsConfig, following},
    services::{Clock, ReadObserver},
};
use cache_core::{LogId, Revision};
use domain::{messages::provider::Content, secret::Secret};
use edge_core::cors::AllowedSites;
use outgoing::Unsent;
use pq_core::DocumentHash;
use purging::relay::EdgeConfig;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header};
use serde_json::{Value, json};
use store_sqlite::database::EmbeddedDb;
use tempfile::TempDir;
use yousoon::{
    config::{
        AdminConfig, Config, CorsConfig, HttpConfig, LiveConfig, MessagesConfig, MetricsConfig,
        PicturesConfig, ProvidersConfig, Roles,
    },
    connections,
    database::Database,
    live,
    router::router,
    server::accepting,
    state::AppState,
    telemetry::TelemetryConfig,
};

use crate::fixtures::NOW_MS;

pub(crate) const TOKEN: &str = "test-token-0123456789";
pub(crate) const EDGE_SECRET: &[u8] = b"edge-secret-0123456789";
pub(crate) const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";
/// Where e-mails lead that can be switched off.
pub(crate) const UNSUBSCRIBE: &str = "https://api.yousoon.test/unsubscribe";
pub(crate) const JSON: &str = "application/json";

pub(crate) struct TestApp {
    pub(crate) url: String,
    pub(crate) state: AppState,
    /// What the stores stand on.
    pub(crate) db: EmbeddedDb,
    pub(crate) client: Client,
    /// What time it is, in milliseconds since the epoch.
    pub(crate) clock: Arc<AtomicI64>,
    dir: Arc<TempDir>,
    builder: Builder,
}

#[derive(Clone)]
pub(crate) struct Builder {
    environment: Environment,
    mode: DocumentMode,
    observer: ReadObserver,
    redis: Option<String>,
    redis_within: Duration,
    edges: Vec<reqwest::Url>,
    keys: KeySet,
    qr_keys: KeySet,
    clock: Arc<AtomicI64>,
    rate_limits: RateLimitsConfig,
    cors: CorsConfig,
    live: LiveConfig,
    providers: Arc<ProvidersConfig>,
    pictures: PicturesConfig,
}

/// A message that was sent.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) kind: String,
    pub(crate) to: String,
    /// An e-mail's subject, a push's title.
    pub(crate) subject: String,
    pub(crate) text: String,
    /// The address of one-click unsubscribing.
    pub(crate) unsubscribe: Option<String>,
}

impl Sent {
    fn of(unsent: Unsent) -> Self {
        let (to, subject, text, unsubscribe) = match unsent.content {
            Content::Email(mail) => (mail.to, mail.subject, mail.text, mail.unsubscribe),
            Content::Sms(sms) => (sms.to, String::new(), sms.text, None),
            Content::Push(push) => (push.devices.concat(), push.title, push.body, None),
        };
        let kind = unsent.key.split(':').next().unwrap_or_default().to_owned();
        Self {
            kind,
            to,
            subject,
            text,
            unsubscribe,
        }
    }

    /// The token of the link in it, or its six digits.
    pub(crate) fn proof(&self) -> String {
        let token = self.text.split_once("token=").map(|(_, rest)| rest);
        let token = token.and_then(|rest| rest.split_whitespace().next());
        let digits = || {
            let words = self.text.split(|c: char| !c.is_ascii_digit());
            words.into_iter().find(|word| word.len() == 6)
        };
        token.or_else(digits).expect("a proof").to_owned()
    }
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: header::HeaderMap,
    pub(crate) text: String,
}

impl TestApp {
    pub(crate) fn builder() -> Builder {
        Builder {
            environment: Environment::Development,
            mode: DocumentMode::Off,
            observer: ReadObserver::default(),
            redis: None,
            redis_within: CacheConfig::default().redis_within,
            edges: vec![],
            // Everything comes from one address here.
            keys: KeySet::for_development(),
            qr_keys: KeySet::for_development(),
            clock: Arc::new(AtomicI64::new(NOW_MS)),
            rate_limits: RateLimitsConfig {
                is_on: false,
                ..RateLimitsConfig::default()
            },
            cors: CorsConfig::any_site(),
            live: LiveConfig::default(),
            providers: Arc::default(),
            pictures: PicturesConfig::default(),
        }
    }

    /// Executes any document.
    pub(crate) async fn start() -> Self {
        Self::builder().start().await
    }

    /// A second origin over the same database, with the same keys and clock.
    pub(crate) async fn another(&self) -> Self {
        let dir = Arc::clone(&self.dir);
        self.builder.clone().over(self.db.clone(), dir).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub(crate) fn post(&self, query: &str, variables: &Value) -> RequestBuilder {
        self.request(Method::POST, "/graphql")
            .json(&json!({"query": query, "variables": variables}))
    }

    /// Lets so much time pass.
    pub(crate) fn pass_ms(&self, ms: i64) {
        self.clock.fetch_add(ms, Relaxed);
    }

    pub(crate) fn data_dir(&self) -> &std::path::Path {
        self.dir.path()
    }

    /// Does what is due in the queue, and takes what it sent, oldest first.
    pub(crate) async fn sent(&self) -> Vec<Sent> {
        self.state.delivery.do_due().await.unwrap();
        self.state.unsent.take().into_iter().map(Sent::of).collect()
    }

    /// Where this server's copy of the purge log ends.
    pub(crate) fn head(&self) -> Revision {
        self.state.services.caches.feed.position().head
    }

    pub(crate) fn log(&self) -> LogId {
        self.state.services.caches.feed.position().log.unwrap()
    }

    /// Publishes documents, for the client `site`.
    pub(crate) async fn publish(&self, bodies: &[&str]) {
        let operations: Vec<_> = bodies
            .iter()
            .map(|body| {
                json!({"id": DocumentHash::of(body), "name": "Name", "type": "query",
                    "body": body, "clientName": "site"})
            })
            .collect();
        let manifest = json!({"format": "apollo-persisted-query-manifest", "version": 1,
            "operations": operations});
        let published = self.admin(Method::POST, "/admin/documents").json(&manifest);
        let answer = Answer::of(published).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }

    /// A request with the service token.
    pub(crate) fn admin(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path).bearer_auth(TOKEN)
    }

    /// What `POST /admin/…` answers to a body.
    pub(crate) async fn admin_post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.admin(Method::POST, path).json(body)).await
    }

    pub(crate) async fn ask(&self, query: &str, variables: Value) -> Answer {
        Answer::of(self.post(query, &variables)).await
    }
}

impl Builder {
    /// Pages of these sites alone may read.
    pub(crate) fn origins(mut self, origins: &[&str]) -> Self {
        let origins = origins.iter().map(|origin| (*origin).to_owned());
        self.cors.sites = AllowedSites::Origins(origins.collect());
        self
    }

    /// As in production.
    pub(crate) fn production(mut self) -> Self {
        self.environment = Environment::Production;
        self
    }

    pub(crate) fn mode(mut self, mode: DocumentMode) -> Self {
        self.mode = mode;
        self
    }

    pub(crate) fn observer(
        mut self,
        observe: impl Fn(&'static str) + Send + Sync + 'static,
    ) -> Self {
        self.observer = ReadObserver::new(observe);
        self
    }

    pub(crate) fn redis(mut self, url: &str) -> Self {
        self.redis = Some(url.to_owned());
        self
    }

    /// For what is only true while Redis is heard: a busy machine is no outage.
    pub(crate) fn redis_within(mut self, within: Duration) -> Self {
        self.redis_within = within;
        self
    }

    /// Requests a minute: of an address, and of a user.
    pub(crate) fn rate_limits(mut self, per_ip: u32, per_user: u32) -> Self {
        self.rate_limits = RateLimitsConfig {
            is_on: true,
            per_ip: per_ip.try_into().unwrap(),
            per_user: per_user.try_into().unwrap(),
            ..RateLimitsConfig::default()
        };
        self
    }

    /// Changes the budgets of attempts.
    pub(crate) fn budgets(mut self, change: impl FnOnce(&mut Budgets)) -> Self {
        change(Arc::make_mut(&mut self.rate_limits.budgets));
        self
    }

    /// The bucket of pictures.
    pub(crate) fn pictures(mut self, pictures: PicturesConfig) -> Self {
        self.pictures = pictures;
        self
    }

    /// How many subscriptions there may be.
    pub(crate) fn providers(mut self, providers: ProvidersConfig) -> Self {
        self.providers = Arc::new(providers);
        self
    }

    pub(crate) fn live(mut self, limits: LiveConfig) -> Self {
        self.live = limits;
        self
    }

    pub(crate) fn edge(mut self, url: &str) -> Self {
        self.edges.push(url.parse().unwrap());
        self
    }

    pub(crate) async fn start(self) -> TestApp {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let db = EmbeddedDb::open(dir.path()).unwrap();
        self.over(db, dir).await
    }

    async fn over(self, db: EmbeddedDb, dir: Arc<TempDir>) -> TestApp {
        let (url, state) = self.clone().serve(Database::embedded(&db)).await;
        TestApp {
            clock: Arc::clone(&self.clock),
            url,
            state,
            db,
            client: Client::new(),
            dir,
            builder: self,
        }
    }

    /// Serves what these stores hold; gives the server's URL.
    pub(crate) async fn serve(self, database: Database) -> (String, AppState) {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .unwrap();
        let address = listener.local_addr().unwrap();
        let now = Arc::clone(&self.clock);
        let (observer, config) = (self.observer.clone(), self.config(address));
        let clock = Clock::Manual(Arc::new(move || now.load(Relaxed)));
        let state = AppState::new(config, database, clock, observer)
            .await
            .unwrap();
        let stop = tokio_util::sync::CancellationToken::new();
        let server = connections::serve(accepting(listener), router(state.clone()), stop.clone());
        tokio::spawn(server);
        tokio::spawn(live::follow(state.clone(), stop.clone()));
        tokio::spawn(following::run(state.services.lists.clone(), stop));
        let followed = state.clone();
        tokio::spawn(async move {
            let stop = tokio_util::sync::CancellationToken::new();
            cache_tiered::tail::run(
                &followed.services.caches.feed,
                &followed.services.purge_log,
                stop,
            )
            .await;
        });
        state.services.lists.loaded().await;
        (format!("http://{address}"), state)
    }

    fn config(self, address: SocketAddr) -> Config {
        Config {
            environment: self.environment,
            roles: Roles::all(),
            http: HttpConfig { listen: address },
            cors: self.cors,
            documents: DocumentsConfig { mode: self.mode },
            cache: CacheConfig {
                redis: self.redis.map(|url| redis::Client::open(url).unwrap()),
                redis_within: self.redis_within,
                ..CacheConfig::default()
            },
            admin: AdminConfig {
                token: Some(Secret::new(TOKEN)),
            },
            auth: AuthConfig {
                passwords: PasswordsConfig {
                    cost: 4,
                    at_once: 2,
                    waiting: 100,
                },
                tokens: TokensConfig {
                    keys: self.keys,
                    issuer: "yousoon".to_owned(),
                    audience: "yousoon-api".to_owned(),
                },
                sessions: SessionsConfig::default(),
            },
            qr_keys: self.qr_keys,
            edge: EdgeConfig {
                urls: self.edges,
                secret: Some(Secret::new(EDGE_SECRET)),
            },
            rate_limits: self.rate_limits,
            lists: ListsConfig::default(),
            live: self.live,
            messages: MessagesConfig {
                unsubscribe: Some(UNSUBSCRIBE.parse().unwrap()),
                ..MessagesConfig::default()
            },
            providers: self.providers,
            pictures: self.pictures,
            metrics: MetricsConfig::default(),
            telemetry: TelemetryConfig::default(),
        }
    }
}

impl Answer {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        Self::read(request.send().await.unwrap()).await
    }

    async fn read(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        Self {
            status,
            headers,
            text: response.text().await.unwrap(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub(crate) fn data(&self) -> Value {
        let json = self.json();
        assert_eq!(json.get("errors"), None, "{}", self.text);
        json["data"].clone()
    }

    pub(crate) fn code(&self) -> String {
        self.json()["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}
