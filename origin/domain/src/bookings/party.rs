//! How many people a booking is for.

use crate::broken::{BrokenRule, Rule};

const RULE: Rule = Rule::new("PARTY_SIZE", "va de 1 à 20 personnes", "is 1 to 20 people");

/// The number of people of a booking. Each of them takes a place of quotas and of limits per day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartySize(i32);

impl PartySize {
    /// Whoever books without a number comes alone.
    pub const ONE: Self = Self(1);
    const MOST: i32 = 20;

    pub fn new(people: i32) -> Option<Self> {
        (1..=Self::MOST).contains(&people).then_some(Self(people))
    }

    /// Like [`Self::new`], of an argument of this name.
    pub fn read(field: &'static str, people: i32) -> Result<Self, BrokenRule> {
        Self::new(people).ok_or(RULE.at(field))
    }

    pub const fn people(self) -> i32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_has_1_to_20_people() {
        for good in [1, 20] {
            assert_eq!(PartySize::new(good).map(PartySize::people), Some(good));
        }
        for bad in [i32::MIN, -1, 0, 21, i32::MAX] {
            assert_eq!(PartySize::new(bad), None);
            assert!(PartySize::read("partySize", bad).is_err());
        }
    }
}
