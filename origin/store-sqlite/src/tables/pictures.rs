//! Rows of uploads and pictures.

use domain::{
    PartnerId, UploadId, UserId,
    pictures::{
        picture::{self, Holdings, Owner, Picture, PictureId, Purpose},
        refusal::Refusal,
        sweeping::after_grace,
        upload::{self, Upload},
    },
};
use rusqlite::{Row, Transaction, named_params};

use super::word::{optional_word, word};
use crate::error::SqliteError;

pub const UPLOAD: &str = "id, user_id, purpose, partner_id, content_type, bytes, state, refusal,
    picture_id, holder, held_until_ms, created_at_ms, expires_at_ms";
pub const PICTURE: &str = "id, purpose, user_id, partner_id, width, height, widths, bytes,
    blurhash, state, created_at_ms, unused_since_ms, due_ms";

/// What an erased account had uploaded leads to nobody, and goes.
pub fn leave(tx: &Transaction<'_>, user: &UserId, now_ms: i64) -> Result<(), SqliteError> {
    tx.prepare_cached(
        "UPDATE uploads SET user_id = NULL, holder = NULL, expires_at_ms = min(expires_at_ms, ?2)
         WHERE user_id = ?1",
    )?
    .execute((user.as_str(), now_ms))?;
    tx.prepare_cached(
        "UPDATE pictures SET user_id = NULL, due_ms = ?2,
            state = CASE state WHEN 'erasing' THEN state ELSE 'removed' END
         WHERE user_id = ?1",
    )?
    .execute((user.as_str(), after_grace(now_ms)))?;
    Ok(())
}

pub fn holdings(tx: &Transaction<'_>, owner: &Owner) -> Result<Holdings, SqliteError> {
    let (column, id) = match owner {
        Owner::User(user) => ("user_id", user.as_str()),
        Owner::Partner(partner) => ("partner_id", partner.as_str()),
    };
    let (pictures, bytes) = tx
        .prepare_cached(&format!(
            "SELECT COUNT(*), COALESCE(SUM(bytes), 0) FROM pictures
             WHERE {column} = ?1"
        ))?
        .query_row([id], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))?;
    Ok(Holdings {
        pictures: usize::try_from(pictures).unwrap_or(usize::MAX),
        bytes,
    })
}

pub fn insert_upload(tx: &Transaction<'_>, upload: &Upload) -> Result<(), SqliteError> {
    tx.prepare_cached(&format!(
        "INSERT INTO uploads({UPLOAD}) VALUES (:id, :user, :purpose, :partner, :content_type, :bytes,
            :state, :refusal, :picture, :holder, :held_until, :created, :expires)"
    ))?
    .execute(named_params! {
        ":id": upload.id.as_str(),
        ":user": upload.user.as_ref().map(UserId::as_str),
        ":purpose": upload.purpose.as_str(),
        ":partner": upload.partner.as_ref().map(PartnerId::as_str),
        ":content_type": &upload.content_type,
        ":bytes": upload.bytes,
        ":state": upload.state.as_str(),
        ":refusal": upload.refusal.map(Refusal::as_str),
        ":picture": upload.picture.as_ref().map(PictureId::as_str),
        ":holder": &upload.holder,
        ":held_until": upload.held_until_ms,
        ":created": upload.created_at_ms,
        ":expires": upload.expires_at_ms,
    })?;
    Ok(())
}

pub fn insert_picture(tx: &Transaction<'_>, picture: &Picture) -> Result<(), SqliteError> {
    let owner = picture.owner.as_ref();
    let widths: Vec<String> = picture.widths.iter().map(u32::to_string).collect();
    tx.prepare_cached(&format!(
        "INSERT INTO pictures({PICTURE}) VALUES (:id, :purpose, :user, :partner, :width, :height,
            :widths, :bytes, :blurhash, :state, :created, :unused_since, :due)"
    ))?
    .execute(named_params! {
        ":id": picture.id.as_str(),
        ":purpose": picture.purpose.as_str(),
        ":user": owner.and_then(Owner::user).map(UserId::as_str),
        ":partner": owner.and_then(Owner::partner).map(PartnerId::as_str),
        ":width": picture.width,
        ":height": picture.height,
        ":widths": widths.join(" "),
        ":bytes": picture.bytes,
        ":blurhash": &picture.blurhash,
        ":state": picture.state.as_str(),
        ":created": picture.created_at_ms,
        ":unused_since": picture.unused_since_ms,
        ":due": picture.due_ms,
    })?;
    Ok(())
}

/// A row with [`UPLOAD`].
pub fn read_upload(row: &Row<'_>) -> Result<Upload, SqliteError> {
    let text = |column: usize| row.get::<_, Option<String>>(column);
    Ok(Upload {
        id: word("id", &row.get::<_, String>(0)?, UploadId::parse)?,
        user: optional_word("user id", text(1)?, UserId::parse)?,
        purpose: word("purpose", &row.get::<_, String>(2)?, Purpose::parse)?,
        partner: optional_word("partner id", text(3)?, PartnerId::parse)?,
        content_type: row.get(4)?,
        bytes: row.get(5)?,
        state: word("state", &row.get::<_, String>(6)?, upload::State::parse)?,
        refusal: optional_word("refusal", text(7)?, Refusal::parse)?,
        picture: optional_word("picture id", text(8)?, PictureId::parse)?,
        holder: row.get(9)?,
        held_until_ms: row.get(10)?,
        created_at_ms: row.get(11)?,
        expires_at_ms: row.get(12)?,
    })
}

/// A row with [`PICTURE`].
pub fn read_picture(row: &Row<'_>) -> Result<Picture, SqliteError> {
    let text = |column: usize| row.get::<_, Option<String>>(column);
    let user = optional_word("user id", text(2)?, UserId::parse)?;
    let partner = optional_word("partner id", text(3)?, PartnerId::parse)?;
    let widths: String = row.get(6)?;
    let numbers = |text: &str| {
        let numbers = text.split_whitespace().map(|number| number.parse().ok());
        numbers.collect()
    };
    Ok(Picture {
        id: word("id", &row.get::<_, String>(0)?, PictureId::parse)?,
        purpose: word("purpose", &row.get::<_, String>(1)?, Purpose::parse)?,
        owner: user
            .map(Owner::User)
            .or_else(|| partner.map(Owner::Partner)),
        width: row.get(4)?,
        height: row.get(5)?,
        widths: word("widths", &widths, numbers)?,
        bytes: row.get(7)?,
        blurhash: row.get(8)?,
        state: word("state", &row.get::<_, String>(9)?, picture::State::parse)?,
        created_at_ms: row.get(10)?,
        unused_since_ms: row.get(11)?,
        due_ms: row.get(12)?,
    })
}
