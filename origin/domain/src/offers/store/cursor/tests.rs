use super::*;

#[test]
fn a_forged_cursor_is_refused() {
    let id = OfferId::derive("offer", "x");
    let cursor = OfferCursor::Near {
        rank: Rank::Text,
        distance_km: 0.1 + 0.2,
        id: id.clone(),
    };
    assert_eq!(OfferCursor::decode(&cursor.encode()), Some(cursor.clone()));
    let sealed = |km: f64| {
        OfferCursor::Near {
            rank: Rank::Title,
            distance_km: km,
            id: id.clone(),
        }
        .encode()
    };
    for text in [
        "",
        "x",
        &cursor.encode()[1..],
        &sealed(f64::NAN),
        &sealed(-1.0),
        &sealed(f64::INFINITY),
    ] {
        assert_eq!(OfferCursor::decode(text), None, "{text}");
    }
    let mut edited = cursor.encode().into_bytes();
    edited[5] ^= 1;
    assert_eq!(
        OfferCursor::decode(&String::from_utf8(edited).unwrap()),
        None
    );
}
