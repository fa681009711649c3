use super::*;

fn given(kind: DiscountKind) -> GivenDiscount {
    GivenDiscount {
        kind: Some(kind),
        ..GivenDiscount::default()
    }
}

fn amount(amount: i32, original: Option<i32>) -> GivenDiscount {
    GivenDiscount {
        amount: Some(amount),
        currency: Some(Currency::Eur),
        original,
        ..given(DiscountKind::Amount)
    }
}

fn price(price: i32, original: Option<i32>) -> GivenDiscount {
    GivenDiscount {
        price: Some(price),
        currency: Some(Currency::Chf),
        original,
        ..given(DiscountKind::FixedPrice)
    }
}

fn paths(given: GivenDiscount) -> Vec<String> {
    let broken = given.read().err().unwrap_or_default();
    broken.into_iter().map(|field| field.path).collect()
}

#[test]
fn a_discount_comes_to_a_percentage_where_that_is_known() {
    let free = GivenDiscount {
        item: Some(" un café ".into()),
        ..given(DiscountKind::FreeItem)
    };
    let percent = GivenDiscount {
        percentage: Some(15),
        ..GivenDiscount::default()
    };
    for (given, percentage) in [
        (percent, 15),
        (amount(500, Some(1_500)), 33),
        (amount(500, Some(500)), 100),
        (amount(500, None), 0),
        (given(DiscountKind::TwoForOne), 50),
        (free, 0),
        (price(1_000, Some(1_500)), 33),
        (price(1_000, Some(1_000)), 0),
        (price(1_000, None), 0),
    ] {
        let kind = given.kind.unwrap_or(DiscountKind::Percentage);
        let read = given.read().unwrap();
        assert_eq!(read.percentage, percentage, "{kind:?}");
        let found = read.terms.as_ref().map(DiscountTerms::kind);
        assert_eq!(found.unwrap_or(DiscountKind::Percentage), kind);
    }
}

#[test]
fn every_field_that_is_missing_wrong_or_foreign_is_named() {
    for (given, broken) in [
        (GivenDiscount::default(), vec!["percentage"]),
        (given(DiscountKind::Amount), vec!["currency", "amount"]),
        (given(DiscountKind::FixedPrice), vec!["currency", "price"]),
        (given(DiscountKind::FreeItem), vec!["item"]),
        (amount(0, None), vec!["amount"]),
        (amount(1_000_001, None), vec!["amount"]),
        (amount(500, Some(499)), vec!["original"]),
        (price(500, Some(1_000_001)), vec!["original"]),
        (
            GivenDiscount {
                percentage: Some(101),
                ..GivenDiscount::default()
            },
            vec!["percentage"],
        ),
        (
            GivenDiscount {
                percentage: Some(10),
                amount: Some(1),
                price: Some(1),
                original: Some(1),
                currency: Some(Currency::Eur),
                item: Some("ab".into()),
                ..given(DiscountKind::TwoForOne)
            },
            vec![
                "percentage",
                "amount",
                "price",
                "original",
                "currency",
                "item",
            ],
        ),
        (
            GivenDiscount {
                item: Some("a\nb".into()),
                ..given(DiscountKind::FreeItem)
            },
            vec!["item"],
        ),
    ] {
        assert_eq!(paths(given.clone()), broken, "{given:?}");
    }
}

#[test]
fn terms_are_stored_by_their_kind() {
    let terms = amount(500, None).read().unwrap().terms.unwrap();
    let json = serde_json::to_string(&terms).unwrap();
    assert_eq!(
        json,
        r#"{"kind":"AMOUNT","amount":500,"currency":"EUR","original":null}"#
    );
    assert_eq!(serde_json::from_str::<DiscountTerms>(&json).unwrap(), terms);
    let json = serde_json::to_string(&DiscountTerms::TwoForOne).unwrap();
    assert_eq!(json, r#"{"kind":"TWO_FOR_ONE"}"#);
}
