//! Step 1: partners, their establishments, and offers.
//!
//! `_id` is an ObjectId whose 24 hex digits are the domain's id, moments are dates, places GeoJSON
//! points. `folded` is a copy of the text without accents and case (`domain::search_text::fold`):
//! servers differ in how they remove them.

use domain::Category;
use mongodb::bson::{Document, doc};

use super::change::{Change, Index};

pub(super) fn changes() -> Vec<Change> {
    [partners(), establishments(), offers()].concat()
}

fn partners() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["name", "nameFolded", "category", "reviewCount", "createdAt", "folded"],
        "properties": {
            "_id": {"bsonType": "objectId"},
            "name": {"bsonType": "string"},
            "nameFolded": {"bsonType": "string"},
            "category": {"enum": categories()},
            "logo": text_or_null(),
            "description": text_or_null(),
            "rating": {"bsonType": ["double", "null"], "minimum": 0, "maximum": 5},
            "reviewCount": {"bsonType": ["int", "long"], "minimum": 0},
            "createdAt": {"bsonType": "date"},
            "folded": {
                "bsonType": "object",
                "required": ["name"],
                "properties": {"name": {"bsonType": "string"}, "description": text_or_null()},
            },
        },
    };
    vec![
        Change::collection("partners", schema),
        Change::index("partners", "byName", doc! {"nameFolded": 1, "_id": 1}),
        Change::index(
            "partners",
            "byCategoryAndName",
            doc! {"category": 1, "nameFolded": 1, "_id": 1},
        ),
        words("partners", &["folded.name", "folded.description"]),
    ]
}

fn establishments() -> Vec<Change> {
    let schema = doc! {
        "bsonType": "object",
        "required": ["partnerId", "name", "address", "location", "openingHours", "images"],
        "properties": {
            "_id": {"bsonType": "objectId"},
            "partnerId": {"bsonType": "objectId"},
            "name": {"bsonType": "string"},
            "address": {
                "bsonType": "object",
                "required": ["street", "city", "postcode", "country"],
                "properties": {
                    "street": {"bsonType": "string"},
                    "city": {"bsonType": "string"},
                    "postcode": {"bsonType": "string"},
                    "country": {"bsonType": "string"},
                },
            },
            "location": point(),
            "phone": text_or_null(),
            "email": text_or_null(),
            "website": text_or_null(),
            "openingHours": {"bsonType": "array", "items": {"bsonType": "object"}},
            "images": texts(),
        },
    };
    vec![
        Change::collection("establishments", schema),
        Change::index(
            "establishments",
            "byPartner",
            doc! {"partnerId": 1, "_id": 1},
        ),
    ]
}

fn offers() -> Vec<Change> {
    let active = || doc! {"partialFilterExpression": {"isActive": true}};
    vec![
        Change::collection("offers", offer_schema()),
        Change::Index(Index {
            collection: "offers",
            name: "near",
            keys: doc! {"location": "2dsphere", "category": 1, "isActive": 1},
            options: doc! {},
            plain: Some(doc! {"location": "2dsphere"}),
        }),
        words("offers", &["folded.title", "folded.description"]),
        Change::index("offers", "newest", doc! {"createdAt": -1, "_id": -1}),
        Change::index(
            "offers",
            "newestOfPartner",
            doc! {"partnerId": 1, "createdAt": -1, "_id": -1},
        ),
        Change::index("offers", "byEstablishment", doc! {"establishmentId": 1}),
        Change::index_with("offers", "starting", doc! {"validFrom": 1}, active()),
        Change::index_with("offers", "ending", doc! {"validUntil": 1}, active()),
    ]
}

fn offer_schema() -> Document {
    doc! {
        "bsonType": "object",
        "required": ["partnerId", "establishmentId", "title", "description", "category", "discount",
            "conditions", "validFrom", "validUntil", "images", "isActive", "location", "createdAt",
            "folded"],
        "properties": {
            "_id": {"bsonType": "objectId"},
            "partnerId": {"bsonType": "objectId"},
            "establishmentId": {"bsonType": "objectId"},
            "title": {"bsonType": "string"},
            "description": {"bsonType": "string"},
            "category": {"enum": categories()},
            "discount": {
                "bsonType": "object",
                "required": ["percentage"],
                "properties": {
                    "percentage": {"bsonType": ["int", "long"], "minimum": 0, "maximum": 100},
                    "description": text_or_null(),
                },
            },
            "conditions": texts(),
            "validFrom": {"bsonType": "date"},
            "validUntil": {"bsonType": "date"},
            "schedule": {"bsonType": ["object", "null"]},
            "quota": {
                "bsonType": ["object", "null"],
                "required": ["total", "remaining"],
                "properties": {
                    "total": {"bsonType": ["int", "long"], "minimum": 0},
                    "remaining": {"bsonType": ["int", "long"], "minimum": 0},
                },
            },
            "images": texts(),
            "isActive": {"bsonType": "bool"},
            "location": point(),
            "createdAt": {"bsonType": "date"},
            "folded": {
                "bsonType": "object",
                "required": ["title", "description"],
                "properties": {"title": {"bsonType": "string"}, "description": {"bsonType": "string"}},
            },
        },
    }
}

/// A text index; French stems.
fn words(collection: &'static str, fields: &[&str]) -> Change {
    let keys = fields
        .iter()
        .map(|field| ((*field).to_owned(), "text".into()));
    let options = doc! {"default_language": "french"};
    Change::index_with(collection, "words", keys.collect(), options)
}

fn categories() -> Vec<&'static str> {
    Category::ALL.map(Category::as_str).to_vec()
}

fn text_or_null() -> Document {
    doc! {"bsonType": ["string", "null"]}
}

fn texts() -> Document {
    doc! {"bsonType": "array", "items": {"bsonType": "string"}}
}

fn point() -> Document {
    doc! {
        "bsonType": "object",
        "required": ["type", "coordinates"],
        "properties": {
            "type": {"enum": ["Point"]},
            "coordinates": {
                "bsonType": "array",
                "minItems": 2,
                "maxItems": 2,
                "items": {"bsonType": "double"},
            },
        },
    }
}
