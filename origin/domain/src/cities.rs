//! Cities: what tells two of one name apart, and the slugs of their pages.
//!
//! Nobody enters cities: they are what addresses of establishments say. So a city is its name and its area,
//! and its slug is made of these two alone: every server makes the same one, and no other city changes it.

use sha2::{Digest as _, Sha256};

use crate::{
    search_text::city_key,
    slugs::{self, Slug},
};

/// Countries whose postcodes are French ones: France, and its departments and collectivities overseas that
/// have a code of their own.
const FRENCH: [[u8; 2]; 9] = [
    *b"FR", *b"GP", *b"MQ", *b"GF", *b"RE", *b"YT", *b"PM", *b"BL", *b"MF",
];
/// Of an address whose country is no code of two letters.
const UNKNOWN: [u8; 2] = *b"ZZ";
const POSTCODE_DIGITS: usize = 5;

/// The area of a city: cities of one name in different areas are different ones. In France it is the
/// department, elsewhere the country: postcodes of other countries do not say where one city ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CityArea {
    country: [u8; 2],
    /// Padded with zeros; all zeros if there is none.
    department: [u8; 3],
}

impl Default for CityArea {
    /// Of what is not stored.
    fn default() -> Self {
        Self::of("", "")
    }
}

impl CityArea {
    /// The area of an address.
    pub fn of(country: &str, postcode: &str) -> Self {
        let letters = country.trim().to_ascii_uppercase();
        let country = match *letters.as_bytes() {
            [one, two] if one.is_ascii_uppercase() && two.is_ascii_uppercase() => [one, two],
            _ => UNKNOWN,
        };
        let department = FRENCH.contains(&country).then(|| department(postcode));
        match department.flatten() {
            Some(department) => Self {
                country: *b"FR",
                department,
            },
            None => Self {
                country,
                department: [0; 3],
            },
        }
    }

    /// ISO 3166 country code, or "ZZ" if it is not known.
    pub fn country(&self) -> &str {
        std::str::from_utf8(&self.country).unwrap_or_default()
    }

    /// The number of a French department, such as "75", "2A" or "974".
    pub fn department(&self) -> Option<&str> {
        let text = std::str::from_utf8(&self.department).unwrap_or_default();
        let text = text.trim_end_matches('\0');
        (!text.is_empty()).then_some(text)
    }
}

/// The department of a French postcode.
fn department(postcode: &str) -> Option<[u8; 3]> {
    let plain: String = postcode.chars().filter(|c| !c.is_whitespace()).collect();
    let plain = plain.to_ascii_uppercase();
    let digits = plain.trim_start_matches(|c: char| "FR-".contains(c));
    let digits = digits.as_bytes().first_chunk::<POSTCODE_DIGITS>()?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(match digits {
        // Corsica is two departments with one number.
        [b'2', b'0', b'0' | b'1', ..] => *b"2A\0",
        [b'2', b'0', ..] => *b"2B\0",
        [b'9', b'7' | b'8', third, ..] => [b'9', digits[1], *third],
        [first, second, ..] => [*first, *second, 0],
    })
}

/// The slug of a city's page: its name and the department or the country, such as "saint-denis-93". It is
/// what makes a city: two addresses with one slug are in one city. None if the name has no word.
pub fn slug(name: &str, area: CityArea) -> Option<Slug> {
    let key = city_key(name);
    if key.is_empty() {
        return None;
    }
    let mut text = slugs::name("city", &[&key]);
    if text != key.replace(' ', "-") {
        // Other names have these letters too.
        let digest = hex::encode(&Sha256::digest(key.as_bytes())[..4]);
        text = format!("{text}-{digest}");
    }
    let area = area.department().unwrap_or(area.country());
    Slug::parse(&format!("{text}-{}", area.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slug_of(name: &str, country: &str, postcode: &str) -> String {
        let slug = slug(name, CityArea::of(country, postcode));
        slug.map_or_else(String::new, String::from)
    }

    #[test]
    fn a_slug_says_which_city_of_the_name_it_is() {
        let table = [
            ("Paris", "FR", "75011", "paris-75"),
            ("PARIS ", "FR", "75 116", "paris-75"),
            ("Paris", "FR", "75008 CEDEX 08", "paris-75"),
            ("Paris", "FR", "F-75008", "paris-75"),
            ("Paris", "FR", "?", "paris-fr"),
            ("Paris", "US", "75460", "paris-us"),
            ("Saint-Denis", "FR", "93200", "saint-denis-93"),
            ("Saint Denis", "FR", "97400", "saint-denis-974"),
            ("Saint-Denis", "RE", "97400", "saint-denis-974"),
            ("Ajaccio", "FR", "20000", "ajaccio-2a"),
            ("Bastia", "FR", "20200", "bastia-2b"),
            ("L’Haÿ-les-Roses", "FR", "94240", "l-hay-les-roses-94"),
            ("Bruxelles", "be", "1000", "bruxelles-be"),
            ("Bruxelles", "Belgique", "1000", "bruxelles-zz"),
            ("", "FR", "75011", ""),
            ("—", "FR", "75011", ""),
        ];
        for (name, country, postcode, expected) in table {
            assert_eq!(slug_of(name, country, postcode), expected, "{name}");
        }
    }

    #[test]
    fn names_that_lose_letters_in_a_slug_stay_apart() {
        let (one, two) = (slug_of("東京", "JP", ""), slug_of("大阪", "JP", ""));
        assert_ne!(one, two);
        assert!(one.starts_with("city-") && one.ends_with("-jp"), "{one}");
        let long = "mot ".repeat(24);
        assert_ne!(
            slug_of(&format!("{long}a"), "FR", "1"),
            slug_of(&format!("{long}b"), "FR", "1")
        );
    }

    proptest! {
        #[test]
        fn every_name_with_a_word_has_a_slug(name in "\\PC{0,100}", country in "\\PC{0,3}", postcode in "\\PC{0,9}") {
            let area = CityArea::of(&country, &postcode);
            prop_assert_eq!(slug(&name, area).is_none(), city_key(&name).is_empty());
        }
    }
}
