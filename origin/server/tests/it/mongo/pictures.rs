//! Every query of uploads and pictures, for who looks at their plans.

use domain::{
    PartnerId, UserId,
    pictures::{
        picture::{Owner, Picture, PictureId, Purpose},
        store::End,
        sweeping::{Usage, judge},
        upload::{OPEN_MS, Upload},
    },
};
use yousoon::database::Database;

use crate::{
    fixtures::NOW_MS,
    picturing::{picture, upload},
};

pub(super) async fn ask(db: &Database, user: &UserId) {
    let partner = PartnerId::derive("partner", "pictures");
    for (n, purpose) in [
        Purpose::Avatar,
        Purpose::Logo,
        Purpose::Establishment,
        Purpose::Offer,
    ]
    .into_iter()
    .enumerate()
    {
        let owner = match purpose {
            Purpose::Avatar => Owner::User(user.clone()),
            Purpose::Logo | Purpose::Establishment | Purpose::Offer => {
                Owner::Partner(partner.clone())
            }
        };
        let id = PictureId::parse(&n.to_string().repeat(64)).unwrap();
        for again in ["1", "2"] {
            let upload = upload(user, &owner, purpose, &format!("{n} {again}"));
            one(db, user, &upload, picture(&id, &owner, purpose)).await;
        }
        sweep(db, &id, &owner, purpose).await;
    }
    // Of these the erasure is.
    let owner = Owner::User(user.clone());
    let upload = upload(user, &owner, Purpose::Avatar, "last");
    let id = PictureId::parse(&"f".repeat(64)).unwrap();
    one(db, user, &upload, picture(&id, &owner, Purpose::Avatar)).await;
}

/// The way of an upload.
async fn one(db: &Database, user: &UserId, upload: &Upload, picture: Picture) {
    let (store, id) = (&db.pictures, picture.id.clone());
    store.open(upload.clone(), NOW_MS).await.unwrap();
    store.upload(&upload.id).await.unwrap();
    store.begin(&upload.id, user, "w", NOW_MS).await.unwrap();
    store.name(&upload.id, "w", picture, NOW_MS).await.unwrap();
    let ended = store.end(&upload.id, "w", End::Ready(id), NOW_MS).await;
    assert!(ended.unwrap());
    store.begin(&upload.id, user, "w", NOW_MS).await.unwrap();
}

/// All that is done with a picture until its files are gone.
async fn sweep(db: &Database, id: &PictureId, owner: &Owner, purpose: Purpose) {
    let (store, ids) = (&db.pictures, std::slice::from_ref(id));
    store.claim(ids, owner, purpose, NOW_MS).await.unwrap();
    let found = store.by_ids(ids).await.unwrap();
    assert_eq!(store.usage(&found[id]).await.unwrap(), Usage::Unused);
    if let Owner::User(user) = owner {
        store.pictures_of(user).await.unwrap();
        store.uploads_of(user).await.unwrap();
    }
    assert!(store.remove(id, NOW_MS).await.unwrap());
    let later = NOW_MS + OPEN_MS;
    for picture in store.due(later, 9).await.unwrap() {
        let verdict = judge(&picture, Usage::Unused, later);
        assert!(store.judged(&picture, verdict).await.unwrap());
        store.forget(&picture.id).await.unwrap();
    }
    let expired = store.expired(i64::MAX / 4, 1).await.unwrap();
    let expired: Vec<_> = expired.into_iter().map(|upload| upload.id).collect();
    store.forget_uploads(&expired).await.unwrap();
    assert!(store.take_lease("w", later, NOW_MS).await.unwrap());
    store.give_lease_back("w").await.unwrap();
}
