//! The codes of GraphQL over HTTP, persisted documents, access and capacity: the same at edge and
//! origin.

use super::{ErrorCode, Layer};

impl ErrorCode {
    /// All codes of the protocol, by layer. Each block of the origin declares its own codes.
    pub const PROTOCOL: &[Self] = &[
        Self::INVALID_JSON,
        Self::NUL_BYTE,
        Self::INVALID_REQUEST,
        Self::DOCUMENT_MISSING,
        Self::DOCUMENT_ID_MALFORMED,
        Self::DOCUMENT_ID_MISMATCH,
        Self::DOCUMENT_NOT_FOUND,
        Self::DOCUMENT_NOT_PUBLISHED,
        Self::INTROSPECTION_DISABLED,
        Self::METHOD_NOT_ALLOWED,
        Self::MUTATION_OVER_GET,
        Self::SUBSCRIPTION_EXPECTED,
        Self::NOT_ACCEPTABLE,
        Self::UNSUPPORTED_MEDIA_TYPE,
        Self::CONTENT_ENCODING_UNSUPPORTED,
        Self::REQUEST_TOO_LARGE,
        Self::UNAUTHENTICATED,
        Self::TOKEN_EXPIRED,
        Self::TOKEN_INVALID,
        Self::FORBIDDEN,
        Self::RATE_LIMITED,
        Self::TOO_MANY_CONNECTIONS,
        Self::TOO_MANY_SUBSCRIPTIONS,
        Self::RESUME_LOST,
        Self::OVERLOADED,
        Self::NOT_FOUND,
        Self::ORIGIN_UNREACHABLE,
        Self::TIMEOUT,
        Self::OUTCOME_UNKNOWN,
        Self::INTERNAL,
        Self::DOCUMENT_INVALID,
        Self::DOCUMENT_TOO_COMPLEX,
        Self::OPERATION_UNKNOWN,
        Self::VARIABLE_MISSING,
        Self::VARIABLE_INVALID,
        Self::VARIABLE_UNDECLARED,
        Self::LOCATION_OUT_OF_RANGE,
        Self::PAGE_SIZE_OUT_OF_RANGE,
        Self::CURSOR_INVALID,
        Self::BAD_USER_INPUT,
        Self::VERSION_CONFLICT,
        Self::LIMIT_REACHED,
    ];

    pub const INVALID_JSON: Self = Self {
        word: "INVALID_JSON",
        status: 400,
        layer: Layer::Transport,
        meaning: "The body, `variables` or `extensions` is not JSON.",
        remedy: "Send valid JSON.",
    };

    pub const NUL_BYTE: Self = Self {
        word: "NUL_BYTE",
        status: 400,
        layer: Layer::Transport,
        meaning: "The body contains a NUL byte.",
        remedy: "Remove the NUL byte.",
    };

    pub const INVALID_REQUEST: Self = Self {
        word: "INVALID_REQUEST",
        status: 400,
        layer: Layer::Transport,
        meaning: "The body is JSON, but not a GraphQL request.",
        remedy: "Send an object as GraphQL over HTTP describes it.",
    };

    pub const DOCUMENT_MISSING: Self = Self {
        word: "DOCUMENT_MISSING",
        status: 400,
        layer: Layer::Transport,
        meaning: "The request has neither a document nor a document's hash.",
        remedy: "Send `documentId`, or `query`.",
    };

    pub const DOCUMENT_ID_MALFORMED: Self = Self {
        word: "DOCUMENT_ID_MALFORMED",
        status: 400,
        layer: Layer::Transport,
        meaning: "`documentId` or `sha256Hash` is not a SHA-256 hash in hexadecimal.",
        remedy: "Send the SHA-256 hash of the document as 64 hexadecimal digits.",
    };

    pub const DOCUMENT_ID_MISMATCH: Self = Self {
        word: "DOCUMENT_ID_MISMATCH",
        status: 400,
        layer: Layer::Transport,
        meaning: "The request has two different hashes.",
        remedy: "Send one hash.",
    };

    pub const DOCUMENT_NOT_FOUND: Self = Self {
        // The word that Apollo's clients know.
        word: "PERSISTED_QUERY_NOT_FOUND",
        status: 404,
        layer: Layer::Document,
        meaning: "No document with this hash is published.",
        remedy: "The client's developers publish the document with `pq publish`. Where unpublished documents are allowed, the client sends the document itself.",
    };

    pub const DOCUMENT_NOT_PUBLISHED: Self = Self {
        word: "DOCUMENT_NOT_PUBLISHED",
        status: 403,
        layer: Layer::Transport,
        meaning: "The request contains a document that is not published, and this server executes only published documents.",
        remedy: "The client's developers publish the document with `pq publish`.",
    };

    pub const INTROSPECTION_DISABLED: Self = Self {
        word: "INTROSPECTION_DISABLED",
        status: 403,
        layer: Layer::Transport,
        meaning: "The document asks for the schema, and this server does not show its schema.",
        remedy: "Read `docs/schema.graphql`, or ask a development server.",
    };

    pub const METHOD_NOT_ALLOWED: Self = Self {
        word: "METHOD_NOT_ALLOWED",
        status: 405,
        layer: Layer::Transport,
        meaning: "This address does not answer this HTTP method.",
        remedy: "Use a method that the `Allow` header lists.",
    };

    pub const MUTATION_OVER_GET: Self = Self {
        word: "MUTATION_OVER_GET",
        status: 405,
        layer: Layer::Transport,
        meaning: "A mutation or a subscription was sent with GET.",
        remedy: "Send it with POST.",
    };

    pub const SUBSCRIPTION_EXPECTED: Self = Self {
        word: "SUBSCRIPTION_EXPECTED",
        status: 400,
        layer: Layer::Transport,
        meaning: "The client accepts only an event stream, or is connected by WebSocket, and the document is a query or a mutation.",
        remedy: "Send queries and mutations over HTTP, and accept JSON.",
    };

    pub const NOT_ACCEPTABLE: Self = Self {
        word: "NOT_ACCEPTABLE",
        status: 406,
        layer: Layer::Transport,
        meaning: "The `Accept` header allows none of the media types in which this operation can be answered, or a subscription's client likes JSON better than an event stream.",
        remedy: "Accept `application/graphql-response+json` or `application/json`; for a subscription `text/event-stream`.",
    };

    pub const UNSUPPORTED_MEDIA_TYPE: Self = Self {
        word: "UNSUPPORTED_MEDIA_TYPE",
        status: 415,
        layer: Layer::Transport,
        meaning: "The body is not `application/json`.",
        remedy: "Send JSON with `Content-Type: application/json`.",
    };

    pub const CONTENT_ENCODING_UNSUPPORTED: Self = Self {
        word: "CONTENT_ENCODING_UNSUPPORTED",
        status: 415,
        layer: Layer::Transport,
        meaning: "The body has a `Content-Encoding` that is not decoded here. `Accept-Encoding` in the answer names those that are.",
        remedy: "Send the body without an encoding, or with gzip.",
    };

    pub const REQUEST_TOO_LARGE: Self = Self {
        word: "REQUEST_TOO_LARGE",
        status: 413,
        layer: Layer::Transport,
        meaning: "The body, packed or unpacked, or the query string is larger than the server reads.",
        remedy: "Send a smaller request.",
    };

    pub const UNAUTHENTICATED: Self = Self {
        word: "UNAUTHENTICATED",
        status: 401,
        layer: Layer::Transport,
        meaning: "The request needs a signed-in user, a service token or a valid signature, and has none.",
        remedy: "Sign in, then send the access token in the `Authorization` header.",
    };

    pub const TOKEN_EXPIRED: Self = Self {
        word: "TOKEN_EXPIRED",
        status: 401,
        layer: Layer::Transport,
        meaning: "The access token has expired.",
        remedy: "Get a new access token with the refresh token, then send the request again.",
    };

    pub const TOKEN_INVALID: Self = Self {
        word: "TOKEN_INVALID",
        status: 401,
        layer: Layer::Transport,
        meaning: "The access token or service token is not valid: it is malformed, unknown, not yet valid, signed out, or its account is gone.",
        remedy: "Sign in again. A client without a token sends no `Authorization` header.",
    };

    pub const FORBIDDEN: Self = Self {
        word: "FORBIDDEN",
        status: 403,
        layer: Layer::Transport,
        meaning: "The caller does not have the permission for this.",
        remedy: "Use an account or a service token that has the permission.",
    };

    pub const RATE_LIMITED: Self = Self {
        word: "RATE_LIMITED",
        status: 429,
        layer: Layer::Transport,
        meaning: "The caller sent too many requests in a short time.",
        remedy: "Wait for as many seconds as `Retry-After` says, then try again.",
    };

    pub const TOO_MANY_CONNECTIONS: Self = Self {
        word: "TOO_MANY_CONNECTIONS",
        status: 429,
        layer: Layer::Transport,
        meaning: "The client has as many open connections as are allowed.",
        remedy: "Close a connection, or wait until one is closed.",
    };

    pub const TOO_MANY_SUBSCRIPTIONS: Self = Self {
        word: "TOO_MANY_SUBSCRIPTIONS",
        status: 429,
        layer: Layer::Transport,
        meaning: "The connection has as many subscriptions as are allowed.",
        remedy: "End a subscription, or open a second connection.",
    };

    /// It ends nothing: a result of the subscription has it, and others follow.
    pub const RESUME_LOST: Self = Self {
        word: "RESUME_LOST",
        status: 200,
        layer: Layer::Transport,
        meaning: "A subscription was to go on after an event (`Last-Event-ID`, `extensions.resumeFrom`), and what came after it is not known any more, or the id is not one. The first result of the subscription says so, in French « des nouvelles ont pu être manquées : relisez ce que vous suivez », in English “news may have been missed: read again what you follow”; it ends nothing.",
        remedy: "Read once what the subscription is about, and go on with the results that follow.",
    };

    pub const OVERLOADED: Self = Self {
        word: "OVERLOADED",
        status: 503,
        layer: Layer::Transport,
        meaning: "The server is busy, or is shutting down. A mutation has changed nothing.",
        remedy: "Try again after a few seconds.",
    };

    pub const NOT_FOUND: Self = Self {
        word: "NOT_FOUND",
        status: 404,
        layer: Layer::Transport,
        meaning: "There is nothing at this address.",
        remedy: "Correct the address.",
    };

    pub const ORIGIN_UNREACHABLE: Self = Self {
        word: "ORIGIN_UNREACHABLE",
        status: 503,
        layer: Layer::Transport,
        meaning: "The edge cannot reach the origin, and has no stored answer that it may serve.",
        remedy: "Try again after a few seconds.",
    };

    pub const TIMEOUT: Self = Self {
        word: "TIMEOUT",
        status: 504,
        layer: Layer::Transport,
        meaning: "The request took longer than the server allows.",
        remedy: "Try again. If it happens again, ask for less in one request.",
    };

    pub const OUTCOME_UNKNOWN: Self = Self {
        word: "OUTCOME_UNKNOWN",
        status: 503,
        layer: Layer::Transport,
        meaning: "A mutation was begun, and the database did not say in time whether it is done.",
        remedy: "Send the same mutation again, with the same idempotency key if it takes one: what was \
                 done is not done twice.",
    };

    pub const INTERNAL: Self = Self {
        word: "INTERNAL",
        status: 500,
        layer: Layer::Transport,
        meaning: "The server failed. A reference in the answer names the entry in its log.",
        remedy: "Try again later. If it happens again, report it with the reference.",
    };

    pub const DOCUMENT_INVALID: Self = Self {
        word: "GRAPHQL_VALIDATION_FAILED",
        status: 400,
        layer: Layer::Document,
        meaning: "The document is not valid against the schema.",
        remedy: "Correct the document. `errors[0].message` says what is wrong.",
    };

    pub const DOCUMENT_TOO_COMPLEX: Self = Self {
        word: "DOCUMENT_TOO_COMPLEX",
        status: 400,
        layer: Layer::Document,
        meaning: "The document is too long, too deep, or asks for too much.",
        remedy: "Ask for fewer fields or smaller pages, or split the document.",
    };

    pub const OPERATION_UNKNOWN: Self = Self {
        word: "OPERATION_UNKNOWN",
        status: 400,
        layer: Layer::Document,
        meaning: "The document has no operation with the name in `operationName`.",
        remedy: "Send the name of the document's operation, or none.",
    };

    pub const VARIABLE_MISSING: Self = Self {
        word: "VARIABLE_MISSING",
        status: 400,
        layer: Layer::Document,
        meaning: "A required variable is absent.",
        remedy: "Send the variable that `errors[0].message` names.",
    };

    pub const VARIABLE_INVALID: Self = Self {
        word: "VARIABLE_INVALID",
        status: 400,
        layer: Layer::Document,
        meaning: "A variable's value does not have the type that the document declares.",
        remedy: "Send a value of that type.",
    };

    pub const VARIABLE_UNDECLARED: Self = Self {
        word: "VARIABLE_UNDECLARED",
        status: 400,
        layer: Layer::Document,
        meaning: "A variable's input object has a field that its type does not declare.",
        remedy: "Remove the field.",
    };

    pub const LOCATION_OUT_OF_RANGE: Self = Self {
        word: "LOCATION_OUT_OF_RANGE",
        status: 400,
        layer: Layer::Field,
        meaning: "A latitude is outside -90 to 90, or a longitude outside -180 to 180.",
        remedy: "Send coordinates within these ranges.",
    };

    pub const PAGE_SIZE_OUT_OF_RANGE: Self = Self {
        word: "PAGE_SIZE_OUT_OF_RANGE",
        status: 400,
        layer: Layer::Field,
        meaning: "`first` is outside 1 to 100.",
        remedy: "Ask for 1 to 100 entries.",
    };

    pub const CURSOR_INVALID: Self = Self {
        word: "CURSOR_INVALID",
        status: 400,
        layer: Layer::Field,
        meaning: "`after` is not a cursor of this list.",
        remedy: "Send `pageInfo.endCursor` of the page before, or start again without `after`.",
    };

    pub const BAD_USER_INPUT: Self = Self {
        word: "BAD_USER_INPUT",
        status: 400,
        layer: Layer::Field,
        meaning: "An argument breaks a rule of its field. `extensions.field` names the argument where it is known.",
        remedy: "Correct the value. `errors[0].message` says what is allowed.",
    };

    pub const VERSION_CONFLICT: Self = Self {
        word: "VERSION_CONFLICT",
        status: 409,
        layer: Layer::Field,
        meaning: "The object was changed after the client read it.",
        remedy: "Read the object again, then send the change with its new version.",
    };

    pub const LIMIT_REACHED: Self = Self {
        word: "LIMIT_REACHED",
        status: 409,
        layer: Layer::Field,
        meaning: "There are already as many objects of this kind as are allowed.",
        remedy: "Remove one that is not needed any more, then try again.",
    };
}
