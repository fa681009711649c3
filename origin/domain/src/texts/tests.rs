use proptest::prelude::*;

use super::*;
use crate::users::account::EmailKey;

type Read = fn(&'static str, &str) -> Result<String, BrokenRule>;

/// What is typed, and what is stored.
fn reads(read: Read, table: &[(&str, &str)]) {
    for (typed, stored) in table {
        assert_eq!(read("x", typed).as_deref(), Ok(*stored), "{typed:?}");
    }
}

fn refuses(read: Read, word: &str, table: &[&str]) {
    for typed in table {
        let broken = read("x", typed).expect_err(typed);
        assert_eq!((broken.field, broken.rule.word), ("x", word), "{typed:?}");
    }
}

#[test]
fn an_address_is_read_without_the_spaces_around_it() {
    reads(
        email,
        &[
            ("a@b.fr", "a@b.fr"),
            (" Ana.Petit+x@exemple.co.uk\n", "Ana.Petit+x@exemple.co.uk"),
        ],
    );
    let bad = [
        "",
        "a",
        "a@",
        "@b.fr",
        "a b@c.fr",
        "a@b..fr",
        "a@b.fr, c@d.fr",
        "a@b.fr\r\nBcc: c@d.fr",
    ];
    refuses(email, "EMAIL", &bad);
}

#[test]
fn an_address_has_a_domain_that_idna_can_map() {
    reads(
        email,
        &[
            ("a@EXÄMPLE.fr", "a@EXÄMPLE.fr"),
            ("a@xn--exmple-cua.fr", "a@xn--exmple-cua.fr"),
            ("a@r3---sn.fr", "a@r3---sn.fr"),
        ],
    );
    let label = "x".repeat(64);
    let bad = [
        "a@b.fr\r\nBcc:c[127.0.0.1]",
        "a@xn--a.fr",
        "a@xn--.fr",
        "a@xn--example-.fr",
        "a@ex\u{fffd}mple.fr",
        "a@\u{ad}.fr",
        "a@b.fr。",
        "a@-b.fr",
        "a@[127.0.0.1]",
        &format!("a@{label}.fr"),
    ];
    refuses(email, "EMAIL", &bad);
}

/// C2.
#[test]
fn a_password_is_the_same_however_its_accents_are_typed() {
    let composed = "p\u{e9}ch\u{e9} mignon";
    reads(
        password,
        &[
            (composed, composed),
            ("pe\u{301}che\u{301} mignon", composed),
            ("p\u{e9}ch\u{e9}\u{a0}mignon", composed),
            (
                "❤\u{fe0f}❤\u{fe0f}❤\u{fe0f}❤\u{fe0f}",
                "❤\u{fe0f}❤\u{fe0f}❤\u{fe0f}❤\u{fe0f}",
            ),
        ],
    );
    // RFC 8265 keeps what is full-width, and the case.
    reads(password, &[("１２３４５６７８Aa", "１２３４５６７８Aa")]);
}

/// C2.
#[test]
fn lengths_of_a_password_are_those_of_its_normal_form() {
    let decomposed = |count| "e\u{301}".repeat(count);
    assert_eq!(password("x", &decomposed(36)), Ok("\u{e9}".repeat(36)));
    refuses(password, "PASSWORD_BYTES", &[&decomposed(37)]);
    refuses(
        password,
        "PASSWORD_LENGTH",
        &[&decomposed(7), &decomposed(73), "", "1234567"],
    );
    assert!(password("x", &"x".repeat(72)).is_ok());
    refuses(password, "PASSWORD_LENGTH", &[&"x".repeat(73)]);
    refuses(
        password,
        "PASSWORD_CHARACTERS",
        &["12345678\0", "1234\n5678"],
    );
}

/// C3.
#[test]
fn one_letter_is_a_name() {
    reads(
        person_name,
        &[
            ("伟", "伟"),
            ("李", "李"),
            (" O ", "O"),
            ("Jean-Luc d'Été", "Jean-Luc d'Été"),
            ("Zoe\u{301}", "Zoé"),
            (&"e\u{301}".repeat(50), &"é".repeat(50)),
        ],
    );
    let long = "x".repeat(51);
    let bad = [
        "",
        " ",
        "-",
        "…",
        "1",
        "\u{200b}",
        "\u{3164}",
        "\u{115f}\u{1160}",
        "\u{ffa0}",
        "\u{13441}\u{13442}",
        "Z\no",
        "Z\u{2028}o",
        &long,
    ];
    refuses(person_name, "NAME_LENGTH", &bad);
}

/// C4, C5.
#[test]
fn a_number_has_one_spelling() {
    let spellings = [
        "+33612345678",
        "+330612345678",
        "+33 6 12 34 56 78",
        "+33 (0)6 12 34 56 78",
        "0033 6 12 34 56 78",
        "0612345678",
        "06.12.34.56.78",
        "06-12-34-56-78",
        " 06\u{a0}12\u{202f}34 56 78 ",
        "\u{202a}+33612345678\u{202c}",
        "＋３３６１２３４５６７８",
        "٠٦١٢٣٤٥٦٧٨",
    ];
    for spelling in spellings {
        reads(phone, &[(spelling, "+33612345678")]);
    }
    reads(
        phone,
        &[
            ("+44 20 7946 0958", "+442079460958"),
            ("+1 (202) 555-0123", "+12025550123"),
            ("+262 692 12 34 56", "+262692123456"),
        ],
    );
    for landline in [
        "01 42 68 53 00",
        "0142685300",
        "(01) 42.68.53.00",
        "+33 (0)1 42 68 53 00",
        "+33(0)142685300",
        "0033 (0)1 42 68 53 00",
        "33142685300",
    ] {
        reads(phone, &[(landline, "+33142685300")]);
    }
    // Zeros that begin a number within its country belong to it.
    for number in [
        "+390212345678",
        "+390669812345",
        "+3780549886377",
        "+2250123456789",
        "+2250707070707",
        "+242061234567",
        "+2290195123456",
        "+24101441234",
        "+24106031234",
    ] {
        reads(phone, &[(number, number)]);
    }
    let long = "1".repeat(65);
    let bad = [
        "",
        "+",
        "112",
        "3615",
        "06 12 34 56 7",
        "06 12 34 56 78 9",
        "06 12 34 56 78 / 07 12 34 56 78",
        "06 12 34 56 78 #5",
        "+3361234567",
        "+336123456789",
        "0000000000",
        "+999123456789",
        "call +33612345678",
        "+33612345678 ext. 5",
        "1-800-FLOWERS",
        &long,
    ];
    refuses(phone, "PHONE_E164", &bad);
}

/// C6.
#[test]
fn a_code_is_its_digits_however_it_is_typed() {
    for typed in [
        "123456",
        "123 456",
        " 123-456\n",
        "123\u{a0}456",
        "123\u{2011}456",
        "１２３４５６",
        "１２３　４５６",
        "١٢٣٤٥٦",
        "12 34 56",
        "\u{200e}123456",
        "123.456",
        "(123456)",
        "123_456",
        "«123·456»",
        "123/456",
        "১২৩৪৫৬",
        "๑๒๓๔๕๖",
        "߁߂߃߄߅߆",
        "\u{11bf1}\u{11bf2}\u{11bf3}\u{11bf4}\u{11bf5}\u{11bf6}",
        "1\u{20e3}2\u{20e3}3\u{20e3}4\u{20e3}5\u{20e3}6\u{20e3}",
    ] {
        assert_eq!(typed_code(typed).as_deref(), Some("123456"), "{typed:?}");
    }
    for other in ["12345", "123456x", "1234567", "", "abc", "G-123456"] {
        assert_eq!(typed_code(other), None, "{other:?}");
    }
}

/// C6.
#[test]
fn a_token_is_read_without_what_copying_adds() {
    for pasted in [
        "id.ab-c_",
        " id.ab-c_\n",
        "id.ab\r\n-c_",
        "\u{feff}id.ab-c_\u{200b}",
    ] {
        assert_eq!(pasted_token(pasted), "id.ab-c_", "{pasted:?}");
    }
}

#[test]
fn an_address_of_the_web_is_public_and_unambiguous() {
    reads(
        https_url,
        &[(" https://example.fr/a.jpg ", "https://example.fr/a.jpg")],
    );
    let bad = [
        "",
        "http://example.fr",
        "javascript:alert(1)",
        "https://a:b@example.fr/",
        "https:///example.fr",
        "https://example.fr\\a",
    ];
    refuses(https_url, "HTTPS_URL", &bad);
}

proptest! {
    /// A request ends in a refusal, not in a panic of a library.
    #[test]
    fn a_number_of_any_shape_is_read_or_refused(text in "[+0-9()*#;=,~/ .\\-\u{2013}٠-٩０-９＋]{0,30}|\\PC{0,30}") {
        if let Ok(number) = phone("x", &text) {
            prop_assert_eq!(phone("x", &number), Ok(number.clone()));
        }
    }

    #[test]
    fn an_address_that_is_read_has_a_key_of_its_own_domain(text in "[a-c]@[a-dß-éΣς.。\\-\u{ad}Ａ-Ｃxn\\[\\]]{1,12}") {
        if let Ok(address) = email("x", &text) {
            let key = EmailKey::of(&address);
            prop_assert!(!key.as_str().contains(char::REPLACEMENT_CHARACTER));
            prop_assert_eq!(EmailKey::of(key.as_str()), key);
        }
    }
}
