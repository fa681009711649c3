//! Documents of identity checks.

use domain::{
    UserId, VerificationId,
    identity::{
        rules::Change,
        verification::{
            Decider, Reason, Ruling, Session, SessionId, SessionUrl, State, Verification,
        },
    },
    queue::NewTask,
    users::change::AccountChange,
};
use mongodb::bson::{DateTime, Document, doc};

use super::{queue, users};
use crate::{
    documents::{id, moment_ms, object_id, optional, optional_text, text, whole, word},
    error::MongoError,
    outbox,
    tables::collections::VERIFICATIONS,
    tx::Tx,
};

/// More than a user has: all come with the first answer.
const OF_USER: usize = 200;
/// The fields that a document may lack.
const OPTIONAL: [&str; 11] = [
    "sessionId",
    "sessionUrl",
    "open",
    "reason",
    "birthYear",
    "decidedAt",
    "decidedBy",
    "ruledBy",
    "ruledAt",
    "rulingNote",
    "expiresAt",
];

/// All checks of a user, newest first.
pub async fn of_user(tx: &mut Tx, user: &UserId) -> Result<Vec<Verification>, MongoError> {
    let of = doc! {"userId": object_id(user)?};
    let found = tx.find(VERIFICATIONS, of, None, OF_USER).await?;
    let mut all: Vec<Verification> = found.iter().map(read).collect::<Result<_, _>>()?;
    all.sort_unstable_by(|one, other| {
        let newest = |of: &Verification| (of.created_at_ms, of.id.clone());
        newest(other).cmp(&newest(one))
    });
    Ok(all)
}

pub async fn by_id(tx: &mut Tx, of: &VerificationId) -> Result<Option<Verification>, MongoError> {
    let found = tx.find_one(VERIFICATIONS, doc! {"_id": object_id(of)?});
    found.await?.as_ref().map(read).transpose()
}

pub async fn insert(tx: &mut Tx, this: &Verification) -> Result<(), MongoError> {
    tx.insert_one(VERIFICATIONS, document(this)?).await
}

pub async fn update(tx: &mut Tx, this: &Verification) -> Result<(), MongoError> {
    let mut fields = document(this)?;
    let absent = OPTIONAL
        .iter()
        .filter(|field| !fields.contains_key(**field));
    let absent: Document = absent
        .map(|field| ((*field).to_owned(), "".into()))
        .collect();
    fields.remove("_id");
    let mut edit = doc! {"$set": fields};
    if !absent.is_empty() {
        edit.insert("$unset", absent);
    }
    let this = doc! {"_id": object_id(&this.id)?};
    tx.update_one(VERIFICATIONS, this, edit).await?;
    Ok(())
}

/// Stores what comes with a change of a check: what the account knows, tasks and purge.
pub async fn leave(tx: &mut Tx, change: &Change, now_ms: i64) -> Result<(), MongoError> {
    if let Some(identity) = change.identity {
        let identity = AccountChange::Identity(identity);
        users::change::change(tx, &change.verification.user, &identity, now_ms).await?;
    }
    queue::push(tx, &change.tasks).await?;
    if let Some(purge) = &change.purge {
        outbox::push(tx, purge, now_ms).await?;
    }
    Ok(())
}

/// The checks of an erased account go, and the provider deletes what it has. What the user decided as an
/// operator names nobody.
pub async fn erase(tx: &mut Tx, user: &UserId, now_ms: i64) -> Result<(), MongoError> {
    let all = of_user(tx, user).await?;
    let sessions = all.iter().filter_map(|one| one.session.as_ref());
    let forgotten: Vec<NewTask> = sessions
        .map(|session| NewTask::of_forgotten_session(&session.id, now_ms))
        .collect();
    queue::push(tx, &forgotten).await?;
    let user = object_id(user)?;
    tx.delete_many(VERIFICATIONS, doc! {"userId": user}).await?;
    let nobody = doc! {"$unset": {"ruledBy": ""}};
    tx.update_many(VERIFICATIONS, doc! {"ruledBy": user}, nobody)
        .await?;
    Ok(())
}

fn document(this: &Verification) -> Result<Document, MongoError> {
    let mut document = doc! {
        "_id": object_id(&this.id)?,
        "userId": object_id(&this.user)?,
        "consentVersion": &this.consent_version,
        "attempt": this.attempt,
        "state": this.state.as_str(),
        "polls": this.polls,
        "due": DateTime::from_millis(this.due_ms),
        "createdAt": DateTime::from_millis(this.created_at_ms),
        "changedAt": DateTime::from_millis(this.changed_at_ms),
    };
    if this.state.is_open() {
        document.insert("open", this.user.as_str());
    }
    if let Some(session) = &this.session {
        document.insert("sessionId", session.id.as_str());
        if let Some(url) = &session.url {
            document.insert("sessionUrl", url.expose());
        }
    }
    if let Some(reason) = this.reason {
        document.insert("reason", reason.as_str());
    }
    if let Some(birth_year) = this.birth_year {
        document.insert("birthYear", birth_year);
    }
    if let Some(decider) = this.decided_by {
        document.insert("decidedBy", decider.as_str());
    }
    let moments = [
        ("decidedAt", this.decided_at_ms),
        ("expiresAt", this.expires_at_ms),
        ("ruledAt", this.ruling.as_ref().map(|ruling| ruling.at_ms)),
    ];
    for (field, at_ms) in moments {
        if let Some(at_ms) = at_ms {
            document.insert(field, DateTime::from_millis(at_ms));
        }
    }
    if let Some(ruling) = &this.ruling {
        document.insert("rulingNote", &ruling.note);
        if let Some(by) = &ruling.by {
            document.insert("ruledBy", object_id(by)?);
        }
    }
    Ok(document)
}

pub fn read(stored: &Document) -> Result<Verification, MongoError> {
    let moment = |field: &'static str| optional(stored, field, |_| moment_ms(stored, field));
    let session = optional(stored, "sessionId", |_| {
        word(stored, "sessionId", SessionId::parse)
    })?;
    let url = optional(stored, "sessionUrl", |_| {
        word(stored, "sessionUrl", SessionUrl::parse)
    })?;
    let by = optional(stored, "ruledBy", |_| id(stored, "ruledBy", UserId::parse))?;
    let note = optional_text(stored, "rulingNote")?.unwrap_or_default();
    Ok(Verification {
        id: id(stored, "_id", VerificationId::parse)?,
        user: id(stored, "userId", UserId::parse)?,
        consent_version: text(stored, "consentVersion")?,
        attempt: whole(stored, "attempt")?,
        session: session.map(|id| Session { id, url }),
        state: word(stored, "state", State::parse)?,
        reason: optional(stored, "reason", |_| word(stored, "reason", Reason::parse))?,
        birth_year: optional(stored, "birthYear", |_| whole(stored, "birthYear"))?,
        decided_at_ms: moment("decidedAt")?,
        decided_by: optional(stored, "decidedBy", |_| {
            word(stored, "decidedBy", Decider::parse)
        })?,
        ruling: moment("ruledAt")?.map(|at_ms| Ruling { by, at_ms, note }),
        expires_at_ms: moment("expiresAt")?,
        polls: whole(stored, "polls")?,
        due_ms: moment_ms(stored, "due")?,
        created_at_ms: moment_ms(stored, "createdAt")?,
        changed_at_ms: moment_ms(stored, "changedAt")?,
    })
}
