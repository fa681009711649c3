//! Documents of uploads and pictures.

use domain::{
    PartnerId, UploadId, UserId,
    pictures::{
        picture::{self, Owner, Picture, PictureId, Purpose},
        refusal::Refusal,
        sweeping::after_grace,
        upload::{self, Upload},
    },
};
use mongodb::bson::{Bson, DateTime, Document, doc};

use crate::{
    documents::{id, moment_ms, object_id, optional, optional_text, text, texts, word},
    error::MongoError,
    tables::collections::{PICTURES, UPLOADS},
    tx::Tx,
};

/// What an erased account had uploaded leads to nobody, and goes.
pub async fn leave(tx: &mut Tx, user: &UserId, now_ms: i64) -> Result<(), MongoError> {
    let mine = doc! {"userId": object_id(user)?};
    let over = doc! {
        "$unset": {"userId": "", "holder": ""},
        "$min": {"expiresAt": DateTime::from_millis(now_ms)},
    };
    tx.update_many(UPLOADS, mine.clone(), over).await?;
    let due = DateTime::from_millis(after_grace(now_ms));
    // Those that go already stay as they are; the second update finds them alone.
    let mut kept = mine.clone();
    kept.insert("state", doc! {"$ne": picture::State::Erasing.as_str()});
    let removed = doc! {"$set": {"state": picture::State::Removed.as_str(), "due": due},
    "$unset": {"userId": ""}};
    tx.update_many(PICTURES, kept, removed).await?;
    let nobodys = doc! {"$unset": {"userId": ""}};
    tx.update_many(PICTURES, mine, nobodys).await?;
    Ok(())
}

/// The field and the id of a picture's owner.
pub fn owner_of(owner: &Owner) -> Result<(&'static str, Bson), MongoError> {
    Ok(match owner {
        Owner::User(user) => ("userId", object_id(user)?.into()),
        Owner::Partner(partner) => ("partnerId", object_id(partner)?.into()),
    })
}

pub fn upload_document(upload: &Upload) -> Result<Document, MongoError> {
    let mut document = doc! {
        "_id": object_id(&upload.id)?,
        "purpose": upload.purpose.as_str(),
        "contentType": &upload.content_type,
        "bytes": upload.bytes,
        "state": upload.state.as_str(),
        "createdAt": DateTime::from_millis(upload.created_at_ms),
        "expiresAt": DateTime::from_millis(upload.expires_at_ms),
    };
    if let Some(user) = &upload.user {
        document.insert("userId", object_id(user)?);
    }
    if let Some(partner) = &upload.partner {
        document.insert("partnerId", object_id(partner)?);
    }
    Ok(document)
}

pub fn picture_document(picture: &Picture) -> Result<Document, MongoError> {
    let widths: Vec<String> = picture.widths.iter().map(u32::to_string).collect();
    let mut document = doc! {
        "_id": picture.id.as_str(),
        "purpose": picture.purpose.as_str(),
        "width": i64::from(picture.width),
        "height": i64::from(picture.height),
        "widths": widths,
        "bytes": picture.bytes,
        "blurhash": &picture.blurhash,
        "state": picture.state.as_str(),
        "createdAt": DateTime::from_millis(picture.created_at_ms),
        "due": DateTime::from_millis(picture.due_ms),
    };
    if let Some(owner) = &picture.owner {
        let (field, id) = owner_of(owner)?;
        document.insert(field, id);
    }
    Ok(document)
}

pub fn read_upload(stored: &Document) -> Result<Upload, MongoError> {
    Ok(Upload {
        id: id(stored, "_id", UploadId::parse)?,
        user: optional(stored, "userId", |_| id(stored, "userId", UserId::parse))?,
        purpose: word(stored, "purpose", Purpose::parse)?,
        partner: optional(stored, "partnerId", |_| {
            id(stored, "partnerId", PartnerId::parse)
        })?,
        content_type: text(stored, "contentType")?,
        bytes: bytes(stored)?,
        state: word(stored, "state", upload::State::parse)?,
        refusal: optional(stored, "refusal", |_| {
            word(stored, "refusal", Refusal::parse)
        })?,
        picture: optional(stored, "pictureId", |_| {
            word(stored, "pictureId", PictureId::parse)
        })?,
        holder: optional_text(stored, "holder")?,
        held_until_ms: optional(stored, "heldUntil", |_| moment_ms(stored, "heldUntil"))?,
        created_at_ms: moment_ms(stored, "createdAt")?,
        expires_at_ms: moment_ms(stored, "expiresAt")?,
    })
}

pub fn read_picture(stored: &Document) -> Result<Picture, MongoError> {
    let user = optional(stored, "userId", |_| id(stored, "userId", UserId::parse))?;
    let partner = optional(stored, "partnerId", |_| {
        id(stored, "partnerId", PartnerId::parse)
    })?;
    let widths = texts(stored, "widths")?;
    let widths: Option<Vec<u32>> = widths.iter().map(|width| width.parse().ok()).collect();
    Ok(Picture {
        id: word(stored, "_id", PictureId::parse)?,
        purpose: word(stored, "purpose", Purpose::parse)?,
        owner: user
            .map(Owner::User)
            .or_else(|| partner.map(Owner::Partner)),
        width: pixels(stored, "width")?,
        height: pixels(stored, "height")?,
        widths: widths.ok_or_else(|| MongoError::corrupt("widths", &"not widths"))?,
        bytes: bytes(stored)?,
        blurhash: text(stored, "blurhash")?,
        state: word(stored, "state", picture::State::parse)?,
        created_at_ms: moment_ms(stored, "createdAt")?,
        unused_since_ms: optional(stored, "unusedSince", |_| moment_ms(stored, "unusedSince"))?,
        due_ms: moment_ms(stored, "due")?,
    })
}

/// Servers give numbers in the width that they like.
pub fn bytes(stored: &Document) -> Result<i64, MongoError> {
    match stored.get("bytes") {
        Some(Bson::Int64(bytes)) => Ok(*bytes),
        Some(Bson::Int32(bytes)) => Ok(i64::from(*bytes)),
        _ => Err(MongoError::corrupt("bytes", &"not a whole number")),
    }
}

fn pixels(stored: &Document, field: &'static str) -> Result<u32, MongoError> {
    let pixels = stored.get(field).and_then(crate::documents::whole_number);
    let pixels = pixels.and_then(|pixels| u32::try_from(pixels).ok());
    pixels.ok_or_else(|| MongoError::corrupt(field, &"not a number of pixels"))
}
