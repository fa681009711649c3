//! The QR codes of bookings: tickets signed with Ed25519.
//!
//! The app shows one of two kinds. The rotating code changes every 30 seconds and stops being valid
//! 30 seconds after it was last shown, so that a screenshot is useless. The offline code stays the
//! same, for phones and scanners without a network. Both are verified with the public key alone
//! (`/.well-known/qr-keys.json`): a scanner holds no secret. The booking's status ensures that it
//! is checked in once; a scanner without a network remembers what it scanned and reports it later.
//!
//! The text is `ysn1.` followed by 102 bytes in base64url: kind (1), short key id (4), a reserved
//! zero (1), booking (12), partner (12), first and end second of validity (4 and 4, big-endian),
//! and the signature (64) over the context and all bytes before it.

#[cfg(test)]
mod tests;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    BookingId, PartnerId,
    bookings::{
        booking::{Booking, BookingStatus},
        refusals::BookingRefusal,
        rules,
    },
};
use ed25519_dalek::Signature;
use sha2::{Digest as _, Sha256};

use crate::keys::KeySet;

const PREFIX: &str = "ysn1.";
/// The signature's context: no other data that these keys sign may begin with it.
const CONTEXT: &[u8] = b"yousoon qr code 1\0";
const TICKET_BYTES: usize = 38;
const SIGNATURE_BYTES: usize = 64;
/// How often the app shows a new rotating code, in milliseconds.
pub const ROTATION_MS: i64 = 30_000;
/// How much longer a code is valid than it is shown, in milliseconds: allows for scanning, transfer
/// and clock skew.
const ROTATION_GRACE_MS: i64 = 30_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Rotating,
    Offline,
}

impl Kind {
    const fn byte(self) -> u8 {
        match self {
            Self::Rotating => b'r',
            Self::Offline => b'o',
        }
    }

    const fn of(byte: u8) -> Option<Self> {
        match byte {
            b'r' => Some(Self::Rotating),
            b'o' => Some(Self::Offline),
            _ => None,
        }
    }
}

/// The content of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    pub kind: Kind,
    pub booking: BookingId,
    pub partner: PartnerId,
    /// Rounded to whole seconds, as in the code.
    pub from_ms: i64,
    pub until_ms: i64,
}

impl Ticket {
    /// The rotating ticket that the app shows at `now_ms`.
    pub fn rotating(booking: &Booking, now_ms: i64) -> Self {
        let turn_ms = now_ms - now_ms.rem_euclid(ROTATION_MS);
        Self {
            kind: Kind::Rotating,
            booking: booking.id.clone(),
            partner: booking.partner.clone(),
            from_ms: turn_ms - ROTATION_GRACE_MS,
            until_ms: turn_ms + ROTATION_MS + ROTATION_GRACE_MS,
        }
    }

    /// A ticket that is valid for as long as the booking can be used.
    pub fn offline(booking: &Booking) -> Self {
        Self {
            kind: Kind::Offline,
            booking: booking.id.clone(),
            partner: booking.partner.clone(),
            from_ms: rules::usable_from_ms(booking),
            until_ms: rules::usable_until_ms(booking),
        }
    }

    /// Signs the ticket and gives the code; none without a signing key.
    pub fn sign(&self, keys: &KeySet) -> Option<String> {
        let (kid, key) = keys.signing_key()?;
        let mut bytes = Vec::with_capacity(TICKET_BYTES + SIGNATURE_BYTES);
        bytes.push(self.kind.byte());
        bytes.extend(short_id(kid));
        bytes.push(0);
        bytes.extend(self.booking.to_bytes());
        bytes.extend(self.partner.to_bytes());
        bytes.extend(second(self.from_ms)?.to_be_bytes());
        bytes.extend(second(self.until_ms)?.to_be_bytes());
        let signature = ed25519_dalek::Signer::try_sign(key, &signed(&bytes)).ok()?;
        bytes.extend(signature.to_bytes());
        Some(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Decodes a code, if one of the keys signed it.
    pub fn verify(code: &str, keys: &KeySet) -> Option<Self> {
        let text = code.trim().strip_prefix(PREFIX)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let bytes: [u8; TICKET_BYTES + SIGNATURE_BYTES] = bytes.try_into().ok()?;
        let (ticket, signature) = bytes.split_at(TICKET_BYTES);
        let signature = Signature::from_slice(signature).ok()?;
        let message = signed(ticket);
        let is_ours = keys
            .public_keys()
            .filter(|(kid, _)| ticket.get(1..5) == Some(&short_id(kid)[..]))
            // Verifies strictly: each ticket has one valid signature per key, and weak keys are
            // rejected.
            .any(|(_, key)| key.verify_strict(&message, &signature).is_ok());
        is_ours.then(|| Self::read(ticket)).flatten()
    }

    fn read(ticket: &[u8]) -> Option<Self> {
        let id = |at: usize| -> Option<[u8; 12]> { ticket.get(at..at + 12)?.try_into().ok() };
        let moment_ms = |at: usize| -> Option<i64> {
            let bytes = ticket.get(at..at + 4)?.try_into().ok()?;
            Some(i64::from(u32::from_be_bytes(bytes)) * 1_000)
        };
        (*ticket.get(5)? == 0).then_some(())?;
        Some(Self {
            kind: Kind::of(*ticket.first()?)?,
            booking: BookingId::from_bytes(id(6)?),
            partner: PartnerId::from_bytes(id(18)?),
            from_ms: moment_ms(30)?,
            until_ms: moment_ms(34)?,
        })
    }
}

/// Whether a code admits the holder of this booking now. The transaction that checks the booking in
/// checks its status again.
pub fn admit(
    code: &str,
    booking: &Booking,
    keys: &KeySet,
    now_ms: i64,
) -> Result<(), BookingRefusal> {
    let ticket = Ticket::verify(code, keys).ok_or(BookingRefusal::CodeInvalid)?;
    if ticket.booking != booking.id || ticket.partner != booking.partner {
        return Err(BookingRefusal::CodeForeign);
    }
    // The step tells then whether it is a repeat. A used code is reported as used however old it is.
    if booking.status == BookingStatus::CheckedIn {
        return Ok(());
    }
    if now_ms < ticket.from_ms {
        return Err(BookingRefusal::TooEarly);
    }
    if now_ms >= ticket.until_ms {
        return Err(BookingRefusal::CodeExpired);
    }
    Ok(())
}

fn signed(ticket: &[u8]) -> Vec<u8> {
    [CONTEXT, ticket].concat()
}

/// The first bytes of the `kid`, which select one of our keys; only the signature proves it.
fn short_id(kid: &str) -> [u8; 4] {
    let digest = Sha256::digest(kid);
    [digest[0], digest[1], digest[2], digest[3]]
}

/// The whole second that contains a moment.
fn second(moment_ms: i64) -> Option<u32> {
    u32::try_from(moment_ms.div_euclid(1_000)).ok()
}
