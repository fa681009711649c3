use super::*;

/// One letter of each kind, as rows hold it.
fn stored() -> Vec<(Kind, serde_json::Value)> {
    let booking = serde_json::json!({
        "id": "0123456789abcdef01234567", "offer": "Un verre offert", "partner": "Chez Léa",
        "address": "3 rue Oberkampf, 75011 Paris", "fromMs": 1, "untilMs": 2,
    });
    let offer = serde_json::json!({
        "id": "0123456789abcdef01234567", "title": "Un verre offert", "partner": "Chez Léa",
        "percentage": 20, "validUntilMs": 3,
    });
    [
        (
            Kind::VerifyEmail,
            serde_json::json!({"firstName": "Zoé", "token": "s3cret"}),
        ),
        (
            Kind::ResetPassword,
            serde_json::json!({"firstName": "Zoé", "token": "s3cret"}),
        ),
        (Kind::PhoneCode, serde_json::json!({"code": "s3cret"})),
        (
            Kind::Invitation,
            serde_json::json!({"partner": "Chez Léa", "token": "s3cret"}),
        ),
        (
            Kind::NewDevice,
            serde_json::json!({"firstName": "Zoé", "device": null, "signedInAtMs": 1}),
        ),
        (
            Kind::BookingConfirmed,
            serde_json::json!({"firstName": "Zoé", "booking": booking}),
        ),
        (
            Kind::BookingToConfirm,
            serde_json::json!({"guest": "Zoé", "booking": booking}),
        ),
        (
            Kind::BookingReminder,
            serde_json::json!({"firstName": "Zoé", "booking": booking}),
        ),
        (
            Kind::BookingCancelledByVenue,
            serde_json::json!({"firstName": "Zoé", "booking": booking}),
        ),
        (
            Kind::BookingExpired,
            serde_json::json!({"firstName": "Zoé", "booking": booking}),
        ),
        (
            Kind::FavouritePartnerOffer,
            serde_json::json!({"firstName": "Zoé", "offer": offer}),
        ),
        (
            Kind::FavouriteEndsSoon,
            serde_json::json!({"firstName": "Zoé", "offer": offer}),
        ),
        (
            Kind::IdentityResult,
            serde_json::json!({"firstName": "Zoé", "outcome": "verified"}),
        ),
        (
            Kind::PaymentResult,
            serde_json::json!({
                "firstName": "Zoé", "outcome": "paid", "amount": {"minor": 1250, "currency": "EUR"},
                "vatRateBp": 1000, "reference": "1", "offer": "Un verre",
                "booking": "0123456789abcdef01234567", "partner": "Chez Léa",
            }),
        ),
        (
            Kind::PaymentDisputed,
            serde_json::json!({
                "firstName": "Zoé", "outcome": "opened", "amount": {"minor": 1250, "currency": "EUR"},
                "booking": "0123456789abcdef01234567", "reference": "1", "offer": "Un verre",
            }),
        ),
        (
            Kind::News,
            serde_json::json!({
                "firstName": "Zoé", "title": "Du neuf", "paragraphs": ["Voici."], "path": "/offers",
            }),
        ),
    ]
    .into_iter()
    .chain(newest(&booking))
    .collect()
}

fn newest(booking: &serde_json::Value) -> [(Kind, serde_json::Value); 7] {
    [
        (
            Kind::ReviewRequest,
            serde_json::json!({"firstName": "Zoé", "booking": booking}),
        ),
        (
            Kind::ReviewReplied,
            serde_json::json!({
                "firstName": "Zoé", "partner": "Chez Léa", "booking": "0123456789abcdef01234567",
            }),
        ),
        (
            Kind::ReviewRemoved,
            serde_json::json!({
                "firstName": "Zoé", "partner": "Chez Léa", "booking": "0123456789abcdef01234567",
                "reason": "Injures",
            }),
        ),
        (
            Kind::PartnerReviewed,
            serde_json::json!({
                "firstName": "Zoé", "outcome": "returned", "partner": "Chez Léa", "reason": "Adresse",
            }),
        ),
        (
            Kind::ReviewContestAnswered,
            serde_json::json!({
                "firstName": "Zoé", "partner": "Chez Léa", "booking": "0123456789abcdef01234567",
                "answer": "Injures",
            }),
        ),
        (Kind::ChangeEmail, serde_json::json!({"token": "s3cret"})),
        (
            Kind::EmailChanged,
            serde_json::json!({"firstName": "Zoé", "token": "s3cret"}),
        ),
    ]
}

fn with_kind(kind: Kind, data: &serde_json::Value) -> serde_json::Value {
    let mut stored = data.clone();
    stored["kind"] = kind.as_str().into();
    stored
}

/// Rows of an older program are read by a newer one: these bytes do not change.
#[test]
fn each_kind_is_stored_under_its_name_and_reads_back() {
    let all = stored();
    let kinds: Vec<Kind> = all.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, Kind::ALL);
    for (kind, data) in all {
        let stored = with_kind(kind, &data);
        let letter: Letter = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(letter.kind(), kind);
        assert_eq!(serde_json::to_value(&letter).unwrap(), stored, "{kind:?}");
    }
}

#[test]
fn fields_of_a_newer_program_are_ignored() {
    for (kind, data) in stored() {
        let mut newer = with_kind(kind, &data);
        newer["fieldOfTomorrow"] = serde_json::json!({"a": [1]});
        let letter: Letter = serde_json::from_value(newer).unwrap();
        assert_eq!(letter.kind(), kind);
    }
    let unknown = serde_json::json!({"kind": "carrier_pigeon"});
    assert!(serde_json::from_value::<Letter>(unknown).is_err());
}

#[test]
fn no_code_and_no_token_is_printed() {
    for (kind, data) in stored() {
        let letter: Letter = serde_json::from_value(with_kind(kind, &data)).unwrap();
        assert!(!format!("{letter:?} {letter:#?}").contains("s3cret"));
    }
}

#[test]
fn a_letter_about_a_booking_knows_when_it_begins() {
    for (kind, data) in stored() {
        let letter: Letter = serde_json::from_value(with_kind(kind, &data)).unwrap();
        assert_eq!(letter.booking().is_some(), data["booking"].is_object());
        let until_ms = letter.worth_until(0);
        assert_eq!(until_ms == 1, kind == Kind::BookingReminder, "{kind:?}");
    }
}
