//! The wire format of cursors: base64url of version, kind, body and a checksum.
//!
//! The checksum is not a secret: it rejects cursors that were typed, truncated or edited, so that a
//! store does not accidentally seek to a position that it never returned.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

const VERSION: u8 = 1;
const CHECKSUM_BYTES: usize = 4;
/// The longest accepted cursor in bytes: a partner's name plus overhead; no real cursor is longer.
const MAX_TEXT_BYTES: usize = 2048;

/// The list order that a cursor belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorKind {
    OfferNear,
    OfferNewest,
    PartnerName,
    BookingNewest,
    InboxNewest,
    PaymentNewest,
    LedgerOldest,
    VerificationNewest,
    OfferEnding,
    OfferDiscount,
    OfferRating,
    PartnerNear,
    BookingUpcoming,
    BookingPast,
    BookingOfNight,
    ReviewNewest,
    ReviewHighest,
    ReviewLowest,
    ReviewReported,
    Sitemap,
    OperatorAudit,
    PartnerToReview,
    City,
}

impl CursorKind {
    const ALL: [Self; 23] = [
        Self::OfferNear,
        Self::OfferNewest,
        Self::PartnerName,
        Self::BookingNewest,
        Self::InboxNewest,
        Self::PaymentNewest,
        Self::LedgerOldest,
        Self::VerificationNewest,
        Self::OfferEnding,
        Self::OfferDiscount,
        Self::OfferRating,
        Self::PartnerNear,
        Self::BookingUpcoming,
        Self::BookingPast,
        Self::BookingOfNight,
        Self::ReviewNewest,
        Self::ReviewHighest,
        Self::ReviewLowest,
        Self::ReviewReported,
        Self::Sitemap,
        Self::OperatorAudit,
        Self::PartnerToReview,
        Self::City,
    ];

    const fn byte(self) -> u8 {
        match self {
            Self::OfferNear => 1,
            Self::OfferNewest => 2,
            Self::PartnerName => 3,
            Self::BookingNewest => 4,
            Self::InboxNewest => 5,
            Self::PaymentNewest => 6,
            Self::LedgerOldest => 7,
            Self::VerificationNewest => 8,
            Self::OfferEnding => 40,
            Self::OfferDiscount => 41,
            Self::OfferRating => 42,
            Self::PartnerNear => 43,
            Self::BookingOfNight => 9,
            Self::BookingUpcoming => 10,
            Self::BookingPast => 11,
            Self::ReviewNewest => 20,
            Self::ReviewHighest => 21,
            Self::ReviewLowest => 22,
            Self::ReviewReported => 23,
            // Beyond those that other lists may take meanwhile.
            Self::Sitemap => 32,
            Self::OperatorAudit => 48,
            Self::PartnerToReview => 49,
            Self::City => 33,
        }
    }
}

pub fn seal(kind: CursorKind, body: &[u8]) -> String {
    let mut bytes = vec![VERSION, kind.byte()];
    bytes.extend_from_slice(body);
    let checksum = checksum(&bytes);
    bytes.extend_from_slice(&checksum);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes the kind and body of a cursor made by `seal`.
pub fn unseal(text: &str) -> Option<(CursorKind, Vec<u8>)> {
    if text.len() > MAX_TEXT_BYTES {
        return None;
    }
    let mut bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let end = bytes.len().checked_sub(CHECKSUM_BYTES)?;
    let given = bytes.split_off(end);
    if given != checksum(&bytes) {
        return None;
    }
    match bytes.as_slice() {
        [VERSION, kind, body @ ..] => {
            let kind = CursorKind::ALL
                .into_iter()
                .find(|known| known.byte() == *kind)?;
            Some((kind, body.to_vec()))
        }
        _ => None,
    }
}

/// The body of a cursor made by `seal` for this list.
pub fn unseal_of(kind: CursorKind, text: &str) -> Option<Vec<u8>> {
    let (found, body) = unseal(text)?;
    (found == kind).then_some(body)
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut hasher = Sha256::new();
    hasher.update(b"yousoon cursor\0");
    hasher.update(bytes);
    let digest = hasher.finalize();
    std::array::from_fn(|i| digest[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_body_reads_back_and_an_edited_one_does_not() {
        let sealed = seal(CursorKind::PartnerName, b"bistrot");
        assert_eq!(
            unseal(&sealed),
            Some((CursorKind::PartnerName, b"bistrot".to_vec()))
        );
        for at in 0..sealed.len() {
            let mut edited = sealed.clone().into_bytes();
            edited[at] = if edited[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(
                unseal(&String::from_utf8(edited).unwrap()),
                None,
                "byte {at}"
            );
        }
        for text in ["", "AAAA", "é", "\0", &sealed[1..], &"A".repeat(4096)] {
            assert_eq!(unseal(text), None);
        }
    }
}
