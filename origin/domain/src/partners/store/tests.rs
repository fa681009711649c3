use super::*;

#[test]
fn a_cursor_of_offers_or_a_forged_one_is_refused() {
    let cursor = PartnerCursor {
        name_folded: "creperie".into(),
        id: PartnerId::derive("partner", "1"),
    };
    let text = cursor.encode();
    assert_eq!(PartnerCursor::decode(&text), Some(cursor));
    assert_eq!(PartnerCursor::decode(&text[..text.len() - 1]), None);
    let foreign = crate::offers::store::OfferCursor {
        rank: crate::offers::store::Rank::Title,
        at: crate::offers::store::OfferPosition::Newest { created_at_ms: 1 },
        id: crate::OfferId::derive("offer", "1"),
    };
    assert_eq!(PartnerCursor::decode(&foreign.encode()), None);
    assert_eq!(crate::offers::store::OfferCursor::decode(&text), None);
}
