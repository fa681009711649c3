//! Accounts and consents as documents.

pub mod actors;
pub mod change;
pub mod held;
pub mod members;
pub mod memberships;

use domain::messages::settings::Switch;
use domain::sentence::Language;
use domain::{
    Category, UserId,
    users::account::{
        Account, Consent, Identity, IdentityStatus, PasswordHash, Preferences, Purpose, Role,
        Standing, Status,
    },
};
use mongodb::bson::{self, Bson, DateTime, Document, doc};

use crate::{
    documents::{
        bad, epoch, id, moment_ms, object_id, optional, optional_text, part, text, texts, whole,
        word,
    },
    error::MongoError,
};

/// The whole document. `phone` is absent when there is none.
pub fn document(account: &Account) -> Result<Document, MongoError> {
    let moment =
        |at_ms: Option<i64>| at_ms.map_or(Bson::Null, |ms| DateTime::from_millis(ms).into());
    let Preferences {
        language,
        categories,
        news_by_email,
        news_by_push,
        news_by_sms,
        switches,
    } = &account.preferences;
    let categories: Vec<&str> = categories
        .iter()
        .map(|category| category.as_str())
        .collect();
    let mut document = doc! {
        "_id": object_id(&account.id)?,
        "emailKey": account.email_key().as_str(),
        "email": &account.email,
        "emailVerifiedAt": moment(account.email_verified_at_ms),
        "phoneVerifiedAt": moment(account.phone_verified_at_ms),
        "firstName": &account.first_name,
        "lastName": &account.last_name,
        "avatar": account.avatar.clone(),
        "preferences": {
            "language": language.as_str(),
            "categories": categories,
            "newsByEmail": *news_by_email,
            "newsByPush": *news_by_push,
            "newsBySms": *news_by_sms,
        },
        "identityStatus": account.identity.status.as_str(),
        "identityUntil": moment(account.identity.until_ms),
        "birthYear": account.identity.birth_year,
        "role": account.role.as_str(),
        "status": account.status.as_str(),
        "passwordHash": account.password.expose(),
        "epoch": account.epoch,
        "createdAt": DateTime::from_millis(account.created_at_ms),
        "updatedAt": DateTime::from_millis(account.updated_at_ms),
    };
    if !switches.is_empty() {
        let switches: Vec<Document> = switches.all().iter().copied().map(switch).collect();
        if let Ok(preferences) = document.get_document_mut("preferences") {
            preferences.insert("switches", switches);
        }
    }
    document.extend(memberships::fields(&account.memberships)?);
    if let Some(phone) = &account.phone {
        document.insert("phone", phone);
    }
    Ok(document)
}

fn switch(of: Switch) -> Document {
    doc! {
        "kind": of.kind.as_str(),
        "channel": of.channel.as_str(),
        "enabled": of.enabled,
    }
}

pub fn account(stored: &Document) -> Result<Account, MongoError> {
    let moment = |field| optional(stored, field, |_| moment_ms(stored, field));
    let standing = standing(stored)?;
    Ok(Account {
        id: id(stored, "_id", UserId::parse)?,
        email: text(stored, "email")?,
        email_verified_at_ms: moment("emailVerifiedAt")?,
        phone: optional_text(stored, "phone")?,
        phone_verified_at_ms: moment("phoneVerifiedAt")?,
        first_name: text(stored, "firstName")?,
        last_name: text(stored, "lastName")?,
        avatar: optional_text(stored, "avatar")?,
        preferences: preferences(part(stored, "preferences")?)?,
        identity: identity(stored)?,
        role: standing.role,
        memberships: standing.memberships,
        status: standing.status,
        password: PasswordHash::new(text(stored, "passwordHash")?),
        epoch: standing.epoch,
        created_at_ms: moment_ms(stored, "createdAt")?,
        updated_at_ms: moment_ms(stored, "updatedAt")?,
    })
}

/// What [`identity`] reads.
pub fn identity_columns() -> Document {
    doc! {"identityStatus": 1, "identityUntil": 1, "birthYear": 1}
}

pub fn identity(stored: &Document) -> Result<Identity, MongoError> {
    Ok(Identity {
        status: word(stored, "identityStatus", IdentityStatus::parse)?,
        // Absent in what an older version stored.
        until_ms: optional(stored, "identityUntil", |_| {
            moment_ms(stored, "identityUntil")
        })?,
        birth_year: optional(stored, "birthYear", |_| whole(stored, "birthYear"))?,
    })
}

/// What [`standing`] reads.
pub fn standing_columns() -> Document {
    let mut columns = doc! {"role": 1, "status": 1, "epoch": 1};
    columns.extend(memberships::FIELDS.map(|field| (field.to_owned(), 1.into())));
    columns
}

pub fn standing(stored: &Document) -> Result<Standing, MongoError> {
    Ok(Standing {
        role: word(stored, "role", Role::parse)?,
        memberships: memberships::read(stored)?,
        status: word(stored, "status", Status::parse)?,
        epoch: epoch(stored)?,
    })
}

fn preferences(stored: &Document) -> Result<Preferences, MongoError> {
    let wants = |field: &'static str| stored.get_bool(field).map_err(bad(field));
    let categories = texts(stored, "categories")?;
    let categories = categories
        .iter()
        .map(|text| Category::parse(text).ok_or_else(|| MongoError::corrupt("categories", text)));
    Ok(Preferences {
        language: word(stored, "language", Language::parse)?,
        categories: categories.collect::<Result<_, _>>()?,
        news_by_email: wants("newsByEmail")?,
        news_by_push: wants("newsByPush")?,
        news_by_sms: wants("newsBySms")?,
        switches: optional(stored, "switches", |switches| {
            bson::deserialize_from_bson(switches.clone()).map_err(bad("switches"))
        })?
        .unwrap_or_default(),
    })
}

pub fn consent(owner: &str, consent: &Consent) -> Document {
    doc! {
        "owner": owner,
        "purpose": consent.purpose.as_str(),
        "version": &consent.version,
        "granted": consent.granted,
        "at": DateTime::from_millis(consent.at_ms),
    }
}

pub fn read_consent(stored: &Document) -> Result<Consent, MongoError> {
    Ok(Consent {
        purpose: word(stored, "purpose", Purpose::parse)?,
        version: text(stored, "version")?,
        granted: stored.get_bool("granted").map_err(bad("granted"))?,
        at_ms: moment_ms(stored, "at")?,
    })
}
