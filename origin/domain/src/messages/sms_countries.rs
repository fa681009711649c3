//! The countries whose phone numbers SMS are sent to. Each SMS costs money, and some numbers pay those
//! who have them sent many.

use std::{fmt, sync::Arc};

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberType};

/// France with its departments overseas, and the other countries of the European Union.
const EUROPEAN_UNION: [&str; 31] = [
    "+33", "+262", "+590", "+594", "+596", // France
    "+30", "+31", "+32", "+34", "+351", "+352", "+353", "+356", "+357", "+358", "+359", "+36",
    "+370", "+371", "+372", "+385", "+386", "+39", "+40", "+420", "+421", "+43", "+45", "+46",
    "+48", "+49",
];
/// The longest prefix: a country's, and what begins the numbers of one operator.
const MOST_DIGITS: usize = 8;

/// The prefixes of numbers that SMS are sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsCountries(Arc<[String]>);

impl SmsCountries {
    /// Reads prefixes separated by commas, such as `+33,+49`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let prefixes = text.split(',').map(str::trim).map(|prefix| {
            let digits = prefix.strip_prefix('+').unwrap_or_default();
            let is_prefix = (1..=MOST_DIGITS).contains(&digits.len())
                && digits.bytes().all(|b| b.is_ascii_digit())
                && !digits.starts_with('0');
            is_prefix
                .then(|| prefix.to_owned())
                .ok_or_else(|| format!("{prefix:?} is not the prefix of a country, such as +33"))
        });
        Ok(Self(prefixes.collect::<Result<_, _>>()?))
    }

    /// Whether SMS are sent to a number in E.164: of one of these countries, and neither one that costs
    /// extra nor one that nobody carries.
    pub fn takes(&self, number: &str) -> bool {
        self.0
            .iter()
            .any(|prefix| number.starts_with(prefix.as_str()))
            && PHONE_NUMBER_UTIL
                .parse(number, None)
                .is_ok_and(|number| is_plain(number.get_type()))
    }
}

impl Default for SmsCountries {
    fn default() -> Self {
        Self(EUROPEAN_UNION.map(str::to_owned).into())
    }
}

impl fmt::Display for SmsCountries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(","))
    }
}

const fn is_plain(kind: PhoneNumberType) -> bool {
    use PhoneNumberType as Kind;
    match kind {
        Kind::Mobile | Kind::FixedLineOrMobile | Kind::FixedLine | Kind::VoIP => true,
        Kind::PremiumRate
        | Kind::SharedCost
        | Kind::TollFree
        | Kind::PersonalNumber
        | Kind::Pager
        | Kind::UAN
        | Kind::VoiceMail
        | Kind::Unknown => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_union_are_taken_and_no_premium_ones() {
        let union = SmsCountries::default();
        for (number, expected) in [
            ("+33612345678", true),
            ("+33123456789", true),
            ("+262692123456", true),
            ("+4915112345678", true),
            ("+393123456789", true),
            // Premium and shared cost.
            ("+33899123456", false),
            ("+33820123456", false),
            ("+491901234567", false),
            // Toll-free.
            ("+33800123456", false),
            // Elsewhere: the United States, Jamaica, the United Kingdom, Switzerland, satellites.
            ("+12125550123", false),
            ("+18765550123", false),
            ("+447400123456", false),
            ("+41781234567", false),
            ("+881612345678", false),
            ("", false),
            ("0612345678", false),
        ] {
            assert_eq!(union.takes(number), expected, "{number}");
        }
    }

    #[test]
    fn other_countries_can_be_set() {
        let set = SmsCountries::parse(" +41, +447").unwrap();
        assert!(set.takes("+41781234567") && set.takes("+447400123456"));
        assert!(!set.takes("+33612345678") && !set.takes("+442079460958"));
        assert_eq!(SmsCountries::parse(&set.to_string()).unwrap(), set);
        let union = SmsCountries::default();
        assert_eq!(SmsCountries::parse(&union.to_string()).unwrap(), union);
        for bad in ["", "33", "+", "+33,", "+3 3", "+033", "+336123456", "+fr"] {
            assert!(SmsCountries::parse(bad).is_err(), "{bad:?}");
        }
    }
}
