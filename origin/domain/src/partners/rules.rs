//! Validates the fields of partners and establishments when they enter the system.

use crate::{
    Address,
    broken::{BrokenField, BrokenRule, Reading, Rule},
    texts::line,
};

const NAME: Rule = Rule::new(
    "LINE_LENGTH",
    "compte de 2 à 100 caractères sur une ligne",
    "has 2 to 100 characters on one line",
);
const STREET: Rule = Rule::new(
    "LINE_LENGTH",
    "compte de 1 à 200 caractères sur une ligne",
    "has 1 to 200 characters on one line",
);
const CITY: Rule = Rule::new(
    "LINE_LENGTH",
    "compte de 1 à 100 caractères sur une ligne",
    "has 1 to 100 characters on one line",
);
const POSTCODE: Rule = Rule::new(
    "LINE_LENGTH",
    "compte de 1 à 20 caractères sur une ligne",
    "has 1 to 20 characters on one line",
);
const COUNTRY: Rule = Rule::new(
    "COUNTRY",
    "est un code ISO 3166, comme FR",
    "is a code by ISO 3166, such as FR",
);

pub fn name(text: &str) -> Result<String, BrokenRule> {
    line(text, 2..=100).ok_or(NAME.at("name"))
}

pub fn address(given: &Address) -> Result<Address, Vec<BrokenField>> {
    let mut reading = Reading::default();
    let mut part = |field, rule: Rule, text: &str, longest| {
        reading.take(line(text, 1..=longest).ok_or(rule.at(field)))
    };
    let read = Address {
        street: part("street", STREET, &given.street, 200),
        city: part("city", CITY, &given.city, 100),
        postcode: part("postalCode", POSTCODE, &given.postcode, 20),
        country: reading.take(country(&given.country)),
    };
    reading.end(read)
}

fn country(text: &str) -> Result<String, BrokenRule> {
    if text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()) {
        Ok(text.to_owned())
    } else {
        Err(COUNTRY.at("country"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn an_address() -> Address {
        Address {
            street: " 1 rue de Rivoli ".into(),
            city: "Paris".into(),
            postcode: "75004".into(),
            country: "FR".into(),
        }
    }

    type Edit = fn(&mut Address);

    #[test]
    fn an_address_names_what_is_wrong_with_it() {
        assert_eq!(address(&an_address()).unwrap().street, "1 rue de Rivoli");
        let wrong: [(&str, Edit); 5] = [
            ("street", |a| a.street = " ".into()),
            ("city", |a| a.city = "x".repeat(101)),
            ("postalCode", |a| a.postcode = "7\n5".into()),
            ("country", |a| a.country = "fr".into()),
            ("country", |a| a.country = "FRA".into()),
        ];
        for (field, edit) in wrong {
            let mut given = an_address();
            edit(&mut given);
            let broken = address(&given).unwrap_err();
            assert_eq!(broken[0].path, field, "{given:?}");
        }
    }

    #[test]
    fn each_rule_has_its_bounds() {
        assert_eq!(name(" Chez Ana ").unwrap(), "Chez Ana");
        assert!(name("A").is_err() && name(&"x".repeat(101)).is_err());
    }
}
