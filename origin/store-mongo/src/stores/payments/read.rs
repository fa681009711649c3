//! Reads of payments.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};

use domain::{
    BookingId, PartnerId, PaymentId, RefundId,
    payments::{
        cursors::{LedgerCursor, PaymentCursor},
        ledger::{Account, Transaction},
        money::{Currency, Money},
        partner_account::PartnerAccount,
        payment::Payment,
        reconciling::Difference,
        refund::{Refund, RefundState},
        store::{LedgerPage, LedgerQuery, PaymentFigures, PaymentPage, PaymentQuery},
    },
};
use mongodb::bson::{DateTime, Document, doc};

use crate::{
    database::MongoDb,
    documents::{collect, first, id, minor, moment_ms, object_id, object_ids, text},
    error::MongoError,
    limits::SERVER_WITHIN,
    tables::{
        collections::{
            LEDGER, LEDGER_TRANSFERS, PARTNER_ACCOUNTS, PAYMENT_DIFFERENCES, PAYMENTS, REFUNDS,
        },
        payments as rows,
    },
};

/// More refunds than a page of payments has.
const MOST_REFUNDS: usize = 10_000;
/// More transactions than a day has.
const MOST_MOVED: usize = 1_000_000;
/// A transaction has at most so many transfers.
const MOST_TRANSFERS: usize = 2;

pub(super) async fn by_ids(
    db: &MongoDb,
    ids: &[PaymentId],
) -> Result<HashMap<PaymentId, Payment>, MongoError> {
    let (ids, payments) = (object_ids(ids)?, db.collection::<Document>(PAYMENTS));
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = db.run(async move {
        let (count, these) = (ids.len(), doc! {"_id": {"$in": ids}});
        first(&payments, these, (doc! {"_id": 1}, None), count).await
    });
    let found = found.await?;
    let found = found.iter().map(rows::payment);
    found
        .map(|payment| payment.map(|payment| (payment.id.clone(), payment)))
        .collect()
}

pub(super) async fn of_bookings(
    db: &MongoDb,
    ids: &[BookingId],
) -> Result<HashMap<BookingId, Payment>, MongoError> {
    let (ids, payments) = (object_ids(ids)?, db.collection::<Document>(PAYMENTS));
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = db.run(async move {
        let (count, these) = (ids.len(), doc! {"bookingId": {"$in": ids}});
        first(&payments, these, (doc! {"bookingId": 1}, None), count).await
    });
    let found = found.await?;
    let found = found.iter().map(rows::payment);
    found
        .map(|payment| payment.map(|payment| (payment.booking.clone(), payment)))
        .collect()
}

pub(super) async fn page(db: &MongoDb, query: &PaymentQuery) -> Result<PaymentPage, MongoError> {
    let mut filter = doc! {"userId": object_id(&query.user)?};
    if let Some(PaymentCursor {
        created_at_ms: at_ms,
        id,
    }) = &query.after
    {
        let moment = DateTime::from_millis(*at_ms);
        let of_the_same = doc! {"createdAt": moment, "_id": {"$lt": object_id(id)?}};
        filter.insert(
            "$or",
            vec![doc! {"createdAt": {"$lt": moment}}, of_the_same],
        );
    }
    let (payments, most) = (
        db.collection::<Document>(PAYMENTS),
        query.first.saturating_add(1),
    );
    let found = db.run(async move {
        let newest = doc! {"createdAt": -1, "_id": -1};
        first(&payments, filter, (newest, None), most).await
    });
    let found = found.await?;
    let items: Result<Vec<Payment>, _> = found.iter().map(rows::payment).collect();
    let mut items = items?;
    let has_next_page = items.len() > query.first;
    items.truncate(query.first);
    Ok(PaymentPage {
        items,
        has_next_page,
    })
}

pub(super) async fn refund(db: &MongoDb, id: &RefundId) -> Result<Option<Refund>, MongoError> {
    let (this, refunds) = (
        doc! {"_id": object_id(id)?},
        db.collection::<Document>(REFUNDS),
    );
    let found = db.run(async move {
        let found = refunds.find_one(this).max_time(SERVER_WITHIN);
        Ok(found.await?)
    });
    found.await?.as_ref().map(rows::refund).transpose()
}

pub(super) async fn refunds_of(
    db: &MongoDb,
    payments: &[PaymentId],
) -> Result<HashMap<PaymentId, Vec<Refund>>, MongoError> {
    let (ids, refunds) = (object_ids(payments)?, db.collection::<Document>(REFUNDS));
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = db.run(async move {
        let these = doc! {"paymentId": {"$in": ids}};
        let order = doc! {"createdAt": 1, "_id": 1};
        first(&refunds, these, (order, None), MOST_REFUNDS).await
    });
    let mut by_payment: HashMap<PaymentId, Vec<Refund>> = HashMap::new();
    for stored in &found.await? {
        let refund = rows::refund(stored)?;
        let of_payment = by_payment.entry(refund.payment.clone()).or_default();
        of_payment.push(refund);
    }
    Ok(by_payment)
}

pub(super) async fn accounts(
    db: &MongoDb,
    partners: &[PartnerId],
) -> Result<HashMap<PartnerId, PartnerAccount>, MongoError> {
    let (ids, accounts) = (
        object_ids(partners)?,
        db.collection::<Document>(PARTNER_ACCOUNTS),
    );
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = db.run(async move {
        let (count, these) = (ids.len(), doc! {"_id": {"$in": ids}});
        first(&accounts, these, (doc! {"_id": 1}, None), count).await
    });
    let found = found.await?;
    let found = found.iter().map(rows::accounts::account);
    found
        .map(|account| account.map(|account| (account.partner.clone(), account)))
        .collect()
}

/// What it was given, without what was taken from it.
pub(super) async fn balance(db: &MongoDb, partner: &PartnerId) -> Result<Vec<Money>, MongoError> {
    let account = Account::Partner(partner.clone()).to_string();
    let mut owed: BTreeMap<String, i64> = BTreeMap::new();
    for (side, sign) in [("credit", 1), ("debit", -1)] {
        for (currency, minor) in sums(db, side, &account).await? {
            *owed.entry(currency).or_default() += sign * minor;
        }
    }
    let owed = owed.into_iter().map(|(currency, minor)| {
        let known = Currency::parse(&currency);
        let currency = known.ok_or_else(|| MongoError::corrupt("currency", &currency))?;
        Ok(Money { minor, currency })
    });
    owed.collect()
}

async fn sums(
    db: &MongoDb,
    side: &'static str,
    account: &str,
) -> Result<Vec<(String, i64)>, MongoError> {
    let stages = vec![
        doc! {"$match": {side: account}},
        doc! {"$group": {"_id": "$currency", "minor": {"$sum": "$amount"}}},
    ];
    let transfers = db.collection::<Document>(LEDGER_TRANSFERS);
    let found = db.run(async move {
        let found = transfers.aggregate(stages).max_time(SERVER_WITHIN);
        collect(found.await?).await
    });
    let found = found.await?;
    let sums = found
        .iter()
        .map(|sum| Ok((text(sum, "_id")?, minor(sum, "minor")?)));
    sums.collect()
}

pub(super) async fn ledger(db: &MongoDb, query: &LedgerQuery) -> Result<LedgerPage, MongoError> {
    let mut filter = doc! {
        "partnerId": object_id(&query.partner)?,
        "at": {
            "$gte": DateTime::from_millis(query.from_ms),
            "$lt": DateTime::from_millis(query.until_ms),
        },
    };
    if let Some(LedgerCursor { at_ms, key }) = &query.after {
        let moment = DateTime::from_millis(*at_ms);
        let of_the_same = doc! {"at": moment, "_id": {"$gt": key}};
        filter.insert("$or", vec![doc! {"at": {"$gt": moment}}, of_the_same]);
    }
    let (entries, most) = (
        db.collection::<Document>(LEDGER),
        query.first.saturating_add(1),
    );
    let found = db.run(async move {
        let order = doc! {"at": 1, "_id": 1};
        first(&entries, filter, (order, None), most).await
    });
    let mut found = found.await?;
    let has_next_page = found.len() > query.first;
    found.truncate(query.first);
    Ok(LedgerPage {
        items: with_transfers(db, &found).await?,
        has_next_page,
    })
}

async fn with_transfers(
    db: &MongoDb,
    entries: &[Document],
) -> Result<Vec<Transaction>, MongoError> {
    let keys = entries.iter().map(|entry| text(entry, "_id"));
    let keys: Vec<String> = keys.collect::<Result<_, _>>()?;
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let transfers = db.collection::<Document>(LEDGER_TRANSFERS);
    let found = db.run(async move {
        let most = keys.len().saturating_mul(MOST_TRANSFERS);
        let theirs = doc! {"key": {"$in": keys}};
        let order = doc! {"key": 1, "_id": 1};
        first(&transfers, theirs, (order, None), most).await
    });
    let mut transfers = rows::ledger::transfers(&found.await?)?;
    let entries = entries.iter();
    entries
        .map(|entry| {
            let own = transfers.remove(&text(entry, "_id")?);
            rows::ledger::transaction(entry, own.unwrap_or_default())
        })
        .collect()
}

pub(super) async fn moved(
    db: &MongoDb,
    moments: &Range<i64>,
) -> Result<HashMap<String, Vec<Transaction>>, MongoError> {
    let these = doc! {"at": {
        "$gte": DateTime::from_millis(moments.start),
        "$lt": DateTime::from_millis(moments.end),
    }};
    let entries = db.collection::<Document>(LEDGER);
    let found = db.run(async move {
        let order = doc! {"at": 1, "_id": 1};
        first(&entries, these, (order, None), MOST_MOVED).await
    });
    let mut moved: HashMap<String, Vec<Transaction>> = HashMap::new();
    for transaction in with_transfers(db, &found.await?).await? {
        if transaction.movement().is_some() {
            let of_source = moved.entry(transaction.provider_id.clone()).or_default();
            of_source.push(transaction);
        }
    }
    Ok(moved)
}

pub(super) async fn due(
    db: &MongoDb,
    now_ms: i64,
    most: usize,
) -> Result<Vec<PaymentId>, MongoError> {
    let due = doc! {"lookAt": {"$lte": DateTime::from_millis(now_ms)}};
    let payments = db.collection::<Document>(PAYMENTS);
    let found = db.run(async move {
        let ids = Some(doc! {"_id": 1});
        first(&payments, due, (doc! {"lookAt": 1}, ids), most).await
    });
    let found = found.await?;
    let ids = found
        .iter()
        .map(|stored| id(stored, "_id", PaymentId::parse));
    ids.collect()
}

pub(super) async fn differences(db: &MongoDb, most: usize) -> Result<Vec<Difference>, MongoError> {
    let differences = db.collection::<Document>(PAYMENT_DIFFERENCES);
    let found = db.run(async move {
        let order = doc! {"at": 1, "_id": 1};
        first(&differences, doc! {}, (order, None), most).await
    });
    let found = found.await?;
    found.iter().map(rows::differences::difference).collect()
}

pub(super) async fn figures(db: &MongoDb) -> Result<PaymentFigures, MongoError> {
    let open = doc! {"lookAt": {"$exists": true}};
    let requested = doc! {"state": RefundState::Requested.as_str()};
    let (open, oldest_look_at_ms) = counted(db, PAYMENTS, open, "lookAt").await?;
    let (refunds_requested, oldest_refund_at_ms) =
        counted(db, REFUNDS, requested, "createdAt").await?;
    // The bound leads to an index.
    let standing = doc! {"at": {"$gte": DateTime::from_millis(0)}};
    let (differences, _) = counted(db, PAYMENT_DIFFERENCES, standing, "at").await?;
    Ok(PaymentFigures {
        open,
        oldest_look_at_ms,
        refunds_requested,
        oldest_refund_at_ms,
        differences,
    })
}

/// How many match, and the first of their moments.
async fn counted(
    db: &MongoDb,
    collection: &'static str,
    filter: Document,
    moment: &'static str,
) -> Result<(u64, Option<i64>), MongoError> {
    let all = db.collection::<Document>(collection);
    let counted = db.run(async move {
        let count = all.count_documents(filter.clone()).max_time(SERVER_WITHIN);
        let count = count.await?;
        let order = (doc! {moment: 1}, Some(doc! {moment: 1}));
        let oldest = first(&all, filter, order, 1).await?;
        Ok((count, oldest))
    });
    let (count, oldest) = counted.await?;
    let oldest = oldest.first().map(|oldest| moment_ms(oldest, moment));
    Ok((count, oldest.transpose()?))
}
