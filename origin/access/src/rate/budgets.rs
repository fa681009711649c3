//! How often each operation that guesses, sends or stores may be tried: the whole table.
//!
//! A budget of a network is generous, because each attempt may be somebody else's: the guests of a
//! venue share one address. A budget of an account, an address or a partner is tight.
//!
//! Whatever sends a message counts under the budgets of its own operation and under those of all
//! messages, which bound what several operations do to one address together.

use std::{num::NonZeroU32, time::Duration};

/// At most `most` attempts at once, and `most` per `window` on average.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The name in headers and metrics: lowercase letters and `-`.
    pub name: &'static str,
    /// The variable that sets `most`.
    pub variable: &'static str,
    pub most: NonZeroU32,
    pub window: Duration,
}

const fn budget(name: &'static str, variable: &'static str, most: u32, window: Duration) -> Budget {
    Budget {
        name,
        variable,
        most: NonZeroU32::new(most).expect("the table has no zero"),
        window,
    }
}

const MINUTES_15: Duration = Duration::from_mins(15);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// All budgets. `docs/limits.md` lists the variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budgets {
    /// Sign-ups from a network.
    pub register_network: Budget,
    /// Passwords for an account from a network.
    pub login: Budget,
    /// Passwords for an account from everywhere.
    pub login_account: Budget,
    /// Passwords from a network.
    pub login_network: Budget,
    /// The password of a signed-in user, entered again.
    pub confirm: Budget,
    /// Links that verify an address, for a user.
    pub send_email: Budget,
    /// Such links to an address, whichever account has it.
    pub send_email_recipient: Budget,
    /// SMS codes for a user.
    pub send_code: Budget,
    /// SMS codes to a phone number.
    pub send_code_phone: Budget,
    /// SMS codes for a network. They cost money.
    pub send_code_network: Budget,
    /// Six-digit codes that a user enters.
    pub try_code: Budget,
    /// Reset links to an address, requested from a network.
    pub reset: Budget,
    /// Reset links to an address, requested from everywhere.
    pub reset_account: Budget,
    /// Reset links requested from a network.
    pub reset_network: Budget,
    /// Tokens of links that a network tries.
    pub try_link: Budget,
    /// Invitations by a user.
    pub invite: Budget,
    /// Invitations of a partner.
    pub invite_partner: Budget,
    /// Invitations to an address, of all partners.
    pub invite_recipient: Budget,
    /// Messages to an address or number, whatever causes them: in an hour, and in a day.
    pub messages_to_hour: Budget,
    pub messages_to_day: Budget,
    /// Messages to others and to themselves that an account or service causes.
    pub messages_by_hour: Budget,
    pub messages_by_day: Budget,
    /// Messages that a network causes.
    pub messages_network_hour: Budget,
    pub messages_network_day: Budget,
    /// Links to unsubscribe that a network opens or uses. A mail service has few addresses for all its
    /// users.
    pub unsubscribe_network: Budget,
    /// Devices that a user registers for push notifications.
    pub device: Budget,
    /// Reports of product events by a user.
    pub events: Budget,
    /// Suggestions of places for a user.
    pub suggest: Budget,
    /// Those for a network: each is paid for.
    pub suggest_network: Budget,
    /// Questions of a user how long ways take.
    pub travel: Budget,
    /// Those of a network: each way is paid for.
    pub travel_network: Budget,
    /// Uploads of pictures that a user asks for.
    pub upload: Budget,
    /// Uploads that a user completes, also again. Each may take a second of a processor.
    pub upload_complete: Budget,
    /// Beginnings of payments, by a user.
    pub pay: Budget,
    /// Pages of the provider of payments, for a partner.
    pub onboard: Budget,
    /// Identity checks that a user asks for, also to go on with one.
    pub identity: Budget,
    /// Reviews that a user writes, changes or deletes.
    pub review: Budget,
    /// Reviews that a user reports.
    pub review_report: Budget,
    /// Writes of offers, establishments and partners by a user.
    pub catalogue: Budget,
    /// Such writes for a partner.
    pub catalogue_partner: Budget,
    /// Check-ins by a short code, by a member of a team.
    pub short_code: Budget,
    /// Such check-ins for a partner.
    pub short_code_partner: Budget,
    /// Reports of scans by a member of a team, of up to 200 scans each.
    pub scans: Budget,
    /// Such reports for a partner.
    pub scans_partner: Budget,
    /// What an operator reads and changes of others.
    pub operate: Budget,
    /// Walk-ins that a member of a team records.
    pub walk_in: Budget,
    /// Those of a partner.
    pub walk_in_partner: Budget,
}

impl Default for Budgets {
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn default() -> Self {
        Self {
            register_network: budget(
                "register-network",
                "YOUSOON_LIMIT_REGISTER_NETWORK",
                200,
                HOUR,
            ),
            login: budget("login", "YOUSOON_LIMIT_LOGIN", 10, MINUTES_15),
            login_account: budget("login-account", "YOUSOON_LIMIT_LOGIN_ACCOUNT", 100, HOUR),
            login_network: budget(
                "login-network",
                "YOUSOON_LIMIT_LOGIN_NETWORK",
                300,
                MINUTES_15,
            ),
            confirm: budget("confirm", "YOUSOON_LIMIT_CONFIRM", 10, MINUTES_15),
            send_email: budget("send-email", "YOUSOON_LIMIT_SEND_EMAIL", 5, HOUR),
            send_email_recipient: budget(
                "send-email-recipient",
                "YOUSOON_LIMIT_SEND_EMAIL_RECIPIENT",
                10,
                DAY,
            ),
            send_code: budget("send-code", "YOUSOON_LIMIT_SEND_CODE", 5, HOUR),
            send_code_phone: budget("send-code-phone", "YOUSOON_LIMIT_SEND_CODE_PHONE", 10, DAY),
            send_code_network: budget(
                "send-code-network",
                "YOUSOON_LIMIT_SEND_CODE_NETWORK",
                100,
                HOUR,
            ),
            try_code: budget("try-code", "YOUSOON_LIMIT_TRY_CODE", 20, HOUR),
            reset: budget("reset", "YOUSOON_LIMIT_RESET", 5, HOUR),
            reset_account: budget("reset-account", "YOUSOON_LIMIT_RESET_ACCOUNT", 5, HOUR),
            reset_network: budget("reset-network", "YOUSOON_LIMIT_RESET_NETWORK", 100, HOUR),
            try_link: budget("try-link", "YOUSOON_LIMIT_TRY_LINK", 300, HOUR),
            invite: budget("invite", "YOUSOON_LIMIT_INVITE", 60, HOUR),
            invite_partner: budget("invite-partner", "YOUSOON_LIMIT_INVITE_PARTNER", 200, DAY),
            invite_recipient: budget(
                "invite-recipient",
                "YOUSOON_LIMIT_INVITE_RECIPIENT",
                10,
                DAY,
            ),
            messages_to_hour: budget(
                "messages-to-hour",
                "YOUSOON_LIMIT_MESSAGES_TO_HOUR",
                10,
                HOUR,
            ),
            messages_to_day: budget("messages-to-day", "YOUSOON_LIMIT_MESSAGES_TO_DAY", 30, DAY),
            messages_by_hour: budget(
                "messages-by-hour",
                "YOUSOON_LIMIT_MESSAGES_BY_HOUR",
                60,
                HOUR,
            ),
            messages_by_day: budget("messages-by-day", "YOUSOON_LIMIT_MESSAGES_BY_DAY", 200, DAY),
            messages_network_hour: budget(
                "messages-network-hour",
                "YOUSOON_LIMIT_MESSAGES_NETWORK_HOUR",
                300,
                HOUR,
            ),
            messages_network_day: budget(
                "messages-network-day",
                "YOUSOON_LIMIT_MESSAGES_NETWORK_DAY",
                2_000,
                DAY,
            ),
            unsubscribe_network: budget(
                "unsubscribe-network",
                "YOUSOON_LIMIT_UNSUBSCRIBE_NETWORK",
                3_000,
                HOUR,
            ),
            device: budget("device", "YOUSOON_LIMIT_DEVICE", 60, HOUR),
            events: budget("events", "YOUSOON_LIMIT_EVENTS", 120, HOUR),
            suggest: budget("suggest", "YOUSOON_LIMIT_SUGGEST", 600, HOUR),
            suggest_network: budget(
                "suggest-network",
                "YOUSOON_LIMIT_SUGGEST_NETWORK",
                3_000,
                HOUR,
            ),
            travel: budget("travel", "YOUSOON_LIMIT_TRAVEL", 60, HOUR),
            travel_network: budget("travel-network", "YOUSOON_LIMIT_TRAVEL_NETWORK", 600, HOUR),
            upload: budget("upload", "YOUSOON_LIMIT_UPLOAD", 60, HOUR),
            upload_complete: budget(
                "upload-complete",
                "YOUSOON_LIMIT_UPLOAD_COMPLETE",
                120,
                HOUR,
            ),
            pay: budget("pay", "YOUSOON_LIMIT_PAY", 60, HOUR),
            onboard: budget("onboard", "YOUSOON_LIMIT_ONBOARD", 20, HOUR),
            identity: budget("identity", "YOUSOON_LIMIT_IDENTITY", 20, HOUR),
            review: budget("review", "YOUSOON_LIMIT_REVIEW", 30, HOUR),
            review_report: budget("review-report", "YOUSOON_LIMIT_REVIEW_REPORT", 20, DAY),
            catalogue: budget("catalogue", "YOUSOON_LIMIT_CATALOGUE", 300, HOUR),
            catalogue_partner: budget(
                "catalogue-partner",
                "YOUSOON_LIMIT_CATALOGUE_PARTNER",
                600,
                HOUR,
            ),
            short_code: budget("short-code", "YOUSOON_LIMIT_SHORT_CODE", 300, HOUR),
            short_code_partner: budget(
                "short-code-partner",
                "YOUSOON_LIMIT_SHORT_CODE_PARTNER",
                2_000,
                HOUR,
            ),
            scans: budget("scans", "YOUSOON_LIMIT_SCANS", 60, HOUR),
            scans_partner: budget("scans-partner", "YOUSOON_LIMIT_SCANS_PARTNER", 300, HOUR),
            operate: budget("operate", "YOUSOON_LIMIT_OPERATE", 300, HOUR),
            walk_in: budget("walk-in", "YOUSOON_LIMIT_WALK_IN", 600, HOUR),
            walk_in_partner: budget(
                "walk-in-partner",
                "YOUSOON_LIMIT_WALK_IN_PARTNER",
                3_000,
                HOUR,
            ),
        }
    }
}

impl Budgets {
    /// All of them, for the configuration to set.
    pub fn all_mut(&mut self) -> [&mut Budget; 47] {
        let Self {
            register_network,
            login,
            login_account,
            login_network,
            confirm,
            send_email,
            send_email_recipient,
            send_code,
            send_code_phone,
            send_code_network,
            try_code,
            reset,
            reset_account,
            reset_network,
            try_link,
            invite,
            invite_partner,
            invite_recipient,
            messages_to_hour,
            messages_to_day,
            messages_by_hour,
            messages_by_day,
            messages_network_hour,
            messages_network_day,
            unsubscribe_network,
            device,
            events,
            suggest,
            suggest_network,
            travel,
            travel_network,
            upload,
            upload_complete,
            pay,
            onboard,
            identity,
            review,
            review_report,
            catalogue,
            catalogue_partner,
            short_code,
            short_code_partner,
            scans,
            scans_partner,
            operate,
            walk_in,
            walk_in_partner,
        } = self;
        [
            register_network,
            login,
            login_account,
            login_network,
            confirm,
            send_email,
            send_email_recipient,
            send_code,
            send_code_phone,
            send_code_network,
            try_code,
            reset,
            reset_account,
            reset_network,
            try_link,
            invite,
            invite_partner,
            invite_recipient,
            messages_to_hour,
            messages_to_day,
            messages_by_hour,
            messages_by_day,
            messages_network_hour,
            messages_network_day,
            unsubscribe_network,
            device,
            events,
            suggest,
            suggest_network,
            travel,
            travel_network,
            upload,
            upload_complete,
            pay,
            onboard,
            identity,
            review,
            review_report,
            catalogue,
            catalogue_partner,
            short_code,
            short_code_partner,
            scans,
            scans_partner,
            operate,
            walk_in,
            walk_in_partner,
        ]
    }
}
