//! Offers that ask for an identity or an age.

use domain::{
    Admission, Offer,
    users::{account::Post, change::AccountChange},
};
use serde_json::{Value, json};

use super::World;
use crate::{
    accounts::person::register,
    app::TestApp,
    booking::{CREATE, create, places, works_for},
    fixtures::store,
};

#[tokio::test]
async fn an_offer_that_asks_for_an_identity_leads_to_the_check() {
    let world = World::start().await;
    let app = &world.app;
    let offer = Offer {
        admission: Admission {
            requires_identity: false,
            minimum_age: Some(18),
            ..Admission::default()
        },
        ..places("a", 0, 9)
    };
    store(app, "a", vec![offer.clone(), places("a", 1, 9)]).await;
    let ana = register(app, "ana").await;
    let shown = "query O($i: ID!) { offer(id: $i) { requiresIdentity minimumAge } }";
    let shown = app.ask(shown, json!({"i": offer.id})).await.data();
    assert_eq!(
        shown["offer"],
        json!({"requiresIdentity": true, "minimumAge": 18})
    );
    assert_eq!(create(app, &ana, &offer).await.code(), "IDENTITY_REQUIRED");
    world.submitted(&ana).await;
    assert_eq!(create(app, &ana, &offer).await.code(), "IDENTITY_PENDING");
    world
        .decide("approved", json!({"date_of_birth": "2008-01-01"}), 1)
        .await;
    app.sent().await;
    // Eighteen in this year: only the year is known.
    assert_eq!(create(app, &ana, &offer).await.code(), "AGE_TOO_LOW");
    let bob = register(app, "bob").await;
    world.submitted(&bob).await;
    world
        .decide("approved", json!({"date_of_birth": "2007-12-31"}), 1)
        .await;
    app.sent().await;
    let variables = json!({"o": offer.id, "k": "once"});
    let booked = bob.ask(app, CREATE, variables.clone()).await.data();
    // A repeat finds it also when the identity has ended meanwhile.
    let ended = AccountChange::Identity(domain::users::account::Identity::default());
    app.state
        .services
        .users
        .change(&bob.user_id(), ended, 0)
        .await
        .unwrap();
    let again = bob.ask(app, CREATE, variables).await.data();
    assert_eq!(again["createBooking"]["id"], booked["createBooking"]["id"]);
}

#[tokio::test]
async fn partners_ask_for_an_identity_where_it_can_be_checked() {
    let world = World::start().await;
    let update = "mutation U($i: ID!, $o: UpdateOfferInput!) { updateOffer(id: $i, input: $o) {
        requiresIdentity minimumAge } }";
    let offer = places("a", 0, 9);
    store(&world.app, "a", vec![offer.clone()]).await;
    let manager = works_for(&world.app, "manager", "a", Post::Manager).await;
    let edit = async |input: Value| {
        let variables = json!({"i": offer.id, "o": input});
        manager.ask(&world.app, update, variables).await
    };
    let set = edit(json!({"requiresIdentity": true})).await.data();
    assert_eq!(
        set["updateOffer"],
        json!({"requiresIdentity": true, "minimumAge": null})
    );
    let set = edit(json!({"minimumAge": 18})).await.data();
    assert_eq!(set["updateOffer"]["minimumAge"], 18);
    for age in [15, 22, -1] {
        assert_eq!(
            edit(json!({"minimumAge": age})).await.code(),
            "BAD_USER_INPUT",
            "{age}"
        );
    }
    let cleared = edit(json!({"minimumAge": null, "requiresIdentity": false}))
        .await
        .data();
    let nothing = json!({"requiresIdentity": false, "minimumAge": null});
    assert_eq!(cleared["updateOffer"], nothing);

    let without = TestApp::start().await;
    store(&without, "a", vec![offer.clone()]).await;
    let manager = works_for(&without, "manager", "a", Post::Manager).await;
    for input in [json!({"requiresIdentity": true}), json!({"minimumAge": 18})] {
        let variables = json!({"i": offer.id, "o": input});
        let refused = manager.ask(&without, update, variables).await;
        assert_eq!(refused.code(), "IDENTITY_UNAVAILABLE");
    }
    // What asks for nothing can be saved.
    let variables = json!({"i": offer.id, "o": {"requiresIdentity": false, "title": "Autre"}});
    manager.ask(&without, update, variables).await.data();
}
