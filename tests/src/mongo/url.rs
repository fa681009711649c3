//! Another database in a given URL, as the same user.

/// The URL with `database` in its path. Who signed in against the database that was there still does.
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

#[cfg(test)]
mod tests {
    use super::with_database;

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
