use super::*;

#[test]
fn a_title_is_a_line() {
    for (given, stored) in [
        ("  Deux galettes \n", "Deux galettes"),
        ("ab", "ab"),
        (&"é".repeat(120), &"é".repeat(120)),
    ] {
        assert_eq!(title(given).as_deref(), Ok(stored));
    }
    for bad in ["", "a", " a ", "a\nb", "a\u{7f}b", &"é".repeat(121)] {
        assert_eq!(title(bad).unwrap_err().field, "title", "{bad:?}");
    }
}

#[test]
fn a_description_may_have_lines() {
    for good in ["", "a\n\tb\r\n", &"é".repeat(4_000)] {
        assert_eq!(description(good.into()).as_deref(), Ok(good));
    }
    for bad in ["a\u{1b}[2J", &"é".repeat(4_001)] {
        assert_eq!(description(bad.into()).unwrap_err().field, "description");
    }
}

#[test]
fn a_discount_is_a_percentage_and_perhaps_a_line() {
    for good in [0, 100] {
        assert_eq!(percentage(good), Ok(good));
    }
    for bad in [-1, 101, i32::MIN, i32::MAX] {
        assert!(percentage(bad).is_err());
    }
    assert_eq!(discount_description(" le soir ").as_deref(), Ok("le soir"));
    for bad in ["", "  ", "a\nb", &"é".repeat(201)] {
        assert!(discount_description(bad).is_err());
    }
}

#[test]
fn conditions_are_few_and_short() {
    let many = |count, text: &str| vec![text.to_owned(); count];
    assert_eq!(
        conditions(&many(1, " Sur place ")),
        Ok(many(1, "Sur place"))
    );
    for good in [vec![], many(20, "a"), many(1, &"é".repeat(200))] {
        assert_eq!(conditions(&good), Ok(good));
    }
    for bad in [many(21, "a"), many(1, ""), many(1, &"é".repeat(201))] {
        assert!(conditions(&bad).is_err());
    }
}

#[test]
fn images_are_public_https_addresses() {
    let long = format!("https://img.example/{}", "a".repeat(480));
    assert_eq!(long.len(), 500);
    for good in [
        "https://img.example",
        "https://img.example:8443/a.webp?w=1#b",
        &long,
    ] {
        assert!(images(vec![good.into()]).is_ok(), "{good}");
    }
    for bad in [
        "",
        "http://img.example/a",
        "//img.example/a",
        "HTTPS://img.example/a",
        "https:img.example/a",
        "https:\\\\img.example",
        "https://",
        "https:///a",
        "https://img.example/a b",
        " https://img.example/a",
        "https://img.example/é",
        "https://img.example/a\nb",
        "https://user@img.example/a",
        "https://:secret@img.example/a",
        "https://img.example:99999/a",
        "javascript:alert(1)//https://",
        "data:image/png;base64,",
        &format!("{long}a"),
    ] {
        assert!(images(vec![bad.into()]).is_err(), "{bad}");
    }
    assert!(images(vec!["https://img.example".into(); 20]).is_ok());
    assert!(images(vec!["https://img.example".into(); 21]).is_err());
}

#[test]
fn a_schedule_has_days_and_times() {
    let of = |weekdays: &[i32], from: &str, to: &str| {
        schedule(weekdays.iter().copied(), from.into(), to.into())
    };
    assert_eq!(of(&[7, 1], "18:00", "02:00").unwrap().weekdays, [1, 7]);
    for good in ["00:00", "09:05", "19:59", "23:59"] {
        assert!(of(&[1], good, good).is_ok(), "{good}");
    }
    for bad in [
        "", "24:00", "9:00", "09:60", "09-00", "0900", "09:00 ", "-1:00", "٠٩:00", "009:00",
    ] {
        assert_eq!(
            of(&[1], bad, "10:00").unwrap_err().field,
            "schedule.from",
            "{bad}"
        );
        assert_eq!(
            of(&[1], "10:00", bad).unwrap_err().field,
            "schedule.to",
            "{bad}"
        );
    }
    for bad in [&[][..], &[1, 1]] {
        assert_eq!(
            of(bad, "10:00", "11:00").unwrap_err().field,
            "schedule.weekdays"
        );
    }
}

#[test]
fn validity_begins_before_it_ends() {
    assert_eq!(validity(0, 1), Ok(()));
    for (from_ms, until_ms) in [(1, 1), (2, 1), (i64::MAX, i64::MIN)] {
        assert!(validity(from_ms, until_ms).is_err());
    }
}

#[test]
fn a_quota_has_a_total_of_0_or_more() {
    assert_eq!(quota_total(Some(10)), Ok(10));
    assert_eq!(quota_total(Some(0)), Ok(0));
    for total in [Some(-1), None] {
        assert_eq!(quota_total(total).unwrap_err().field, "quota.total");
    }
}

#[test]
fn a_broken_rule_names_its_field() {
    assert_eq!(
        title("").unwrap_err().to_string(),
        "`title` is 2 to 120 characters on one line"
    );
}
