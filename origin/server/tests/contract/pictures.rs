//! Uploads and pictures: each upload is one server's at a time, limits hold, and nothing is deleted
//! that something shows.

use domain::{
    Offer, PartnerId, UploadId, UserId,
    offers::{
        edit::{Edit, OfferEdit},
        store::{Author, Updated},
    },
    pictures::{
        picture::{Owner, Picture, PictureId, Purpose, State as PictureState},
        refusal::Refusal,
        store::{Begun, End, Named, Opened},
        sweeping::{LOOK_EVERY_MS, UNUSED_MS, Usage, Verdict, judge},
        upload::{GRACE_MS, HELD_MS, MOST_OPEN, OPEN_MS, State, Upload},
    },
    users::{
        change::{AccountChange, ProfileEdit},
        store::Erased,
    },
};
use yousoon::database::Database;

use crate::{
    backends::Fresh,
    runner::tests,
    samples::{NOW_MS, family, offer},
    users::sign_up,
};

tests! {
    an_upload_becomes_a_picture_and_is_answered_again: [],
    an_upload_is_one_servers_at_a_time: [Transactions],
    a_refused_upload_stays_refused_and_another_waits_again: [],
    a_user_has_ten_open_uploads: [],
    an_owner_has_so_many_pictures_and_no_more: [],
    an_owner_claims_their_own_pictures_for_their_purpose: [],
    what_shows_a_picture_is_found: [],
    a_picture_is_judged_as_it_was_read: [],
    a_picture_whose_files_go_is_not_named_again: [],
    an_erased_account_leaves_no_picture_that_leads_to_it: [],
    expired_uploads_are_found_and_forgotten: [],
    one_server_sweeps: [],
}

pub(crate) fn upload(user: &UserId, name: &str) -> Upload {
    Upload {
        id: UploadId::derive("upload", name),
        user: Some(user.clone()),
        purpose: Purpose::Avatar,
        partner: None,
        content_type: "image/jpeg".to_owned(),
        bytes: 9_000,
        state: State::Waiting,
        refusal: None,
        picture: None,
        holder: None,
        held_until_ms: None,
        created_at_ms: NOW_MS,
        expires_at_ms: NOW_MS + OPEN_MS,
    }
}

fn for_partner(user: &UserId, name: &str, partner: &PartnerId, purpose: Purpose) -> Upload {
    Upload {
        purpose,
        partner: Some(partner.clone()),
        ..upload(user, name)
    }
}

pub(crate) fn picture_of(upload: &Upload, digit: char) -> Picture {
    let owner = match &upload.partner {
        Some(partner) => Owner::Partner(partner.clone()),
        None => Owner::User(upload.user.clone().unwrap()),
    };
    Picture {
        id: PictureId::parse(&digit.to_string().repeat(64)).unwrap(),
        purpose: upload.purpose,
        owner: Some(owner),
        width: 700,
        height: 500,
        widths: vec![320, 640, 700],
        bytes: 60_000,
        blurhash: "LEHV6nWB2yk8pyo0adR*.7kCMdnj".to_owned(),
        state: PictureState::Making,
        created_at_ms: NOW_MS,
        unused_since_ms: None,
        due_ms: NOW_MS,
    }
}

async fn begin(db: &Database, upload: &Upload, holder: &str, now_ms: i64) -> Begun {
    let user = upload.user.as_ref().unwrap();
    let begun = db.pictures.begin(&upload.id, user, holder, now_ms);
    begun.await.unwrap()
}

async fn name(db: &Database, upload: &Upload, picture: &Picture) -> Named {
    let named = db.pictures.name(&upload.id, "w", picture.clone(), NOW_MS);
    named.await.unwrap()
}

async fn end(db: &Database, upload: &Upload, end: End) -> bool {
    db.pictures.end(&upload.id, "w", end, NOW_MS).await.unwrap()
}

/// The whole way of an upload.
pub(crate) async fn uploaded(db: &Database, upload: &Upload, digit: char) -> Picture {
    let opened = db.pictures.open(upload.clone(), NOW_MS).await.unwrap();
    assert_eq!(opened, Opened::Done);
    assert!(matches!(
        begin(db, upload, "w", NOW_MS).await,
        Begun::Done(_)
    ));
    let picture = picture_of(upload, digit);
    assert_eq!(name(db, upload, &picture).await, Named::Done);
    assert!(end(db, upload, End::Ready(picture.id.clone())).await);
    stored(db, &picture.id).await.unwrap()
}

async fn stored(db: &Database, id: &PictureId) -> Option<Picture> {
    let found = db.pictures.by_ids(std::slice::from_ref(id)).await;
    found.unwrap().remove(id)
}

async fn person(fresh: &Fresh, name: &str) -> UserId {
    let user = UserId::derive("user", name);
    sign_up(fresh, &user).await;
    user
}

async fn an_upload_becomes_a_picture_and_is_answered_again(fresh: Fresh) {
    let ana = person(&fresh, "ana").await;
    let (db, new) = (&fresh.db, upload(&ana, "1"));
    let picture = uploaded(db, &new, 'a').await;
    let expected = Picture {
        state: PictureState::Kept,
        unused_since_ms: Some(NOW_MS),
        due_ms: NOW_MS + LOOK_EVERY_MS,
        ..picture_of(&new, 'a')
    };
    assert_eq!(picture, expected);
    let again = begin(db, &new, "v", NOW_MS + OPEN_MS + 5).await;
    assert_eq!(again, Begun::Ready(Box::new(picture.clone())));
    let found = db.pictures.upload(&new.id).await.unwrap().unwrap();
    assert_eq!((found.state, found.holder), (State::Ready, None));
    assert_eq!(found.picture.as_ref(), Some(&picture.id));
    // The same file once more is the same picture.
    let second = Upload {
        id: UploadId::derive("upload", "2"),
        ..new.clone()
    };
    assert_eq!(uploaded(db, &second, 'a').await, picture);
    assert_eq!(db.pictures.pictures_of(&ana).await.unwrap(), [picture]);
    assert_eq!(db.pictures.uploads_of(&ana).await.unwrap().len(), 2);
    let nobody = UploadId::derive("upload", "none");
    assert_eq!(db.pictures.upload(&nobody).await.unwrap(), None);
}

async fn an_upload_is_one_servers_at_a_time(fresh: Fresh) {
    let (ana, ben) = (person(&fresh, "ana").await, person(&fresh, "ben").await);
    let (db, new) = (&fresh.db, upload(&ana, "1"));
    db.pictures.open(new.clone(), NOW_MS).await.unwrap();
    // Somebody else's is nobody's.
    let bens = db.pictures.begin(&new.id, &ben, "w", NOW_MS).await.unwrap();
    assert_eq!(bens, Begun::NotFound);
    let others = fresh.of_another_server().await;
    let (one, other) = tokio::join!(
        begin(db, &new, "w", NOW_MS),
        begin(&others, &new, "v", NOW_MS)
    );
    let begun = |begun: &Begun| matches!(begun, Begun::Done(_));
    assert!(begun(&one) != begun(&other), "{one:?} {other:?}");
    assert!([one, other].contains(&Begun::Held));
    // Its server died.
    let later = NOW_MS + HELD_MS + 1;
    assert!(begun(&begin(db, &new, "u", later).await));
    assert!(!end(db, &new, End::Again).await, "it is another's now");
    let picture = picture_of(&new, 'a');
    assert_eq!(name(db, &new, &picture).await, Named::Lost);
    // It has expired.
    let again = db.pictures.end(&new.id, "u", End::Again, later).await;
    assert!(again.unwrap());
    let late = begin(db, &new, "w", NOW_MS + OPEN_MS).await;
    assert_eq!(late, Begun::NotFound);
}

async fn a_refused_upload_stays_refused_and_another_waits_again(fresh: Fresh) {
    let ana = person(&fresh, "ana").await;
    let (db, new) = (&fresh.db, upload(&ana, "1"));
    db.pictures.open(new.clone(), NOW_MS).await.unwrap();
    begin(db, &new, "w", NOW_MS).await;
    assert!(end(db, &new, End::Again).await);
    let found = db.pictures.upload(&new.id).await.unwrap().unwrap();
    assert_eq!(found, new);
    begin(db, &new, "w", NOW_MS).await;
    assert!(end(db, &new, End::Refused(Refusal::Svg)).await);
    let again = begin(db, &new, "w", NOW_MS).await;
    assert_eq!(again, Begun::Refused(Refusal::Svg, Purpose::Avatar));
}

async fn a_user_has_ten_open_uploads(fresh: Fresh) {
    let (ana, ben) = (person(&fresh, "ana").await, person(&fresh, "ben").await);
    let db = &fresh.db;
    let open = async |new: Upload, now_ms| db.pictures.open(new, now_ms).await.unwrap();
    for n in 0..MOST_OPEN {
        let opened = open(upload(&ana, &n.to_string()), NOW_MS).await;
        assert_eq!(opened, Opened::Done);
    }
    let full = open(upload(&ana, "more"), NOW_MS).await;
    assert_eq!(full, Opened::TooManyOpen);
    assert_eq!(open(upload(&ben, "bens"), NOW_MS).await, Opened::Done);
    // One ends, and all expire.
    let first = upload(&ana, "0");
    begin(db, &first, "w", NOW_MS).await;
    end(db, &first, End::Refused(Refusal::Gif)).await;
    assert_eq!(open(upload(&ana, "more"), NOW_MS).await, Opened::Done);
    let later = open(upload(&ana, "later"), NOW_MS + OPEN_MS).await;
    assert_eq!(later, Opened::Done);
    let gone = UserId::derive("user", "gone");
    assert_eq!(open(upload(&gone, "x"), NOW_MS).await, Opened::NoAccount);
}

async fn an_owner_has_so_many_pictures_and_no_more(fresh: Fresh) {
    let ana = person(&fresh, "ana").await;
    let db = &fresh.db;
    let mut large = upload(&ana, "1");
    db.pictures.open(large.clone(), NOW_MS).await.unwrap();
    begin(db, &large, "w", NOW_MS).await;
    let owner = Owner::User(ana.clone());
    let half = Picture {
        bytes: owner.most_bytes() / 2 + 1,
        ..picture_of(&large, 'a')
    };
    assert_eq!(name(db, &large, &half).await, Named::Done);
    large.id = UploadId::derive("upload", "2");
    db.pictures.open(large.clone(), NOW_MS).await.unwrap();
    begin(db, &large, "w", NOW_MS).await;
    let other_half = Picture {
        id: picture_of(&large, 'b').id,
        ..half.clone()
    };
    assert_eq!(name(db, &large, &other_half).await, Named::Full);
    // The one that is there already takes no more room.
    assert_eq!(name(db, &large, &half).await, Named::Done);
    for (n, digit) in "0123456789bcdef".chars().enumerate() {
        uploaded(db, &upload(&ana, &format!("small {n}")), digit).await;
    }
    let mut rest = owner.most_pictures() - 16;
    while rest > 0 {
        // Ids of other digits.
        let new = upload(&ana, &format!("more {rest}"));
        db.pictures.open(new.clone(), NOW_MS).await.unwrap();
        begin(db, &new, "w", NOW_MS).await;
        let picture = Picture {
            id: PictureId::parse(&format!("{rest:064x}")).unwrap(),
            ..picture_of(&new, 'a')
        };
        assert_eq!(name(db, &new, &picture).await, Named::Done);
        end(db, &new, End::Ready(picture.id)).await;
        rest -= 1;
    }
    let over = db.pictures.open(upload(&ana, "over"), NOW_MS).await;
    assert_eq!(over.unwrap(), Opened::Full);
    // What is deleted makes room when its files are gone, and not before: it may be shown again.
    let zero = picture_of(&large, '0').id;
    assert!(db.pictures.remove(&zero, NOW_MS).await.unwrap());
    let over = db.pictures.open(upload(&ana, "over"), NOW_MS).await;
    assert_eq!(over.unwrap(), Opened::Full);
    let removed = stored(db, &zero).await.unwrap();
    let verdict = judge(&removed, Usage::Unused, removed.due_ms);
    assert!(db.pictures.judged(&removed, verdict).await.unwrap());
    db.pictures.forget(&zero).await.unwrap();
    let again = db.pictures.open(upload(&ana, "over"), NOW_MS).await;
    assert_eq!(again.unwrap(), Opened::Done);
}

async fn an_owner_claims_their_own_pictures_for_their_purpose(fresh: Fresh) {
    let (ana, ben) = (person(&fresh, "ana").await, person(&fresh, "ben").await);
    let db = &fresh.db;
    let avatar = uploaded(db, &upload(&ana, "1"), 'a').await;
    let partner = PartnerId::derive("partner", "a");
    let logo = for_partner(&ana, "2", &partner, Purpose::Logo);
    let logo = uploaded(db, &logo, 'b').await;
    let ids = [avatar.id.clone(), logo.id.clone()];
    let claim = async |owner: Owner, purpose| {
        let claimed = db.pictures.claim(&ids, &owner, purpose, NOW_MS + 5);
        claimed.await.unwrap().into_keys().next()
    };
    assert_eq!(claim(Owner::User(ben), Purpose::Avatar).await, None);
    let anas = || Owner::User(ana.clone());
    assert_eq!(claim(anas(), Purpose::Logo).await, None);
    assert_eq!(
        claim(Owner::Partner(partner.clone()), Purpose::Offer).await,
        None
    );
    assert_eq!(stored(db, &avatar.id).await, Some(avatar.clone()));
    // Also one that was deleted a moment ago.
    assert!(db.pictures.remove(&avatar.id, NOW_MS).await.unwrap());
    assert!(!db.pictures.remove(&avatar.id, NOW_MS).await.unwrap());
    assert_eq!(
        claim(anas(), Purpose::Avatar).await,
        Some(avatar.id.clone())
    );
    let claimed = stored(db, &avatar.id).await.unwrap();
    assert_eq!(
        (claimed.state, claimed.unused_since_ms, claimed.due_ms),
        (PictureState::Kept, None, NOW_MS + 5 + LOOK_EVERY_MS)
    );
    assert_eq!(
        claim(Owner::Partner(partner), Purpose::Logo).await,
        Some(logo.id)
    );
}

async fn what_shows_a_picture_is_found(fresh: Fresh) {
    let ana = person(&fresh, "ana").await;
    let shown: Offer = offer("shown");
    let filled = family(vec![shown.clone()]);
    let partner = filled.partner.id.clone();
    fresh.fill(vec![filled]).await;
    let db = &fresh.db;
    let usage = async |picture: &Picture| db.pictures.usage(picture).await.unwrap();
    let avatar = uploaded(db, &upload(&ana, "1"), 'a').await;
    assert_eq!(usage(&avatar).await, Usage::Unused);
    let edit = ProfileEdit {
        avatar: Some(Some(format!(
            "https://p.example/aa/{}/1.webp",
            avatar.id.as_str()
        ))),
        ..ProfileEdit::default()
    };
    let change = AccountChange::Profile(Box::new(edit));
    db.users.change(&ana, change, NOW_MS).await.unwrap();
    assert_eq!(usage(&avatar).await, Usage::Used);
    let new = for_partner(&ana, "2", &partner, Purpose::Offer);
    let picture = uploaded(db, &new, 'b').await;
    assert_eq!(usage(&picture).await, Usage::Unused);
    let edit = OfferEdit {
        images: Edit::Set(vec![
            "https://other.example/a.jpg".to_owned(),
            format!("https://p.example/bb/{}/700.webp", picture.id.as_str()),
        ]),
        ..OfferEdit::default()
    };
    let author = Author {
        actor: "test".to_owned(),
        action: "updateOffer",
    };
    let update = async |edit| {
        let (id, author) = (shown.id.clone(), author.clone());
        let updated = db.offers.update(id, edit, author, NOW_MS).await;
        assert!(matches!(updated.unwrap(), Updated::Done(..)));
    };
    update(edit).await;
    assert_eq!(usage(&picture).await, Usage::Used);
    // An offer shows no logo, and other partners' offers show none of this one's.
    for other in [
        Picture {
            purpose: Purpose::Logo,
            ..picture.clone()
        },
        Picture {
            purpose: Purpose::Establishment,
            ..picture.clone()
        },
        Picture {
            owner: Some(Owner::Partner(PartnerId::derive("partner", "other"))),
            ..picture.clone()
        },
        Picture {
            owner: None,
            ..picture.clone()
        },
    ] {
        assert_eq!(usage(&other).await, Usage::Unused, "{other:?}");
    }
    // Nobody can take it out of an archived offer.
    let archived = OfferEdit {
        archived_at_ms: Edit::Set(NOW_MS),
        ..OfferEdit::default()
    };
    update(archived).await;
    assert_eq!(usage(&picture).await, Usage::Unused);
}

async fn a_picture_is_judged_as_it_was_read(fresh: Fresh) {
    let ana = person(&fresh, "ana").await;
    let db = &fresh.db;
    let picture = uploaded(db, &upload(&ana, "1"), 'a').await;
    let due = async |now_ms| db.pictures.due(now_ms, 9).await.unwrap();
    assert_eq!(due(picture.due_ms - 1).await, []);
    let tomorrow = picture.due_ms;
    assert_eq!(due(tomorrow).await, std::slice::from_ref(&picture));
    let verdict = judge(&picture, Usage::Unused, tomorrow);
    assert!(db.pictures.judged(&picture, verdict).await.unwrap());
    assert!(!db.pictures.judged(&picture, verdict).await.unwrap());
    let looked_at = stored(db, &picture.id).await.unwrap();
    assert_eq!(looked_at.unused_since_ms, Some(NOW_MS));
    assert_eq!(looked_at.due_ms, tomorrow + LOOK_EVERY_MS);
    // It is put into a profile between the look and the verdict.
    let in_a_month = NOW_MS + UNUSED_MS;
    let verdict = judge(&looked_at, Usage::Unused, in_a_month);
    let due_ms = in_a_month + GRACE_MS;
    assert_eq!(verdict, Verdict::Erase { due_ms });
    let owner = Owner::User(ana);
    let ids = std::slice::from_ref(&picture.id);
    let claim = db.pictures.claim(ids, &owner, Purpose::Avatar, in_a_month);
    assert_eq!(claim.await.unwrap().len(), 1);
    assert!(!db.pictures.judged(&looked_at, verdict).await.unwrap());
    // A look finds it used, and another one not.
    let claimed = stored(db, &picture.id).await.unwrap();
    let used = judge(&claimed, Usage::Used, in_a_month);
    assert!(db.pictures.judged(&claimed, used).await.unwrap());
    let read = stored(db, &picture.id).await.unwrap();
    assert_eq!(read.unused_since_ms, None);
    assert!(db.pictures.judged(&read, verdict).await.unwrap());
    assert_eq!(stored(db, &picture.id).await, None);
    let claim = db.pictures.claim(ids, &owner, Purpose::Avatar, in_a_month);
    assert_eq!(claim.await.unwrap().len(), 0, "its files go");
    assert!(!db.pictures.remove(&picture.id, in_a_month).await.unwrap());
    // No other server deletes its files meanwhile, and if this one died, one does it later.
    assert_eq!(due(due_ms - 1).await, []);
    assert_eq!(due(due_ms).await.len(), 1);
    db.pictures.forget(&picture.id).await.unwrap();
    assert_eq!(due(i64::MAX / 4).await, []);
}

async fn a_picture_whose_files_go_is_not_named_again(fresh: Fresh) {
    let ana = person(&fresh, "ana").await;
    let db = &fresh.db;
    let picture = uploaded(db, &upload(&ana, "1"), 'a').await;
    let again = upload(&ana, "2");
    db.pictures.open(again.clone(), NOW_MS).await.unwrap();
    begin(db, &again, "w", NOW_MS).await;
    // One that was deleted is there again, and what a sweeper had read of it is out of date.
    db.pictures.remove(&picture.id, NOW_MS - 5).await.unwrap();
    let removed = stored(db, &picture.id).await.unwrap();
    assert_eq!(removed.due_ms, NOW_MS - 5 + GRACE_MS);
    assert_eq!(name(db, &again, &picture).await, Named::Done);
    let verdict = judge(&removed, Usage::Unused, removed.due_ms);
    assert!(!db.pictures.judged(&removed, verdict).await.unwrap());
    assert!(end(db, &again, End::Again).await);
    // It is not finished, and goes.
    let due = db.pictures.due(NOW_MS + GRACE_MS, 9).await.unwrap();
    let [making] = due.as_slice() else {
        panic!("{due:?}")
    };
    assert_eq!(making.state, PictureState::Making);
    let verdict = judge(making, Usage::Unused, making.due_ms);
    assert!(db.pictures.judged(making, verdict).await.unwrap());
    begin(db, &again, "w", NOW_MS).await;
    assert_eq!(name(db, &again, &picture).await, Named::Erasing);
    db.pictures.forget(&picture.id).await.unwrap();
    assert_eq!(name(db, &again, &picture).await, Named::Done);
}

async fn an_erased_account_leaves_no_picture_that_leads_to_it(fresh: Fresh) {
    let (ana, ben) = (person(&fresh, "ana").await, person(&fresh, "ben").await);
    let db = &fresh.db;
    let anas = uploaded(db, &upload(&ana, "1"), 'a').await;
    let bens = uploaded(db, &upload(&ben, "2"), 'b').await;
    let partner = PartnerId::derive("partner", "a");
    let logo = for_partner(&ana, "3", &partner, Purpose::Logo);
    let logo = uploaded(db, &logo, 'c').await;
    let under_way = upload(&ana, "4");
    db.pictures.open(under_way.clone(), NOW_MS).await.unwrap();
    begin(db, &under_way, "w", NOW_MS).await;
    let erased = db.users.erase(&ana, "pseudonym", NOW_MS).await;
    assert_eq!(erased.unwrap(), Erased::Done);
    // Who works on it finds that it is nobody's.
    let picture = picture_of(&under_way, 'd');
    assert_eq!(name(db, &under_way, &picture).await, Named::Lost);
    assert!(!end(db, &under_way, End::Ready(picture.id)).await);
    assert_eq!(db.pictures.uploads_of(&ana).await.unwrap(), []);
    assert_eq!(db.pictures.pictures_of(&ana).await.unwrap(), []);
    let nobodys = stored(db, &anas.id).await.unwrap();
    assert_eq!(nobodys.owner, None);
    assert_eq!(nobodys.state, PictureState::Removed);
    assert_eq!(nobodys.due_ms, NOW_MS + GRACE_MS);
    let usage = db.pictures.usage(&nobodys).await.unwrap();
    let verdict = judge(&nobodys, usage, nobodys.due_ms);
    assert!(matches!(verdict, Verdict::Erase { .. }), "{verdict:?}");
    let expired = db.pictures.expired(NOW_MS + 1, 9).await.unwrap();
    assert_eq!(expired.len(), 3);
    assert!(expired.iter().all(|upload| upload.user.is_none()));
    // The partner's stays, and others'.
    assert_eq!(stored(db, &logo.id).await, Some(logo));
    assert_eq!(stored(db, &bens.id).await, Some(bens));
}

async fn expired_uploads_are_found_and_forgotten(fresh: Fresh) {
    let ana = person(&fresh, "ana").await;
    let db = &fresh.db;
    for n in 0..3 {
        let new = Upload {
            expires_at_ms: NOW_MS + n,
            ..upload(&ana, &n.to_string())
        };
        db.pictures.open(new, NOW_MS - 1).await.unwrap();
    }
    let expired = db.pictures.expired(NOW_MS + 2, 9).await.unwrap();
    let found: Vec<_> = expired.iter().map(|upload| upload.expires_at_ms).collect();
    assert_eq!(found, [NOW_MS, NOW_MS + 1]);
    assert_eq!(db.pictures.expired(NOW_MS + 2, 1).await.unwrap().len(), 1);
    let ids: Vec<_> = expired.into_iter().map(|upload| upload.id).collect();
    db.pictures.forget_uploads(&ids).await.unwrap();
    assert_eq!(db.pictures.uploads_of(&ana).await.unwrap().len(), 1);
}

async fn one_server_sweeps(fresh: Fresh) {
    let pictures = &fresh.db.pictures;
    let take = async |holder: &str, now_ms| {
        let taken = pictures.take_lease(holder, now_ms + 10, now_ms);
        taken.await.unwrap()
    };
    assert!(take("one", NOW_MS).await);
    // The lease of bookings is another one.
    let bookings = fresh.db.bookings.take_lease("two", NOW_MS + 10, NOW_MS);
    assert!(bookings.await.unwrap());
    assert!(!take("two", NOW_MS + 9).await);
    assert!(take("one", NOW_MS + 9).await);
    assert!(take("two", NOW_MS + 19).await);
    pictures.give_lease_back("two").await.unwrap();
    assert!(take("one", NOW_MS + 20).await);
}
