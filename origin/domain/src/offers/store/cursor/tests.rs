use super::*;

#[test]
fn a_forged_cursor_is_refused() {
    let id = OfferId::derive("offer", "x");
    let near = |rank, distance_km| OfferCursor {
        rank,
        at: OfferPosition::Near { distance_km },
        id: id.clone(),
    };
    let cursor = near(Rank::Text, 0.1 + 0.2);
    assert_eq!(OfferCursor::decode(&cursor.encode()), Some(cursor.clone()));
    let sealed = |km: f64| near(Rank::Title, km).encode();
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

#[test]
fn a_cursor_of_every_order_and_rank_reads_back() {
    let id = OfferId::derive("offer", "x");
    let created_at_ms = -5;
    for at in [
        OfferPosition::Near { distance_km: 0.5 },
        OfferPosition::Newest { created_at_ms },
        OfferPosition::Ending { valid_until_ms: 7 },
        OfferPosition::Discount {
            percentage: 100,
            created_at_ms,
        },
        OfferPosition::Rating {
            rating: 501,
            created_at_ms,
        },
    ] {
        for rank in [Rank::Title, Rank::Text, Rank::AlmostTitle, Rank::AlmostText] {
            let cursor = OfferCursor {
                rank,
                at,
                id: id.clone(),
            };
            assert_eq!(OfferCursor::decode(&cursor.encode()), Some(cursor));
        }
    }
}

/// Clients hold cursors of the version before.
#[test]
fn cursors_have_the_bytes_that_they_had() {
    let id = OfferId::from_bytes([7; ID_BYTES]);
    let cursor = OfferCursor {
        rank: Rank::Text,
        at: OfferPosition::Newest { created_at_ms: 1 },
        id,
    };
    let old = seal(
        CursorKind::OfferNewest,
        &[&1_i64.to_be_bytes()[..], &[7; ID_BYTES], &[1]].concat(),
    );
    assert_eq!(cursor.encode(), old);
}
