//! The user's data export as JSON, from all blocks. A block that stores more personal data adds it
//! here.

use async_graphql::Result;
use chrono::SecondsFormat;
use domain::{
    auth::sessions::Session,
    bookings::booking::Booking,
    users::account::{Account, Consent},
};
use serde_json::{Value, json};

use crate::{
    nodes::partner::timestamp,
    request::{
        context::RequestContext,
        errors::{failed, failed_with},
    },
};

pub async fn everything(request: &RequestContext) -> Result<Value> {
    let account = request.account().await?;
    let users = &request.services.users;
    let consents = users.consents(&account.id).await.map_err(failed)?;
    let favorites = users.favorites(&account.id).await.map_err(failed)?;
    let bookings = request.services.bookings.all_of(&account.id).await;
    let bookings = bookings.map_err(failed)?;
    let sessions = &request.services.auth.sessions;
    let sessions = sessions.of_user(&account.id, request.now_ms).await;
    let sessions = sessions.map_err(failed_with)?;
    let favorites = favorites
        .iter()
        .map(|(offer, at_ms)| json!({"offerId": offer, "addedAt": moment(*at_ms)}));
    Ok(json!({
        "exportedAt": moment(request.now_ms),
        "account": of_account(&account),
        "consents": consents.iter().map(of_consent).collect::<Vec<_>>(),
        "favorites": favorites.collect::<Vec<_>>(),
        "bookings": bookings.iter().map(of_booking).collect::<Vec<_>>(),
        "sessions": sessions.iter().map(of_session).collect::<Vec<_>>(),
    }))
}

/// All account data except the password hash, which is not personal data and could be used to guess
/// the password.
fn of_account(account: &Account) -> Value {
    json!({
        "id": account.id,
        "email": account.email,
        "emailVerifiedAt": account.email_verified_at_ms.map(moment),
        "phone": account.phone,
        "phoneVerifiedAt": account.phone_verified_at_ms.map(moment),
        "firstName": account.first_name,
        "lastName": account.last_name,
        "avatar": account.avatar,
        "preferences": account.preferences,
        "identityStatus": account.identity_status,
        "role": account.role,
        "membership": account.membership.as_ref()
            .map(|of| json!({"partnerId": of.partner, "post": of.post})),
        "status": account.status,
        "createdAt": moment(account.created_at_ms),
        "updatedAt": moment(account.updated_at_ms),
    })
}

fn of_consent(consent: &Consent) -> Value {
    json!({
        "purpose": consent.purpose,
        "version": consent.version,
        "granted": consent.granted,
        "at": moment(consent.at_ms),
    })
}

/// The booking without its QR codes, because anybody who has them is admitted.
fn of_booking(booking: &Booking) -> Value {
    json!({
        "id": booking.id,
        "offerId": booking.offer,
        "partnerId": booking.partner,
        "status": booking.status,
        "validFrom": moment(booking.from_ms),
        "validUntil": moment(booking.until_ms),
        "idempotencyKey": booking.idempotency_key,
        "createdAt": moment(booking.created_at_ms),
        "changedAt": moment(booking.changed_at_ms),
        "checkedInAt": booking.checked_in_at_ms.map(moment),
    })
}

fn of_session(session: &Session) -> Value {
    json!({
        "id": session.id,
        "device": session.device,
        "createdAt": moment(session.created_at_ms),
        "lastUsedAt": moment(session.used_at_ms),
        "expiresAt": moment(session.expires_at_ms),
    })
}

fn moment(at_ms: i64) -> String {
    timestamp(at_ms).to_rfc3339_opts(SecondsFormat::Millis, true)
}
