//! Starts the real processes for end-to-end tests: `yousoon serve`, Redis, the compiled worker in
//! workerd, and gates between them that can delay, cut and count the traffic.
//!
//! `cargo xtask test` builds the programs and passes their paths (`YOUSOON_BIN`, `PQ_BIN`,
//! `EDGE_BUILD_DIR`, `MONGO_SERVER_JAR`). Without it, `cargo test -p e2e` fails and says so.
//!
//! [`Stack`] is one origin and one edge with HTTP gates between them. [`Cluster`] is several origins
//! on one Redis, behind a load balancer and an edge, whose parts can fail. [`Pods`] is several
//! origins without an edge. [`Target`] is one origin and one edge with nothing between them, for
//! attacks. [`Library`] is the example in `edge/examples/library`: another API behind the same worker.
//! [`Oracle`] judges the answers of a cluster. [`Observed`] asks what Jaeger, VictoriaLogs and
//! Prometheus know of a request; `cargo xtask observe --check` starts these.

mod ask;
pub mod audit;
mod balancer;
mod bucket;
pub mod clients;
mod cluster;
pub mod collector;
mod documents;
mod edge;
mod figures;
mod fragment_bomb;
mod gate;
pub mod generator;
pub mod graphql_js;
mod library;
pub mod live;
mod mongo;
mod observed;
mod oracle;
mod origin;
pub mod pages;
mod pods;
pub mod port;
mod process;
pub mod redis;
mod resp;
mod script;
pub mod sentry;
pub mod site;
mod stack;
mod store;
mod target;
mod tcp_gate;
mod turn;
pub mod typescript;
mod vitals;

pub use ask::{Answer, Ask};
pub use balancer::Balancer;
pub use bucket::Bucket;
pub use cluster::{Cluster, ClusterOptions};
pub use documents::Documents;
pub use edge::{Fault, Platform, SECRET as EDGE_SECRET};
pub use figures::Figures;
pub use fragment_bomb::fragment_bomb;
pub use gate::Gate;
pub use library::Library;
pub use mongo::{MongoServer, TestDatabase};
pub use observed::Observed;
pub use oracle::{At, Judgement, Oracle, Shown, Tier};
pub use origin::SIGNING_KEYS;
pub use pods::Pods;
pub use process::Process;
pub use redis::{AnyRedis, Durability, Redis, Replica};
pub use script::Script;
pub use stack::{Options, Stack, Way};
pub use store::Venue;
pub use target::{Target, TargetOptions};
pub use tcp_gate::TcpGate;
pub use vitals::{Vitals, rss_kb};
