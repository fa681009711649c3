//! A whole story through the edge, from a partner's sign-up to a guest's check-in. After every step
//! all reads show it at once.

use e2e::{
    Answer, Options, Script, Stack, Way,
    live::{self, Client},
};
use serde_json::{Value, json};

use crate::{
    PARIS, ids,
    live::until_subscribed,
    near,
    people::{anonymous, answer, data, token_sent_to},
    venue, warm,
};

pub(crate) const PASSWORD: &str = "correct horse";

/// A user who has signed up.
pub(crate) struct Person {
    token: String,
    pub(crate) email: String,
}

pub(crate) async fn sign_up(stack: &Stack, name: &str) -> Person {
    let email = format!("{name}@example.fr");
    let input = json!({"email": email, "password": PASSWORD, "firstName": "Zoé",
        "lastName": "d'Été"});
    let ask = stack.ask("Register", json!({"input": input}));
    let body = json!({"documentId": ask.id, "variables": ask.variables});
    let request = stack.client.post(format!("{}/graphql", stack.edge_url));
    let answer = Answer::read(request.json(&body).send().await.unwrap())
        .await
        .unwrap();
    let token = answer.json()["data"]["register"]["accessToken"].clone();
    let token = token.as_str().unwrap_or_else(|| panic!("{}", answer.text));
    Person {
        token: token.to_owned(),
        email,
    }
}

impl Person {
    /// Requests a document as this user, through the edge; returns the data, without errors.
    pub(crate) async fn ask(&self, stack: &Stack, document: &str, variables: Value) -> Value {
        let ask = stack.ask(document, variables);
        let answer = ask
            .post(&stack.client, &stack.edge_url, &self.token)
            .await
            .unwrap();
        let json = answer.json();
        assert!(
            json["data"].is_object() && json.get("errors").is_none(),
            "{}",
            answer.text
        );
        json["data"].clone()
    }

    /// Requests a document that must be refused; returns the code of the error.
    pub(crate) async fn refused(&self, stack: &Stack, document: &str, variables: Value) -> String {
        let ask = stack.ask(document, variables);
        let answer = ask
            .post(&stack.client, &stack.edge_url, &self.token)
            .await
            .unwrap();
        let code = answer.json()["errors"][0]["extensions"]["code"].clone();
        let code = code.as_str().unwrap_or_else(|| panic!("{}", answer.text));
        code.to_owned()
    }

    /// Verifies the e-mail address, with the link that came with the account: only then may this user
    /// found a partner, or the command line make them a member.
    pub(crate) async fn verify(&self, stack: &Stack) {
        for _ in 0..100 {
            if let Some(token) = token_sent_to(&stack.origin_log(), &self.email) {
                let verified = self
                    .ask(stack, "VerifyEmail", json!({"token": token}))
                    .await;
                assert_eq!(verified["verifyEmail"], true);
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("no link was sent");
    }

    /// Signs in again: the access token of before has expired.
    pub(crate) async fn sign_in(&mut self, stack: &Stack) {
        let input = json!({"email": self.email, "password": PASSWORD});
        let ask = stack.ask("Login", json!({"input": input}));
        let answer = answer(anonymous(&stack.client, &stack.edge_url, &ask)).await;
        let signed_in = data(&answer);
        let token = signed_in["login"]["accessToken"].as_str().unwrap();
        token.clone_into(&mut self.token);
    }

    /// Waits until the inbox has an entry of this kind.
    pub(crate) async fn until_in_inbox(&self, stack: &Stack, kind: &str) -> Value {
        let mut seen = Value::Null;
        for _ in 0..200 {
            seen = self.ask(stack, "Notifications", json!({})).await;
            let edges = seen["notifications"]["edges"].as_array().unwrap();
            let mut entries = edges.iter().map(|edge| &edge["node"]);
            if let Some(entry) = entries.find(|entry| entry["kind"] == kind) {
                return entry.clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("no {kind} in {seen}");
    }

    /// What is in a file of the origin, through the edge.
    pub(crate) async fn file(&self, stack: &Stack, path: &str) -> String {
        let file = stack.client.get(format!("{}{path}", stack.edge_url));
        let file = file.bearer_auth(&self.token).send().await.unwrap();
        assert_eq!(file.status(), 200, "{path}");
        file.text().await.unwrap()
    }

    /// Subscribes to the status of a booking, with this client library.
    fn listen(&self, stack: &Stack, client: Client, document: &str, booking: &str) -> Script {
        self.subscribe(stack, client, document, json!({"bookingId": booking}))
    }

    /// Subscribes by a document, with this client library.
    pub(crate) fn subscribe(
        &self,
        stack: &Stack,
        client: Client,
        document: &str,
        variables: Value,
    ) -> Script {
        let ask = stack.ask(document, variables);
        let request = json!({"query": "", "variables": ask.variables,
            "extensions": {"persistedQuery": {"version": 1, "sha256Hash": ask.id}}});
        let headers = json!({"authorization": format!("Bearer {}", self.token)});
        let url = format!("{}/graphql", stack.edge_url);
        live::subscribe(client, &url, &request, &headers).unwrap()
    }
}

/// How many places are left, as an anonymous client reads it through the edge.
async fn places_left(stack: &Stack, offer: &str) -> Value {
    shown(stack, "OfferQuota", offer).await["quota"]["remaining"].clone()
}

/// The offer as an anonymous client reads it through the edge.
async fn shown(stack: &Stack, document: &str, offer: &str) -> Value {
    let ask = stack.ask(document, json!({"id": offer}));
    let answer = ask.get(&stack.client, &stack.edge_url).await.unwrap();
    answer.json()["data"]["offer"].clone()
}

async fn listed(stack: &Stack) -> Vec<String> {
    let answer = near(stack, PARIS)
        .get(&stack.client, &stack.edge_url)
        .await
        .unwrap();
    ids(&answer.json())
}

/// The owner creates a partner with an establishment and an offer with two places, and an operator approves
/// it. Returns the ids of partner and offer.
pub(crate) async fn publish(stack: &Stack, owner: &Person) -> (String, String) {
    let operator = operator(stack, "operator").await;
    publish_by(stack, owner, &operator).await
}

/// As [`publish`], by this operator.
pub(crate) async fn publish_by(
    stack: &Stack,
    owner: &Person,
    operator: &Person,
) -> (String, String) {
    let (partner, offer) = prepare(stack, owner).await;
    approve_by(stack, owner, &partner, operator).await;
    (partner, offer)
}

/// The owner creates a partner with an establishment and an offer with two places. Nobody else sees them yet.
pub(crate) async fn prepare(stack: &Stack, owner: &Person) -> (String, String) {
    let input = json!({"name": "Chez Zoé", "category": "BAR"});
    let made = owner
        .ask(stack, "CreatePartner", json!({"input": input}))
        .await;
    let partner = made["createPartner"]["id"].as_str().unwrap().to_owned();
    let input = json!({"name": "Chez Zoé", "location": {"lat": 48.8572, "lng": 2.3521},
        "address": {"street": "1 rue de Rivoli", "city": "Paris", "postalCode": "75004"}});
    let variables = json!({"partnerId": partner, "input": input});
    let made = owner.ask(stack, "CreateEstablishment", variables).await;
    let place = made["createEstablishment"]["id"].clone();
    let input = json!({"partnerId": partner, "establishmentId": place, "title": "Un verre offert",
        "description": "Pour deux", "category": "BAR", "discount": {"percentage": 50},
        "validFrom": "2026-01-01T00:00:00Z", "validUntil": "2036-01-01T00:00:00Z",
        "quota": {"total": 2}});
    let made = owner
        .ask(stack, "CreateOffer", json!({"input": input}))
        .await;
    let offer = made["createOffer"]["id"].as_str().unwrap().to_owned();
    (partner, offer)
}

/// The owner submits the partner, and this operator approves it.
async fn approve_by(stack: &Stack, owner: &Person, partner: &str, operator: &Person) {
    let submit = json!({"id": partner, "siret": "732 829 320 00074"});
    let submitted = owner.ask(stack, "SubmitPartner", submit).await;
    assert_eq!(submitted["submitPartner"]["status"], "IN_REVIEW");
    let approved = operator
        .ask(stack, "ApprovePartner", json!({"id": partner}))
        .await;
    assert_eq!(approved["approvePartner"]["status"], "APPROVED");
}

/// Somebody who is an administrator.
pub(crate) async fn operator(stack: &Stack, name: &str) -> Person {
    let operator = sign_up(stack, name).await;
    operator.verify(stack).await;
    make_administrator(stack, &operator).await;
    operator
}

/// Somebody whose address is verified becomes an administrator.
pub(crate) async fn make_administrator(stack: &Stack, person: &Person) {
    let role = ["role", &person.email, "--admin", "--yes"];
    stack.run(&role).await.unwrap();
    // The command is another process: the server hears of it within two seconds.
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
}

#[tokio::test]
async fn a_partner_publishes_an_offer_and_a_user_nearby_books_it_and_is_checked_in() {
    let options = Options {
        venues: vec![venue((48.8570, 2.3530), "thai")],
        way: Way::Direct,
        ..Options::default()
    };
    let stack = Stack::start(options).await.unwrap();
    let owner = sign_up(&stack, "owner").await;
    owner.verify(&stack).await;
    let guest = sign_up(&stack, "guest").await;
    let staff = sign_up(&stack, "staff").await;

    // The list is cached before the offer is published.
    let before = ids(&warm(&stack, &near(&stack, PARIS)).await.json());
    assert_eq!(before.len(), 1);
    let nearby = stack.ask(
        "NewOfferNearby",
        json!({"location": {"lat": PARIS.0, "lng": PARIS.1}, "maxDistance": 5}),
    );
    let request = json!({"query": "", "documentId": nearby.id, "variables": nearby.variables});
    let url = format!("{}/graphql", stack.edge_url);
    let mut news = live::subscribe(Client::WebSocket, &url, &request, &json!({})).unwrap();
    news.tells("connected").await.unwrap();
    until_subscribed(&stack, 1).await;

    let (partner, offer) = publish(&stack, &owner).await;

    // Everybody sees the offer at once, and the user nearby receives it.
    let after = listed(&stack).await;
    assert!(
        after.contains(&offer) && after.contains(&before[0]),
        "{after:?}"
    );
    assert_eq!(
        shown(&stack, "OfferDetail", &offer).await["title"],
        "Un verre offert"
    );
    assert_eq!(places_left(&stack, &offer).await, 2);
    let told = news.tells("next").await.unwrap();
    assert_eq!(
        told["data"]["newOfferNearby"]["id"],
        offer.as_str(),
        "{told}"
    );

    // The user books.
    let booked = guest.ask(
        &stack,
        "CreateBooking",
        json!({"offerId": offer, "idempotencyKey": "an-evening"}),
    );
    let booking = booked.await["createBooking"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let detail = guest
        .ask(&stack, "BookingDetail", json!({"id": booking}))
        .await;
    // The booking begins now, so that it needs no confirmation.
    assert_eq!(detail["booking"]["status"], "CONFIRMED");
    assert_eq!(places_left(&stack, &offer).await, 1);

    // A member of the partner's staff and the guest both subscribe to the booking.
    let member = format!("{partner}:staff");
    staff.verify(&stack).await;
    stack
        .run(&["role", &staff.email, "--partner", &member, "--yes"])
        .await
        .unwrap();
    let mut at_the_door = staff.listen(
        &stack,
        Client::EventStream,
        "BookingStatusChangedForStaff",
        &booking,
    );
    let mut on_the_phone =
        guest.listen(&stack, Client::WebSocket, "BookingStatusChanged", &booking);
    for listener in [&mut at_the_door, &mut on_the_phone] {
        listener.tells("connected").await.unwrap();
    }
    until_subscribed(&stack, 3).await;
    // The staff scans the guest's code.
    let code = detail["booking"]["qrCode"].clone();
    let scanned = staff
        .ask(
            &stack,
            "CheckIn",
            json!({"bookingId": booking, "qrCode": code}),
        )
        .await;
    assert_eq!(scanned["checkIn"]["status"], "CHECKED_IN");
    for listener in [&mut at_the_door, &mut on_the_phone] {
        let told = listener.tells("next").await.unwrap();
        let status = &told["data"]["bookingStatusChanged"]["status"];
        assert_eq!(status, "CHECKED_IN", "{told}");
    }
    let detail = guest
        .ask(&stack, "BookingDetail", json!({"id": booking}))
        .await;
    assert_eq!(detail["booking"]["status"], "CHECKED_IN");
    assert!(detail["booking"]["checkedInAt"].is_string());
    let seen = staff
        .ask(&stack, "ScannedBooking", json!({"id": booking}))
        .await;
    assert_eq!(seen["booking"]["status"], "CHECKED_IN");
    // The guest's place stays taken after the check-in.
    assert_eq!(places_left(&stack, &offer).await, 1);
    assert_eq!(listed(&stack).await, after);
}
