//! The ways of an upload, each in one transaction.

use domain::{
    UploadId, UserId,
    pictures::{
        picture::{Holdings, Owner, Picture, PictureId, State as PictureState},
        store::{Begun, End, Named, Opened},
        sweeping::{LOOK_EVERY_MS, after_grace},
        upload::{ANSWERED_MS, HELD_MS, MOST_OPEN, State, Upload},
    },
};
use mongodb::bson::{DateTime, Document, doc};

use crate::{
    documents::object_id,
    error::MongoError,
    tables::{
        collections::{PICTURES, UPLOADS},
        partners::held::hold_partner,
        pictures::{bytes, owner_of, picture_document, read_picture, read_upload, upload_document},
        users::held,
    },
    tx::Tx,
};

pub(super) async fn open(tx: &mut Tx, upload: &Upload, now_ms: i64) -> Result<Opened, MongoError> {
    let Some(user) = &upload.user else {
        return Ok(Opened::NoAccount);
    };
    // It writes to the account, so a person's uploads follow each other.
    if !held::is_active(tx, user).await? {
        return Ok(Opened::NoAccount);
    }
    let mine = doc! {"userId": object_id(user)?};
    let mine = tx.find(UPLOADS, mine, None, MOST_OPEN * 8).await?;
    let mut open = 0;
    for stored in &mine {
        open += usize::from(read_upload(stored)?.is_open(now_ms));
    }
    if open >= MOST_OPEN {
        return Ok(Opened::TooManyOpen);
    }
    let owner = match &upload.partner {
        Some(partner) => Owner::Partner(partner.clone()),
        None => Owner::User(user.clone()),
    };
    if !holdings(tx, &owner).await?.have_room(&owner, 0) {
        return Ok(Opened::Full);
    }
    tx.insert_one(UPLOADS, upload_document(upload)?).await?;
    Ok(Opened::Done)
}

pub(super) async fn begin(
    tx: &mut Tx,
    id: &UploadId,
    user: &UserId,
    holder: &str,
    now_ms: i64,
) -> Result<Begun, MongoError> {
    let found = find(tx, id).await?;
    let found = found.filter(|upload| upload.user.as_ref() == Some(user));
    let Some(upload) = found.filter(|upload| !upload.is_expired(now_ms)) else {
        return Ok(Begun::NotFound);
    };
    match (upload.state, &upload.picture, upload.refusal) {
        (State::Ready, Some(picture), _) => {
            // None: it was deleted meanwhile.
            let found = picture_of(tx, picture).await?.filter(Picture::has_files);
            return Ok(found.map_or(Begun::NotFound, |found| Begun::Ready(Box::new(found))));
        }
        (State::Refused, _, Some(refusal)) => return Ok(Begun::Refused(refusal, upload.purpose)),
        (State::Processing, ..) if upload.is_held(now_ms) => return Ok(Begun::Held),
        (State::Waiting | State::Processing | State::Ready | State::Refused, ..) => {}
    }
    let held_until_ms = now_ms + HELD_MS;
    let held = doc! {"$set": {
        "state": State::Processing.as_str(),
        "holder": holder,
        "heldUntil": DateTime::from_millis(held_until_ms),
    }};
    tx.update_one(UPLOADS, this(id)?, held).await?;
    Ok(Begun::Done(Box::new(Upload {
        state: State::Processing,
        holder: Some(holder.to_owned()),
        held_until_ms: Some(held_until_ms),
        ..upload
    })))
}

pub(super) async fn name(
    tx: &mut Tx,
    upload: &UploadId,
    holder: &str,
    picture: &Picture,
    now_ms: i64,
) -> Result<Named, MongoError> {
    let found = find(tx, upload).await?;
    let held = found.is_some_and(|upload| upload.is_held_by(holder));
    let (true, Some(owner)) = (held, &picture.owner) else {
        return Ok(Named::Lost);
    };
    let due = DateTime::from_millis(after_grace(now_ms));
    let before = picture_of(tx, &picture.id)
        .await?
        .map(|before| before.state);
    match before {
        Some(PictureState::Erasing) => return Ok(Named::Erasing),
        Some(before @ (PictureState::Making | PictureState::Kept | PictureState::Removed)) => {
            // What nobody finished is finished now, and what was deleted is there again.
            let state = match before {
                PictureState::Kept => before,
                PictureState::Making | PictureState::Removed | PictureState::Erasing => {
                    PictureState::Making
                }
            };
            let touched = doc! {"$set": {"state": state.as_str(), "due": due}};
            let this = doc! {"_id": picture.id.as_str()};
            tx.update_one(PICTURES, this, touched).await?;
        }
        None => {
            // Of two pictures at once the second counts the first.
            match owner {
                Owner::User(user) => held::exists(tx, user).await?,
                Owner::Partner(partner) => hold_partner(tx, partner).await?,
            };
            if !holdings(tx, owner).await?.have_room(owner, picture.bytes) {
                return Ok(Named::Full);
            }
            let making = Picture {
                state: PictureState::Making,
                due_ms: after_grace(now_ms),
                ..picture.clone()
            };
            tx.insert_one(PICTURES, picture_document(&making)?).await?;
        }
    }
    let named = doc! {"$set": {"pictureId": picture.id.as_str()}};
    tx.update_one(UPLOADS, this(upload)?, named).await?;
    Ok(Named::Done)
}

pub(super) async fn end(
    tx: &mut Tx,
    upload: &UploadId,
    holder: &str,
    end: &End,
    now_ms: i64,
) -> Result<bool, MongoError> {
    let found = find(tx, upload).await?;
    let Some(before) = found.filter(|upload| upload.is_held_by(holder)) else {
        return Ok(false);
    };
    let mut fields = Document::new();
    let (state, expires_at_ms) = match end {
        End::Ready(picture) => {
            let finished = [
                PictureState::Making.as_str(),
                PictureState::Kept.as_str(),
                PictureState::Removed.as_str(),
            ];
            let this = doc! {"_id": picture.as_str(), "state": {"$in": finished.to_vec()}};
            let kept = doc! {"$set": {
                "state": PictureState::Kept.as_str(),
                "unusedSince": DateTime::from_millis(now_ms),
                "due": DateTime::from_millis(now_ms + LOOK_EVERY_MS),
            }};
            tx.update_one(PICTURES, this, kept).await?;
            (State::Ready, now_ms + ANSWERED_MS)
        }
        End::Refused(refusal) => {
            fields.insert("refusal", refusal.as_str());
            (State::Refused, now_ms + ANSWERED_MS)
        }
        End::Again => (State::Waiting, before.expires_at_ms),
    };
    fields.insert("state", state.as_str());
    fields.insert("expiresAt", DateTime::from_millis(expires_at_ms));
    let ended = doc! {"$set": fields, "$unset": {"holder": "", "heldUntil": ""}};
    tx.update_one(UPLOADS, this(upload)?, ended).await?;
    Ok(true)
}

fn this(id: &UploadId) -> Result<Document, MongoError> {
    Ok(doc! {"_id": object_id(id)?})
}

async fn find(tx: &mut Tx, id: &UploadId) -> Result<Option<Upload>, MongoError> {
    let found = tx.find_one(UPLOADS, this(id)?).await?;
    found.as_ref().map(read_upload).transpose()
}

async fn picture_of(tx: &mut Tx, id: &PictureId) -> Result<Option<Picture>, MongoError> {
    let found = tx.find_one(PICTURES, doc! {"_id": id.as_str()}).await?;
    found.as_ref().map(read_picture).transpose()
}

async fn holdings(tx: &mut Tx, owner: &Owner) -> Result<Holdings, MongoError> {
    let (field, id) = owner_of(owner)?;
    let mine = doc! {field: id};
    let sizes = Some(doc! {"bytes": 1});
    let found = tx.find(PICTURES, mine, sizes, owner.most_pictures());
    let found = found.await?;
    let mut held = Holdings {
        pictures: found.len(),
        bytes: 0,
    };
    for stored in &found {
        held.bytes += bytes(stored)?;
    }
    Ok(held)
}
