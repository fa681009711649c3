//! Samples for the checker of the catalogue index, by the indexes of places and of words.

use domain::offers::store::{Sample, Visibility};
use mongodb::bson::{Document, doc};

use super::{filter, near};
use crate::{documents::at_most, words};

/// The pipeline of a sample; none when nothing can match.
pub(super) fn pipeline(sample: &Sample, limit: usize, now_ms: i64) -> Option<Vec<Document>> {
    let mut conditions = filter::visible(Visibility::Public, now_ms);
    let mut stages = match sample {
        Sample::Near(disk) => near::all(disk, filter::reach_km(disk)?, &conditions),
        Sample::Word(word) => {
            let fields = ["folded.title", "folded.description"];
            if !words::require(&mut conditions, word, &fields) {
                return None;
            }
            vec![doc! {"$match": conditions}]
        }
    };
    stages.push(doc! {"$limit": i64::from(at_most(limit))});
    stages.push(doc! {"$project": {"_id": 1}});
    Some(stages)
}

#[cfg(test)]
mod tests {
    use domain::{GeoPoint, offers::store::Near};

    use super::*;

    #[test]
    fn a_sample_goes_by_the_index_of_places_or_of_words_and_is_cut() {
        let near = Near {
            centre: GeoPoint {
                lat: 48.8,
                lng: 2.3,
            },
            max_distance_km: 0.25,
        };
        let word = Sample::Word("vin".to_owned());
        for (sample, index) in [(Sample::Near(near.clone()), "$geoNear"), (word, "$match")] {
            let stages = pipeline(&sample, 500, 0).unwrap();
            let first = stages[0].get_document(index).unwrap();
            let conditions = first.get_document("query").unwrap_or(first);
            assert!(conditions.get_bool("isActive").unwrap());
            assert_eq!(conditions.contains_key("$text"), index == "$match");
            let last = [doc! {"$limit": 500_i64}, doc! {"$project": {"_id": 1}}];
            assert_eq!(stages[stages.len() - 2..], last);
        }
        let nothing = Near {
            max_distance_km: -1.0,
            ..near
        };
        assert_eq!(pipeline(&Sample::Near(nothing), 500, 0), None);
        assert_eq!(pipeline(&Sample::Word("'".to_owned()), 500, 0), None);
    }
}
