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

/// What a list is read as, or the paths of what is broken.
fn read(
    list: fn(&mut Reading, Vec<String>) -> Vec<String>,
    given: Vec<String>,
) -> Result<Vec<String>, Vec<String>> {
    let mut reading = Reading::default();
    let read = list(&mut reading, given);
    let paths = |broken: Vec<BrokenField>| broken.into_iter().map(|field| field.path).collect();
    reading.end(read).map_err(paths)
}

fn many(count: usize, text: &str) -> Vec<String> {
    vec![text.to_owned(); count]
}

#[test]
fn conditions_are_few_and_short() {
    let trimmed = read(conditions, many(1, " Sur place "));
    assert_eq!(trimmed, Ok(many(1, "Sur place")));
    for good in [vec![], many(20, "a"), many(1, &"é".repeat(200))] {
        assert_eq!(read(conditions, good.clone()), Ok(good));
    }
    let too_many = read(conditions, many(21, "a"));
    assert_eq!(too_many, Err(many(1, "conditions")));
    for bad in ["", &"é".repeat(201)] {
        let broken = read(conditions, vec!["a".into(), bad.into()]);
        assert_eq!(broken, Err(many(1, "conditions[1]")));
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
        assert!(read(images, vec![good.into()]).is_ok(), "{good}");
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
        "https://img.example/é",
        "https://img.example/a\nb",
        "https://user@img.example/a",
        "https://:secret@img.example/a",
        "https://img.example:99999/a",
        "javascript:alert(1)//https://",
        "data:image/png;base64,",
        &format!("{long}a"),
    ] {
        assert!(read(images, vec![bad.into()]).is_err(), "{bad}");
    }
    assert!(read(images, many(20, "https://img.example")).is_ok());
    assert_eq!(
        read(images, many(21, "https://img.example")),
        Err(many(1, "images"))
    );
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
        assert_eq!(of(&[1], bad, "10:00").unwrap_err()[0].path, "from", "{bad}");
    }
    assert!(of(&[1], "00:00", "24:00").is_ok());
    for bad in [
        "", "24:01", "9:00", "09:60", "09-00", "0900", "24:00 ", "-1:00", "٠٩:00", "009:00",
    ] {
        assert_eq!(of(&[1], "10:00", bad).unwrap_err()[0].path, "to", "{bad}");
    }
    for bad in [&[][..], &[1, 1]] {
        assert_eq!(of(bad, "10:00", "11:00").unwrap_err()[0].path, "weekdays");
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
