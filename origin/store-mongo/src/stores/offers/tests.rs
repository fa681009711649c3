use domain::{
    BookingLimits, Category, Discount, EARTH_RADIUS_KM, EstablishmentId, GeoPoint, OfferSchedule,
    Quota, StoreError,
    offers::store::{Columns, Images, ListFields, Near, NextChange},
};
use mongodb::bson::{Bson, DateTime, Document, doc, oid::ObjectId};

use super::{near::Position, *};
use crate::{documents::limit, tables::offers as rows};

const NOW_MS: i64 = 1_790_000_000_000;
const NOTHING: ListFields = ListFields {
    description: false,
    conditions: false,
    schedule: false,
    images: Images::None,
};

fn full() -> Offer {
    Offer {
        id: OfferId::derive("offer", "1"),
        title: "Crêperie de l'Œuf".into(),
        description: "À deux".into(),
        partner_id: PartnerId::derive("partner", "1"),
        establishment_id: EstablishmentId::derive("establishment", "1"),
        category: Category::Restaurant,
        discount: Discount {
            percentage: 30,
            description: Some("sur place".into()),
        },
        conditions: vec!["le soir".into(), "à deux".into()],
        valid_from_ms: 0,
        valid_until_ms: i64::MAX,
        schedule: Some(OfferSchedule {
            weekdays: vec![1, 7],
            from: "18:00".into(),
            to: "02:00".into(),
        }),
        quota: Some(Quota {
            total: 10,
            remaining: 3,
        }),
        images: vec!["a.jpg".into(), "b.jpg".into()],
        is_active: true,
        location: paris(),
        created_at_ms: NOW_MS - 1,
        limits: BookingLimits {
            per_day: Some(5),
            per_user: Some(1),
        },
        archived_at_ms: Some(NOW_MS),
        version: 7,
    }
}

fn bare() -> Offer {
    Offer {
        description: String::new(),
        discount: Discount {
            percentage: 0,
            description: None,
        },
        conditions: vec![],
        schedule: None,
        quota: None,
        images: vec![],
        is_active: false,
        limits: BookingLimits::default(),
        archived_at_ms: None,
        ..full()
    }
}

fn paris() -> GeoPoint {
    GeoPoint::new(48.8566, 2.3522).unwrap()
}

fn near(max_distance_km: f64) -> Near {
    Near {
        centre: paris(),
        max_distance_km,
    }
}

fn query() -> OfferQuery {
    OfferQuery::newest(20, NOW_MS)
}

fn id_of(hex: &str) -> ObjectId {
    ObjectId::parse_str(hex).unwrap()
}

/// As it comes from a server.
fn stored(offer: &Offer) -> Document {
    let bytes = rows::document(offer).unwrap().to_vec().unwrap();
    Document::from_reader(bytes.as_slice()).unwrap()
}

#[test]
fn an_offer_reads_back_as_it_was_stored() {
    for offer in [full(), bare()] {
        assert_eq!(rows::offer(&stored(&offer)).unwrap(), offer);
    }
    // What other programs leave out instead of storing null.
    let mut without = stored(&bare());
    without.remove("schedule");
    without.remove("quota");
    without.insert("discount", doc! {"percentage": 0_i64});
    assert_eq!(rows::offer(&without).unwrap(), bare());
}

#[test]
fn a_document_is_what_the_schema_says() {
    let stored = stored(&full());
    let id = id_of(full().id.as_str());
    assert_eq!(stored.get_object_id("_id").unwrap(), id);
    let until = DateTime::from_millis(i64::MAX);
    assert_eq!(*stored.get_datetime("validUntil").unwrap(), until);
    let place = doc! {"type": "Point", "coordinates": [2.3522, 48.8566]};
    assert_eq!(*stored.get_document("location").unwrap(), place);
    let folded = doc! {"title": "creperie de l'oeuf", "description": "a deux"};
    assert_eq!(*stored.get_document("folded").unwrap(), folded);
}

#[test]
fn what_cannot_be_read_is_corrupt() {
    let far = doc! {"type": "Point", "coordinates": [2.0, 91.0]};
    let cases: Vec<(&str, Bson)> = vec![
        ("_id", "x".into()),
        ("category", "PUB".into()),
        ("title", Bson::Null),
        ("validFrom", 5_i64.into()),
        ("location", far.into()),
        ("discount", doc! {"percentage": 2.5}.into()),
        ("discount", doc! {"percentage": 1_i64 << 40}.into()),
        ("quota", doc! {"total": 1}.into()),
        ("images", vec![1].into()),
        ("schedule", "always".into()),
    ];
    for (field, value) in cases {
        let mut broken = stored(&full());
        broken.insert(field, value);
        let read = rows::offer(&broken);
        assert!(
            matches!(read, Err(MongoError::Store(StoreError::Corrupt { .. }))),
            "{field}"
        );
        broken.remove(field);
        let optional = ["quota", "schedule"].contains(&field);
        assert_eq!(rows::offer(&broken).is_ok(), optional, "{field}");
    }
}

#[test]
fn a_list_reads_only_what_was_selected() {
    let mut read = stored(&full());
    for field in ["description", "conditions", "schedule", "images", "folded"] {
        read.remove(field);
    }
    let expected = Offer {
        description: String::new(),
        conditions: vec![],
        schedule: None,
        images: vec![],
        ..full()
    };
    assert_eq!(rows::list_offer(&read, NOTHING).unwrap(), expected);
    let one = rows::stage_projection(ListFields {
        images: Images::First,
        ..NOTHING
    });
    let first = doc! {"$slice": ["$images", 1]};
    assert_eq!(one.get("images"), Some(&first.into()));
    let all = rows::stage_projection(ListFields::ALL);
    assert_eq!(all.get("images"), Some(&1.into()));
    let few = rows::stage_projection(NOTHING);
    assert!(all.keys().all(|field| field != "folded"));
    let more: Vec<&String> = all
        .keys()
        .filter(|field| !few.contains_key(*field))
        .collect();
    assert_eq!(more, ["description", "conditions", "schedule", "images"]);
}

#[test]
fn an_update_writes_what_differs() {
    let after = Offer {
        title: "Bar".into(),
        is_active: false,
        ..full()
    };
    let folded = doc! {"title": "bar", "description": "a deux"};
    assert_eq!(
        rows::difference(&full(), &after).unwrap(),
        doc! {"title": "Bar", "isActive": false, "folded": folded}
    );
    assert_eq!(rows::difference(&full(), &full()).unwrap(), doc! {});
}

#[test]
fn filters_are_a_query() {
    let now = DateTime::from_millis(NOW_MS);
    let public = doc! {"isActive": true, "validFrom": {"$lte": now}, "validUntil": {"$gt": now}};
    assert_eq!(filter::of(&query()).unwrap(), Some(public.clone()));
    let all = OfferQuery {
        include_inactive: Visibility::All,
        ..query()
    };
    assert_eq!(filter::of(&all).unwrap(), Some(doc! {}));
    let partner = full().partner_id;
    let narrow = OfferQuery {
        categories: vec![Category::Bar, Category::Cinema],
        min_discount: Some(30),
        partner: Some(partner.clone()),
        search: Some("Noël".into()),
        ..query()
    };
    let mut expected = public;
    expected.extend(doc! {
        "category": {"$in": ["BAR", "CINEMA"]},
        "discount.percentage": {"$gte": 30},
        "partnerId": id_of(partner.as_str()),
    });
    assert!(crate::words::require(
        &mut expected,
        "noel",
        &["folded.title", "folded.description"]
    ));
    assert_eq!(filter::of(&narrow).unwrap(), Some(expected));
    let wordless = OfferQuery {
        search: Some("--".into()),
        ..query()
    };
    assert_eq!(filter::of(&wordless).unwrap(), None);
}

#[test]
fn a_page_newest_first_goes_on_after_its_cursor() {
    let id = full().id;
    let at = DateTime::from_millis(7);
    assert_eq!(
        newest::after(doc! {"isActive": true}, 7, &id).unwrap(),
        doc! {
            "isActive": true,
            "createdAt": {"$lte": at},
            "$or": [
                {"createdAt": {"$lt": at}},
                {"createdAt": at, "_id": {"$lt": id_of(id.as_str())}},
            ],
        }
    );
}

#[test]
fn a_list_has_an_index_to_go_by() {
    let moment = doc! {"createdAt": {"$lte": DateTime::MAX}};
    assert_eq!(newest::led(doc! {}), moment);
    for led in [
        doc! {"isActive": true},
        doc! {"partnerId": 1},
        doc! {"$text": {}},
    ] {
        assert_eq!(newest::led(led.clone()), led);
    }
}

#[test]
fn a_page_by_distance_is_measured_ordered_and_cut_by_the_server() {
    let after = Position {
        distance_km: 0.1 + 0.2,
        id: full().id,
    };
    let conditions = doc! {"isActive": true};
    let stages = near::page(&near(2.0), 2.0, &conditions, Some(&after), 20, NOTHING).unwrap();
    let asked = stages[0].get_document("$geoNear").unwrap();
    assert_eq!(*asked.get_document("query").unwrap(), conditions);
    let metres = asked.get_f64("maxDistance").unwrap();
    // More than ours: an ellipsoid's may be further.
    let asked_km = metres / 6_378_100.0 * EARTH_RADIUS_KM;
    assert!((2.011..2.013).contains(&asked_km), "{asked_km}");
    let rest = [
        doc! {"$match": {"distance": {"$lte": 2.0}}},
        doc! {"$match": {"$or": [
            {"distance": {"$gt": 0.1 + 0.2}},
            {"distance": 0.1 + 0.2, "_id": {"$gt": id_of(after.id.as_str())}},
        ]}},
        doc! {"$sort": {"distance": 1, "_id": 1}},
        doc! {"$limit": 21_i64},
    ];
    let measured = doc! {"$set": {"distance": measure::distance_km(paris())}};
    assert_eq!(stages[1], measured);
    assert_eq!(stages[2..6], rest);
    let columns = stages[6].get_document("$project").unwrap();
    assert!(columns.contains_key("distance") && !columns.contains_key("images"));
    let first = near::page(&near(2.0), 2.0, &conditions, None, 20, NOTHING).unwrap();
    assert_eq!(first.len(), stages.len() - 1);
}

#[test]
fn a_reach_is_clamped_to_the_earth() {
    for km in [-1.0, f64::NAN, f64::NEG_INFINITY] {
        assert_eq!(filter::reach_km(&near(km)), None);
    }
    assert_eq!(filter::reach_km(&near(0.0)), Some(0.0));
    let whole = filter::reach_km(&near(f64::INFINITY)).unwrap();
    let condition = filter::within(&near(whole), whole);
    let disk = condition.get_document("$geoWithin").unwrap();
    let disk = disk.get_array("$centerSphere").unwrap();
    let radians = disk[1].as_f64().unwrap();
    assert!(radians > 3.1 && radians <= std::f64::consts::PI + 1e-12);
    assert_eq!(disk[0], Bson::from(vec![2.3522, 48.8566]));
}

#[test]
fn words_lead_to_a_list_by_distance_where_there_are_some() {
    let searched = OfferQuery {
        near: Some(near(2.0)),
        search: Some("bar".into()),
        ..query()
    };
    let stages = list::pipeline(&searched).unwrap().unwrap();
    let found = stages[0].get_document("$match").unwrap();
    assert!(found.contains_key("$text") && found.contains_key("location"));
    let nearest = OfferQuery {
        search: None,
        ..searched
    };
    let stages = list::pipeline(&nearest).unwrap().unwrap();
    assert!(stages[0].contains_key("$geoNear"));
}

#[test]
fn one_command_asks_for_all_that_a_list_is_asked_for() {
    let unions = |query: &OfferQuery| {
        let stages = list::pipeline(query).unwrap().unwrap();
        let unions = stages
            .iter()
            .filter(|stage| stage.contains_key("$unionWith"));
        unions.count()
    };
    let whole = OfferQuery {
        columns: Columns::EdgesAndTotal,
        next_change: NextChange::Asked,
        ..query()
    };
    assert_eq!((unions(&query()), unions(&whole)), (0, 3));
    let nearest = OfferQuery {
        near: Some(near(2.0)),
        ..whole
    };
    assert_eq!(unions(&nearest), 2);
    for nothing in [f64::NAN, -1.0] {
        let nothing = OfferQuery {
            near: Some(near(nothing)),
            ..query()
        };
        assert_eq!(list::pipeline(&nothing).unwrap(), None);
    }
}

#[test]
fn what_one_command_answered_is_taken_apart() {
    let moment = |ms| doc! {"_id": 1, "next": DateTime::from_millis(ms)};
    let found = [
        stored(&full()),
        stored(&full()),
        doc! {"total": 7},
        moment(9),
        moment(5),
        doc! {"_id": null, "next": null},
    ];
    let asked = OfferQuery {
        first: 1,
        ..query()
    };
    let page = list::read(&found, &asked).unwrap();
    assert_eq!(page.items, [(full(), None)]);
    assert!(page.has_next_page);
    assert_eq!((page.total, page.next_change_ms), (Some(7), Some(5)));
    assert!(!list::read(&found, &query()).unwrap().has_next_page);
    // A list by distance has them.
    let nearest = OfferQuery {
        near: Some(near(1.0)),
        ..query()
    };
    assert!(list::read(&found, &nearest).is_err());
    let total = OfferQuery {
        columns: Columns::EdgesAndTotal,
        ..query()
    };
    assert_eq!(list::read(&[], &total).unwrap().total, Some(0));
}

#[test]
fn offers_of_partners_are_limited_inside() {
    let stages = of_partners(vec![], doc! {"isActive": true}, 3);
    let lookup = stages[2].get_document("$lookup").unwrap();
    let inner = lookup.get_array("pipeline").unwrap();
    assert_eq!(
        inner[1],
        doc! {"$sort": {"createdAt": -1, "_id": -1}}.into()
    );
    assert_eq!(inner[2], doc! {"$limit": 3_i64}.into());
    assert_eq!(object_ids(&[full().id, full().id]).unwrap().len(), 1);
}

#[test]
fn limits_are_what_servers_take() {
    assert_eq!(batch(usize::MAX), 2_147_483_647);
    assert_eq!(limit(20), 21);
}
