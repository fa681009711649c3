//! How long the way to an offer takes, and how long it is guessed to take.

use crate::GeoPoint;

/// The most offers that one question is about.
pub const MOST_OFFERS: usize = 25;
/// How much longer streets are than the straight line.
const DETOUR: f64 = 1.3;
const WALK_KM_PER_HOUR: f64 = 4.8;
/// In a city, stops included.
const TRANSIT_KM_PER_HOUR: f64 = 20.0;
/// To the stop, from the stop, and waiting there, in minutes.
const TRANSIT_EXTRA_MINUTES: f64 = 8.0;

/// How somebody goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Foot,
    Transit,
}

/// What a map service knows of a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// In seconds.
    Takes(u32),
    /// There is none.
    Missing,
    /// The service did not say.
    Unknown,
}

/// How long somebody is on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duration {
    /// Whole minutes, rounded up; none if there is no way.
    pub minutes: Option<u32>,
    /// Guessed from the distance.
    pub is_estimate: bool,
}

impl Duration {
    pub fn of(way: Way, from: GeoPoint, to: GeoPoint, by: By) -> Self {
        match way {
            Way::Takes(seconds) => Self {
                minutes: Some(seconds.div_ceil(60)),
                is_estimate: false,
            },
            Way::Missing => Self {
                minutes: None,
                is_estimate: false,
            },
            Way::Unknown => Self {
                minutes: Some(guess_minutes(from, to, by)),
                is_estimate: true,
            },
        }
    }
}

/// Streets are longer than the straight line, and public transport takes a while to begin. Nobody rides
/// where walking is faster.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "half the Earth's circumference on foot is 330,000 minutes"
)]
fn guess_minutes(from: GeoPoint, to: GeoPoint, by: By) -> u32 {
    let km = from.distance_km(&to) * DETOUR;
    let walk = km / WALK_KM_PER_HOUR * 60.0;
    let minutes = match by {
        By::Foot => walk,
        By::Transit => walk.min(TRANSIT_EXTRA_MINUTES + km / TRANSIT_KM_PER_HOUR * 60.0),
    };
    minutes.ceil() as u32
}

/// Rounds a point to four digits, which is 11 m: exact enough for the length of a way, and Google learns
/// no more of where the user is.
pub fn coarse(point: GeoPoint) -> GeoPoint {
    let round = |degrees: f64| (degrees * 10_000.0).round() / 10_000.0;
    GeoPoint {
        lat: round(point.lat),
        lng: round(point.lng),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: GeoPoint = GeoPoint {
        lat: 48.8566,
        lng: 2.3522,
    };

    fn north(km: f64) -> GeoPoint {
        GeoPoint {
            lat: HERE.lat + km / 111.195,
            lng: HERE.lng,
        }
    }

    fn guess(km: f64, by: By) -> Duration {
        Duration::of(Way::Unknown, HERE, north(km), by)
    }

    #[test]
    fn a_guess_is_of_the_distance() {
        for (km, foot, transit) in [(0.0, 0, 0), (0.2, 4, 4), (1.0, 17, 12), (9.9, 161, 47)] {
            let guesses = [guess(km, By::Foot), guess(km, By::Transit)];
            let minutes = guesses.map(|guess| guess.minutes);
            assert_eq!(minutes, [Some(foot), Some(transit)], "{km} km");
            assert!(guesses.iter().all(|guess| guess.is_estimate));
        }
    }

    #[test]
    fn what_is_known_is_no_guess() {
        for (way, minutes) in [
            (Way::Takes(0), Some(0)),
            (Way::Takes(60), Some(1)),
            (Way::Takes(61), Some(2)),
            (Way::Missing, None),
        ] {
            let known = Duration::of(way, HERE, north(1.0), By::Foot);
            let expected = Duration {
                minutes,
                is_estimate: false,
            };
            assert_eq!(known, expected);
        }
    }

    #[test]
    fn a_coarse_point_is_near() {
        let point = GeoPoint {
            lat: 48.856_613_9,
            lng: -2.352_221_9,
        };
        let coarse = coarse(point);
        assert_eq!((coarse.lat, coarse.lng), (48.8566, -2.3522));
        assert!(coarse.distance_km(&point) < 0.012);
    }
}
