//! The request to pay for a booking.

use super::looking::next_look_ms;
use crate::{
    bookings::booking::{Booking, BookingStatus},
    payments::{
        partner_account::PartnerAccount,
        payment::{Payment, PaymentState},
        refusals::PaymentRefusal,
        store::{NewPayment, Started},
    },
};

/// The payment that a request makes; an error is the answer of a request that stores nothing.
/// `before` is the payment that the booking has, and `account` its partner's.
pub fn start(
    new: &NewPayment,
    booking: Option<&Booking>,
    before: Option<Payment>,
    account: Option<&PartnerAccount>,
    now_ms: i64,
) -> Result<Payment, Started> {
    let refused = |refusal| Err(Started::Refused(refusal));
    let own = booking.filter(|booking| booking.user.as_ref() == Some(&new.user));
    let Some(booking) = own else {
        return refused(PaymentRefusal::BookingNotFound);
    };
    if before.as_ref().map(|payment| payment.state) == Some(PaymentState::Captured) {
        return refused(PaymentRefusal::Paid);
    }
    let Some(price) = booking.price else {
        return refused(PaymentRefusal::NotPayable);
    };
    if booking.status != BookingStatus::Pending || price.pay_before_ms <= now_ms {
        return refused(PaymentRefusal::NotPayable);
    }
    match before {
        Some(payment) if payment.state == PaymentState::Open => {
            return Err(Started::Done(Box::new(payment)));
        }
        // The provider took nothing and never will: the booking runs out.
        Some(_) => return refused(PaymentRefusal::NotPayable),
        None => {}
    }
    let Some(account) = account.filter(|account| account.takes_payments) else {
        return refused(PaymentRefusal::PartnerTakesNone);
    };
    Ok(Payment {
        id: new.id.clone(),
        booking: booking.id.clone(),
        user: Some(new.user.clone()),
        offer: booking.offer.clone(),
        partner: booking.partner.clone(),
        account: account.account.clone(),
        amount: price.amount,
        currency: price.currency,
        fee: price.fee,
        state: PaymentState::Open,
        intent: None,
        refunded: 0,
        created_at_ms: now_ms,
        captured_at_ms: None,
        look_at_ms: Some(next_look_ms(now_ms, now_ms)),
    })
}
