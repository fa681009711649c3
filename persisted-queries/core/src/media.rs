//! The media types of answers (GraphQL over HTTP, "Media Types").

/// The media type of an answer that is one response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// `application/json`: the default. Most GraphQL errors have status 200.
    Json,
    /// `application/graphql-response+json`: the status says whether the request succeeded.
    GraphqlResponse,
}

impl MediaType {
    /// The `Content-Type` header.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }
}
