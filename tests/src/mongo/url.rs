//! Changes the database or the host in a MongoDB URL, for the same user.

use std::net::SocketAddr;

/// The URL with `database` in its path. The user still authenticates against the previous database.
pub(super) fn with_database(url: &str, database: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("mongodb", url));
    let (before, options) = rest.split_once('?').unwrap_or((rest, ""));
    let (hosts, path) = before.split_once('/').unwrap_or((before, ""));
    let mut options: Vec<String> = options
        .split('&')
        .filter(|option| !option.is_empty())
        .map(str::to_owned)
        .collect();
    let signs_in = hosts.contains('@');
    let is_source = |option: &String| option.to_ascii_lowercase().starts_with("authsource=");
    if signs_in && !options.iter().any(is_source) {
        let source = if path.is_empty() { "admin" } else { path };
        options.push(format!("authSource={source}"));
    }
    let tail = if options.is_empty() {
        String::new()
    } else {
        format!("?{}", options.join("&"))
    };
    format!("{scheme}://{hosts}/{database}{tail}")
}

/// The first host of a URL, with its port.
pub(super) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let hosts = rest.split(['/', '?']).next().unwrap_or(rest);
    let hosts = hosts.rsplit('@').next().unwrap_or(hosts);
    hosts.split(',').next().unwrap_or(hosts)
}

/// The URL with `gate` as its only host. A member of a replica set would tell the driver its real
/// address; `directConnection` makes the driver ignore it.
pub(super) fn through(url: &str, gate: SocketAddr) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("mongodb", url));
    let (hosts, rest) = rest.split_once('/').unwrap_or((rest, ""));
    let user = hosts
        .rsplit_once('@')
        .map_or(String::new(), |(user, _)| format!("{user}@"));
    let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
    let mut options: Vec<&str> = options
        .split('&')
        .filter(|option| !option.is_empty())
        .collect();
    let of_a_set = options.len();
    options.retain(|option| !option.starts_with("replicaSet="));
    if options.len() < of_a_set {
        options.push("directConnection=true");
    }
    let tail = if options.is_empty() {
        String::new()
    } else {
        format!("?{}", options.join("&"))
    };
    format!("{scheme}://{user}{gate}/{path}{tail}")
}

#[cfg(test)]
mod tests {
    use super::{host, through, with_database};

    #[test]
    fn a_gate_stands_in_for_the_hosts() {
        let gate = "127.0.0.1:9".parse().unwrap();
        for (given, first, expected) in [
            ("mongodb://h:1/x", "h:1", "mongodb://127.0.0.1:9/x"),
            (
                "mongodb://u:p@h:1/x?tls=true",
                "h:1",
                "mongodb://u:p@127.0.0.1:9/x?tls=true",
            ),
            (
                "mongodb://h:1,i:2/x?replicaSet=rs0&w=1",
                "h:1",
                "mongodb://127.0.0.1:9/x?w=1&directConnection=true",
            ),
        ] {
            assert_eq!(host(given), first);
            assert_eq!(through(given, gate), expected);
        }
    }

    #[test]
    fn the_path_is_another_and_the_user_the_same() {
        for (given, expected) in [
            ("mongodb://h:1", "mongodb://h:1/x"),
            ("mongodb://h:1/", "mongodb://h:1/x"),
            ("mongodb://h,i/old?tls=true", "mongodb://h,i/x?tls=true"),
            ("mongodb://u:p@h/old", "mongodb://u:p@h/x?authSource=old"),
            (
                "mongodb://u:p@h/?tls=true",
                "mongodb://u:p@h/x?tls=true&authSource=admin",
            ),
            (
                "mongodb+srv://u:p@h/a?authSource=b",
                "mongodb+srv://u:p@h/x?authSource=b",
            ),
        ] {
            assert_eq!(with_database(given, "x"), expected);
        }
    }
}
