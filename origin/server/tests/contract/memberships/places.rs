//! Staff of some of a partner's establishments.

use domain::{
    Establishment, EstablishmentId, PartnerId,
    partners::store::PlaceArchived,
    team::store::{Accepted, Invited},
    users::{
        membership::{Membership, NewPost, Places, Post},
        store::PostChanged,
    },
};

use super::{accept, author, change, invitation, invited, partners, person, staff, stored};
use crate::{
    backends::Fresh,
    runner::tests,
    samples::{NOW_MS, invite},
};

tests! {
    staff_are_invited_for_establishments_of_their_partner: [],
    staff_get_other_establishments_and_managers_all: [],
    an_archived_establishment_leaves_every_list: [],
    a_place_that_is_archived_at_once_is_in_no_list: [Transactions],
}

async fn archived(fresh: &Fresh, place: &Establishment) -> PlaceArchived {
    let store = &fresh.db.partners;
    let archived = store.archive_establishment(place.id.clone(), author(), NOW_MS);
    archived.await.unwrap()
}

/// A partner with two establishments, and another one's.
async fn with_places(fresh: &Fresh) -> (PartnerId, [Establishment; 2], EstablishmentId) {
    let families = partners(fresh, 2).await;
    let store = &fresh.db.partners;
    let first = families[0].establishments[0].clone();
    let second = Establishment {
        id: EstablishmentId::derive("contract", "second"),
        ..first.clone()
    };
    store
        .add_establishment(second.clone(), author(), NOW_MS)
        .await
        .unwrap();
    let foreign = families[1].establishments[0].id.clone();
    (families[0].partner.id.clone(), [first, second], foreign)
}

async fn staff_are_invited_for_establishments_of_their_partner(fresh: Fresh) {
    let (partner, [first, second], foreign) = with_places(&fresh).await;
    let ana = person(&fresh, "ana", vec![]).await;
    let unknown = EstablishmentId::derive("nobody", "");
    for wrong in [foreign, unknown] {
        let of = staff(&partner, Places::only([first.id.clone(), wrong]));
        let (invitation, _) = invitation(&of, "ana");
        let refused = invite(&*fresh.db.teams, invitation).await.unwrap();
        assert_eq!(refused, Invited::NoPlace);
    }
    let both = staff(
        &partner,
        Places::only([first.id.clone(), second.id.clone()]),
    );
    let token = invited(&fresh, &both, "ana").await;
    let open = fresh.db.teams.invitations(&partner, NOW_MS).await.unwrap();
    assert_eq!(open[0].places, both.places);
    // What is archived before somebody comes is not given, and is not all.
    assert_eq!(archived(&fresh, &second).await, PlaceArchived::Done);
    let left = staff(&partner, Places::only([first.id.clone()]));
    let joined = accept(&fresh, &token, &ana).await;
    assert_eq!(joined, Accepted::Done(left.clone()));
    assert_eq!(stored(&fresh, &ana.id).await, [left]);
    let (again, _) = invitation(&both, "ben");
    let refused = invite(&*fresh.db.teams, again).await.unwrap();
    assert_eq!(refused, Invited::NoPlace);
}

async fn staff_get_other_establishments_and_managers_all(fresh: Fresh) {
    let (partner, [first, second], foreign) = with_places(&fresh).await;
    let ana = person(&fresh, "ana", vec![staff(&partner, Places::All)]).await;
    let to = |places: &[&EstablishmentId]| {
        Some(NewPost {
            post: Post::Staff,
            places: Some(Places::only(places.iter().copied().cloned())),
        })
    };
    let refused = change(&fresh, &partner, &ana.id, to(&[&first.id, &foreign])).await;
    assert_eq!(refused, PostChanged::NoPlace);
    assert_eq!(
        stored(&fresh, &ana.id).await,
        [staff(&partner, Places::All)]
    );
    let limited = change(&fresh, &partner, &ana.id, to(&[&second.id])).await;
    assert_eq!(limited, PostChanged::Done);
    // Who is not told otherwise keeps them.
    change(&fresh, &partner, &ana.id, Some(Post::Staff.into())).await;
    let only = staff(&partner, Places::only([second.id.clone()]));
    assert_eq!(stored(&fresh, &ana.id).await, [only]);
    for post in [Post::Manager, Post::Staff] {
        change(&fresh, &partner, &ana.id, Some(post.into())).await;
        let everywhere = Membership::new(partner.clone(), post);
        assert_eq!(stored(&fresh, &ana.id).await, [everywhere]);
    }
}

async fn an_archived_establishment_leaves_every_list(fresh: Fresh) {
    let (partner, [first, second], _) = with_places(&fresh).await;
    let elsewhere = PartnerId::derive("elsewhere", "");
    let at = |place: &Establishment| staff(&partner, Places::only([place.id.clone()]));
    let both = Places::only([first.id.clone(), second.id.clone()]);
    let ana = person(&fresh, "ana", vec![at(&first)]).await;
    let ben = person(
        &fresh,
        "ben",
        vec![staff(&elsewhere, Places::All), staff(&partner, both)],
    )
    .await;
    let eve = person(&fresh, "eve", vec![staff(&partner, Places::All)]).await;
    assert_eq!(archived(&fresh, &first).await, PlaceArchived::Done);
    // Nothing is left, which is not all.
    let nowhere = staff(&partner, Places::only([]));
    assert_eq!(stored(&fresh, &ana.id).await, [nowhere]);
    let left = [staff(&elsewhere, Places::All), at(&second)];
    assert_eq!(stored(&fresh, &ben.id).await, left);
    let free = [staff(&partner, Places::All)];
    assert_eq!(stored(&fresh, &eve.id).await, free);
}

async fn a_place_that_is_archived_at_once_is_in_no_list(fresh: Fresh) {
    let (partner, [first, second], _) = with_places(&fresh).await;
    let both = Places::only([first.id.clone(), second.id.clone()]);
    let ana = person(&fresh, "ana", vec![]).await;
    let token = invited(&fresh, &staff(&partner, both), "ana").await;
    let (joined, gone) = tokio::join!(accept(&fresh, &token, &ana), archived(&fresh, &first));
    assert!(matches!(joined, Accepted::Done(_)), "{joined:?}");
    assert_eq!(gone, PlaceArchived::Done);
    let left = staff(&partner, Places::only([second.id.clone()]));
    assert_eq!(stored(&fresh, &ana.id).await, [left]);
}
