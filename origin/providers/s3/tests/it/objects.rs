//! Objects that we read and write ourselves.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    time::Duration,
};

use s3::{Bucket, BucketError, Credentials};

use crate::server::{SECRET, Server};

const WEBP: &str = "image/webp";

#[tokio::test]
async fn what_is_written_is_read_and_deleted() {
    let Some(server) = Server::start() else {
        return;
    };
    let bucket = server.bucket();
    // Characters that are encoded, too.
    for key in ["pictures/9c/9cde/640.webp", "a b+c=d/é$&'().webp"] {
        assert_eq!(bucket.get(key, 100).await, Err(BucketError::NotFound));
        bucket.put(key, WEBP, b"the file".to_vec()).await.unwrap();
        assert_eq!(bucket.get(key, 8).await.unwrap(), b"the file");
        assert_eq!(bucket.get(key, 7).await, Err(BucketError::TooLarge));
        bucket.delete(key).await.unwrap();
        assert_eq!(bucket.get(key, 100).await, Err(BucketError::NotFound));
        bucket.delete(key).await.unwrap();
    }
    for key in ["", "pictures/../other", "."] {
        assert_eq!(bucket.get(key, 1).await, Err(BucketError::Key));
        assert_eq!(bucket.put(key, WEBP, vec![]).await, Err(BucketError::Key));
        assert_eq!(bucket.delete(key).await, Err(BucketError::Key));
    }
}

#[tokio::test]
async fn a_bucket_is_listed_page_by_page() {
    let Some(server) = Server::start() else {
        return;
    };
    let bucket = server.bucket();
    let keys: Vec<String> = (0..5).map(|n| format!("uploads/{n} & <{n}>")).collect();
    for key in &keys {
        bucket
            .put(key, WEBP, key.as_bytes().to_vec())
            .await
            .unwrap();
    }
    bucket.put("pictures/other", WEBP, vec![1]).await.unwrap();
    let (mut found, mut next, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = bucket.list("uploads/", 2, next.as_deref()).await.unwrap();
        pages += 1;
        for object in page.objects {
            assert_eq!(object.bytes, object.key.len() as u64);
            let age = chrono::Utc::now() - object.modified;
            assert!(age.num_seconds().abs() < 60, "{age}");
            found.push(object.key);
        }
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!((found, pages), (keys, 3));
    let none = bucket.list("nothing/", 2, None).await.unwrap();
    assert!(none.objects.is_empty() && none.next.is_none());
}

#[tokio::test]
async fn a_wrong_key_and_a_missing_bucket_are_refused_without_a_word_about_the_key() {
    let Some(server) = Server::start() else {
        return;
    };
    let mut config = server.config();
    config.credentials = Credentials::new("AKIDPICTURES", "another-secret");
    let stranger = Bucket::new(&config).unwrap();
    let error = stranger.get("pictures/a", 100).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the bucket refused the request: status 403, code SignatureDoesNotMatch"
    );
    let printed = format!("{error:?} {stranger:?}");
    for secret in ["AKIDPICTURES", "another-secret", SECRET] {
        assert!(!printed.contains(secret), "{printed}");
    }
    config = server.config();
    config.bucket = "nobodys-bucket".to_owned();
    let error = Bucket::new(&config).unwrap().get("pictures/a", 100).await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "the bucket refused the request: status 404, code NoSuchBucket"
    );
}

/// Answers every connection with these bytes, and then nothing more.
fn answering(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut request = BufReader::new(connection.try_clone().unwrap()).lines();
            while request.next().unwrap().unwrap() != "" {}
            connection.write_all(bytes).unwrap();
            // Open until the client closes it.
            std::thread::spawn(move || std::io::copy(&mut connection, &mut std::io::sink()));
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn a_bucket_that_does_not_answer_is_asked_again_later() {
    let at = |endpoint: String| {
        let mut config = unreachable();
        config.endpoint = endpoint;
        Bucket::new(&config).unwrap()
    };
    let cases: [(&[u8], &str); 5] = [
        (b"", "the bucket does not answer now: unreachable"),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf",
            "the bucket does not answer now: unreachable",
        ),
        (
            b"HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\n\r\n",
            "the bucket does not answer now: status 503",
        ),
        // It announces no length, and never ends.
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n14\r\n12345678901234567890\r\n",
            "the object has more bytes than it may have",
        ),
        // To another host, which the signature is not for.
        (
            b"HTTP/1.1 307 Moved\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
            "the bucket refused the request: status 307, code unknown",
        ),
    ];
    for (answer, expected) in cases {
        let error = at(answering(answer)).get("pictures/a", 10).await;
        assert_eq!(error.unwrap_err().to_string(), expected);
    }
    let error = Bucket::new(&unreachable())
        .unwrap()
        .get("pictures/a", 10)
        .await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "the bucket does not answer now: unreachable"
    );
}

fn unreachable() -> s3::BucketConfig {
    s3::BucketConfig {
        // Nothing listens on port 1.
        endpoint: "http://127.0.0.1:1".to_owned(),
        transport: s3::Transport::AlsoPlain,
        region: "eu-west-3".to_owned(),
        bucket: "yousoon-pictures".to_owned(),
        addressing: s3::Addressing::Path,
        credentials: Credentials::new("AKID", "secret"),
        timeout: Duration::from_millis(500),
    }
}
