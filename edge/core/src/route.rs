//! Routes: finds what a request asks for by its method and path.

use pq_core::error::{ErrorCode, Refusal};
use pq_core::request::Method;

/// The path of GraphQL requests.
pub const GRAPHQL: &str = "/graphql";
/// The path at which origins append to the purge log, with a signature.
pub const PURGE_LOG: &str = "/_yousoon/purge-log";
/// The path at which origins ask what is stored under a key and whether it would be served, with a
/// signature.
pub const EXPLAIN: &str = "/_yousoon/explain";

/// The route of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// A GraphQL request; `path_id` is the document's id if it is in the path.
    Graphql {
        method: Method,
        path_id: Option<&'a str>,
    },
    /// A CORS preflight.
    Preflight,
    /// A file that only the origin has, such as its public keys.
    File,
    /// A file that a client sends to the origin.
    Upload,
    /// An origin appends to the purge log.
    AppendToPurgeLog,
    /// An origin asks what is stored under a key.
    Explain,
    /// A health check.
    Health,
}

/// Finds the route of a request.
///
/// # Errors
/// [`ErrorCode::NOT_FOUND`] or [`ErrorCode::METHOD_NOT_ALLOWED`].
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
            ErrorCode::METHOD_NOT_ALLOWED,
            "this address does not support this method",
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
    if is_file(path) {
        return match method {
            "GET" | "HEAD" => Ok(Route::File),
            "POST" => Ok(Route::Upload),
            "OPTIONS" => Ok(Route::Preflight),
            _ => Err(not_allowed()),
        };
    }
    match (path, method) {
        (PURGE_LOG, "POST") => Ok(Route::AppendToPurgeLog),
        (EXPLAIN, "POST") => Ok(Route::Explain),
        ("/healthz", "GET" | "HEAD") => Ok(Route::Health),
        (PURGE_LOG | EXPLAIN | "/healthz", _) => Err(not_allowed()),
        _ => Err(Refusal::new(
            ErrorCode::NOT_FOUND,
            "there is nothing at this address",
        )),
    }
}

/// Whether a path is a file's: its last segment has an extension. The origin's other addresses, which
/// are for operators and the edge, have none.
fn is_file(path: &str) -> bool {
    let (_, file) = path.rsplit_once('/').unwrap_or_default();
    let parts = file.rsplit_once('.');
    parts.is_some_and(|(name, extension)| !name.is_empty() && !extension.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_has_its_method_and_path() {
        let graphql = |method, path_id| Ok(Route::Graphql { method, path_id });
        let table = [
            (("GET", "/graphql"), graphql(Method::Get, None)),
            (("GET", "/graphql/abc"), graphql(Method::Get, Some("abc"))),
            (("POST", "/graphql/"), graphql(Method::Post, None)),
            (("OPTIONS", "/graphql/abc"), Ok(Route::Preflight)),
            (("PUT", "/graphql"), Err(ErrorCode::METHOD_NOT_ALLOWED)),
            (("GET", "/graphqlx"), Err(ErrorCode::NOT_FOUND)),
            (("GET", "/graphql/a/b"), Err(ErrorCode::NOT_FOUND)),
            (("POST", PURGE_LOG), Ok(Route::AppendToPurgeLog)),
            (("GET", PURGE_LOG), Err(ErrorCode::METHOD_NOT_ALLOWED)),
            (("POST", EXPLAIN), Ok(Route::Explain)),
            (("GET", EXPLAIN), Err(ErrorCode::METHOD_NOT_ALLOWED)),
            (("GET", "/healthz"), Ok(Route::Health)),
            (("GET", "/internal/documents/1"), Err(ErrorCode::NOT_FOUND)),
            // B9.
            (("GET", "/.well-known/jwks.json"), Ok(Route::File)),
            (("GET", "/.well-known/qr-keys.json"), Ok(Route::File)),
            (("GET", "/things/1/code.svg"), Ok(Route::File)),
            (("HEAD", "/things/1.ics"), Ok(Route::File)),
            (("OPTIONS", "/things/1/code.svg"), Ok(Route::Preflight)),
            (("POST", "/things/1/list.jsonl"), Ok(Route::Upload)),
            (("POST", "/things/1"), Err(ErrorCode::NOT_FOUND)),
            (
                ("PUT", "/things/1/code.svg"),
                Err(ErrorCode::METHOD_NOT_ALLOWED),
            ),
            (("GET", "/things/1"), Err(ErrorCode::NOT_FOUND)),
            (("GET", "/things/.svg"), Err(ErrorCode::NOT_FOUND)),
            (("GET", "/admin/purge"), Err(ErrorCode::NOT_FOUND)),
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
