//! Uploads and pictures without a bucket behind them: who may ask, which addresses an edit may set, and
//! what is shown. Files are in `tests/it/pictures.rs` of the end-to-end tests.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use domain::{
    Offer, UploadId, UserId,
    pictures::{
        picture::{Owner, Picture, PictureId, Purpose, State as PictureState},
        store::{Begun, End, Named, Opened},
        upload::{OPEN_MS, State, Upload},
    },
    users::account::Post,
};
use s3::{Addressing, BucketConfig, Credentials, PublicBase, Transport};
use serde_json::{Value, json};
use yousoon::config::{PictureBucket, PicturesConfig};

use crate::{
    accounts::person::{PASSWORD, Person, login, register},
    app::{TOKEN, TestApp},
    booking::works_for,
    fixtures::{NOW_MS, offer, partner, store},
};

const REQUEST: &str = "mutation R($i: UploadInput!) { requestUpload(input: $i) {
    uploadId url expiresAt fields { name value } } }";
const COMPLETE: &str = "mutation C($i: ID!) { completeUpload(id: $i) { id url(width: 400) } }";
const DELETE: &str = "mutation D($i: ID!) { deleteImage(id: $i) }";
const IMAGES: &str = "mutation U($i: ID!, $a: [String!]!) {
    updateOffer(id: $i, input: {images: $a}) { images pictures { id } } }";
const BASE: &str = "https://pictures.yousoon.test";

/// A bucket that nobody asks: forms and addresses need none.
pub(crate) fn a_bucket() -> PicturesConfig {
    let config = BucketConfig {
        endpoint: "http://127.0.0.1:9".to_owned(),
        transport: Transport::AlsoPlain,
        region: "eu-west-3".to_owned(),
        bucket: "yousoon-pictures".to_owned(),
        addressing: Addressing::Path,
        credentials: Credentials::new("AKIDEXAMPLE", "a-secret-of-the-bucket"),
        timeout: std::time::Duration::from_secs(1),
    };
    PicturesConfig {
        bucket: Some(PictureBucket {
            config,
            public: PublicBase::new(BASE).unwrap(),
        }),
        ..PicturesConfig::default()
    }
}

pub(crate) fn upload(user: &UserId, owner: &Owner, purpose: Purpose, name: &str) -> Upload {
    Upload {
        id: UploadId::derive("upload", name),
        user: Some(user.clone()),
        purpose,
        partner: owner.partner().cloned(),
        content_type: "image/jpeg".to_owned(),
        bytes: 9_000,
        state: State::Waiting,
        refusal: None,
        picture: None,
        holder: None,
        held_until_ms: None,
        created_at_ms: NOW_MS,
        expires_at_ms: NOW_MS + OPEN_MS,
    }
}

pub(crate) fn picture(id: &PictureId, owner: &Owner, purpose: Purpose) -> Picture {
    Picture {
        id: id.clone(),
        purpose,
        owner: Some(owner.clone()),
        width: 700,
        height: 500,
        widths: vec![320, 640, 700],
        bytes: 60_000,
        blurhash: "LEHV6nWB2yk8pyo0adR*.7kCMdnj".to_owned(),
        state: PictureState::Making,
        created_at_ms: NOW_MS,
        unused_since_ms: None,
        due_ms: NOW_MS,
    }
}

/// A picture that this person has uploaded; its upload has the digit's name.
pub(crate) async fn kept(
    app: &TestApp,
    who: &Person,
    owner: &Owner,
    purpose: Purpose,
    digit: char,
) -> Picture {
    let pictures = &app.state.services.pictures;
    let user = UserId::parse(&who.id).unwrap();
    let upload = upload(&user, owner, purpose, &digit.to_string());
    let opened = pictures.open(upload.clone(), NOW_MS).await.unwrap();
    assert_eq!(opened, Opened::Done);
    let begun = pictures.begin(&upload.id, &user, "w", NOW_MS).await;
    assert!(matches!(begun.unwrap(), Begun::Done(_)));
    let id = PictureId::parse(&digit.to_string().repeat(64)).unwrap();
    let picture = picture(&id, owner, purpose);
    let named = pictures.name(&upload.id, "w", picture.clone(), NOW_MS);
    assert_eq!(named.await.unwrap(), Named::Done);
    let ended = pictures.end(&upload.id, "w", End::Ready(id), NOW_MS).await;
    assert!(ended.unwrap());
    picture
}

fn of_partner(seed: &str) -> Owner {
    Owner::Partner(partner(seed).id)
}

fn address(picture: &Picture, width: u32) -> String {
    let id = picture.id.as_str();
    format!("{BASE}/pictures/{}/{id}/{width}.webp", &id[..2])
}

/// The partners `a` and `b` with an offer each, a manager of `a`, and a guest.
async fn started() -> (TestApp, Person, Person) {
    let app = TestApp::builder().pictures(a_bucket()).start().await;
    for seed in ["a", "b"] {
        store(&app, seed, vec![offer(seed, 0)]).await;
    }
    let manager = works_for(&app, "manager", "a", Post::Manager).await;
    let guest = register(&app, "guest").await;
    (app, manager, guest)
}

fn avatar() -> Value {
    json!({"purpose": "AVATAR", "contentType": "image/jpeg", "size": 1_000})
}

fn for_partner(purpose: &str, seed: &str) -> Value {
    json!({"purpose": purpose, "partnerId": partner(seed).id, "contentType": "image/png",
        "size": 1_000})
}

#[tokio::test]
async fn without_a_bucket_nothing_is_uploaded_and_production_takes_no_new_address() {
    const AVATAR: &str = "mutation U($a: String) { updateProfile(input: {avatar: $a}) {
        avatar avatarPicture { id } } }";
    for (builder, code) in [
        (TestApp::builder(), ""),
        (TestApp::builder().production(), "PICTURE_ADDRESS_FOREIGN"),
    ] {
        let app = builder.start().await;
        let ana = register(&app, "ana").await;
        let refused = ana.ask(&app, REQUEST, json!({"i": avatar()})).await;
        assert_eq!(refused.code(), "PICTURES_UNAVAILABLE");
        let id = json!({"i": UploadId::derive("upload", "x")});
        let refused = ana.ask(&app, COMPLETE, id).await;
        assert_eq!(refused.code(), "PICTURES_UNAVAILABLE");
        let edited = ana
            .ask(&app, AVATAR, json!({"a": "https://other.example/a.jpg"}))
            .await;
        assert_eq!(edited.code(), code, "{}", edited.text);
        let cleared = ana.ask(&app, AVATAR, json!({"a": null})).await.data();
        assert_eq!(
            cleared["updateProfile"],
            json!({"avatar": null, "avatarPicture": null})
        );
    }
}

#[tokio::test]
async fn a_form_is_for_one_file_of_the_declared_size_and_type() {
    let (app, manager, guest) = started().await;
    let form = guest
        .ask(&app, REQUEST, json!({"i": avatar()}))
        .await
        .data();
    let form = &form["requestUpload"];
    assert_eq!(form["url"], "http://127.0.0.1:9/yousoon-pictures");
    assert_eq!(form["expiresAt"], "2026-06-01T12:15:00.000Z");
    let field = |name: &str| {
        let mut fields = form["fields"].as_array().unwrap().iter();
        let found = fields.find(|field| field["name"] == name);
        found.unwrap()["value"].as_str().unwrap().to_owned()
    };
    let id = form["uploadId"].as_str().unwrap();
    assert_eq!(field("key"), format!("uploads/{id}"));
    assert_eq!(field("Content-Type"), "image/jpeg");
    let policy =
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, field("policy"));
    let policy = String::from_utf8(policy.unwrap()).unwrap();
    assert!(
        policy.contains(r#"["content-length-range",1,1000]"#),
        "{policy}"
    );

    let ask = async |who: &Person, input: Value| who.ask(&app, REQUEST, json!({"i": input})).await;
    for (purpose, seed, code) in [
        ("LOGO", "a", ""),
        ("ESTABLISHMENT", "a", ""),
        ("OFFER", "a", ""),
        ("OFFER", "b", "FORBIDDEN"),
        ("AVATAR", "a", "BAD_USER_INPUT"),
    ] {
        let asked = ask(&manager, for_partner(purpose, seed)).await;
        assert_eq!(asked.code(), code, "{purpose} {seed}: {}", asked.text);
        let guests = ask(&guest, for_partner(purpose, seed)).await.code();
        let expected = if purpose == "AVATAR" {
            code
        } else {
            "FORBIDDEN"
        };
        assert_eq!(guests, expected, "{purpose} {seed}");
    }
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let asked = ask(&staff, for_partner("OFFER", "a")).await;
    assert_eq!(asked.code(), "FORBIDDEN");
    // A service has no account that could complete it.
    let asked = app.post(REQUEST, &json!({"i": for_partner("OFFER", "a")}));
    let asked = crate::app::Answer::of(asked.bearer_auth(TOKEN)).await;
    assert_eq!(asked.code(), "FORBIDDEN");

    let wrong = json!({"purpose": "OFFER", "contentType": "image/gif", "size": 10_485_761});
    let refused = ask(&guest, wrong).await.json();
    let fields = refused["errors"][0]["extensions"]["fields"].clone();
    let rules: Vec<_> = fields
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["rule"].clone())
        .collect();
    assert_eq!(
        json!(rules),
        json!(["PARTNER_OF_PURPOSE", "CONTENT_TYPE", "SIZE"])
    );
}

#[tokio::test]
async fn an_upload_is_its_users_and_there_are_ten_and_so_many_an_hour() {
    let (app, manager, guest) = started().await;
    let form = guest
        .ask(&app, REQUEST, json!({"i": avatar()}))
        .await
        .data();
    let id = json!({"i": form["requestUpload"]["uploadId"]});
    let others = manager.ask(&app, COMPLETE, id.clone()).await;
    assert_eq!(others.code(), "UPLOAD_NOT_FOUND");
    for bad in [json!("x"), json!(UploadId::derive("upload", "none"))] {
        let none = guest.ask(&app, COMPLETE, json!({"i": bad})).await;
        assert_eq!(none.code(), "UPLOAD_NOT_FOUND");
    }
    // The bucket does not answer: it waits again.
    for _ in 0..2 {
        let busy = guest.ask(&app, COMPLETE, id.clone()).await;
        assert_eq!(busy.code(), "PICTURES_BUSY", "{}", busy.text);
    }
    for _ in 1..10 {
        guest
            .ask(&app, REQUEST, json!({"i": avatar()}))
            .await
            .data();
    }
    let more = guest.ask(&app, REQUEST, json!({"i": avatar()})).await;
    assert_eq!(more.code(), "UPLOAD_LIMIT");
    app.pass_ms(OPEN_MS);
    let again = login(&app, "guest@example.fr", PASSWORD).await.data();
    let guest = Person::of(&again["login"]);
    let late = guest.ask(&app, COMPLETE, id).await;
    assert_eq!(late.code(), "UPLOAD_NOT_FOUND");
    guest
        .ask(&app, REQUEST, json!({"i": avatar()}))
        .await
        .data();

    let few = TestApp::builder()
        .pictures(a_bucket())
        .rate_limits(100_000, 100_000)
        .budgets(|budgets| {
            budgets.upload.most = 2.try_into().unwrap();
            budgets.upload_complete.most = 1.try_into().unwrap();
        });
    let app = few.start().await;
    let ana = register(&app, "ana").await;
    for code in ["", "", "RATE_LIMITED"] {
        let asked = ana.ask(&app, REQUEST, json!({"i": avatar()})).await;
        assert_eq!(asked.code(), code, "{}", asked.text);
    }
    let none = json!({"i": UploadId::derive("upload", "none")});
    for code in ["UPLOAD_NOT_FOUND", "RATE_LIMITED"] {
        assert_eq!(ana.ask(&app, COMPLETE, none.clone()).await.code(), code);
    }
}

#[tokio::test]
async fn an_edit_takes_addresses_of_the_owners_pictures_and_those_that_are_there() {
    let (app, manager, guest) = started().await;
    let mine = of_partner("a");
    let shown = kept(&app, &manager, &mine, Purpose::Offer, 'a').await;
    let logo = kept(&app, &manager, &mine, Purpose::Logo, 'b').await;
    let other_manager = works_for(&app, "other", "b", Post::Manager).await;
    let others = kept(&app, &other_manager, &of_partner("b"), Purpose::Offer, 'c').await;
    let mut gone = shown.clone();
    gone.id = PictureId::parse(&"d".repeat(64)).unwrap();
    let id = offer("a", 0).id;
    let edit = async |addresses: Vec<String>| {
        let variables = json!({"i": id, "a": addresses});
        manager.ask(&app, IMAGES, variables).await
    };
    let imported = offer("a", 0).images.remove(0);
    for foreign in [
        "https://other.example/a.webp".to_owned(),
        address(&logo, 700),
        address(&others, 700),
        address(&gone, 700),
        address(&shown, 1_280),
        format!("{}?v=2", address(&shown, 700)),
    ] {
        let refused = edit(vec![imported.clone(), foreign.clone()]).await;
        assert_eq!(refused.code(), "PICTURE_ADDRESS_FOREIGN", "{foreign}");
    }
    let both = vec![imported.clone(), address(&shown, 640)];
    let edited = edit(both.clone()).await.data()["updateOffer"].clone();
    assert_eq!(edited["images"], json!(both));
    assert_eq!(edited["pictures"], json!([{"id": shown.id.as_str()}]));
    // It is left out and put back, as long as it is there.
    edit(vec![imported]).await.data();
    edit(both).await.data();

    let places = "mutation P($i: ID!, $l: String) { updatePartner(id: $i, input: {logo: $l}) {
        logo logoPicture { id url(width: 10) width height blurhash } } }";
    let set = json!({"i": partner("a").id, "l": address(&logo, 700)});
    let set = manager.ask(&app, places, set).await.data()["updatePartner"].clone();
    assert_eq!(
        set["logoPicture"],
        json!({"id": logo.id.as_str(), "url": address(&logo, 320), "width": 700, "height": 500,
            "blurhash": logo.blurhash})
    );
    let wrong = json!({"i": partner("a").id, "l": address(&shown, 700)});
    let wrong = manager.ask(&app, places, wrong).await;
    assert_eq!(wrong.code(), "PICTURE_ADDRESS_FOREIGN");
    // A new partner has no pictures yet.
    let create = "mutation P($l: String) { createPartner(input: {name: \"Chez Ana\", category: BAR,
        logo: $l}) { id } }";
    let refused = guest
        .ask(&app, create, json!({"l": address(&logo, 700)}))
        .await;
    assert_eq!(refused.code(), "PICTURE_ADDRESS_FOREIGN");
    let me = Owner::User(UserId::parse(&guest.id).unwrap());
    let face = kept(&app, &guest, &me, Purpose::Avatar, 'e').await;
    let profile = "mutation U($a: String) { updateProfile(input: {avatar: $a}) {
        avatarPicture { id } } }";
    let set = guest
        .ask(&app, profile, json!({"a": address(&face, 700)}))
        .await
        .data();
    assert_eq!(
        set["updateProfile"]["avatarPicture"]["id"],
        face.id.as_str()
    );
    let theirs = manager
        .ask(&app, profile, json!({"a": address(&face, 700)}))
        .await;
    assert_eq!(theirs.code(), "PICTURE_ADDRESS_FOREIGN");
    // It is hers to take along.
    let exported = guest
        .ask(&app, "{ exportMyData { data } }", json!({}))
        .await
        .text;
    assert!(
        exported.contains(face.id.as_str()) && exported.contains("uploads"),
        "{exported}"
    );
}

#[tokio::test]
async fn a_picture_is_deleted_by_its_owner_once_nothing_shows_it() {
    let (app, manager, guest) = started().await;
    let shown = kept(&app, &manager, &of_partner("a"), Purpose::Offer, 'a').await;
    let delete = async |who: &Person| who.ask(&app, DELETE, json!({"i": shown.id.as_str()})).await;
    let edit = async |addresses: Vec<String>| {
        let variables = json!({"i": offer("a", 0).id, "a": addresses});
        manager.ask(&app, IMAGES, variables).await.data();
    };
    edit(vec![address(&shown, 700)]).await;
    assert_eq!(delete(&guest).await.code(), "FORBIDDEN");
    assert_eq!(delete(&manager).await.code(), "PICTURE_IN_USE");
    edit(vec![]).await;
    for deleted in [true, false] {
        assert_eq!(delete(&manager).await.data()["deleteImage"], deleted);
    }
    // It can be put back until its files go.
    edit(vec![address(&shown, 700)]).await;
    assert_eq!(delete(&manager).await.code(), "PICTURE_IN_USE");
    for none in ["x".to_owned(), "f".repeat(64)] {
        let answer = manager.ask(&app, DELETE, json!({"i": none})).await.data();
        assert_eq!(answer["deleteImage"], false);
    }
}

#[tokio::test]
async fn the_pictures_of_a_list_are_read_at_once_and_an_edit_purges_them() {
    const LIST: &str =
        "{ offers(input: {location: {lat: 48.8566, lng: 2.3522}}) { edges { node { id
        pictures(first: 1) { url(width: 320) } establishment { pictures { id } }
        partner { logoPicture { id } } } } } }";
    let reads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&reads);
    let observe = move |what: &str| {
        if what == "pictures.by_ids" {
            counted.fetch_add(1, Relaxed);
        }
    };
    let app = TestApp::builder()
        .pictures(a_bucket())
        .observer(observe)
        .start()
        .await;
    let offers: Vec<Offer> = (0..5).map(|number| offer("a", number)).collect();
    store(&app, "a", offers.clone()).await;
    let manager = works_for(&app, "manager", "a", Post::Manager).await;
    let mine = of_partner("a");
    let pictures = [
        kept(&app, &manager, &mine, Purpose::Offer, 'a').await,
        kept(&app, &manager, &mine, Purpose::Offer, 'b').await,
    ];
    for (offer, n) in offers.iter().zip([0, 1, 0, 1, 0]) {
        let variables = json!({"i": offer.id, "a": [address(&pictures[n], 700)]});
        manager.ask(&app, IMAGES, variables).await.data();
    }
    reads.store(0, Relaxed);
    let shown = async || {
        let list = app.ask(LIST, json!({})).await.data()["offers"]["edges"].clone();
        let edges = list.as_array().unwrap().clone();
        let of = |edge: &Value| edge["node"]["pictures"][0]["url"].clone();
        edges.iter().map(of).collect::<Vec<_>>()
    };
    let urls = shown().await;
    let expected: Vec<Value> = [0, 1, 0, 1, 0]
        .map(|n| address(&pictures[n], 320).into())
        .into();
    assert_eq!(urls, expected);
    assert_eq!(reads.load(Relaxed), 1);
    let variables = json!({"i": offers[0].id, "a": [address(&pictures[1], 700)]});
    manager.ask(&app, IMAGES, variables).await.data();
    assert_eq!(shown().await[0], json!(address(&pictures[1], 320)));
}
