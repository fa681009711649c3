//! The statuses of partners. Partners that exist before this migration become approved. No two partners that are
//! approved or suspended have the same SIRET.

use mongodb::bson::doc;

use super::change::Change;

const PARTNERS: &str = "partners";

pub(super) fn changes() -> Vec<Change> {
    let default = |field, value| Change::Default {
        collection: PARTNERS,
        field,
        value,
    };
    vec![
        default("status", "APPROVED".into()),
        default("listed", true.into()),
        Change::index(
            PARTNERS,
            "listedByName",
            doc! {"listed": 1, "nameFolded": 1, "_id": 1},
        ),
        Change::index(
            PARTNERS,
            "listedByCategoryAndName",
            doc! {"listed": 1, "category": 1, "nameFolded": 1, "_id": 1},
        ),
        Change::index(
            PARTNERS,
            "toReview",
            doc! {"status": 1, "submittedAt": 1, "_id": 1},
        ),
        Change::index_with(
            PARTNERS,
            "heldSiret",
            doc! {"heldSiret": 1},
            doc! {"unique": true, "sparse": true},
        ),
    ]
}
