//! An operator's day, through the edge: a partner is reviewed and listed, an insult is removed, a guest is helped
//! with a booking and a lost phone, one is given and then erased what is stored of them, and the audit has it all.

use e2e::{Options, Stack, Way};
use serde_json::{Value, json};

use crate::{
    PARIS, ids, near,
    story::{Person, prepare, sign_up},
    venue, warm,
};

async fn audit(stack: &Stack, admin: &Person, target: &str) -> Vec<String> {
    let found = admin
        .ask(stack, "OperatorAudit", json!({"target": target}))
        .await;
    let edges = found["operatorAudit"]["edges"].as_array().unwrap().iter();
    let deeds = edges.map(|edge| edge["node"]["deed"].as_str().unwrap().to_owned());
    deeds.collect()
}

/// A guest visits and writes, the owner reports it, and the operator removes it.
async fn moderate(
    stack: &Stack,
    (admin, owner, rude): (&Person, &Person, &Person),
    partner: &str,
    offer: &str,
) {
    let booked = rude
        .ask(stack, "CreateBooking", json!({"offerId": offer}))
        .await;
    let booking = booked["createBooking"]["id"].clone();
    let detail = rude
        .ask(stack, "BookingDetail", json!({"id": booking}))
        .await;
    let scan = json!({"bookingId": booking, "qrCode": detail["booking"]["qrCode"]});
    let scanned = owner.ask(stack, "CheckIn", scan).await;
    assert_eq!(scanned["checkIn"]["status"], "CHECKED_IN");
    let words = json!({"bookingId": booking, "stars": 1, "text": "Des imbéciles"});
    let review = rude.ask(stack, "AddReview", words).await["addReview"]["id"].clone();
    let report = json!({"id": review, "reason": "OFFENSIVE"});
    owner.ask(stack, "ReportGuestReview", report).await;
    let reported = admin.ask(stack, "ReportedReviews", json!({})).await;
    let case = &reported["reportedReviews"]["edges"][0]["node"];
    assert_eq!(case["review"]["id"], review);
    let decided = json!({"id": review, "verdict": "REMOVE", "reason": "Propos injurieux"});
    let decided = admin.ask(stack, "DecideReview", decided).await;
    assert!(decided["decideReview"]["removal"]["removedAt"].is_string());
    let shown = stack.ask("ReviewsOfPartner", json!({"id": partner}));
    let shown = shown
        .get(&stack.client, &stack.edge_url)
        .await
        .unwrap()
        .json();
    assert_eq!(shown["data"]["partner"]["reviews"]["edges"], json!([]));
}

#[tokio::test]
async fn an_operator_approves_a_partner_moderates_helps_a_guest_and_erases_one() {
    let options = Options {
        venues: vec![venue(PARIS, "thai")],
        way: Way::Direct,
        ..Options::default()
    };
    let stack = Stack::start(options).await.unwrap();
    let owner = sign_up(&stack, "owner").await;
    owner.verify(&stack).await;
    let admin = sign_up(&stack, "admin").await;
    admin.verify(&stack).await;
    let (partner, offer) = prepare(&stack, &owner).await;
    let submit = json!({"id": partner, "siret": "732 829 320 00074"});
    let submitted = owner.ask(&stack, "SubmitPartner", submit).await;
    assert_eq!(submitted["submitPartner"]["status"], "IN_REVIEW");
    let refused = admin.refused(&stack, "PartnersToReview", json!({})).await;
    assert_eq!(refused, "FORBIDDEN");
    let role = ["role", &admin.email, "--admin", "--yes"];
    stack.run(&role).await.unwrap();
    // The command is another process: the server hears of it within two seconds.
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;

    // In the morning: who waits?
    let list = near(&stack, PARIS);
    let before = ids(&warm(&stack, &list).await.json());
    assert!(!before.contains(&offer), "{before:?}");
    let waiting = admin.ask(&stack, "PartnersToReview", json!({})).await;
    let node = &waiting["partnersToReview"]["edges"][0]["node"];
    assert_eq!(
        (&node["id"], &node["siret"]),
        (&json!(partner), &json!("73282932000074"))
    );
    let decided = json!({"id": partner, "reason": "checked by phone"});
    admin.ask(&stack, "ApprovePartner", decided).await;
    let within = std::time::Duration::from_secs(5);
    let is_listed = |answer: &e2e::Answer| ids(&answer.json()).contains(&offer);
    let listed = list
        .until(&stack.client, &stack.edge_url, within, is_listed)
        .await;
    assert!(listed.is_ok(), "it is not listed");
    let waiting = admin.ask(&stack, "PartnersToReview", json!({})).await;
    assert_eq!(waiting["partnersToReview"]["edges"], json!([]));

    // Somebody insults the venue after a visit, and is reported.
    let rude = sign_up(&stack, "rude").await;
    moderate(&stack, (&admin, &owner, &rude), &partner, &offer).await;

    let guest = sign_up(&stack, "guest").await;
    let booked = guest.ask(&stack, "CreateBooking", json!({"offerId": offer}));
    let booking = booked.await["createBooking"]["id"].clone();
    // Nobody who is no administrator finds anybody.
    let look = json!({"email": guest.email, "reason": "ticket 12"});
    for who in [&owner, &guest] {
        let refused = who.refused(&stack, "UserForOperator", look.clone()).await;
        assert_eq!(refused, "FORBIDDEN");
    }

    // The guest calls: which booking is it?
    let found = admin.ask(&stack, "UserForOperator", look.clone()).await;
    let found = found["userForOperator"].clone();
    assert_eq!(found["user"]["email"], guest.email.as_str());
    assert_eq!(found["user"]["bookings"][0]["id"], booking);
    let id = found["user"]["id"].as_str().unwrap().to_owned();
    let seen = json!({"id": booking, "reason": "ticket 12"});
    let seen = admin.ask(&stack, "BookingForOperator", seen).await;
    assert_eq!(seen["bookingForOperator"]["user"]["id"], id.as_str());
    // It is cancelled, and the guest sees it.
    let cancel = json!({"bookingId": booking, "reason": "ticket 12", "refund": "FULL"});
    let cancelled = admin.ask(&stack, "CancelBookingFor", cancel).await;
    assert_eq!(cancelled["cancelBookingFor"]["status"], "CANCELLED");
    let detail = guest.ask(&stack, "BookingDetail", json!({"id": booking}));
    assert_eq!(detail.await["booking"]["status"], "CANCELLED");
    // The phone is lost as well.
    let by = |reason: &str| json!({"id": id, "reason": reason});
    let ended = admin.ask(&stack, "EndUserSessions", by("lost phone")).await;
    assert_eq!(ended["endUserSessions"], 1);
    let refused = guest.refused(&stack, "Me", json!({})).await;
    assert_eq!(refused, "TOKEN_INVALID");

    // A letter asks for what is stored, and for its erasure.
    let data = admin
        .ask(&stack, "ExportUserData", by("letter of 3 June"))
        .await;
    let data = data["exportUserData"]["data"].as_str().unwrap().to_owned();
    let data: Value = serde_json::from_str(&data).unwrap();
    assert_eq!(data["account"]["email"], guest.email.as_str());
    assert_eq!(data["bookings"][0]["id"], booking);
    let erased = admin.ask(&stack, "EraseUser", by("letter of 3 June")).await;
    assert_eq!(erased["eraseUser"], true);
    let gone = admin.refused(&stack, "EraseUser", by("once more")).await;
    assert_eq!(gone, "USER_NOT_FOUND");
    let gone = admin.ask(&stack, "UserForOperator", look).await;
    assert_eq!(gone["userForOperator"], Value::Null);

    // All of it is in the audit, which is whole.
    let deeds = audit(&stack, &admin, &format!("user {id}")).await;
    assert_eq!(
        deeds,
        ["ERASE_USER", "EXPORT_USER", "END_SESSIONS", "READ_USER"]
    );
    let about = format!("booking {}", booking.as_str().unwrap());
    let deeds = audit(&stack, &admin, &about).await;
    assert_eq!(deeds, ["CANCEL_BOOKING", "READ_BOOKING"]);
    let deeds = audit(&stack, &admin, &format!("partner {partner}")).await;
    assert_eq!(deeds, ["APPROVE_PARTNER"]);
    let whole = stack.run(&["audit", "verify"]).await.unwrap();
    assert!(whole.contains("the audit is whole until 8:"), "{whole}");
}
