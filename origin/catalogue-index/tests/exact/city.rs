//! Catalogues of a made-up Paris, the same in every run.

use catalogue_index::Index;
use domain::{
    Category, EstablishmentId, GeoPoint, OfferId, PartnerId,
    cities::CityArea,
    offers::{discount::DiscountKind, listing::Listing},
};

pub(crate) const PARIS: (f64, f64) = (48.8566, 2.3522);
pub(crate) const NOW_MS: i64 = 1_000_000;
/// How far quarters are from the middle, degrees of latitude.
const WIDE: f64 = 0.05;

/// Numbers that look random (splitmix64).
pub(crate) struct Dice(pub u64);

impl Dice {
    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.number() % end
    }

    pub(crate) fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        let length = u64::try_from(choices.len()).unwrap();
        choices[usize::try_from(self.below(length)).unwrap()]
    }

    /// From -1 to 1, mostly near 0.
    pub(crate) fn about(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "20 bits")]
        let mut share = || self.below(1 << 20) as f64 / f64::from(1 << 20);
        share() + share() - 1.0
    }

    /// In a quarter, in the city, or in the country.
    pub(crate) fn place(&mut self) -> (f64, f64) {
        let (centre, wide) = match self.below(10) {
            0 => (PARIS, 60.0 * WIDE),
            1..=4 => (PARIS, WIDE),
            _ => {
                let quarter = self.below(12);
                let mut of = Dice(quarter * 7_919);
                let at = (PARIS.0 + WIDE * of.about(), PARIS.1 + WIDE * of.about());
                (at, WIDE / 8.0)
            }
        };
        (
            centre.0 + wide * self.about(),
            centre.1 + 1.5 * wide * self.about(),
        )
    }
}

pub(crate) fn offer(number: u64, at: (f64, f64), dice: &mut Dice) -> Listing {
    let percentage = i32::try_from(dice.below(101)).unwrap();
    Listing {
        id: OfferId::derive("offer", &number.to_string()),
        partner_id: PartnerId::derive("partner", &(number / 3).to_string()),
        location: GeoPoint {
            lat: at.0,
            lng: at.1,
        },
        category: dice.of(&Category::ALL),
        percentage,
        is_active: true,
        is_archived: false,
        is_listed: true,
        valid_from_ms: 0,
        valid_until_ms: NOW_MS * 1_000,
        created_at_ms: 0,
        title: "x".to_owned(),
        description: String::new(),
        partner_name: String::new(),
        establishment_name: String::new(),
        establishment_id: EstablishmentId::derive("establishment", &number.to_string()),
        partner_category: Category::Bar,
        rating: None,
        city: "Paris".to_owned(),
        city_area: CityArea::default(),
        kind: DiscountKind::ALL[0],
        schedule: None,
    }
}

/// An index of so many offers; every eighth is where another one is.
pub(crate) fn catalogue(offers: u64, dice: &mut Dice) -> Index {
    let mut index = Index::default();
    let mut at = PARIS;
    for number in 0..offers {
        if number % 8 != 0 {
            at = dice.place();
        }
        index.put(&offer(number, at, dice), NOW_MS);
    }
    index
}
