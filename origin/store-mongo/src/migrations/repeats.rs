//! Step 9: who checked a booking in, and invitations that were accepted, for requests that are
//! repeated because their answer was lost.

use mongodb::bson::doc;

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    vec![
        Change::index_with(
            "bookings",
            "bookingsCheckedInBy",
            doc! {"checkedInBy": 1},
            doc! {"sparse": true},
        ),
        Change::Default {
            collection: "invitations",
            field: "accepted",
            value: false.into(),
        },
    ]
}
