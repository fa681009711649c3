//! Who sees an offer, as SQL.

use domain::offers::store::Visibility;
use rusqlite::types::Value;

/// A condition on `offers o`, and its positional parameters.
#[derive(Debug)]
pub(super) struct Condition {
    pub sql: &'static str,
    pub params: Vec<Value>,
}

pub(super) fn visible(visibility: Visibility, now_ms: i64) -> Condition {
    let (sql, params) = match visibility {
        Visibility::Public => (
            "o.is_active = 1 AND o.valid_from_ms <= ? AND o.valid_until_ms > ? AND EXISTS (
                SELECT 1 FROM partners p WHERE p.id = o.partner_id
                AND p.status = 'APPROVED' AND p.archived_at_ms IS NULL)",
            vec![now_ms.into(), now_ms.into()],
        ),
        Visibility::Portal => ("o.archived_at_ms IS NULL", vec![]),
        Visibility::All => ("TRUE", vec![]),
    };
    Condition { sql, params }
}
