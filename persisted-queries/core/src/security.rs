//! What every answer of both doors tells browsers, whoever asks.

/// Header and value. An answer that says otherwise of itself keeps its own.
pub const HEADERS: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
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
