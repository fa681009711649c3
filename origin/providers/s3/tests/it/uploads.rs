//! Files that clients upload with a form of ours.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use s3::{BucketError, UploadForm, UploadRules};

use crate::server::Server;

const KEY: &str = "uploads/5f0cd1b2";

fn rules() -> UploadRules<'static> {
    UploadRules {
        key: KEY,
        media_type: "image/jpeg",
        max_bytes: 1_000,
        valid_for: Duration::from_mins(10),
    }
}

/// Posts a form as a browser does. The status, and S3's code of an error.
async fn posted(form: &UploadForm, file: &[u8]) -> (u16, String) {
    let boundary = "----a-boundary";
    let mut body = Vec::new();
    for (name, value) in &form.fields {
        let part = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
        body.extend(part.as_bytes());
    }
    let part = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"me.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n"
    );
    body.extend(part.as_bytes());
    body.extend(file);
    body.extend(format!("\r\n--{boundary}--\r\n").as_bytes());
    let answer = reqwest::Client::new()
        .post(&form.url)
        .header(
            "content-type",
            format!("multipart/form-data; boundary={boundary}"),
        )
        .body(body)
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    let code = text
        .split_once("<Code>")
        .and_then(|(_, rest)| rest.split_once("</Code>"));
    (
        status,
        code.map(|(code, _)| code.to_owned()).unwrap_or_default(),
    )
}

fn with(form: &UploadForm, name: &str, value: &str) -> UploadForm {
    let mut form = form.clone();
    let field = form.fields.iter_mut().find(|(field, _)| *field == name);
    value.clone_into(&mut field.unwrap().1);
    form
}

#[tokio::test]
async fn a_client_uploads_what_its_form_allows_and_nothing_else() {
    let Some(server) = Server::start() else {
        return;
    };
    let bucket = server.bucket();
    let form = bucket.upload_form(&rules(), Utc::now()).unwrap();
    let denied = |code: &str| (403, code.to_owned());

    let other_key = with(&form, "key", "pictures/of-somebody-else");
    assert_eq!(posted(&other_key, b"jpeg").await, denied("AccessDenied"));
    let other_type = with(&form, "Content-Type", "text/html");
    assert_eq!(posted(&other_type, b"jpeg").await, denied("AccessDenied"));
    let more = posted(&form, &[0; 1_001]).await;
    assert_eq!(more, (400, "EntityTooLarge".to_owned()));
    let nothing = posted(&form, b"").await;
    assert_eq!(nothing, (400, "EntityTooSmall".to_owned()));
    let mut other_policy = rules();
    other_policy.max_bytes = 1_000_000;
    let other = bucket.upload_form(&other_policy, Utc::now()).unwrap();
    let policy = &other
        .fields
        .iter()
        .find(|(name, _)| *name == "policy")
        .unwrap()
        .1;
    let forged = with(&form, "policy", policy);
    assert_eq!(
        posted(&forged, b"jpeg").await,
        denied("SignatureDoesNotMatch")
    );
    assert_eq!(bucket.get(KEY, 1_000).await, Err(BucketError::NotFound));

    assert_eq!(posted(&form, &[7; 1_000]).await, (204, String::new()));
    assert_eq!(bucket.get(KEY, 1_000).await.unwrap(), [7; 1_000]);
}

#[tokio::test]
async fn a_form_ends() {
    let Some(server) = Server::start() else {
        return;
    };
    let bucket = server.bucket();
    let eleven_minutes_ago = Utc::now() - TimeDelta::minutes(11);
    let form = bucket.upload_form(&rules(), eleven_minutes_ago).unwrap();
    let (status, _) = posted(&form, b"jpeg").await;
    assert_eq!(status, 403);
    let nine_minutes_ago = Utc::now() - TimeDelta::minutes(9);
    let form = bucket.upload_form(&rules(), nine_minutes_ago).unwrap();
    assert_eq!(posted(&form, b"jpeg").await, (204, String::new()));
    let mut dots = rules();
    dots.key = "uploads/../pictures/a";
    assert_eq!(bucket.upload_form(&dots, Utc::now()), Err(BucketError::Key));
}
