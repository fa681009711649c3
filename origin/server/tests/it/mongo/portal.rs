//! Every query of what partners write, for who looks at their plans.

use domain::{
    Category, Establishment, EstablishmentId, GeoPoint, InvitationId, Offer, OfferId, Partner,
    PartnerId, UserId,
    catalogue::{Announce, Family, Reach},
    offers::{
        edit::{Edit, OfferEdit},
        store::{Author, Created},
    },
    operators::deed::{Deed, NewDeed, Target},
    paris::Day,
    partners::{
        edit::{EstablishmentEdit, PartnerEdit},
        review::Decision,
        siret::Siret,
        standing::{PartnerStatus, Standing},
        store::{Founded, PlaceAdded, PlaceArchived, PlaceUpdated, Stood, ToReviewCursor},
    },
    queue::Nonce,
    sentence::Language,
    stats::{Seen, store::OfferViews},
    team::{
        Invitation, InvitationToken, LIFE_MS,
        store::{Accepted, Invited},
    },
    users::{
        account::{Account, EmailKey},
        membership::{Places, Post},
        store::PostChanged,
    },
};
use yousoon::database::Database;

use crate::fixtures::{NOW_MS, establishment, offer, partner};

fn author() -> Author {
    Author {
        actor: "test".into(),
        action: "portal",
    }
}

pub(super) async fn ask(db: &Database, one: &Offer) {
    let owner = super::accounts::account();
    db.users.create(owner.clone(), vec![], None).await.unwrap();
    let partner = Partner {
        id: PartnerId::derive("portal", "a"),
        name: "Chez Ana".into(),
        description: None,
        logo: None,
        category: Category::Bar,
        rating: None,
        review_count: 0,
        created_at_ms: NOW_MS,
        page: domain::WebPage::default(),
        standing: Standing::default(),
    };
    let store = &db.partners;
    let founded = store.found(partner.clone(), owner.id.clone(), author(), NOW_MS);
    assert_eq!(founded.await.unwrap(), Founded::Done);
    let edit = PartnerEdit {
        name: Edit::Set("Chez Zoé".into()),
        ..PartnerEdit::default()
    };
    let updated = store.update_partner(partner.id.clone(), edit, author(), NOW_MS);
    updated.await.unwrap();
    let mut place = establishment("a");
    place.id = EstablishmentId::derive("portal", "a");
    place.partner_id = partner.id.clone();
    let added = store.add_establishment(place.clone(), author(), NOW_MS);
    assert_eq!(added.await.unwrap(), PlaceAdded::Done);
    let partner_id = partner.id.clone();
    let draft = Offer {
        id: OfferId::derive("portal", "a"),
        partner_id: partner.id,
        establishment_id: place.id.clone(),
        ..offer("a", 0)
    };
    let created = db.offers.create(draft.clone(), author(), NOW_MS).await;
    assert!(matches!(created.unwrap(), Created::Done(_)));
    let edit = EstablishmentEdit {
        location: Edit::Set(GeoPoint::new(45.764, 4.8357).unwrap()),
        ..EstablishmentEdit::default()
    };
    let moved = store.update_establishment(place.id.clone(), edit, author(), NOW_MS);
    assert!(matches!(moved.await.unwrap(), PlaceUpdated::Done(..)));
    let in_use = store.archive_establishment(place.id.clone(), author(), NOW_MS);
    assert_eq!(in_use.await.unwrap(), PlaceArchived::InUse);
    let archive = OfferEdit {
        archived_at_ms: Edit::Set(NOW_MS),
        ..OfferEdit::default()
    };
    let archived = db.offers.update(draft.id, archive, author(), NOW_MS);
    archived.await.unwrap();
    let done = store.archive_establishment(place.id, author(), NOW_MS);
    assert_eq!(done.await.unwrap(), PlaceArchived::Done);
    ask_standing(db).await;
    ask_teams(db, &partner_id, &owner).await;
    ask_stats(db, &partner_id, one).await;
    assert_ne!(one.id, OfferId::derive("portal", "a"));
}

/// A draft that is submitted, approved and ended.
async fn ask_standing(db: &Database) {
    let id = PartnerId::derive("portal", "draft");
    let draft = Family {
        partner: Partner {
            id: id.clone(),
            standing: Standing::new(PartnerStatus::Draft),
            ..partner("draft")
        },
        establishments: vec![Establishment {
            id: EstablishmentId::derive("portal", "draft"),
            partner_id: id.clone(),
            ..establishment("draft")
        }],
        offers: Vec::new(),
    };
    let announce = Announce {
        reach: Reach::Added,
        reason: "test".into(),
        actor: "test".into(),
    };
    db.catalogue
        .add(vec![draft], announce, NOW_MS)
        .await
        .unwrap();
    let siret = Siret::parse("73282932000074").unwrap();
    let submitted = db.partners.submit(id.clone(), siret, author(), NOW_MS);
    let Stood::Done(waiting) = submitted.await.unwrap() else {
        panic!("it is submitted")
    };
    for after in [None, Some(ToReviewCursor::of(&waiting))] {
        db.partners.to_review(9, after).await.unwrap();
    }
    let deed = NewDeed {
        at_ms: NOW_MS,
        actor: "test".into(),
        deed: Deed::ApprovePartner,
        target: Some(Target::partner(&id)),
        reason: String::new(),
        request: "r".into(),
    };
    let approved = db
        .operators
        .decide(&id, Decision::Approve, deed, author(), NOW_MS);
    assert!(matches!(approved.await.unwrap(), Stood::Done(_)));
    db.bookings.open_of_partner(&id, NOW_MS, 9).await.unwrap();
    let ended = db.partners.end(id, author(), NOW_MS);
    assert!(matches!(ended.await.unwrap(), Stood::Done(_)));
}

async fn ask_teams(db: &Database, partner: &PartnerId, owner: &Account) {
    let invite = async |email: &str, at_ms: i64| {
        let token = InvitationToken::new(
            InvitationId::from_bytes(access::random::bytes()),
            access::random::bytes(),
        );
        let invitation = Invitation {
            id: token.id.clone(),
            partner: partner.clone(),
            email: email.into(),
            post: Post::Owner,
            places: Places::All,
            token_hash: token.hash(),
            created_at_ms: at_ms,
            expires_at_ms: at_ms + LIFE_MS,
            accepted: false,
        };
        let nonce = Nonce::new([7; 32]);
        let task = invitation.task(Language::French, nonce);
        let invited = db.teams.invite(invitation, task).await.unwrap();
        assert_eq!(invited, Invited::Done);
        token
    };
    let first = invite("ben@example.fr", NOW_MS - LIFE_MS / 2).await;
    let token = invite("ben@example.fr", NOW_MS).await;
    assert_ne!(first.id, token.id);
    db.teams.invitations(partner, NOW_MS).await.unwrap();
    let to_ben = EmailKey::of("ben@example.fr");
    db.teams.invitations_to(&to_ben, NOW_MS).await.unwrap();
    let ben = Account {
        id: UserId::derive("user", "ben"),
        email: "ben@example.fr".into(),
        phone: None,
        ..owner.clone()
    };
    db.users.create(ben.clone(), vec![], None).await.unwrap();
    let (hash, email) = (token.hash(), ben.email_key());
    let accepted = db
        .teams
        .accept(token.id, hash, ben.id.clone(), email, NOW_MS);
    assert!(matches!(accepted.await.unwrap(), Accepted::Done(_)));
    db.users.members(partner).await.unwrap();
    let left = db.users.change_post(partner, &ben.id, None, NOW_MS);
    assert_eq!(left.await.unwrap(), PostChanged::Done);
    let withdrawn = invite("eve@example.fr", NOW_MS).await;
    assert!(
        db.teams
            .withdraw(partner, &withdrawn.id, NOW_MS)
            .await
            .unwrap()
    );
    db.users
        .erase(&ben.id, "another pseudonym", NOW_MS)
        .await
        .unwrap();
}

async fn ask_stats(db: &Database, partner: &PartnerId, one: &Offer) {
    let day = Day::of(NOW_MS).unwrap();
    for _ in 0..2 {
        let views = vec![OfferViews {
            partner: partner.clone(),
            seen: Seen {
                offer: one.id.clone(),
                day,
                views: 1,
            },
        }];
        db.stats.add_views(views).await.unwrap();
    }
    let views = db.stats.views(partner, day..=day).await.unwrap();
    assert_eq!(views[&day], 2);
}
