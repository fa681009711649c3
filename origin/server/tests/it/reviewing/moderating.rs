//! The partner's answer, reports, and what administrators decide.

use domain::{purges::audit::AuditFilter, users::account::Post};
use serde_json::{Value, json};

use super::{ADD, DELETE, MINE, REMOVE_REPLY, REPLY, UPDATE, reviewed, shown, world};
use crate::{
    accounts::person::{register, sign_up, verify},
    booking::works_for,
    identifying::{administrator, administrator_named},
};

pub(super) const REPORT: &str = "mutation R($i: ID!, $r: ReportReason!, $t: String) {
    reportReview(id: $i, reason: $r, text: $t) }";
const WAITING: &str = "query W($f: Int, $a: String) { reportedReviews(first: $f, after: $a) {
    pageInfo { hasNextPage endCursor } edges { node { reportedAt bookingId partner { name }
    review { id stars text } author { id firstName } reports { reason text byPartner createdAt decidedAt
    user { id } } } } } }";
const DECIDE: &str = "mutation D($i: ID!, $v: ReviewVerdict!, $r: String!) {
    decideReview(id: $i, verdict: $v, reason: $r) { reportedAt removal { reason removedAt }
    removedBy { id } reports { decidedAt } review { id } } }";

#[tokio::test]
async fn a_partners_managers_answer_and_the_guest_is_told_once() {
    let (app, one, _) = world().await;
    let ana = register(&app, "ana").await;
    verify(&app, &ana).await;
    let review = reviewed(&app, &ana, &one, 4).await;
    let manager = works_for(&app, "manager", "a", Post::Manager).await;
    let staff = works_for(&app, "staff", "a", Post::Staff).await;
    let foreign = works_for(&app, "foreign", "b", Post::Owner).await;
    app.sent().await;
    let reply = |text: &str| json!({"i": review, "t": text});
    for nobody in [&ana, &staff, &foreign] {
        let refused = nobody.ask(&app, REPLY, reply("Merci")).await;
        assert_eq!(refused.code(), "FORBIDDEN");
        let refused = nobody.ask(&app, REMOVE_REPLY, json!({"i": review})).await;
        assert_eq!(refused.code(), "FORBIDDEN");
    }
    for (given, code) in [
        (reply(" "), "BAD_USER_INPUT"),
        (reply("https://spam.example"), "BAD_USER_INPUT"),
        (json!({"i": "nonsense", "t": "Merci"}), "REVIEW_NOT_FOUND"),
        (
            json!({"i": "0123456789abcdef01234567", "t": "Merci"}),
            "REVIEW_NOT_FOUND",
        ),
    ] {
        assert_eq!(manager.ask(&app, REPLY, given).await.code(), code);
    }
    let answered = manager.ask(&app, REPLY, reply("Merci !")).await.data();
    let answered = &answered["replyToReview"]["reply"];
    assert_eq!(answered["text"], "Merci !");
    assert_eq!(
        shown(&app).await["reviews"]["edges"][0]["node"]["reply"]["text"],
        "Merci !"
    );
    manager.ask(&app, REPLY, reply("Merci bien !")).await.data();
    app.sent().await;
    let inbox = "query N { notifications { edges { node { kind body link } } } }";
    let told = ana.ask(&app, inbox, json!({})).await.data();
    let told = told["notifications"]["edges"].as_array().unwrap();
    let told: Vec<&Value> = told
        .iter()
        .map(|edge| &edge["node"])
        .filter(|node| node["kind"] == "REVIEW_REPLIED")
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    let bare = manager.ask(&app, REMOVE_REPLY, json!({"i": review})).await;
    assert_eq!(bare.data()["removeReply"]["reply"], Value::Null);
    let node = &shown(&app).await["reviews"]["edges"][0]["node"];
    assert_eq!(node["reply"], Value::Null);
}

#[tokio::test]
async fn a_reported_review_is_removed_by_an_administrator_and_its_author_is_told_why() {
    let (app, one, other) = world().await;
    let ana = register(&app, "ana").await;
    verify(&app, &ana).await;
    let (ben, manager) = (
        sign_up(&app, "ben").await,
        works_for(&app, "manager", "a", Post::Manager).await,
    );
    let admin = administrator(&app).await;
    let review = reviewed(&app, &ana, &one, 1).await;
    reviewed(&app, &ben, &other, 5).await;
    let report = |text: &str| json!({"i": review, "r": "OFFENSIVE", "t": text});
    // Anybody can sign up with an address of somebody else.
    let unproven = sign_up(&app, "cleo").await;
    let refused = unproven.ask(&app, REPORT, report("?")).await;
    assert_eq!(refused.code(), "EMAIL_NOT_VERIFIED");
    verify(&app, &ben).await;
    let own = ana.ask(&app, REPORT, report("?")).await;
    assert_eq!(own.code(), "REVIEW_IS_YOURS");
    for who in [&ben, &manager] {
        let reported = who.ask(&app, REPORT, report("Injures")).await.data();
        assert_eq!(reported["reportReview"], true);
        // Of one moment they are listed by their ids.
        app.pass_ms(1);
    }
    let again = ben.ask(&app, REPORT, report("Injures")).await.data();
    assert_eq!(again["reportReview"], true);
    let more = ben.ask(&app, REPORT, report("Vraiment")).await;
    assert_eq!(more.code(), "ALREADY_REPORTED");
    // It hides nothing.
    assert_eq!(shown(&app).await["reviewCount"], 2);

    for nobody in [&ana, &ben, &manager] {
        let refused = nobody.ask(&app, WAITING, json!({})).await;
        assert_eq!(refused.code(), "FORBIDDEN");
    }
    let waiting = admin.ask(&app, WAITING, json!({})).await.data();
    let waiting = waiting["reportedReviews"]["edges"].as_array().unwrap();
    assert_eq!(waiting.len(), 1);
    let case = &waiting[0]["node"];
    assert_eq!(case["author"]["firstName"], "Zoé");
    let by_partner: Vec<&Value> = case["reports"]
        .as_array()
        .unwrap()
        .iter()
        .map(|report| &report["byPartner"])
        .collect();
    assert_eq!(by_partner, [&json!(false), &json!(true)]);

    let decide = |verdict: &str, reason: &str| json!({"i": review, "v": verdict, "r": reason});
    let refused = ben.ask(&app, DECIDE, decide("REMOVE", "Injures")).await;
    assert_eq!(refused.code(), "FORBIDDEN");
    let refused = admin.ask(&app, DECIDE, decide("REMOVE", "a\nb")).await;
    assert_eq!(refused.code(), "BAD_USER_INPUT");
    app.sent().await;
    let reason = "Propos injurieux";
    let removed = admin
        .ask(&app, DECIDE, decide("REMOVE", reason))
        .await
        .data();
    let removed = &removed["decideReview"];
    assert_eq!(removed["removal"]["reason"], reason);
    assert_eq!(removed["removedBy"]["id"], admin.id.as_str());
    let public = shown(&app).await;
    assert_eq!(
        (&public["reviewCount"], &public["rating"]),
        (&json!(1), &json!(4.2))
    );
    let edges = public["reviews"]["edges"].as_array().unwrap();
    assert!(edges.iter().all(|edge| edge["node"]["id"] != json!(review)));
    let waiting = admin.ask(&app, WAITING, json!({})).await.data();
    assert_eq!(waiting["reportedReviews"]["edges"], json!([]));
    // The author reads the reason, and can do nothing with it.
    let sent = app.sent().await;
    let told = sent.iter().find(|mail| mail.kind == "review_removed");
    assert!(told.unwrap().text.contains(reason));
    let mine = ana.ask(&app, MINE, json!({})).await.data();
    let mine = &mine["myReviews"]["edges"][0]["node"];
    assert_eq!(mine["removal"]["reason"], reason);
    for (query, variables) in [
        (UPDATE, json!({"i": review, "s": 5})),
        (DELETE, json!({"i": review})),
    ] {
        let refused = ana.ask(&app, query, variables).await;
        assert_eq!(refused.code(), "REVIEW_REMOVED");
    }
    let booking = "query B { myReviews { edges { node { bookingId } } } }";
    let booking = ana.ask(&app, booking, json!({})).await.data();
    let booking = &booking["myReviews"]["edges"][0]["node"]["bookingId"];
    let anew = json!({"b": booking, "s": 5});
    assert_eq!(ana.ask(&app, ADD, anew).await.code(), "REVIEW_REMOVED");
    // Who decided is in the audit.
    let audit = app
        .state
        .services
        .purges
        .audit(None, 99, AuditFilter::default());
    let audit = audit.await.unwrap();
    let row = audit
        .iter()
        .find(|row| row.reason == format!("decideReview REMOVE: {reason}"));
    assert!(row.unwrap().actor.contains(&admin.id));

    let back = admin
        .ask(&app, DECIDE, decide("KEEP", "A second look"))
        .await;
    assert_eq!(back.data()["decideReview"]["removal"], Value::Null);
    assert_eq!(shown(&app).await["reviewCount"], 2);
}

#[tokio::test]
async fn an_administrator_judges_nobody_of_their_own() {
    let (app, one, _) = world().await;
    let admin = administrator(&app).await;
    let review = reviewed(&app, &admin, &one, 5).await;
    for verdict in ["KEEP", "REMOVE"] {
        let own = json!({"i": review, "v": verdict, "r": "Because"});
        let refused = admin.ask(&app, DECIDE, own).await;
        assert_eq!(refused.code(), "REVIEW_IS_YOURS");
    }
    let gone = json!({"i": "0123456789abcdef01234567", "v": "KEEP", "r": "Because"});
    let refused = admin.ask(&app, DECIDE, gone).await;
    assert_eq!(refused.code(), "REVIEW_NOT_FOUND");
}

const CONTEST: &str = "mutation C($i: ID!, $t: String!) { contestRemoval(reviewId: $i, text: $t) {
    removal { reason contest { text answer answeredAt } } } }";

#[tokio::test]
async fn the_author_contests_a_removal_and_another_administrator_answers() {
    let (app, one, _) = world().await;
    let ana = register(&app, "ana").await;
    verify(&app, &ana).await;
    let ben = sign_up(&app, "ben").await;
    let admin = administrator(&app).await;
    let other = administrator_named(&app, "other").await;
    let review = reviewed(&app, &ana, &one, 1).await;
    let contest = |text: &str| json!({"i": review, "t": text});
    let early = ana.ask(&app, CONTEST, contest("?")).await;
    assert_eq!(early.code(), "REVIEW_NOT_REMOVED");
    let decide = |verdict: &str, reason: &str| json!({"i": review, "v": verdict, "r": reason});
    admin
        .ask(&app, DECIDE, decide("REMOVE", "Injures"))
        .await
        .data();
    for (who, given, code) in [
        (&ana, contest(" "), "BAD_USER_INPUT"),
        (&ana, contest(&"x".repeat(2_001)), "BAD_USER_INPUT"),
        (&ana, json!({"i": "nonsense", "t": "?"}), "REVIEW_NOT_FOUND"),
        (&ben, contest("Moi aussi"), "REVIEW_NOT_FOUND"),
        (&admin, contest("Moi aussi"), "REVIEW_NOT_FOUND"),
    ] {
        assert_eq!(who.ask(&app, CONTEST, given).await.code(), code);
    }
    for _ in 0..2 {
        let contested = ana.ask(&app, CONTEST, contest("C’est vrai")).await.data();
        let said = json!({"text": "C’est vrai", "answer": null, "answeredAt": null});
        assert_eq!(contested["contestRemoval"]["removal"]["contest"], said);
    }
    let more = ana.ask(&app, CONTEST, contest("Vraiment")).await;
    assert_eq!(more.code(), "ALREADY_CONTESTED");
    let waiting = admin.ask(&app, WAITING, json!({})).await.data();
    let waiting = waiting["reportedReviews"]["edges"].as_array().unwrap();
    assert_eq!(waiting[0]["node"]["review"]["id"], json!(review));
    let own = admin.ask(&app, DECIDE, decide("REMOVE", "Injures")).await;
    assert_eq!(own.code(), "CONTEST_NEEDS_ANOTHER");
    app.sent().await;
    let reason = "Une personne est nommée";
    other
        .ask(&app, DECIDE, decide("REMOVE", reason))
        .await
        .data();
    let sent = app.sent().await;
    let told: Vec<_> = sent
        .iter()
        .filter(|mail| mail.kind == "review_contest_answered")
        .collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].text.contains(reason), "{}", told[0].text);
    let export = "query E { exportMyData { data } }";
    let export = ana.ask(&app, export, json!({})).await.text;
    assert!(
        export.contains("C’est vrai") && export.contains(reason),
        "{export}"
    );
    // The same administrator may change their mind.
    admin
        .ask(&app, DECIDE, decide("KEEP", "A second look"))
        .await
        .data();
    assert_eq!(shown(&app).await["reviewCount"], 1);
}
