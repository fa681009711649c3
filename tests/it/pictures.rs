//! Pictures, from the form to what everybody is shown, with a real S3 server.

use std::io::Cursor;

use e2e::{Bucket, Options, Stack};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};

use crate::{
    leaked,
    people::{Person, answer, data, email, register, registration, token_sent_to},
    story::operator,
};

/// The system with a bucket, and a partner with an offer.
struct World {
    bucket: Bucket,
    stack: Stack,
    owner: Person,
    partner: String,
    offer: String,
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value}"))
        .to_owned()
}

impl World {
    async fn start() -> Option<Self> {
        let bucket = Bucket::start().await.unwrap()?;
        let origin = bucket.variables();
        let origin = origin.map(|(name, value)| (name, leaked(value)));
        let options = Options {
            origin: origin.to_vec(),
            ..Options::default()
        };
        let stack = Stack::start(options).await.unwrap();
        let owner = joined(&stack, "owner").await;
        let mut world = Self {
            bucket,
            stack,
            owner,
            partner: String::new(),
            offer: String::new(),
        };
        world.found().await;
        Some(world)
    }

    async fn found(&mut self) {
        let input = json!({"input": {"name": "Chez Zoé", "category": "BAR"}});
        let made = self.as_owner("CreatePartner", input).await;
        self.partner = text(&made["createPartner"]["id"]);
        let input = json!({"name": "Chez Zoé", "location": {"lat": 48.8572, "lng": 2.3521},
            "address": {"street": "1 rue de Rivoli", "city": "Paris", "postalCode": "75004"}});
        let variables = json!({"partnerId": self.partner, "input": input});
        let place = self.as_owner("CreateEstablishment", variables).await;
        let place = &place["createEstablishment"]["id"];
        let input = json!({"partnerId": self.partner, "establishmentId": place, "title": "Un verre",
            "description": "Pour deux", "category": "BAR", "discount": {"percentage": 50},
            "validFrom": "2026-01-01T00:00:00Z", "validUntil": "2036-01-01T00:00:00Z"});
        let made = self.as_owner("CreateOffer", json!({"input": input})).await;
        self.offer = text(&made["createOffer"]["id"]);
        let submit = json!({"id": self.partner, "siret": "732 829 320 00074"});
        self.as_owner("SubmitPartner", submit).await;
        let operator = operator(&self.stack, "operator").await;
        let this = json!({"id": self.partner});
        operator.ask(&self.stack, "ApprovePartner", this).await;
    }

    async fn ask(&self, who: &Person, document: &str, variables: Value) -> e2e::Answer {
        let ask = self.stack.ask(document, variables);
        let (client, edge) = (&self.stack.client, &self.stack.edge_url);
        ask.post(client, edge, &who.access).await.unwrap()
    }

    async fn as_owner(&self, document: &str, variables: Value) -> Value {
        data(&self.ask(&self.owner, document, variables).await)
    }

    async fn form(&self, size: usize) -> Value {
        let input = json!({"purpose": "OFFER", "partnerId": self.partner,
            "contentType": "image/jpeg", "size": size});
        let form = self
            .as_owner("RequestPartnerUpload", json!({"input": input}))
            .await;
        form["requestUpload"].clone()
    }

    /// Posts a file with a form, as a browser does.
    async fn post(&self, form: &Value, file: &[u8]) -> u16 {
        let boundary = "----a-boundary";
        let mut body = Vec::new();
        for field in form["fields"].as_array().unwrap() {
            let (name, value) = (text(&field["name"]), text(&field["value"]));
            let part = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend(part.as_bytes());
        }
        let part = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"p\"\r\n\r\n"
        );
        body.extend(part.as_bytes());
        body.extend(file);
        body.extend(format!("\r\n--{boundary}--\r\n").as_bytes());
        let media_type = format!("multipart/form-data; boundary={boundary}");
        let request = self.stack.client.post(text(&form["url"]));
        let request = request.header("content-type", media_type).body(body);
        answer(request).await.status
    }

    async fn complete(&self, who: &Person, form: &Value) -> e2e::Answer {
        let id = json!({"id": form["uploadId"]});
        self.ask(who, "CompletePartnerUpload", id).await
    }

    /// What becomes of a file that is uploaded in the usual way: the code of its refusal.
    async fn refusal(&self, file: &[u8]) -> String {
        let form = self.form(file.len()).await;
        assert_eq!(self.post(&form, file).await, 204);
        let codes = [
            self.complete(&self.owner, &form).await.code(),
            self.complete(&self.owner, &form).await.code(),
        ];
        assert_eq!(codes[0], codes[1], "the same answer");
        codes[0].clone()
    }
}

async fn joined(stack: &Stack, name: &str) -> Person {
    let ask = stack.ask("Register", registration(name));
    let person = register(&stack.client, &stack.edge_url, &ask).await;
    for _ in 0..100 {
        if let Some(token) = token_sent_to(&stack.origin_log(), &email(name)) {
            let ask = stack.ask("VerifyEmail", json!({"token": token}));
            let verified = ask
                .post(&stack.client, &stack.edge_url, &person.access)
                .await;
            assert_eq!(data(&verified.unwrap())["verifyEmail"], true);
            return person;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("no link was sent");
}

/// A photo of a kind: of this size, with much to encode.
fn photo(width: u32, height: u32) -> Vec<u8> {
    let byte = |number: u32| u8::try_from(number % 256).unwrap_or(0);
    let pixels = RgbImage::from_fn(width, height, |x, y| {
        Rgb([byte(x / 3 + y), byte(x * y / 97), byte(y / 2)])
    });
    let mut file = Cursor::new(Vec::new());
    let picture = DynamicImage::ImageRgb8(pixels);
    picture.write_to(&mut file, ImageFormat::Jpeg).unwrap();
    file.into_inner()
}

/// A PNG that says that it has so many pixels, and has none.
fn declared(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = width.to_be_bytes().to_vec();
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    for (kind, body) in [(b"IHDR", header), (b"IDAT", vec![0; 9]), (b"IEND", vec![])] {
        let chunk = [&kind[..], &body].concat();
        let mut sum = flate2::Crc::new();
        sum.update(&chunk);
        file.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        file.extend(chunk);
        file.extend(sum.sum().to_be_bytes());
    }
    file
}

#[tokio::test]
async fn a_picture_is_uploaded_and_shown_in_three_widths() {
    let Some(world) = World::start().await else {
        return;
    };
    let stack = &world.stack;
    let file = photo(2_400, 1_350);
    let form = world.form(file.len()).await;
    // Before the file is there.
    let early = world.complete(&world.owner, &form).await;
    assert_eq!(early.code(), "UPLOAD_MISSING");
    assert_eq!(world.post(&form, &file).await, 204);
    assert_eq!(world.bucket.keys("uploads").len(), 1);
    let guest = joined(stack, "guest").await;
    let others = world.complete(&guest, &form).await;
    assert_eq!(others.code(), "UPLOAD_NOT_FOUND");
    let first = world.complete(&world.owner, &form).await;
    let picture = data(&first)["completeUpload"].clone();
    assert_eq!(
        (&picture["width"], &picture["height"]),
        (&json!(1_920), &json!(1_080))
    );
    assert!(!text(&picture["blurhash"]).is_empty());
    assert_eq!(world.bucket.keys("uploads"), [] as [String; 0]);
    assert_eq!(world.bucket.keys("pictures").len(), 4);
    let second = world.complete(&world.owner, &form).await;
    assert_eq!(data(&second)["completeUpload"], picture);

    // Everybody sees it as soon as the offer shows it, also who has seen the offer without it.
    let ask = stack.ask("OfferPictures", json!({"id": world.offer}));
    let shown = async || {
        let answer = ask.get(&stack.client, &stack.edge_url).await.unwrap();
        data(&answer)["offer"]["pictures"].clone()
    };
    assert_eq!(shown().await, json!([]));
    let foreign = json!({"id": world.offer, "input": {"images": ["https://other.example/a.webp"]}});
    let refused = world.ask(&world.owner, "UpdateOffer", foreign).await;
    assert_eq!(refused.code(), "PICTURE_ADDRESS_FOREIGN");
    let edit = json!({"id": world.offer, "input": {"images": [picture["url"]]}});
    world.as_owner("UpdateOffer", edit).await;
    let pictures = shown().await;
    assert_eq!(pictures[0]["id"], picture["id"]);
    for (field, width) in [("small", 320), ("medium", 640), ("large", 1_920)] {
        let url = world.bucket.local(&text(&pictures[0][field]));
        let file = stack.client.get(&url).send().await.unwrap();
        assert_eq!(file.status(), 200, "{url}");
        let file = file.bytes().await.unwrap();
        let decoded = image::load_from_memory_with_format(&file, ImageFormat::WebP).unwrap();
        assert_eq!((decoded.width(), decoded.height()), (width, width * 9 / 16));
    }
    // What was uploaded is nobody's to read.
    let uploaded = format!(
        "{}/uploads/{}",
        world.bucket.public,
        text(&form["uploadId"])
    );
    assert_eq!(
        stack.client.get(uploaded).send().await.unwrap().status(),
        404
    );

    let id = json!({"id": picture["id"]});
    let in_use = world
        .ask(&world.owner, "DeletePartnerImage", id.clone())
        .await;
    assert_eq!(in_use.code(), "PICTURE_IN_USE");
    let without = json!({"id": world.offer, "input": {"images": []}});
    world.as_owner("UpdateOffer", without).await;
    assert_eq!(shown().await, json!([]));
    let deleted = world.as_owner("DeletePartnerImage", id).await;
    assert_eq!(deleted["deleteImage"], true);
}

#[tokio::test]
async fn what_is_no_picture_of_ours_is_refused_and_leaves_nothing() {
    let Some(world) = World::start().await else {
        return;
    };
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>"#;
    let page = b"<html><script>alert(1)</script></html>";
    let polyglot = [&photo(800, 600)[..], page].concat();
    for (file, code) in [
        (&b"x"[..], "NOT_A_PICTURE"),
        (svg, "PICTURE_IS_SVG"),
        (&polyglot, "PICTURE_POLYGLOT"),
        (&declared(60_000, 60_000), "PICTURE_SIDE_TOO_LONG"),
        (&photo(300, 200), "PICTURE_TOO_SMALL"),
    ] {
        assert_eq!(world.refusal(file).await, code);
    }
    // More than was declared: S3 takes none of it.
    let file = photo(800, 600);
    let form = world.form(file.len() - 1).await;
    assert_eq!(world.post(&form, &file).await, 400);
    let nothing = world.complete(&world.owner, &form).await;
    assert_eq!(nothing.code(), "UPLOAD_MISSING");
    for prefix in ["uploads", "pictures"] {
        assert_eq!(world.bucket.keys(prefix), [] as [String; 0], "{prefix}");
    }
    let input = json!({"purpose": "OFFER", "partnerId": world.partner,
        "contentType": "image/jpeg", "size": 10_485_761});
    let refused = world.ask(
        &world.owner,
        "RequestPartnerUpload",
        json!({"input": input}),
    );
    assert_eq!(refused.await.code(), "BAD_USER_INPUT");
}
