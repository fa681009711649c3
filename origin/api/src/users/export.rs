//! The user's data export as JSON, from all blocks, page by page: bookings and actions grow without
//! end. A block that stores more personal data adds it here.

use async_graphql::Result;
use domain::{
    auth::{codes::CodePurpose, sessions::Session},
    bookings::{
        booking::Booking,
        reason::Reason,
        short_code::ShortCode,
        store::{BookingCursor, BookingQuery},
    },
    identity::verification::Verification,
    notifications::{
        device::Device,
        inbox::{Entry, MOST_ENTRIES},
    },
    payments::{payment::Payment, refund::Refund},
    pictures::{
        picture::{Picture, PictureId},
        upload::Upload,
    },
    purges::{AuditFilter, AuditRow, audit::actor_of},
    reviews::{reports::Report, review::Review},
    sentence::Sentence,
    team::store::Invitation,
    users::account::{Account, Consent},
};
use pq_core::ErrorCode;
use serde_json::{Value, json};

use crate::{
    nodes::moment::timestamp,
    request::{
        context::RequestContext,
        errors::{failed, failed_with, refused},
    },
};

/// The maximum number of bookings, and of actions, on one page.
const PAGE: usize = 500;

/// One page.
#[derive(Debug)]
pub struct Page {
    pub data: Value,
    /// The next page, as [`page`] takes it.
    pub next: Option<String>,
}

/// Where a page begins.
#[derive(Debug, PartialEq, Eq)]
enum Start {
    Beginning,
    Bookings(BookingCursor),
    /// Actions before this row of the audit.
    Actions(i64),
}

const BOOKINGS: &str = "bookings:";
const ACTIONS: &str = "actions:";

impl Start {
    fn parse(text: &str) -> Option<Self> {
        if let Some(cursor) = text.strip_prefix(BOOKINGS) {
            return BookingCursor::decode(cursor).map(Self::Bookings);
        }
        text.strip_prefix(ACTIONS)?.parse().ok().map(Self::Actions)
    }
}

pub async fn page(
    request: &RequestContext,
    account: &Account,
    after: Option<&str>,
) -> Result<Page> {
    let start = match after {
        None => Start::Beginning,
        Some(text) => Start::parse(text).ok_or_else(|| {
            refused(
                ErrorCode::BAD_USER_INPUT,
                Sentence::new(
                    "`after` n’est pas le `next` d’une page",
                    "`after` is not a page's `next`",
                ),
            )
        })?,
    };
    let mut data = json!({"exportedAt": moment(request.now_ms)});
    let (booked_after, before_id) = match start {
        Start::Beginning => {
            beginning(request, account, &mut data).await?;
            (Some(None), None)
        }
        Start::Bookings(cursor) => (Some(Some(cursor)), None),
        Start::Actions(id) => (None, Some(id)),
    };
    if let Some(after) = booked_after {
        let query = BookingQuery {
            user: account.id.clone(),
            status: None,
            first: PAGE,
            after,
        };
        let found = request.services.bookings.list(&query).await;
        let found = found.map_err(failed)?;
        data["bookings"] = found.items.iter().map(of_booking).collect();
        data["payments"] = payments(request, &found.items).await?;
        data["reviews"] = reviews(request, &found.items).await?;
        if let Some(last) = found.items.last().filter(|_| found.has_next_page) {
            let next = format!("{BOOKINGS}{}", BookingCursor::of(last).encode());
            return Ok(Page {
                data,
                next: Some(next),
            });
        }
    }
    let by_user = AuditFilter {
        tag: None,
        actor: Some(actor_of(&account.id)),
    };
    let actions = request.services.purges.audit(before_id, PAGE, by_user);
    let actions = actions.await.map_err(failed)?;
    data["actions"] = actions.iter().map(of_action).collect();
    let last = actions.last().and_then(|last| last.id);
    let next = last
        .filter(|_| actions.len() == PAGE)
        .map(|id| format!("{ACTIONS}{id}"));
    Ok(Page { data, next })
}

/// The payments of these bookings, with their refunds.
async fn payments(request: &RequestContext, bookings: &[Booking]) -> Result<Value> {
    let store = &request.services.payment_store;
    let ids: Vec<_> = bookings.iter().map(|booking| booking.id.clone()).collect();
    let mut paid = store.of_bookings(&ids).await.map_err(failed)?;
    let ids: Vec<_> = paid.values().map(|payment| payment.id.clone()).collect();
    let refunds = store.refunds_of(&ids).await.map_err(failed)?;
    let paid = bookings
        .iter()
        .filter_map(|booking| paid.remove(&booking.id));
    Ok(paid
        .map(|payment| {
            let refunds = refunds.get(&payment.id).map(Vec::as_slice);
            of_payment(&payment, refunds.unwrap_or_default())
        })
        .collect())
}

/// The reviews of these bookings.
async fn reviews(request: &RequestContext, bookings: &[Booking]) -> Result<Value> {
    let ids: Vec<_> = bookings.iter().map(|booking| booking.id.clone()).collect();
    let mut found = request
        .services
        .reviews
        .of_bookings(&ids)
        .await
        .map_err(failed)?;
    let found = bookings
        .iter()
        .filter_map(|booking| found.remove(&booking.id));
    Ok(found.map(|review| of_review(&review)).collect())
}

/// What has an end: it is all on the first page.
async fn beginning(request: &RequestContext, account: &Account, data: &mut Value) -> Result<()> {
    let (services, now_ms) = (&request.services, request.now_ms);
    let consents = services.users.consents(&account.id).await.map_err(failed)?;
    let favorites = services.users.favorites(&account.id).await;
    let favorites = favorites.map_err(failed)?;
    let favorites = favorites
        .iter()
        .map(|(offer, at_ms)| json!({"offerId": offer, "addedAt": moment(*at_ms)}));
    let sessions = services.auth.sessions.of_user(&account.id, now_ms).await;
    let sessions = sessions.map_err(failed_with)?;
    // Anybody may have signed up with an address: invitations are shown to who has it.
    let invitations = if account.email_verified_at_ms.is_some() {
        let email = account.email_key();
        let to_address = services.teams.invitations_to(&email, now_ms).await;
        to_address.map_err(failed)?
    } else {
        Vec::new()
    };
    let devices = services.notifications.devices(&account.id).await;
    let devices = devices.map_err(failed)?;
    let known = services.auth.known_devices.of_user(&account.id).await;
    let known = known.map_err(failed)?;
    let inbox = services.notifications.page(&account.id, MOST_ENTRIES, None);
    let inbox = inbox.await.map_err(failed)?;
    let pictures = services.pictures.pictures_of(&account.id).await;
    let pictures = pictures.map_err(failed)?;
    let uploads = services.pictures.uploads_of(&account.id).await;
    let uploads = uploads.map_err(failed)?;
    let checks = services.identities.of_user(&account.id).await;
    let checks = checks.map_err(failed)?;
    let feed_since = services.bookings.feed_since(&account.id).await;
    let feed_since = feed_since.map_err(failed)?;
    // The rest of it is a hash.
    data["calendarFeed"] = feed_since
        .map(|since_ms| json!({"createdAt": moment(since_ms)}))
        .unwrap_or_default();
    let reports = services.reviews.reports_by(&account.id).await;
    let reports = reports.map_err(failed)?;
    data["reviewReports"] = reports.iter().map(of_report).collect();
    data["identityVerifications"] = checks.iter().map(of_verification).collect();
    data["pictures"] = pictures
        .iter()
        .map(|picture| of_picture(request, picture))
        .collect();
    data["uploads"] = uploads.iter().map(of_upload).collect();
    data["devices"] = devices.iter().map(of_device).collect();
    // The rest of a row is a hash.
    let known = known
        .iter()
        .map(|device| json!({"lastSignInAt": moment(device.seen_at_ms)}));
    data["knownDevices"] = known.collect();
    data["notifications"] = inbox.items.iter().map(of_entry).collect();
    data["account"] = of_account(account);
    data["otherAddresses"] = other_addresses(request, account).await?;
    data["consents"] = consents.iter().map(of_consent).collect();
    data["favorites"] = favorites.collect();
    data["sessions"] = sessions.iter().map(of_session).collect();
    data["invitations"] = invitations.iter().map(of_invitation).collect();
    Ok(())
}

/// The addresses of a change that waits for its confirmation, or was made lately.
async fn other_addresses(request: &RequestContext, account: &Account) -> Result<Value> {
    let codes = &request.services.auth.code_store;
    let mut found = Vec::new();
    for (purpose, is_new) in [
        (CodePurpose::ChangeEmail, true),
        (CodePurpose::UndoEmailChange, false),
    ] {
        let code = codes.get(&account.id, purpose).await.map_err(failed)?;
        let code = code.filter(|code| code.expires_at_ms > request.now_ms);
        found.extend(code.map(|code| {
            json!({
                "email": code.target,
                "isNew": is_new,
                "at": moment(code.created_at_ms),
                "until": moment(code.expires_at_ms),
            })
        }));
    }
    Ok(found.into())
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
        "identityStatus": account.identity.status,
        "identityVerifiedUntil": account.identity.until_ms.map(moment),
        "birthYear": account.identity.birth_year,
        "role": account.role,
        "membership": account.memberships.oldest(),
        "memberships": account.memberships,
        "status": account.status,
        "createdAt": moment(account.created_at_ms),
        "updatedAt": moment(account.updated_at_ms),
    })
}

fn of_device(device: &Device) -> Value {
    json!({
        "id": device.id.as_str(),
        "platform": device.platform,
        "createdAt": moment(device.created_at_ms),
        "lastSeenAt": moment(device.seen_at_ms),
    })
}

fn of_picture(request: &RequestContext, picture: &Picture) -> Value {
    let uploads = request.services.uploads.as_ref();
    json!({
        "id": picture.id.as_str(),
        "purpose": picture.purpose,
        "url": uploads.map(|uploads| uploads.url(picture, None)),
        "width": picture.width,
        "height": picture.height,
        "createdAt": moment(picture.created_at_ms),
    })
}

fn of_upload(upload: &Upload) -> Value {
    json!({
        "id": upload.id,
        "purpose": upload.purpose,
        "partnerId": upload.partner,
        "contentType": upload.content_type,
        "size": upload.bytes,
        "state": upload.state,
        "refusal": upload.refusal,
        "pictureId": upload.picture.as_ref().map(PictureId::as_str),
        "createdAt": moment(upload.created_at_ms),
        "expiresAt": moment(upload.expires_at_ms),
    })
}

/// The check without the address of its session: anybody who has it acts for the person.
fn of_verification(verification: &Verification) -> Value {
    let ruling = verification.ruling.as_ref();
    json!({
        "id": verification.id,
        "consentVersion": verification.consent_version,
        "attempt": verification.attempt,
        "sessionId": verification.session.as_ref().map(|session| session.id.as_str()),
        "state": verification.state,
        "reason": verification.reason,
        "birthYear": verification.birth_year,
        "decidedAt": verification.decided_at_ms.map(moment),
        "decidedBy": verification.decided_by,
        "operatorNote": ruling.map(|ruling| &ruling.note),
        "expiresAt": verification.expires_at_ms.map(moment),
        "createdAt": moment(verification.created_at_ms),
        "changedAt": moment(verification.changed_at_ms),
    })
}

fn of_entry(entry: &Entry) -> Value {
    json!({
        "id": entry.id,
        "said": entry.letter(),
        "at": moment(entry.at_ms),
        "readAt": entry.read_at_ms.map(moment),
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
        "partySize": booking.party.people(),
        "decideBefore": booking.decide_before_ms.map(moment),
        "shortCode": booking.short_code.as_ref().map(ShortCode::as_str),
        "cancelReason": booking.cancel_reason.as_ref().map(Reason::as_str),
        "price": booking.price.map(|price| json!({
            "amount": price.amount,
            "currency": price.currency,
            "isDeposit": price.is_deposit,
            "vatRateBp": price.vat_rate_bp,
        })),
    })
}

fn of_payment(payment: &Payment, refunds: &[Refund]) -> Value {
    let refunds = refunds.iter().map(|refund| {
        json!({
            "amount": refund.amount,
            "cause": refund.cause,
            "reason": refund.reason,
            "state": refund.state,
            "createdAt": moment(refund.created_at_ms),
        })
    });
    json!({
        "id": payment.id,
        "bookingId": payment.booking,
        "amount": payment.amount,
        "currency": payment.currency,
        "state": payment.state,
        "refunded": payment.refunded,
        "createdAt": moment(payment.created_at_ms),
        "capturedAt": payment.captured_at_ms.map(moment),
        "refunds": refunds.collect::<Value>(),
    })
}

/// The review without what its partner wrote: that is the partner's.
fn of_review(review: &Review) -> Value {
    json!({
        "id": review.id,
        "bookingId": review.booking,
        "partnerId": review.partner,
        "stars": review.stars.number(),
        "text": review.text,
        "author": review.author,
        "visitedAt": moment(review.visited_at_ms),
        "idempotencyKey": review.idempotency_key,
        "removal": review.removal.as_ref()
            .map(|removal| json!({
                "reason": removal.reason,
                "at": moment(removal.at_ms),
                "contest": removal.contest.as_ref().map(|contest| json!({
                    "text": contest.text,
                    "at": moment(contest.at_ms),
                    "answer": contest.answer.as_ref().map(|answer| &answer.text),
                })),
            })),
        "createdAt": moment(review.created_at_ms),
        "changedAt": moment(review.changed_at_ms),
    })
}

fn of_report(report: &Report) -> Value {
    json!({
        "reviewId": report.review,
        "reason": report.reason,
        "text": report.text,
        "at": moment(report.at_ms),
        "decidedAt": report.decided_at_ms.map(moment),
    })
}

/// The invitation without its token, which the user got by mail.
fn of_invitation(invitation: &Invitation) -> Value {
    json!({
        "id": invitation.id,
        "partnerId": invitation.partner,
        "email": invitation.email,
        "post": invitation.post,
        "createdAt": moment(invitation.created_at_ms),
        "expiresAt": moment(invitation.expires_at_ms),
    })
}

/// What the user did for a partner or as an administrator, as the audit of purges has it.
fn of_action(row: &AuditRow) -> Value {
    json!({
        "at": moment(row.at_ms),
        "action": row.reason,
        "about": row.tags,
    })
}

fn of_session(session: &Session) -> Value {
    json!({
        "id": session.id,
        "device": session.device,
        "createdAt": moment(session.created_at_ms),
        "lastUsedAt": moment(session.used_at_ms),
        "expiresAt": moment(session.expires_at_ms),
        "endsAt": moment(session.ends_at_ms()),
    })
}

fn moment(at_ms: i64) -> String {
    timestamp(at_ms).to_string()
}

#[cfg(test)]
mod tests {
    use domain::BookingId;

    use super::*;

    #[test]
    fn a_page_begins_where_the_one_before_ended() {
        let cursor = BookingCursor {
            created_at_ms: 5,
            id: BookingId::derive("booking", "1"),
        };
        let text = format!("{BOOKINGS}{}", cursor.encode());
        assert_eq!(Start::parse(&text), Some(Start::Bookings(cursor)));
        assert_eq!(Start::parse("actions:7"), Some(Start::Actions(7)));
        for bad in ["", "bookings:", "bookings:x", "actions:", "actions:x", "7"] {
            assert_eq!(Start::parse(bad), None, "{bad}");
        }
    }
}
