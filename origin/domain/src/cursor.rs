//! The kinds of cursors; their wire format is [`cache_core::cursor`].

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

    /// The byte that stands for it in a cursor.
    pub const fn byte(self) -> u8 {
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

/// Encodes a cursor.
pub fn seal(kind: CursorKind, body: &[u8]) -> String {
    cache_core::cursor::seal(kind.byte(), body)
}

/// Decodes the kind and body of a cursor made by `seal`.
pub fn unseal(text: &str) -> Option<(CursorKind, Vec<u8>)> {
    let (byte, body) = cache_core::cursor::unseal(text)?;
    let kind = CursorKind::ALL
        .into_iter()
        .find(|known| known.byte() == byte)?;
    Some((kind, body))
}

/// The body of a cursor made by `seal` for this list.
pub fn unseal_of(kind: CursorKind, text: &str) -> Option<Vec<u8>> {
    let (found, body) = unseal(text)?;
    (found == kind).then_some(body)
}
