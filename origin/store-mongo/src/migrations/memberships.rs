//! One person in the teams of several partners. The oldest membership stays in `membership`; `memberships`
//! has the further ones, and is absent without any. The establishments of staff need no index.

use mongodb::bson::doc;

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    vec![Change::index_with(
        "users",
        "ofFurtherPartner",
        doc! {"memberships.partnerId": 1},
        doc! {"sparse": true},
    )]
}
