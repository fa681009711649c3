//! What may use what. This is the file to change when a crate, a block or a layer is added.

/// A crate of the workspace.
#[derive(Debug)]
pub(crate) struct CrateRule {
    /// The package, or a folder and `/*`: every package in it, also none.
    pub(crate) name: &'static str,
    /// The crates of the workspace that it may depend on. Tests may use others.
    pub(crate) may_use: &'static [&'static str],
    /// No I/O, no clock, no randomness.
    pub(crate) pure: bool,
}

const PROVIDERS: &str = "origin/providers/*";

/// In the order of their layers: each uses rows above it.
pub(crate) const CRATES: &[CrateRule] = &[
    pure("cache-core", &[]),
    pure("pq-core", &["cache-core"]),
    pure("edge-core", &["pq-core", "cache-core"]),
    row("cache-tiered", &["cache-core"]),
    row("edge-worker", &["edge-core", "pq-core", "cache-core"]),
    row("pq", &["pq-core", "cache-core"]),
    pure("domain", &["cache-core", "pq-core"]),
    pure("catalogue-index", &["domain"]),
    pure("templates", &["domain"]),
    row("store-sqlite", &["domain", "pq-core", "cache-core"]),
    row("store-mongo", &["domain", "pq-core", "cache-core"]),
    row(
        "access",
        &[
            "domain",
            "cache-tiered",
            "edge-core",
            "pq-core",
            "cache-core",
        ],
    ),
    row(
        "purging",
        &[
            "domain",
            "cache-tiered",
            "edge-core",
            "pq-core",
            "cache-core",
        ],
    ),
    row("pictures", &[]),
    row("provider-http", &["domain"]),
    row(PROVIDERS, &["domain", "cache-core", "provider-http"]),
    // Between the database and a provider of payments.
    row("payments", &["domain", "access"]),
    // From the request for a check of an identity to what the provider decided.
    row("identity", &["domain", "access"]),
    row(
        "delivery",
        &["domain", "access", "templates", "identity", "payments"],
    ),
    // From the form for a file to the stored picture.
    row("uploads", &["domain", "access", "pictures", "s3"]),
    row(
        "api",
        &[
            "domain",
            "catalogue-index",
            "access",
            "purging",
            // Texts of the inbox.
            "templates",
            "uploads",
            "payments",
            "identity",
            // The key of an answer is the edge's.
            "edge-core",
            "pq-core",
            "cache-tiered",
            "cache-core",
        ],
    ),
    row(
        "yousoon",
        &[
            "domain",
            "store-sqlite",
            "store-mongo",
            "access",
            "purging",
            "pictures",
            PROVIDERS,
            "templates",
            "delivery",
            "uploads",
            "payments",
            "identity",
            "catalogue-index",
            "api",
            "edge-core",
            "pq-core",
            "cache-tiered",
            "cache-core",
        ],
    ),
    row("e2e", &[]),
    row("fake-providers", &[]),
    row("xtask", &[]),
    row("edge-bindgen", &[]),
    row("bare-axum", &[]),
    row("bare-rtree", &[]),
];

const fn row(name: &'static str, may_use: &'static [&'static str]) -> CrateRule {
    CrateRule {
        name,
        may_use,
        pure: false,
    }
}

const fn pure(name: &'static str, may_use: &'static [&'static str]) -> CrateRule {
    CrateRule {
        name,
        may_use,
        pure: true,
    }
}

/// Crates that do I/O, read clocks or draw random numbers: a pure crate depends on none.
pub(crate) const IMPURE_CRATES: &[&str] = &[
    "async-graphql",
    "axum",
    "bcrypt",
    "deadpool-sqlite",
    "fred",
    "getrandom",
    "hyper",
    "moka",
    "mongodb",
    "rand",
    "rand_core",
    "redis",
    "reqwest",
    "rusqlite",
    "socket2",
    "tokio",
    "tokio-tungstenite",
    "tower",
    "tower-http",
    "tracing-subscriber",
    "ureq",
    "worker",
];

/// Paths that a pure crate does not write, and what it writes instead.
pub(crate) const IMPURE_PATHS: &[(&str, &str)] = &[
    ("SystemTime::now", "take `now_ms` as an argument"),
    ("Instant::now", "take `now_ms` as an argument"),
    ("Utc::now", "take `now_ms` as an argument"),
    ("Local::now", "take `now_ms` as an argument"),
    ("std::fs", "take the bytes as an argument"),
    (
        "std::net",
        "take the bytes as an argument; addresses are in `core::net`",
    ),
    ("std::env", "take the value as an argument"),
];

/// More files than this that use each other in a circle are an error.
pub(crate) const LARGEST_CIRCLE_OF_FILES: usize = 3;

/// First-level modules that are functional blocks, and the block's name.
pub(crate) const BLOCKS: &[(&str, &str)] = &[
    ("analytics", "analytics"),
    ("auth", "auth"),
    ("bookings", "bookings"),
    ("catalogue", "catalogue"),
    ("documents", "documents"),
    ("identity", "identity"),
    ("live", "live"),
    ("maps", "maps"),
    ("notification", "notifications"),
    ("news", "notifications"),
    ("notifications", "notifications"),
    ("offers", "offers"),
    ("operators", "operators"),
    ("partners", "partners"),
    ("payments", "payments"),
    ("pictures", "pictures"),
    ("purge", "purges"),
    ("purges", "purges"),
    ("reviews", "reviews"),
    ("site", "site"),
    ("stats", "stats"),
    ("team", "team"),
    ("users", "users"),
];

/// Which block may use which, in crates where blocks do not see each other otherwise. In all
/// others blocks may use each other, but not in circles.
pub(crate) const SIDEWAYS: &[(&str, &[(&str, &str)])] = &[(
    "domain",
    &[
        ("bookings", "offers"),
        ("partners", "offers"),
        // Fills a database with partners and their offers.
        ("catalogue", "offers"),
        // Reads partners' files by the rules of establishments.
        ("catalogue", "partners"),
        // And their prices, in a currency.
        ("catalogue", "payments"),
        // A page says what its offer says in a language.
        ("site", "offers"),
        ("bookings", "users"),
        // An offer may ask for a verified identity.
        ("bookings", "identity"),
        ("identity", "users"),
        // A price is the offer's, and the booking keeps it.
        ("offers", "payments"),
        ("bookings", "payments"),
        // Money confirms a booking, and goes back when it ends.
        ("payments", "bookings"),
        // What a guest does is a product event, which needs the guest's consent.
        ("bookings", "analytics"),
        ("analytics", "users"),
        ("team", "users"),
        // A guest reviews a visit, and the partner answers as it edits its offers.
        ("reviews", "bookings"),
        ("reviews", "offers"),
        ("reviews", "users"),
        // An account is stored with its first code.
        ("users", "auth"),
        // What operators do to accounts and partners, and the audit of it, are one transaction.
        ("operators", "users"),
        ("operators", "partners"),
        ("operators", "offers"),
    ],
)];

/// One layer of a crate: a first-level module, or all modules that are blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layer {
    Module(&'static str),
    Blocks,
}

/// The layers of a crate from the lowest on; each may use those before it. Modules that no layer
/// names (and `lib.rs`) are not judged.
pub(crate) const LAYERS: &[(&str, &[Layer])] = &[
    (
        "api",
        &[
            Layer::Module("request"),
            Layer::Module("nodes"),
            Layer::Blocks,
            Layer::Module("schema"),
        ],
    ),
    (
        "store-sqlite",
        &[Layer::Module("tables"), Layer::Module("stores")],
    ),
    (
        "store-mongo",
        &[Layer::Module("tables"), Layer::Module("stores")],
    ),
];

/// Crates that know nothing of what Yousoon is about.
pub(crate) const GENERAL_CRATES: &[&str] = &[
    "cache-core",
    "cache-tiered",
    "pq-core",
    "edge-core",
    "edge-worker",
    "pq",
];

/// Those of them whose `tests` know nothing of it either. Those of pq-core and pq compile documents of
/// a part of Yousoon's schema.
pub(crate) const GENERAL_TESTS: &[&str] = &["cache-core", "cache-tiered", "edge-core"];

/// What they do not name, in any case, in the singular or with an `s`.
pub(crate) const DOMAIN_WORDS: &[&str] = &[
    "booking",
    "checkin",
    "discount",
    "establishment",
    "favorite",
    "favourite",
    "offer",
    "outing",
    "partner",
    "quota",
    "venue",
    "yousoon",
];

/// Names that clients and the other side of the wire know: they stay.
pub(crate) const WORD_EXCEPTIONS: &[(&str, &str)] = &[
    (
        "yousoon-edge",
        "the cache's name in `Cache-Status` (RFC 9211)",
    ),
    ("yousoon-as-of", "a header between origin and edge"),
    ("yousoon-seen-ago", "a header between origin and edge"),
    ("yousoon-failed", "a header between origin and edge"),
    ("yousoon-revision", "a header that clients read"),
    ("yousoon-min-revision", "a header that clients send"),
    ("yousoon-client-ip", "a header between origin and edge"),
    ("yousoon-signature", "a header between origin and edge"),
    ("yousoon-body", "a header between origin and edge"),
    ("yousoon-warms", "a header between origin and edge"),
    ("yousoon-candidates", "a header between origin and edge"),
    (
        "yousoon cursor",
        "what checksums begin with in cursors that clients hold",
    ),
    (
        "yousoon-fault",
        "a header with which tests make an isolate panic",
    ),
    (
        "/_yousoon/purge-log",
        "a path of the edge that origins know",
    ),
    ("/_yousoon/explain", "a path of the edge that origins know"),
    ("yousoon_admin_token", "a variable that pq reads"),
    ("yousoon_test_redis_url", "a variable that tests read"),
    ("yousoon_schedules", "a variable that tests read"),
    ("yousoon_seed", "a variable that tests read"),
];
