//! Partners and their establishments: founded, changed, removed.

use domain::users::account::Post;
use serde_json::{Value, json};

use super::{
    assert_managers_only, new_offer, nobody, owner_of_nothing_yet, serve, started, works_for,
};
use crate::{
    accounts::person::{Person, refresh},
    app::{Answer, TestApp},
    fixtures::{establishment, offer, partner},
    identifying::administrator,
};

const FOUND: &str = "mutation F($i: CreatePartnerInput!) { createPartner(input: $i) {
    id name category reviewCount establishments { id } } }";
const PARTNER: &str =
    "mutation P($id: ID!, $i: UpdatePartnerInput!) { updatePartner(id: $id, input: $i) {
    name description logo } }";
const ADD: &str = "mutation A($id: ID!, $i: CreateEstablishmentInput!) {
    createEstablishment(partnerId: $id, input: $i) { id name address { street postalCode country }
        location { lat lng } openingHours { weekday opens closes } } }";
const CHANGE: &str = "mutation C($id: ID!, $i: UpdateEstablishmentInput!) {
    updateEstablishment(id: $id, input: $i) { name location { lat lng } phone } }";
const SUBMIT: &str =
    "mutation S($id: ID!, $s: String!) { submitPartner(id: $id, siret: $s) { id } }";
const APPROVE: &str = "mutation A($id: ID!) { approvePartner(id: $id) { id } }";
const REMOVE: &str = "mutation R($id: ID!) { deleteEstablishment(id: $id) }";
const OFFER: &str = "mutation C($i: CreateOfferInput!) { createOffer(input: $i) { id } }";
const ARCHIVE: &str = "mutation D($id: ID!) { deleteOffer(id: $id) }";
const LIST: &str = "query L($i: OffersInput!) { offers(input: $i) { edges { node { id } } } }";
const PARTNERS: &str =
    "query S($i: PartnersInput!) { partners(input: $i) { edges { node { name } } } }";
const SHOWN: &str = "query W($id: ID!) { partner(id: $id) { name establishments { name } } }";

fn new_place() -> Value {
    json!({"name": "Le Zinc", "address": {"street": "2 rue de Rivoli", "city": "Paris", "postalCode": "75004"},
        "location": {"lat": 48.857, "lng": 2.352}})
}

fn claims(access: &str) -> Value {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let payload = access.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

async fn after(app: &TestApp, query: &str, variables: Value, seen: &str) -> Value {
    let request = app.post(query, &variables);
    Answer::of(request.header("yousoon-min-revision", seen))
        .await
        .data()
}

#[tokio::test]
async fn partners_and_places_are_written_by_their_managers_alone() {
    let own = partner("a").id;
    let place = establishment("a").id;
    for (query, variables) in [
        (PARTNER, json!({"id": own, "i": {"description": "Autre"}})),
        (ADD, json!({"id": own, "i": new_place()})),
        (CHANGE, json!({"id": place, "i": {"phone": null}})),
    ] {
        assert_managers_only(&started().await, query, &variables).await;
    }
    let app = started().await;
    serve(&app, ARCHIVE, json!({"id": offer("a", 0).id}))
        .await
        .data();
    assert_managers_only(&app, REMOVE, &json!({"id": place})).await;
}

#[tokio::test]
async fn the_creator_of_a_partner_owns_it_at_once_and_publishes() {
    let app = started().await;
    app.publish(&[PARTNERS, LIST]).await;
    after(&app, PARTNERS, json!({"i": {}}), "").await;
    let ana = owner_of_nothing_yet(&app).await;
    assert_eq!(claims(&ana.access)["is_partner"], false);
    let input = json!({"i": {"name": " Chez Ana ", "category": "BAR"}});
    let nobody = app.ask(FOUND, input.clone()).await;
    assert_eq!(nobody.code(), "UNAUTHENTICATED");
    let founded = ana.ask(&app, FOUND, input.clone()).await;
    let made = founded.data()["createPartner"].clone();
    assert_eq!(
        (&made["name"], &made["reviewCount"]),
        (&json!("Chez Ana"), &json!(0))
    );
    let seen = founded.header("yousoon-revision");
    let named = json!({"i": {"search": "ana"}});
    let listed = after(&app, PARTNERS, named.clone(), seen).await;
    assert_eq!(listed["partners"]["edges"], json!([]), "it is a draft");
    // With the token of before: what somebody may follows the account.
    let added = ana
        .ask(&app, ADD, json!({"id": made["id"], "i": new_place()}))
        .await;
    let place = added.data()["createEstablishment"]["id"].clone();
    let mut draft = new_offer("a");
    draft["partnerId"] = made["id"].clone();
    draft["establishmentId"] = place;
    let published = ana.ask(&app, OFFER, json!({"i": draft})).await;
    let id = published.data()["createOffer"]["id"].clone();
    let admin = administrator(&app).await;
    let submit = json!({"id": made["id"], "s": "73282932000074"});
    ana.ask(&app, SUBMIT, submit).await.data();
    let approved = admin.ask(&app, APPROVE, json!({"id": made["id"]})).await;
    let seen = approved.header("yousoon-revision");
    let listed = after(&app, PARTNERS, named, seen).await;
    assert_eq!(listed["partners"]["edges"][0]["node"]["name"], "Chez Ana");
    let near = json!({"i": {"location": {"lat": 48.857, "lng": 2.352}, "maxDistance": 0.5}});
    let listed = after(&app, LIST, near, seen).await;
    let ids = listed["offers"]["edges"].as_array().unwrap();
    assert!(ids.iter().any(|edge| edge["node"]["id"] == id), "{listed}");
    // Another one, besides.
    let again = ana.ask(&app, FOUND, input).await.data();
    assert_ne!(again["createPartner"]["id"], made["id"]);
    let token = refresh(&app, &ana.refresh).await.data();
    let token = Person::of(&token["refreshToken"]).access;
    assert_eq!(claims(&token)["is_partner"], true);
    assert_eq!(claims(&token)["role"], "partner");
}

#[tokio::test]
async fn a_partner_is_shown_as_it_was_changed() {
    let app = started().await;
    app.publish(&[PARTNERS, SHOWN]).await;
    let own = json!({"id": partner("a").id});
    for (query, variables) in [(PARTNERS, json!({"i": {}})), (SHOWN, own.clone())] {
        after(&app, query, variables.clone(), "").await;
        let kept = app.ask(query, variables).await;
        assert!(kept.header("cache-status").contains("hit"));
    }
    let manager = works_for(&app, "manager", "a", Post::Manager).await;
    let variables = json!({"id": own["id"], "i": {"name": "Chez Zoé", "description": null}});
    let changed = manager.ask(&app, PARTNER, variables).await;
    let seen = changed.header("yousoon-revision").to_owned();
    let expected = json!({"name": "Chez Zoé", "description": null, "logo": null});
    assert_eq!(changed.data()["updatePartner"], expected);
    let listed = after(&app, PARTNERS, json!({"i": {}}), &seen)
        .await
        .to_string();
    assert!(
        listed.contains("Chez Zoé") && !listed.contains("Chez a"),
        "{listed}"
    );
    assert_eq!(
        after(&app, SHOWN, own.clone(), &seen).await["partner"]["name"],
        "Chez Zoé"
    );
    let added = manager
        .ask(&app, ADD, json!({"id": own["id"], "i": new_place()}))
        .await;
    let seen = added.header("yousoon-revision").to_owned();
    let shown = after(&app, SHOWN, own.clone(), &seen).await;
    assert_eq!(
        shown["partner"]["establishments"].as_array().unwrap().len(),
        2
    );
    let place = added.data()["createEstablishment"]["id"].clone();
    let removed = manager.ask(&app, REMOVE, json!({"id": place})).await;
    assert_eq!(removed.data()["deleteEstablishment"], true);
    let seen = removed.header("yousoon-revision").to_owned();
    let shown = after(&app, SHOWN, own, &seen).await;
    assert_eq!(
        shown["partner"]["establishments"].as_array().unwrap().len(),
        1
    );
    let again = manager.ask(&app, REMOVE, json!({"id": place})).await;
    assert_eq!(again.data()["deleteEstablishment"], false);
    let edited = manager
        .ask(&app, CHANGE, json!({"id": place, "i": {}}))
        .await;
    assert_eq!(edited.code(), "ESTABLISHMENT_NOT_FOUND");
}

#[tokio::test]
async fn a_place_that_moves_takes_its_offers_from_list_to_list() {
    let app = started().await;
    app.publish(&[LIST]).await;
    let near = |lat: f64, lng: f64| json!({"i": {"location": {"lat": lat, "lng": lng}}});
    let (paris, lyon) = (near(48.8566, 2.3522), near(45.764, 4.8357));
    let shows = async |variables: &Value, seen: &str| {
        let listed = after(&app, LIST, variables.clone(), seen).await;
        listed.to_string().contains(offer("a", 0).id.as_str())
    };
    assert!(shows(&paris, "").await && !shows(&lyon, "").await);
    let moved =
        json!({"id": establishment("a").id, "i": {"location": {"lat": 45.764, "lng": 4.8357}}});
    let answer = serve(&app, CHANGE, moved).await;
    let place = answer.data();
    assert_eq!(
        place["updateEstablishment"]["location"],
        json!({"lat": 45.764, "lng": 4.8357})
    );
    let seen = answer.header("yousoon-revision");
    assert!(!shows(&paris, seen).await && shows(&lyon, seen).await);
}

#[tokio::test]
async fn a_place_with_offers_stays() {
    let app = started().await;
    let place = json!({"id": establishment("a").id});
    let refused = serve(&app, REMOVE, place.clone()).await;
    assert_eq!(refused.code(), "ESTABLISHMENT_IN_USE", "{}", refused.text);
    serve(&app, ARCHIVE, json!({"id": offer("a", 0).id}))
        .await
        .data();
    assert_eq!(
        serve(&app, REMOVE, place).await.data()["deleteEstablishment"],
        true
    );
}

#[tokio::test]
async fn hours_have_breaks_and_do_not_overlap() {
    let app = started().await;
    let mut input = new_place();
    input["openingHours"] = json!([
        {"weekday": "TUESDAY", "opens": "19:00", "closes": "02:00"},
        {"weekday": "TUESDAY", "opens": "12:00", "closes": "14:30"},
    ]);
    let variables = json!({"id": partner("a").id, "i": input});
    let made = serve(&app, ADD, variables.clone()).await.data();
    let hours = &made["createEstablishment"]["openingHours"];
    assert_eq!(
        (&hours[0]["opens"], &hours[1]["closes"]),
        (&json!("12:00"), &json!("02:00"))
    );
    assert_eq!(made["createEstablishment"]["address"]["country"], "FR");
    let broken = [
        (
            "openingHours",
            json!([{"weekday": "MONDAY", "opens": "12:00", "closes": "15:00"},
            {"weekday": "MONDAY", "opens": "14:00", "closes": "16:00"}]),
            "BAD_USER_INPUT",
        ),
        (
            "location",
            json!({"lat": 91.0, "lng": 0.0}),
            "LOCATION_OUT_OF_RANGE",
        ),
        ("website", json!("javascript:alert(1)"), "BAD_USER_INPUT"),
        ("email", json!("nobody"), "BAD_USER_INPUT"),
        ("phone", json!("0140"), "BAD_USER_INPUT"),
        ("name", json!("A"), "BAD_USER_INPUT"),
    ];
    for (field, value, code) in broken {
        let mut variables = variables.clone();
        variables["i"][field] = value;
        let refused = serve(&app, ADD, variables).await;
        assert_eq!(refused.code(), code, "{field}: {}", refused.text);
    }
    let of_nobody = json!({"id": nobody(), "i": new_place()});
    assert_eq!(
        serve(&app, ADD, of_nobody).await.code(),
        "PARTNER_NOT_FOUND"
    );
}
