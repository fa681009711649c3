//! Why a request about a payment is refused.

/// One variant for each cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentRefusal {
    /// There is no such booking, or it is somebody else's.
    BookingNotFound,
    /// The booking is free, or has ended, or its time to pay is over.
    NotPayable,
    /// The booking is paid.
    Paid,
    /// The partner's account takes no payments, or payments are not set up here.
    Unavailable,
    /// There is no such payment.
    PaymentNotFound,
    /// Its money has not come.
    NotCaptured,
    /// Not so much is left to refund.
    TooMuch { left: i64 },
}
