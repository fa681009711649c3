//! Secrets in files.

use super::*;

#[test]
fn a_secret_may_be_in_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let files = [
        ("YOUSOON_ADMIN_TOKEN_FILE", file("token", TOKEN)),
        (
            "YOUSOON_EDGE_SECRET_FILE",
            file("edge", &format!("{SECRET}\n")),
        ),
        ("YOUSOON_JWT_KEYS_FILE", file("jwt", JWT_KEYS)),
        ("YOUSOON_QR_KEYS_FILE", file("qr", JWT_KEYS)),
        (
            "YOUSOON_REDIS_URL_FILE",
            file("redis", "redis://:hunter2@redis\r\n"),
        ),
    ];
    let mut variables = vec![
        ("YOUSOON_ENV", "production"),
        ("YOUSOON_EDGE_URL", "https://edge.example"),
        // An empty variable counts as absent.
        ("YOUSOON_ADMIN_TOKEN", ""),
    ];
    variables.extend(files.iter().map(|(name, path)| (*name, path.as_str())));
    let config = read(&variables).unwrap();
    assert_eq!(config.admin.token.unwrap().expose(), TOKEN.as_bytes());
    assert_eq!(
        config.edge.secret.unwrap().expose(),
        hex::decode(SECRET).unwrap()
    );
    assert!(config.cache.redis.is_some());
    let names = variables.iter().map(|(name, _)| (*name).to_owned());
    let report = check::Report::new(&lookup_in(&variables), names, None).to_string();
    assert!(!report.contains("unknown"), "{report}");
    for secret in [TOKEN, SECRET, "hunter2"] {
        assert!(!report.contains(secret), "{report}");
    }
    let report = check::Report::new(&lookup_in(&[]), ["YOUSOON_LISTEN_FILE".to_owned()], None);
    assert!(report.to_string().contains("unknown"), "{report}");
}

#[test]
fn a_file_without_a_usable_secret_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let table = [
        ("/no/such/file".to_owned(), "and its file does not exist"),
        (file("empty", b""), "and its file is empty"),
        (file("newline", b"\n"), "and its file is empty"),
        (file("large", &vec![b'a'; 65_537]), "and its file is larger"),
        (file("binary", &[0xff; 32]), "and its file is not UTF-8"),
        ("/".to_owned(), "and its file is not an ordinary file"),
        (
            "/dev/zero".to_owned(),
            "and its file is not an ordinary file",
        ),
        // A secret that was mistaken for its path.
        (TOKEN.to_owned(), "and its file does not exist"),
    ];
    for (path, why) in table {
        assert_eq!(
            read(&[("YOUSOON_ADMIN_TOKEN_FILE", &path)]).unwrap_err(),
            format!(
                "YOUSOON_ADMIN_TOKEN: YOUSOON_ADMIN_TOKEN_FILE should name a text file of 1 to \
                 65536 bytes, {why}"
            )
        );
    }
    let largest = file("largest", &vec![b'a'; 65_536]);
    assert!(read(&[("YOUSOON_ADMIN_TOKEN_FILE", &largest)]).is_ok());
    let both = [
        ("YOUSOON_ADMIN_TOKEN_FILE", largest.as_str()),
        ("YOUSOON_ADMIN_TOKEN", TOKEN),
    ];
    assert_eq!(
        read(&both).unwrap_err(),
        "YOUSOON_ADMIN_TOKEN: YOUSOON_ADMIN_TOKEN_FILE is set as well: set one of the two"
    );
    let short = file("short", b"short");
    assert_eq!(
        read(&[("YOUSOON_ADMIN_TOKEN_FILE", &short)]).unwrap_err(),
        "YOUSOON_ADMIN_TOKEN: has fewer than 16 bytes"
    );
}
