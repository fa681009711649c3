//! Samples for the checker of the catalogue index, by the indexes of places and of words.

mod measure;

use domain::{
    EARTH_RADIUS_KM,
    offers::store::{Near, Sample, Visibility},
};
use mongodb::bson::{Document, doc};

use super::filter;
use crate::{documents::at_most, tables::collections::PARTNERS, words};

/// Half way around the Earth: no distance is greater.
const GREATEST_DISTANCE_KM: f64 = EARTH_RADIUS_KM * std::f64::consts::PI;
/// A millimetre: what is exactly at the edge is found, however the server rounds.
const SLACK_KM: f64 = 1e-6;
/// The server's Earth; ours is a little smaller.
const SERVER_EARTH_RADIUS_M: f64 = 6_378_100.0;

/// The pipeline of a sample; none when nothing can match.
pub(super) fn pipeline(sample: &Sample, limit: usize, now_ms: i64) -> Option<Vec<Document>> {
    let mut conditions = filter::visible(Visibility::Public, now_ms);
    let mut stages = match sample {
        Sample::Near(disk) => near(disk, conditions)?,
        Sample::Word(word) => {
            let fields = ["folded.title", "folded.description"];
            if !words::require(&mut conditions, word, &fields) {
                return None;
            }
            vec![doc! {"$match": conditions}]
        }
    };
    stages.extend(of_listed_partners());
    stages.push(doc! {"$limit": i64::from(at_most(limit))});
    stages.push(doc! {"$project": {"_id": 1}});
    Some(stages)
}

/// Leaves out offers of partners that the public does not see. Not every server has joins with conditions.
fn of_listed_partners() -> [Document; 3] {
    [
        doc! {"$project": {"partnerId": 1}},
        doc! {"$lookup": {
            "from": PARTNERS,
            "localField": "partnerId",
            "foreignField": "_id",
            "as": "partner",
        }},
        doc! {"$match": {"partner.listed": {"$ne": false}}},
    ]
}

/// The server finds a little more than the disk, and measures it as we do; none when the disk holds
/// nothing.
fn near(disk: &Near, conditions: Document) -> Option<Vec<Document>> {
    // Not a number fails the comparison. An infinite disk holds the Earth.
    let reach_km =
        (disk.max_distance_km >= 0.0).then(|| disk.max_distance_km.min(GREATEST_DISTANCE_KM))?;
    let asked_km = (measure::widened_km(reach_km) + SLACK_KM).min(GREATEST_DISTANCE_KM);
    Some(vec![
        // `$geoWithin` would do as well, but leads not every server to the index of places.
        doc! {"$geoNear": {
            "near": {"type": "Point", "coordinates": [disk.centre.lng, disk.centre.lat]},
            "key": "location",
            "distanceField": "distance",
            "spherical": true,
            "maxDistance": asked_km / EARTH_RADIUS_KM * SERVER_EARTH_RADIUS_M,
            "query": conditions,
        }},
        doc! {"$set": {"distance": measure::distance_km(disk.centre)}},
        doc! {"$match": {"distance": {"$lte": reach_km}}},
    ])
}

#[cfg(test)]
mod tests {
    use domain::GeoPoint;

    use super::*;

    fn around_paris(max_distance_km: f64) -> Sample {
        let centre = GeoPoint::new(48.8566, 2.3522).unwrap();
        Sample::Near(Near {
            centre,
            max_distance_km,
        })
    }

    #[test]
    fn a_sample_goes_by_the_index_of_places_or_of_words_and_is_cut() {
        let word = Sample::Word("vin".to_owned());
        for (sample, index) in [(around_paris(0.25), "$geoNear"), (word, "$match")] {
            let stages = pipeline(&sample, 500, 0).unwrap();
            let first = stages[0].get_document(index).unwrap();
            let conditions = first.get_document("query").unwrap_or(first);
            assert!(conditions.get_bool("isActive").unwrap());
            assert_eq!(conditions.contains_key("$text"), index == "$match");
            let last = [doc! {"$limit": 500_i64}, doc! {"$project": {"_id": 1}}];
            assert_eq!(stages[stages.len() - 2..], last);
        }
        assert_eq!(pipeline(&Sample::Word("'".to_owned()), 500, 0), None);
    }

    #[test]
    fn the_server_finds_more_than_the_disk_and_measures_it_as_we_do() {
        let stages = pipeline(&around_paris(2.0), 500, 0).unwrap();
        let found = stages[0].get_document("$geoNear").unwrap();
        let metres = found.get_f64("maxDistance").unwrap();
        // More than ours: an ellipsoid's may be further.
        let asked_km = metres / SERVER_EARTH_RADIUS_M * EARTH_RADIUS_KM;
        assert!((2.011..2.013).contains(&asked_km), "{asked_km}");
        assert!(stages[1].get_document("$set").is_ok());
        assert_eq!(stages[2], doc! {"$match": {"distance": {"$lte": 2.0}}});
    }

    #[test]
    fn a_reach_is_at_most_the_earth_and_may_be_nothing() {
        for km in [-1.0, f64::NAN, f64::NEG_INFINITY] {
            assert_eq!(pipeline(&around_paris(km), 500, 0), None, "{km}");
        }
        assert!(pipeline(&around_paris(0.0), 500, 0).is_some());
        let stages = pipeline(&around_paris(f64::INFINITY), 500, 0).unwrap();
        let found = stages[0].get_document("$geoNear").unwrap();
        let half_way = SERVER_EARTH_RADIUS_M * std::f64::consts::PI;
        let metres = found.get_f64("maxDistance").unwrap();
        assert!((metres - half_way).abs() < 1.0, "{metres}");
    }
}
