//! Who sees an offer, as a query document.

use domain::offers::store::Visibility;
use mongodb::bson::{Bson, DateTime, Document, doc};

pub(super) fn visible(visibility: Visibility, now_ms: i64) -> Document {
    let now = DateTime::from_millis(now_ms);
    match visibility {
        Visibility::Public => {
            doc! {"isActive": true, "validFrom": {"$lte": now}, "validUntil": {"$gt": now}}
        }
        // Absent in what an older version stored.
        Visibility::Portal => doc! {"archivedAt": Bson::Null},
        Visibility::All => doc! {},
    }
}
