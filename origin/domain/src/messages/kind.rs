//! The kinds of messages that Yousoon sends, and the rules of each: one table.

#[cfg(test)]
mod tests;

use super::quiet_hours::quiet_until;
use crate::{auth::purpose::CodePurpose, words::words};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// How long an invitation is valid.
pub const INVITATION_MS: i64 = 7 * DAY_MS;

words! {
    /// What a message is about.
    Kind {
        VerifyEmail = "verify_email",
        ResetPassword = "reset_password",
        PhoneCode = "phone_code",
        /// To join a partner's team.
        Invitation = "invitation",
        /// Somebody signed in from a device that the account did not know.
        NewDevice = "new_device",
        BookingConfirmed = "booking_confirmed",
        /// To the partner's staff: a booking waits for them.
        BookingToConfirm = "booking_to_confirm",
        BookingReminder = "booking_reminder",
        BookingCancelledByVenue = "booking_cancelled_by_venue",
        /// The venue did not answer a booking in time.
        BookingExpired = "booking_expired",
        /// A partner whose offer the user keeps as a favourite has published another one.
        FavouritePartnerOffer = "favourite_partner_offer",
        /// A favourite offer ends soon.
        FavouriteEndsSoon = "favourite_ends_soon",
        IdentityResult = "identity_result",
        PaymentResult = "payment_result",
        /// To a partner's managers: a guest's bank has taken a payment back, or decided about it.
        PaymentDisputed = "payment_disputed",
        /// What an administrator writes to many.
        News = "news",
        /// The day after a visit: what was it like?
        ReviewRequest = "review_request",
        /// A partner has answered a review.
        ReviewReplied = "review_replied",
        /// An administrator has removed a review. The author is always told, and why.
        ReviewRemoved = "review_removed",
        /// To a partner's owners: an operator has decided about it.
        PartnerReviewed = "partner_reviewed",
        /// An administrator has decided on a contest of a removal.
        ReviewContestAnswered = "review_contest_answered",
        /// To a new address, which its owner confirms.
        ChangeEmail = "change_email",
        /// To the address that an account had before.
        EmailChanged = "email_changed",
    }
}

words! {
    /// The way on which a message reaches a person.
    Channel {
        Email = "email",
        Sms = "sms",
        Push = "push",
        /// The list of messages in the app.
        Inbox = "inbox",
    }
}

words! {
    /// Which messages wait for each other. Each lane has its own workers, so that many messages of one
    /// lane delay none of another.
    Lane {
        /// Somebody is waiting for it in front of a screen.
        Codes = "codes",
        /// What concerns one person.
        Notices = "notices",
        /// What is sent to many at once.
        Campaigns = "campaigns",
        /// Product events, which are no messages: they are sent many at once.
        Events = "events",
        /// What a provider of payments is asked.
        Payments = "payments",
        /// What the provider of identity checks is asked.
        Identity = "identity",
    }
}

/// Who decides whether a message of this kind is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Nobody can switch it off.
    Mandatory,
    /// It is sent until the person switches it off.
    OptOut,
    /// It is sent to persons who agreed to news, until they switch it off.
    OptIn,
}

/// Whether an SMS or push waits until the quiet hours are over. Nothing else does: an e-mail or an
/// entry of the inbox wakes nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Night {
    Sent,
    Waits,
    /// It waits, unless the booking begins before the quiet hours are over.
    WaitsForLaterBookings,
}

/// How long after its cause a message is still worth sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Worth {
    For(i64),
    UntilTheBookingBegins,
}

struct Rules {
    lane: Lane,
    may_use: &'static [Channel],
    by_default: &'static [Channel],
    choice: Choice,
    night: Night,
    worth: Worth,
}

const fn row(
    lane: Lane,
    may_use: &'static [Channel],
    by_default: &'static [Channel],
    choice: Choice,
    night: Night,
    worth: Worth,
) -> Rules {
    Rules {
        lane,
        may_use,
        by_default,
        choice,
        night,
        worth,
    }
}

impl Kind {
    #[expect(clippy::match_same_arms, reason = "a table with a row for each kind")]
    #[rustfmt::skip]
    const fn rules(self) -> Rules {
        use Channel::{Email, Inbox, Push, Sms};
        use Choice::{Mandatory, OptIn, OptOut};
        use Lane::{Campaigns, Codes, Notices};
        use Night::{Sent, Waits, WaitsForLaterBookings as Later};

        const ALL: &[Channel] = &[Email, Sms, Push, Inbox];
        const NO_SMS: &[Channel] = &[Email, Push, Inbox];
        const SENT: &[Channel] = &[Email, Sms, Push];
        const IN_THE_APP: &[Channel] = &[Push, Inbox];
        const CODE: Worth = Worth::For(15 * MINUTE_MS);
        // It is good for less time than a link.
        const PHONE: Worth = Worth::For(CodePurpose::VerifyPhone.life_ms());
        // It has to arrive as long as its link helps.
        const UNDO: Worth = Worth::For(CodePurpose::UndoEmailChange.life_ms());
        const INVITED: Worth = Worth::For(INVITATION_MS);
        const DAY: Worth = Worth::For(DAY_MS);
        const WEEK: Worth = Worth::For(7 * DAY_MS);
        const BEGIN: Worth = Worth::UntilTheBookingBegins;

        match self {
            //                                        lane       may use   by default       choice     night  worth
            Self::VerifyEmail             => row(Codes,     &[Email], &[Email],         Mandatory, Sent,  CODE),
            Self::ResetPassword           => row(Codes,     &[Email], &[Email],         Mandatory, Sent,  CODE),
            Self::PhoneCode               => row(Codes,     &[Sms],   &[Sms],           Mandatory, Sent,  PHONE),
            Self::Invitation              => row(Notices,   &[Email], &[Email],         Mandatory, Waits, INVITED),
            Self::NewDevice               => row(Notices,   NO_SMS,   &[Email, Inbox],  Mandatory, Waits, DAY),
            Self::BookingConfirmed        => row(Notices,   ALL,      NO_SMS,           OptOut,    Later, DAY),
            // A guest's name stays in no inbox: it would outlive the guest's account there.
            Self::BookingToConfirm        => row(Notices,   SENT,     &[Email, Push],   OptOut,    Later, DAY),
            Self::BookingReminder         => row(Notices,   ALL,      IN_THE_APP,       OptOut,    Later, BEGIN),
            Self::BookingCancelledByVenue => row(Notices,   ALL,      NO_SMS,           OptOut,    Later, DAY),
            Self::BookingExpired          => row(Notices,   ALL,      NO_SMS,           OptOut,    Later, DAY),
            Self::FavouritePartnerOffer   => row(Campaigns, NO_SMS,   IN_THE_APP,       OptIn,     Waits, DAY),
            Self::FavouriteEndsSoon       => row(Campaigns, NO_SMS,   IN_THE_APP,       OptIn,     Waits, DAY),
            Self::IdentityResult          => row(Notices,   NO_SMS,   NO_SMS,           OptOut,    Waits, DAY),
            Self::PaymentResult           => row(Notices,   NO_SMS,   NO_SMS,           OptOut,    Waits, DAY),
            Self::PaymentDisputed         => row(Notices,   NO_SMS,   &[Email, Inbox],  OptOut,    Waits, DAY),
            // Marketing by SMS has rules of its own in France: hours, days, a short number for STOP.
            Self::News                    => row(Campaigns, NO_SMS,   NO_SMS,           OptIn,     Waits, DAY),
            // No e-mail: nobody asked for it.
            Self::ReviewRequest           => row(Notices,   IN_THE_APP, IN_THE_APP,     OptOut,    Waits, WEEK),
            Self::ReviewReplied           => row(Notices,   NO_SMS,   IN_THE_APP,       OptOut,    Waits, DAY),
            Self::ReviewRemoved           => row(Notices,   NO_SMS,   &[Email, Inbox],  Mandatory, Waits, WEEK),
            Self::PartnerReviewed         => row(Notices,   NO_SMS,   &[Email, Inbox],  Mandatory, Waits, WEEK),
            Self::ReviewContestAnswered   => row(Notices,   NO_SMS,   &[Email, Inbox],  Mandatory, Waits, WEEK),
            Self::ChangeEmail             => row(Codes,     &[Email], &[Email],         Mandatory, Sent,  CODE),
            Self::EmailChanged            => row(Codes,     &[Email], &[Email],         Mandatory, Sent,  UNDO),
        }
    }

    pub const fn lane(self) -> Lane {
        self.rules().lane
    }

    /// The channels for which it has a text.
    pub const fn channels(self) -> &'static [Channel] {
        self.rules().may_use
    }

    /// The channels that are used for a person who chose none.
    pub const fn default_channels(self) -> &'static [Channel] {
        self.rules().by_default
    }

    pub const fn choice(self) -> Choice {
        self.rules().choice
    }

    /// Whether a person may switch it off.
    pub const fn can_be_switched_off(self) -> bool {
        match self.choice() {
            Choice::Mandatory => false,
            Choice::OptOut | Choice::OptIn => true,
        }
    }

    /// Whether it is sent on this channel only to persons who agreed to news there. The inbox needs
    /// no consent: it sends nothing.
    pub const fn needs_consent(self, channel: Channel) -> bool {
        match (self.choice(), channel) {
            (Choice::OptIn, Channel::Email | Channel::Sms | Channel::Push) => true,
            (Choice::OptIn, Channel::Inbox) | (Choice::Mandatory | Choice::OptOut, _) => false,
        }
    }

    /// Until when the message has to wait, because it would wake somebody; none if it may be sent
    /// now. `begins_ms` is when the booking begins that it is about.
    pub fn waits_until(self, channel: Channel, now_ms: i64, begins_ms: Option<i64>) -> Option<i64> {
        let morning_ms = match channel {
            Channel::Sms | Channel::Push => quiet_until(now_ms)?,
            Channel::Email | Channel::Inbox => return None,
        };
        match self.rules().night {
            Night::Sent => None,
            Night::Waits => Some(morning_ms),
            Night::WaitsForLaterBookings => {
                let is_too_late = begins_ms.is_some_and(|begins_ms| begins_ms < morning_ms);
                (!is_too_late).then_some(morning_ms)
            }
        }
    }

    /// The moment from which on the message is not sent any more. `begins_ms` is when the booking
    /// begins that it is about.
    pub fn worth_until(self, created_at_ms: i64, begins_ms: Option<i64>) -> i64 {
        match (self.rules().worth, begins_ms) {
            (Worth::For(ms), _) => created_at_ms.saturating_add(ms),
            (Worth::UntilTheBookingBegins, Some(begins_ms)) => begins_ms,
            (Worth::UntilTheBookingBegins, None) => created_at_ms.saturating_add(DAY_MS),
        }
    }
}
