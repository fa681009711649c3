//! Step 23: pages of the showcase site. A sparse index holds the rows that a job has to name; each slug is
//! one page's among pages of a kind.

use mongodb::bson::doc;

use super::change::Change;

pub(super) fn changes() -> Vec<Change> {
    let tables = [
        ("partners", "slugsOfPartners", "sluglessPartners"),
        (
            "establishments",
            "slugsOfEstablishments",
            "sluglessEstablishments",
        ),
        ("offers", "slugsOfOffers", "sluglessOffers"),
    ];
    tables
        .into_iter()
        .flat_map(|(collection, slugs, slugless)| {
            [
                Change::index_with(
                    collection,
                    slugs,
                    doc! {"slugs": 1},
                    doc! {"unique": true, "sparse": true},
                ),
                Change::index_with(
                    collection,
                    slugless,
                    doc! {"slugless": 1},
                    doc! {"sparse": true},
                ),
                Change::Default {
                    collection,
                    field: "slugless",
                    value: true.into(),
                },
            ]
        })
        .collect()
}
