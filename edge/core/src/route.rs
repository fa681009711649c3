//! Which door a request knocks at.

use pq_core::error::{ErrorCode, Refusal};
use pq_core::request::Method;

/// Where GraphQL is asked.
pub const GRAPHQL: &str = "/graphql";
/// Where origins append to the purge log; signed.
pub const PURGE_LOG: &str = "/_yousoon/purge-log";
/// Where origins ask what is stored, and why it is served or not; signed.
pub const EXPLAIN: &str = "/_yousoon/explain";

/// A request's door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// A GraphQL request; the document's name when it is in the path.
    Graphql {
        method: Method,
        path_id: Option<&'a str>,
    },
    /// A CORS preflight.
    Preflight,
    /// An origin appends to the purge log.
    AppendToPurgeLog,
    /// An origin asks what is stored under a key.
    Explain,
    /// Is the edge there?
    Health,
}

/// Finds the door.
///
/// # Errors
/// [`ErrorCode::NotFound`] or [`ErrorCode::MethodNotAllowed`].
pub fn route<'a>(method: &str, path: &'a str) -> Result<Route<'a>, Refusal> {
    let graphql = path.strip_prefix(GRAPHQL).and_then(|rest| match rest {
        "" | "/" => Some(None),
        _ => rest
            .strip_prefix('/')
            .filter(|id| !id.contains('/'))
            .map(Some),
    });
    let not_allowed = || {
        Refusal::new(
            ErrorCode::MethodNotAllowed,
            "this method is not answered here",
        )
    };
    if let Some(path_id) = graphql {
        return match method {
            "GET" => Ok(Route::Graphql {
                method: Method::Get,
                path_id,
            }),
            "POST" => Ok(Route::Graphql {
                method: Method::Post,
                path_id,
            }),
            "OPTIONS" => Ok(Route::Preflight),
            _ => Err(not_allowed()),
        };
    }
    match (path, method) {
        (PURGE_LOG, "POST") => Ok(Route::AppendToPurgeLog),
        (EXPLAIN, "POST") => Ok(Route::Explain),
        ("/healthz", "GET" | "HEAD") => Ok(Route::Health),
        (PURGE_LOG | EXPLAIN | "/healthz", _) => Err(not_allowed()),
        _ => Err(Refusal::new(ErrorCode::NotFound, "nothing is here")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_door_has_its_address() {
        let graphql = |method, path_id| Ok(Route::Graphql { method, path_id });
        let table = [
            (("GET", "/graphql"), graphql(Method::Get, None)),
            (("GET", "/graphql/abc"), graphql(Method::Get, Some("abc"))),
            (("POST", "/graphql/"), graphql(Method::Post, None)),
            (("OPTIONS", "/graphql/abc"), Ok(Route::Preflight)),
            (("PUT", "/graphql"), Err(ErrorCode::MethodNotAllowed)),
            (("GET", "/graphqlx"), Err(ErrorCode::NotFound)),
            (("GET", "/graphql/a/b"), Err(ErrorCode::NotFound)),
            (("POST", PURGE_LOG), Ok(Route::AppendToPurgeLog)),
            (("GET", PURGE_LOG), Err(ErrorCode::MethodNotAllowed)),
            (("POST", EXPLAIN), Ok(Route::Explain)),
            (("GET", EXPLAIN), Err(ErrorCode::MethodNotAllowed)),
            (("GET", "/healthz"), Ok(Route::Health)),
            (("GET", "/internal/documents/1"), Err(ErrorCode::NotFound)),
        ];
        for ((method, path), expected) in table {
            assert_eq!(
                route(method, path).map_err(|refusal| refusal.code),
                expected,
                "{method} {path}"
            );
        }
    }
}
