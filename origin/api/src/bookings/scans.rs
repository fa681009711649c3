//! `recordScans`: what scanners without a network have scanned, reported later.

use access::qr::Ticket;
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::{
    PartnerId,
    bookings::{
        booking::{Booking, BookingStatus, Step},
        refusals::BookingRefusal,
        scan::{self, MAX_AT_ONCE, Scan, ScanId},
        store::{By, Stepped, Taken},
    },
    broken::{self, BrokenRule, Rule},
    texts::{MOMENT, pasted_token},
};
use pq_core::ErrorCode;

use super::mutations::changed;
use crate::{
    nodes::{
        directives::{CacheControlScope, cache_control},
        guest_booking::GuestBookingNode,
        moment::Moment,
        partner::no_partner,
    },
    request::{
        attempts::{Attempt, count_attempt},
        authorise::{self, About},
        context::{RequestContext, gone},
        errors::{self, Refused, failed},
        places::works_there,
        reader::Reader,
    },
};

const SCANS: Rule = Rule::new("SCANS", "compte de 1 à 200 scans", "has 1 to 200 scans");
/// The rule of a scanner's own ids.
pub(super) const SCAN_ID: Rule = Rule::new(
    "SCAN_ID",
    "compte de 1 à 64 caractères ASCII, sans espace",
    "has 1 to 64 ASCII characters and no space",
);

/// A QR code that was scanned without a network.
#[derive(Clone, Debug, InputObject)]
pub struct ScanInput {
    /// An id that the scanner makes up for this scan, such as a UUID.
    id: ID,
    qr_code: String,
    /// When it was scanned: at most 48 hours ago.
    scanned_at: Moment,
}

/// A scan as it was sent.
struct Given {
    scan: Scan,
    qr_code: String,
}

impl ScanInput {
    fn read(self) -> std::result::Result<Given, BrokenRule> {
        Ok(Given {
            scan: Scan {
                id: ScanId::parse(&self.id).ok_or(SCAN_ID.at("id"))?,
                at_ms: self.scanned_at.0.ok_or(MOMENT.at("scannedAt"))?,
            },
            qr_code: self.qr_code,
        })
    }
}

/// What became of a scan.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(directive = cache_control::apply(None, None, None, Some(CacheControlScope::Private)))]
pub struct ScanResult {
    /// The scanner's own id of the scan.
    id: String,
    /// Why the guest is not checked in, as an error code; null if they are.
    code: Option<String>,
    /// The same in the reader's language.
    message: Option<String>,
    /// The booking, if the code is one of this partner's.
    booking: Option<GuestBookingNode>,
}

/// A scan as it was judged.
struct Judged {
    refusal: Option<Refused>,
    booking: Option<Booking>,
}

impl From<BrokenRule> for Judged {
    fn from(rule: BrokenRule) -> Self {
        Self {
            refusal: Some(Refused::new(
                ErrorCode::BAD_USER_INPUT,
                broken::sentence(&[rule.into()]),
            )),
            booking: None,
        }
    }
}

#[derive(Debug, Default)]
pub struct ScanMutations;

#[Object]
impl ScanMutations {
    /// Checks in the guests whose codes were scanned without a network; for the partner's staff. At most 200
    /// scans, each at most 48 hours old: a code is judged as of when it was scanned. A guest who was given
    /// up meanwhile (`NO_SHOW`) is checked in after all. There is a result for each scan, in their order; one
    /// that is refused hinders no other. The same scan again, by the same user, gets the same result.
    async fn record_scans(
        &self,
        ctx: &Context<'_>,
        partner_id: ID,
        scans: Vec<ScanInput>,
    ) -> Result<Vec<ScanResult>> {
        let request = RequestContext::of(ctx);
        let partner = PartnerId::parse(&partner_id).ok_or_else(no_partner)?;
        let about = About::Partner(&partner);
        authorise::field(&request.asker.caller, "Mutation", "recordScans", about)?;
        if !(1..=MAX_AT_ONCE).contains(&scans.len()) {
            return Err(errors::broken(vec![SCANS.at("scans").into()]));
        }
        count_attempt(request, Attempt::RecordScans(&partner)).await?;
        let language = Reader::of(&request.asker).language(&request.services).await;
        let mut results = Vec::new();
        for given in scans {
            let id = given.id.to_string();
            let judged = match given.read() {
                Ok(given) => judged(request, &partner, &given).await?,
                Err(rule) => rule.into(),
            };
            let refusal = judged.refusal.as_ref();
            results.push(ScanResult {
                id,
                code: refusal.map(|why| why.code.as_str().to_owned()),
                message: refusal.map(|why| why.sentence.text(language).to_owned()),
                booking: judged.booking.map(GuestBookingNode),
            });
        }
        changed(request).await;
        Ok(results)
    }
}

/// Whether the code is of an establishment at which the caller works.
async fn is_of_their_place(request: &RequestContext, ticket: &Ticket) -> Result<bool> {
    let found = request.loader.load_one(ticket.booking.clone()).await;
    match found.map_err(failed)? {
        Some(booking) => works_there(request, &booking).await,
        // The scan says itself that there is none.
        None => Ok(true),
    }
}

/// One scan, in a transaction of its own.
async fn judged(request: &RequestContext, partner: &PartnerId, given: &Given) -> Result<Judged> {
    let refused = |refusal: BookingRefusal, booking| Judged {
        refusal: Some(Refused::new(refusal.code(), refusal.sentence())),
        booking,
    };
    let at_ms = match scan::moment(given.scan.at_ms, request.now_ms) {
        Ok(at_ms) => at_ms,
        Err(refusal) => return Ok(refused(refusal, None)),
    };
    let Some(ticket) = Ticket::verify(&pasted_token(&given.qr_code), &request.services.qr_keys)
    else {
        return Ok(refused(BookingRefusal::CodeInvalid, None));
    };
    if ticket.partner != *partner || !is_of_their_place(request, &ticket).await? {
        return Ok(refused(BookingRefusal::CodeForeign, None));
    }
    // As of the scan, whatever the time is now.
    if at_ms < ticket.from_ms {
        return Ok(refused(BookingRefusal::TooEarly, None));
    }
    if at_ms >= ticket.until_ms {
        return Ok(refused(BookingRefusal::CodeExpired, None));
    }
    let scanner = request.signed_in().ok().map(|user| user.id.clone());
    let taken = Taken {
        scan: Some(Scan {
            at_ms,
            ..given.scan.clone()
        }),
        ..Step::ReportScan.into()
    };
    let bookings = &request.services.bookings;
    let stepped = bookings.take(&ticket.booking, taken, By::Staff(scanner), request.now_ms);
    match stepped.await.map_err(failed)? {
        Stepped::NoAccount => Err(gone()),
        Stepped::Before(booking) | Stepped::Done(booking) => Ok(Judged {
            refusal: None,
            booking: Some(*booking),
        }),
        Stepped::Refused(refusal) => {
            let refusal = match refusal {
                BookingRefusal::WrongStatus(BookingStatus::CheckedIn) => {
                    BookingRefusal::CodeReplayed
                }
                other => other,
            };
            let found = bookings.by_ids(std::slice::from_ref(&ticket.booking)).await;
            let booking = found.map_err(failed)?.remove(&ticket.booking);
            Ok(refused(refusal, booking))
        }
    }
}
