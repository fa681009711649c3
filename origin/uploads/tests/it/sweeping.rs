//! What nobody needs is deleted, whatever was interrupted, and nothing else.

use domain::{
    pictures::{
        picture::{PictureId, State},
        store::Named,
        sweeping::{UNUSED_MS, Verdict},
        upload::{ANSWERED_MS, GRACE_MS, OPEN_MS},
    },
    users::store::UserStore as _,
};
use uploads::Swept;

use crate::{
    answering::{DELETED, DENIED, answering},
    world::{DAY_MS, World, photo},
};

fn swept(uploads: usize, pictures: usize) -> Swept {
    Swept { uploads, pictures }
}

#[tokio::test]
async fn uploads_that_were_never_completed_go_with_their_files() {
    let Some(world) = World::start().await else {
        return;
    };
    world.upload("1", Some(photo(9))).await;
    world.upload("2", None).await;
    world.pass_ms(OPEN_MS + GRACE_MS);
    assert_eq!(world.uploads.sweep().await.unwrap(), swept(0, 0));
    assert_eq!(world.files.keys("uploads").len(), 1);
    world.pass_ms(1);
    assert_eq!(world.uploads.sweep().await.unwrap(), swept(2, 0));
    assert_eq!(world.files.keys("uploads"), [] as [String; 0]);
    assert_eq!(world.store.uploads_of(&world.ana).await.unwrap(), []);
}

#[tokio::test]
async fn a_form_that_is_posted_again_leaves_no_file() {
    let Some(world) = World::start().await else {
        return;
    };
    let picture = world.uploaded("1", 9).await;
    let id = world.store.uploads_of(&world.ana).await.unwrap()[0]
        .id
        .clone();
    let key = format!("uploads/{id}");
    world.bucket.put(&key, "image/png", photo(9)).await.unwrap();
    world.pass_ms(ANSWERED_MS + GRACE_MS + 1);
    assert_eq!(world.uploads.sweep().await.unwrap(), swept(1, 0));
    assert_eq!(world.files.keys("uploads"), [] as [String; 0]);
    assert_eq!(world.files.keys("pictures").len(), picture.widths.len());
}

#[tokio::test]
async fn a_picture_that_nothing_shows_goes_after_a_month() {
    let Some(world) = World::start().await else {
        return;
    };
    let (shown, unused) = (world.uploaded("1", 9).await, world.uploaded("2", 99).await);
    world.show(Some(world.uploads.url(&shown, None))).await;
    let mut erased = 0;
    for _ in 0..29 {
        world.pass_ms(DAY_MS);
        erased += world.uploads.sweep().await.unwrap().pictures;
    }
    assert_eq!(erased, 0);
    world.pass_ms(UNUSED_MS - 29 * DAY_MS);
    assert_eq!(world.uploads.sweep().await.unwrap().pictures, 1);
    let of_shown = world.files.keys("pictures");
    assert_eq!(of_shown.len(), 2);
    assert!(of_shown.iter().all(|key| key.contains(shown.id.as_str())));
    let ids = [unused.id, shown.id];
    assert_eq!(world.store.by_ids(&ids).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_deleted_picture_goes_unless_something_shows_it_after_all() {
    let Some(world) = World::start().await else {
        return;
    };
    let (shown, other) = (world.uploaded("1", 9).await, world.uploaded("2", 99).await);
    for picture in [&shown, &other] {
        let removed = world.store.remove(&picture.id, world.now_ms()).await;
        assert!(removed.unwrap());
    }
    // The edit was checked before, and is stored after.
    world.show(Some(world.uploads.url(&shown, None))).await;
    world.pass_ms(GRACE_MS - 1);
    assert_eq!(world.uploads.sweep().await.unwrap(), swept(0, 0));
    world.pass_ms(1);
    assert_eq!(world.uploads.sweep().await.unwrap(), swept(0, 1));
    let ids = [shown.id.clone(), other.id];
    let left = world.store.by_ids(&ids).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[&shown.id].state, State::Kept);
    assert_eq!(world.files.keys("pictures").len(), 2);
}

/// A server that dies leaves a row for every file, and the sweeper goes by the rows.
#[tokio::test]
async fn whatever_a_crash_leaves_is_found() {
    let Some(world) = World::start().await else {
        return;
    };
    let made = world.uploaded("1", 9).await;
    // It died between the row of a picture and the end of the upload, with one of two files written.
    let id = world.upload("2", Some(photo(99))).await;
    let begun = world.store.begin(&id, &world.ana, "dead", world.now_ms());
    begun.await.unwrap();
    let mut half = made.clone();
    half.id = PictureId::parse(&"5".repeat(64)).unwrap();
    let named = world.store.name(&id, "dead", half.clone(), world.now_ms());
    assert_eq!(named.await.unwrap(), Named::Done);
    let key = format!("pictures/55/{}/320.webp", half.id.as_str());
    world.bucket.put(&key, "image/webp", vec![7]).await.unwrap();
    world.pass_ms(GRACE_MS);
    assert_eq!(world.uploads.sweep().await.unwrap(), swept(0, 1));
    assert_eq!(world.files.keys("pictures").len(), 2);
    // It died between the files and the row of what it erased: another one goes on.
    let judged = world.store.by_ids(std::slice::from_ref(&made.id)).await;
    let judged = judged.unwrap().remove(&made.id).unwrap();
    let due_ms = world.now_ms() + GRACE_MS;
    let erase = Verdict::Erase { due_ms };
    assert!(world.store.judged(&judged, erase).await.unwrap());
    let key = world.files.keys("pictures").remove(0);
    world.bucket.delete(&key).await.unwrap();
    world.pass_ms(DAY_MS + ANSWERED_MS);
    assert_eq!(world.uploads.sweep().await.unwrap().pictures, 1);
    for prefix in ["uploads", "pictures"] {
        assert_eq!(world.files.keys(prefix), [] as [String; 0], "{prefix}");
    }
    let due = world.store.due(i64::MAX / 4, 9).await.unwrap();
    assert_eq!(due, []);
}

#[tokio::test]
async fn an_erased_account_leaves_no_file() {
    let Some(world) = World::start().await else {
        return;
    };
    let avatar = world.uploaded("1", 9).await;
    world.show(Some(world.uploads.url(&avatar, None))).await;
    world.upload("2", Some(photo(99))).await;
    let erased = world.users.erase(&world.ana, "pseudonym", world.now_ms());
    erased.await.unwrap();
    world.pass_ms(GRACE_MS + 1);
    assert_eq!(world.uploads.sweep().await.unwrap(), swept(2, 1));
    for prefix in ["uploads", "pictures"] {
        assert_eq!(world.files.keys(prefix), [] as [String; 0], "{prefix}");
    }
}

#[tokio::test]
async fn who_does_not_have_the_lease_sweeps_nothing() {
    let Some(world) = World::start().await else {
        return;
    };
    world.upload("1", Some(photo(9))).await;
    world.pass_ms(OPEN_MS + GRACE_MS + 1);
    let (now_ms, store) = (world.now_ms(), &world.store);
    let taken = store.take_lease("other", now_ms + 5, now_ms).await;
    assert!(taken.unwrap());
    assert_eq!(world.uploads.sweep().await.unwrap(), swept(0, 0));
    world.pass_ms(5);
    assert_eq!(world.uploads.sweep().await.unwrap(), swept(1, 0));
}

#[tokio::test]
async fn what_cannot_be_deleted_stops_nothing_else() {
    let Some(world) = World::start().await else {
        return;
    };
    let (kept, gone) = (world.uploaded("1", 9).await, world.uploaded("2", 99).await);
    for picture in [&kept, &gone] {
        let removed = world.store.remove(&picture.id, world.now_ms()).await;
        assert!(removed.unwrap());
    }
    let (stays, _) = (world.upload("3", None).await, world.upload("4", None).await);
    world.pass_ms(OPEN_MS + GRACE_MS + 1);
    let denied = [stays.to_string(), kept.id.as_str().to_owned()];
    let denying = world.uploads_at(answering(move |request| {
        let is_denied = denied.iter().any(|key| request.contains(key));
        if is_denied { DENIED } else { DELETED }
    }));
    assert_eq!(denying.sweep().await.unwrap(), swept(1, 1));
    let left = world.store.upload(&stays).await.unwrap();
    assert!(left.is_some());
    denying.sweep().await.unwrap();
    let due = world.store.due(i64::MAX / 4, 9).await.unwrap();
    let [erasing] = due.as_slice() else {
        panic!("{due:?}")
    };
    assert_eq!((&erasing.id, erasing.state), (&kept.id, State::Erasing));
    // The bucket lets us again. The lease is the other one's for five minutes.
    world.pass_ms(GRACE_MS);
    assert_eq!(world.uploads.sweep().await.unwrap(), swept(1, 1));
}
