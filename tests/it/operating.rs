//! An operator's day, through the edge: a guest is helped with a booking and a lost phone, one is given and
//! then erased what is stored of them, and the audit has it all.

use e2e::{Options, Stack, Way};
use serde_json::{Value, json};

use crate::{
    PARIS,
    story::{Person, publish, sign_up},
    venue,
};

async fn audit(stack: &Stack, admin: &Person, target: &str) -> Vec<String> {
    let found = admin
        .ask(stack, "OperatorAudit", json!({"target": target}))
        .await;
    let edges = found["operatorAudit"]["edges"].as_array().unwrap().iter();
    let deeds = edges.map(|edge| edge["node"]["deed"].as_str().unwrap().to_owned());
    deeds.collect()
}

#[tokio::test]
async fn an_operator_helps_a_guest_and_erases_one_who_asks_for_it() {
    let options = Options {
        venues: vec![venue(PARIS, "thai")],
        way: Way::Direct,
        ..Options::default()
    };
    let stack = Stack::start(options).await.unwrap();
    let owner = sign_up(&stack, "owner").await;
    owner.verify(&stack).await;
    let (_, offer) = publish(&stack, &owner).await;
    let guest = sign_up(&stack, "guest").await;
    let booked = guest.ask(&stack, "CreateBooking", json!({"offerId": offer}));
    let booking = booked.await["createBooking"]["id"].clone();
    let admin = sign_up(&stack, "admin").await;
    admin.verify(&stack).await;
    // Nobody who is no administrator finds anybody.
    let look = json!({"email": guest.email, "reason": "ticket 12"});
    for who in [&owner, &admin] {
        let refused = who.refused(&stack, "UserForOperator", look.clone()).await;
        assert_eq!(refused, "FORBIDDEN");
    }
    let role = ["role", &admin.email, "--admin", "--yes"];
    stack.run(&role).await.unwrap();
    // The command is another process: the server hears of it within two seconds.
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;

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
    let whole = stack.run(&["audit", "verify"]).await.unwrap();
    assert!(whole.contains("the audit is whole until 7:"), "{whole}");
}
