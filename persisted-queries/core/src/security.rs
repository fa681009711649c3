//! What the answers of both doors tell browsers, whoever asks. A shared read that the edge answers
//! says [`NO_SNIFFING`] alone: it is plain JSON, and each header costs a hit two per cent.

/// A content type means what it says: JSON is never run or shown as something else.
pub const NO_SNIFFING: (&str, &str) = ("x-content-type-options", "nosniff");

/// Header and value. An answer that says otherwise of itself keeps its own.
pub const HEADERS: [(&str, &str); 5] = [
    NO_SNIFFING,
    // An answer that is opened as a page loads nothing, and is in nobody's frame.
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'",
    ),
    // For what is embedded without asking (CORS): images and scripts of other sites.
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    // Two years; browsers take it from TLS alone.
    (
        "strict-transport-security",
        "max-age=63072000; includeSubDomains",
    ),
];
