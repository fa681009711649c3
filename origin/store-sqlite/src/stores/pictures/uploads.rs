//! The ways of an upload, each in one transaction.

use domain::{
    UploadId, UserId,
    pictures::{
        picture::{Owner, Picture, PictureId, State as PictureState},
        store::{Begun, End, Named, Opened},
        sweeping::{LOOK_EVERY_MS, after_grace},
        upload::{ANSWERED_MS, HELD_MS, MOST_OPEN, State, Upload},
    },
};
use rusqlite::{Connection, Params, Transaction, named_params};

use crate::{
    error::SqliteError,
    tables::{
        pictures::{
            PICTURE, UPLOAD, holdings, insert_picture, insert_upload, read_picture, read_upload,
        },
        users::is_active,
    },
};

pub(super) fn list(
    connection: &Connection,
    rest: &str,
    values: impl Params,
) -> Result<Vec<Upload>, SqliteError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {UPLOAD} FROM uploads {rest}"))?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read_upload(row)?);
    }
    Ok(found)
}

pub(super) fn find(connection: &Connection, id: &UploadId) -> Result<Option<Upload>, SqliteError> {
    Ok(list(connection, "WHERE id = ?1", [id.as_str()])?.pop())
}

pub(super) fn open(
    tx: &Transaction<'_>,
    upload: &Upload,
    now_ms: i64,
) -> Result<Opened, SqliteError> {
    let Some(user) = &upload.user else {
        return Ok(Opened::NoAccount);
    };
    if !is_active(tx, user)? {
        return Ok(Opened::NoAccount);
    }
    let mine = list(tx, "WHERE user_id = ?1", [user.as_str()])?;
    if mine.iter().filter(|other| other.is_open(now_ms)).count() >= MOST_OPEN {
        return Ok(Opened::TooManyOpen);
    }
    let owner = match &upload.partner {
        Some(partner) => Owner::Partner(partner.clone()),
        None => Owner::User(user.clone()),
    };
    if !holdings(tx, &owner)?.have_room(&owner, 0) {
        return Ok(Opened::Full);
    }
    insert_upload(tx, upload)?;
    Ok(Opened::Done)
}

pub(super) fn begin(
    tx: &Transaction<'_>,
    id: &UploadId,
    user: &UserId,
    holder: &str,
    now_ms: i64,
) -> Result<Begun, SqliteError> {
    let found = find(tx, id)?.filter(|upload| upload.user.as_ref() == Some(user));
    let Some(upload) = found.filter(|upload| !upload.is_expired(now_ms)) else {
        return Ok(Begun::NotFound);
    };
    match (upload.state, &upload.picture, upload.refusal) {
        (State::Ready, Some(picture), _) => {
            // None: it was deleted meanwhile.
            let found = picture_of(tx, picture)?.filter(Picture::has_files);
            return Ok(found.map_or(Begun::NotFound, |found| Begun::Ready(Box::new(found))));
        }
        (State::Refused, _, Some(refusal)) => return Ok(Begun::Refused(refusal, upload.purpose)),
        (State::Processing, ..) if upload.is_held(now_ms) => return Ok(Begun::Held),
        (State::Waiting | State::Processing | State::Ready | State::Refused, ..) => {}
    }
    let held_until_ms = now_ms + HELD_MS;
    tx.prepare_cached(
        "UPDATE uploads SET state = 'processing', holder = ?2, held_until_ms = ?3 WHERE id = ?1",
    )?
    .execute((id.as_str(), holder, held_until_ms))?;
    Ok(Begun::Done(Box::new(Upload {
        state: State::Processing,
        holder: Some(holder.to_owned()),
        held_until_ms: Some(held_until_ms),
        ..upload
    })))
}

pub(super) fn name(
    tx: &Transaction<'_>,
    upload: &UploadId,
    holder: &str,
    picture: &Picture,
    now_ms: i64,
) -> Result<Named, SqliteError> {
    let held = find(tx, upload)?.is_some_and(|upload| upload.is_held_by(holder));
    let (true, Some(owner)) = (held, &picture.owner) else {
        return Ok(Named::Lost);
    };
    let before = picture_of(tx, &picture.id)?.map(|before| before.state);
    match before {
        Some(PictureState::Erasing) => return Ok(Named::Erasing),
        Some(PictureState::Making | PictureState::Kept | PictureState::Removed) => {
            // What nobody finished is finished now, and what was deleted is there again.
            tx.prepare_cached(
                "UPDATE pictures SET due_ms = ?2,
                    state = CASE state WHEN 'kept' THEN state ELSE 'making' END
                 WHERE id = ?1",
            )?
            .execute((picture.id.as_str(), after_grace(now_ms)))?;
        }
        None => {
            if !holdings(tx, owner)?.have_room(owner, picture.bytes) {
                return Ok(Named::Full);
            }
            insert_picture(
                tx,
                &Picture {
                    state: PictureState::Making,
                    due_ms: after_grace(now_ms),
                    ..picture.clone()
                },
            )?;
        }
    }
    tx.prepare_cached("UPDATE uploads SET picture_id = ?2 WHERE id = ?1")?
        .execute((upload.as_str(), picture.id.as_str()))?;
    Ok(Named::Done)
}

pub(super) fn end(
    tx: &Transaction<'_>,
    upload: &UploadId,
    holder: &str,
    end: &End,
    now_ms: i64,
) -> Result<bool, SqliteError> {
    let Some(before) = find(tx, upload)?.filter(|upload| upload.is_held_by(holder)) else {
        return Ok(false);
    };
    let answered_ms = now_ms + ANSWERED_MS;
    let (state, refusal, expires_at_ms) = match end {
        End::Ready(picture) => {
            tx.prepare_cached(
                "UPDATE pictures SET state = 'kept', unused_since_ms = ?2, due_ms = ?3
                 WHERE id = ?1 AND state IN ('making', 'kept', 'removed')",
            )?
            .execute((picture.as_str(), now_ms, now_ms + LOOK_EVERY_MS))?;
            (State::Ready, None, answered_ms)
        }
        End::Refused(refusal) => (State::Refused, Some(refusal.as_str()), answered_ms),
        End::Again => (State::Waiting, None, before.expires_at_ms),
    };
    tx.prepare_cached(
        "UPDATE uploads SET state = :state, refusal = :refusal, holder = NULL,
            held_until_ms = NULL, expires_at_ms = :expires WHERE id = :id",
    )?
    .execute(named_params! {
        ":id": upload.as_str(), ":state": state.as_str(), ":refusal": refusal,
        ":expires": expires_at_ms,
    })?;
    Ok(true)
}

fn picture_of(tx: &Transaction<'_>, id: &PictureId) -> Result<Option<Picture>, SqliteError> {
    let mut statement =
        tx.prepare_cached(&format!("SELECT {PICTURE} FROM pictures WHERE id = ?1"))?;
    let mut rows = statement.query([id.as_str()])?;
    rows.next()?.map(read_picture).transpose()
}
