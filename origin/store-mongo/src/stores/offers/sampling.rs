//! What checks the catalogue index: the indexes of places and of words.

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
