//! `pq publish` against a fake origin with the answers that the test chooses.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;

use crate::{built, pq};

/// A fake origin that answers one request; its thread returns the request's head and body.
fn origin(status: &'static str, answer: &'static str) -> (String, JoinHandle<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let served = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a client");
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            reader.read_line(&mut head).expect("a head");
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().expect("a number"))
        });
        let mut body = vec![0; length.expect("a length")];
        reader.read_exact(&mut body).expect("a body");
        let length = answer.len();
        write!(
            reader.get_mut(),
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}"
        )
        .expect("a reader");
        (head, String::from_utf8(body).expect("UTF-8"))
    });
    (url, served)
}

fn publish(status: &'static str, answer: &'static str) -> (i32, String, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = built(folder.path());
    let (url, served) = origin(status, answer);
    let manifest = manifest.to_str().expect("a UTF-8 path");
    // The newline at its end is no part of the token.
    let token = folder.path().join("token");
    std::fs::write(&token, "secret\n").expect("a file");
    let (code, text) = pq(&[
        "publish",
        "--manifest",
        manifest,
        "--url",
        &url,
        "--token-file",
        token.to_str().expect("a UTF-8 path"),
    ]);
    let (head, body) = served.join().expect("the origin answered");
    let text = text.replace(&url, "URL/");
    (code, text, head, body)
}

#[test]
fn the_manifest_is_posted_with_the_token_and_the_counts_are_printed() {
    let (code, text, head, body) = publish("200 OK", r#"{"added":3,"unchanged":7}"#);
    assert_eq!((code, text.as_str()), (0, "3 added, 7 unchanged\n"));
    assert!(
        head.starts_with("POST /admin/documents HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(
        head.to_lowercase()
            .contains("\r\nauthorization: bearer secret\r\n"),
        "{head}"
    );
    let manifest = pq_core::Manifest::from_json(&body).unwrap();
    assert_eq!(manifest.operations().len(), 208);
}

#[test]
fn every_refusal_is_one_line_without_the_token() {
    let lines = [
        publish("401 Unauthorized", ""),
        publish(
            "409 Conflict",
            r#"{"error":{"code":"OTHER_BODY","message":"another body"}}"#,
        ),
        publish("422 Unprocessable Entity", r#"{"message":"no such type"}"#),
        publish("400 Bad Request", r#"{"errors":[{"message":"too many"}]}"#),
        publish("307 Temporary Redirect", "gone\nelsewhere"),
        publish("200 OK", "<html>"),
    ]
    .map(|(code, text, _, _)| {
        assert_eq!(code, 1);
        assert!(!text.contains("secret"));
        text
    });
    insta::assert_snapshot!(lines.concat(), @r"
    pq: URL/admin/documents refused the manifest: 401 Unauthorized (is the token an admin's?)
    pq: URL/admin/documents refused the manifest: 409 Conflict: another body
    pq: URL/admin/documents refused the manifest: 422 Unprocessable Entity: no such type
    pq: URL/admin/documents refused the manifest: 400 Bad Request: too many
    pq: URL/admin/documents refused the manifest: 307 Temporary Redirect: gone elsewhere
    pq: URL/admin/documents answered 200 OK, but not with the counts: error decoding response body: expected value at line 1 column 1
    ");
}

#[test]
fn a_token_that_is_missing_or_given_twice_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let manifest = built(folder.path());
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "\n").expect("a file");
    let [manifest, empty] = [&manifest, &empty].map(|path| path.to_str().expect("a UTF-8 path"));
    let publish = [
        "publish",
        "--manifest",
        manifest,
        "--url",
        "http://127.0.0.1:9",
    ];
    for (tokens, why) in [
        (&[][..], "no token is given"),
        (
            &["--token", "secret", "--token-file", empty],
            "are both set",
        ),
        (&["--token-file", empty], "its file is empty"),
        (&["--token-file", "/no-such-secret"], "No such file"),
        (&["--token-file", "/dev/zero"], "is not an ordinary file"),
    ] {
        let (code, text) = pq(&[&publish, tokens].concat());
        assert_eq!((code, text.lines().count()), (1, 1), "{text}");
        assert!(
            text.contains(why) && text.contains("YOUSOON_ADMIN_TOKEN_FILE"),
            "{text}"
        );
        assert!(!text.contains("secret"), "{text}");
    }
}
