use std::collections::HashSet;

use chrono::DateTime;

use super::*;

fn ms(text: &str) -> i64 {
    DateTime::parse_from_rfc3339(text)
        .unwrap()
        .timestamp_millis()
}

#[test]
fn kinds_read_back_and_are_spelt_in_lower_case() {
    let mut seen = HashSet::new();
    for kind in Kind::ALL {
        let word = kind.as_str();
        assert_eq!(Kind::parse(word), Some(*kind));
        assert_eq!(serde_json::json!(kind), word);
        assert!(word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        assert!(seen.insert(word), "{word}");
    }
    assert_eq!(seen.len(), 23);
    assert_eq!(Kind::parse("Booking_confirmed"), None);
}

#[test]
fn default_channels_may_be_used() {
    for kind in Kind::ALL {
        let channels = kind.channels();
        assert!(!kind.default_channels().is_empty(), "{kind:?}");
        for channel in kind.default_channels() {
            assert!(channels.contains(channel), "{kind:?}: {channel:?}");
        }
        let distinct: HashSet<_> = channels.iter().collect();
        assert_eq!(distinct.len(), channels.len(), "{kind:?}");
    }
}

#[test]
fn codes_invitations_new_devices_and_removals_are_mandatory() {
    let mandatory: Vec<&str> = Kind::ALL
        .iter()
        .filter(|kind| !kind.can_be_switched_off())
        .map(|kind| kind.as_str())
        .collect();
    let expected = "verify_email reset_password phone_code invitation new_device review_removed \
        partner_reviewed review_contest_answered change_email email_changed";
    assert_eq!(mandatory.join(" "), expected);
}

#[test]
fn campaigns_need_consent_wherever_they_are_sent() {
    for kind in Kind::ALL {
        for channel in kind.channels() {
            let is_sent_campaign = kind.lane() == Lane::Campaigns && *channel != Channel::Inbox;
            assert_eq!(kind.needs_consent(*channel), is_sent_campaign, "{kind:?}");
        }
    }
}

#[test]
fn what_waits_for_the_morning_is_still_worth_sending_then() {
    // The longest quiet hours: the clocks are put back.
    let evening_ms = ms("2026-10-24T22:00:00+02:00");
    let morning_ms = ms("2026-10-25T08:00:00+01:00");
    assert_eq!(morning_ms - evening_ms, 11 * 60 * MINUTE_MS);
    for kind in Kind::ALL {
        for channel in kind.channels() {
            let begins_ms = Some(morning_ms + 1);
            if let Some(until_ms) = kind.waits_until(*channel, evening_ms, begins_ms) {
                let worth_ms = kind.worth_until(evening_ms, begins_ms);
                assert!(until_ms < worth_ms, "{kind:?}");
            }
        }
    }
}

#[test]
fn at_night_codes_are_sent_and_news_wait() {
    let now_ms = ms("2026-06-12T23:30:00+02:00");
    let morning_ms = Some(ms("2026-06-13T08:00:00+02:00"));
    for (kind, channel, expected) in [
        (Kind::PhoneCode, Channel::Sms, None),
        (Kind::VerifyEmail, Channel::Email, None),
        (Kind::Invitation, Channel::Email, None),
        (Kind::NewDevice, Channel::Push, morning_ms),
        (Kind::IdentityResult, Channel::Push, morning_ms),
        (Kind::IdentityResult, Channel::Inbox, None),
        (Kind::News, Channel::Sms, morning_ms),
        (Kind::News, Channel::Email, None),
        (Kind::FavouriteEndsSoon, Channel::Push, morning_ms),
    ] {
        let until_ms = kind.waits_until(channel, now_ms, None);
        assert_eq!(until_ms, expected, "{kind:?} by {channel:?}");
    }
    let noon_ms = ms("2026-06-13T12:00:00+02:00");
    for kind in Kind::ALL {
        for channel in Channel::ALL {
            assert_eq!(kind.waits_until(*channel, noon_ms, None), None);
        }
    }
}

#[test]
fn at_night_a_cancellation_is_sent_if_the_booking_begins_before_the_morning() {
    let now_ms = ms("2026-06-12T22:30:00+02:00");
    let morning_ms = ms("2026-06-13T08:00:00+02:00");
    for kind in [
        Kind::BookingCancelledByVenue,
        Kind::BookingReminder,
        Kind::BookingConfirmed,
    ] {
        let wait = |begins_ms| kind.waits_until(Channel::Push, now_ms, Some(begins_ms));
        // The offer opened an hour ago, opens in an hour, opens when the quiet hours are over.
        assert_eq!(wait(now_ms - 3_600_000), None, "{kind:?}");
        assert_eq!(wait(now_ms + 3_600_000), None, "{kind:?}");
        assert_eq!(wait(morning_ms - 1), None, "{kind:?}");
        assert_eq!(wait(morning_ms), Some(morning_ms), "{kind:?}");
    }
}

#[test]
fn a_message_is_worth_sending_as_long_as_it_helps() {
    let created_at_ms = ms("2026-06-12T12:00:00Z");
    let begins_ms = ms("2026-06-12T18:00:00Z");
    for (kind, expected) in [
        (Kind::VerifyEmail, "2026-06-12T12:15:00Z"),
        (Kind::ResetPassword, "2026-06-12T12:15:00Z"),
        (Kind::PhoneCode, "2026-06-12T12:10:00Z"),
        (Kind::Invitation, "2026-06-19T12:00:00Z"),
        (Kind::BookingReminder, "2026-06-12T18:00:00Z"),
        (Kind::BookingConfirmed, "2026-06-13T12:00:00Z"),
        (Kind::News, "2026-06-13T12:00:00Z"),
    ] {
        let until_ms = kind.worth_until(created_at_ms, Some(begins_ms));
        assert_eq!(until_ms, ms(expected), "{kind:?}");
    }
}

/// What is sent later than a code's life reaches nobody in time.
#[test]
fn no_code_is_sent_after_it_expired() {
    for (kind, purpose) in [
        (Kind::VerifyEmail, CodePurpose::VerifyEmail),
        (Kind::ResetPassword, CodePurpose::ResetPassword),
        (Kind::PhoneCode, CodePurpose::VerifyPhone),
        (Kind::ChangeEmail, CodePurpose::ChangeEmail),
        (Kind::EmailChanged, CodePurpose::UndoEmailChange),
    ] {
        assert!(kind.worth_until(0, None) <= purpose.life_ms(), "{kind:?}");
    }
}
