//! Validates the fields of partners and establishments when they enter the system.

use crate::{
    Address,
    texts::{BrokenRule, broken, is_email, is_phone, is_public_https, line},
};

const MAX_DESCRIPTION_CHARS: usize = 4_000;

pub fn name(text: &str) -> Result<String, BrokenRule> {
    line(text, 2..=100).ok_or(broken("name", "is 2 to 100 characters on one line"))
}

pub fn description(text: String) -> Result<String, BrokenRule> {
    let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if text.chars().count() > MAX_DESCRIPTION_CHARS || text.contains(is_control) {
        return Err(broken(
            "description",
            "is null or at most 4000 characters, without control characters",
        ));
    }
    Ok(text)
}

pub fn https_url(field: &'static str, url: String) -> Result<String, BrokenRule> {
    if is_public_https(&url) {
        Ok(url)
    } else {
        Err(broken(
            field,
            "is null or an https URL of at most 500 characters",
        ))
    }
}

pub fn phone(text: String) -> Result<String, BrokenRule> {
    if is_phone(&text) {
        Ok(text)
    } else {
        Err(broken("phone", "is null or a number such as +33140000000"))
    }
}

pub fn email(text: &str) -> Result<String, BrokenRule> {
    let text = text.trim();
    if is_email(text) {
        Ok(text.to_owned())
    } else {
        Err(broken("email", "is null or an e-mail address"))
    }
}

pub fn address(given: &Address) -> Result<Address, BrokenRule> {
    let part = |field, rule, text: &str, longest| {
        line(text, 1..=longest).ok_or_else(|| broken(field, rule))
    };
    let street = part(
        "address.street",
        "is 1 to 200 characters on one line",
        &given.street,
        200,
    )?;
    let city = part(
        "address.city",
        "is 1 to 100 characters on one line",
        &given.city,
        100,
    )?;
    let postcode = part(
        "address.postalCode",
        "is 1 to 20 characters on one line",
        &given.postcode,
        20,
    )?;
    if given.country.len() != 2 || !given.country.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(broken(
            "address.country",
            "is a code by ISO 3166, such as FR",
        ));
    }
    Ok(Address {
        street,
        city,
        postcode,
        country: given.country.clone(),
    })
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
            ("address.street", |a| a.street = " ".into()),
            ("address.city", |a| a.city = "x".repeat(101)),
            ("address.postalCode", |a| a.postcode = "7\n5".into()),
            ("address.country", |a| a.country = "fr".into()),
            ("address.country", |a| a.country = "FRA".into()),
        ];
        for (field, edit) in wrong {
            let mut given = an_address();
            edit(&mut given);
            assert_eq!(address(&given).unwrap_err().field, field, "{given:?}");
        }
    }

    #[test]
    fn each_rule_has_its_bounds() {
        assert_eq!(name(" Chez Ana ").unwrap(), "Chez Ana");
        assert!(name("A").is_err() && name(&"x".repeat(101)).is_err());
        assert!(description("x".repeat(4_000)).is_ok());
        assert!(description("x".repeat(4_001)).is_err() && description("\0".into()).is_err());
        assert!(https_url("logo", "https://img.example/a.png".into()).is_ok());
        let script = https_url("logo", "javascript:alert(1)".into());
        assert_eq!(script.unwrap_err().field, "logo");
        assert!(phone("+33140000000".into()).is_ok() && phone("0140000000".into()).is_err());
        assert!(email("a@b.fr").is_ok() && email("a@b@c.fr").is_err());
    }
}
