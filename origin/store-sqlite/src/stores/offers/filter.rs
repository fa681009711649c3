//! What a list leaves out, as SQL.

use domain::{
    Category,
    offers::store::{OfferQuery, Visibility},
    search_text as text,
};
use rusqlite::types::Value;

use crate::database::json_list;

/// Conditions on `offers o`, with positional parameters in the order of their text.
#[derive(Debug, Default)]
pub(super) struct Filter {
    conditions: Vec<&'static str>,
    pub params: Vec<Value>,
}

impl Filter {
    /// The filter of a query; none when nothing can match.
    pub(super) fn of(query: &OfferQuery) -> Option<Self> {
        let mut filter = Self::default();
        filter.visible(query.include_inactive, query.now_ms);
        filter.categories(&query.categories);
        if let Some(percentage) = query.min_discount {
            filter.push("o.percentage >= ?", [i64::from(percentage).into()]);
        }
        if let Some(partner) = &query.partner {
            filter.push("o.partner_id = ?", [partner.as_str().to_owned().into()]);
        }
        if let Some(search) = &query.search {
            let expression = text::match_expression(search)?;
            filter.push(
                "o.row IN (SELECT rowid FROM offer_text WHERE offer_text MATCH ?)",
                [expression.into()],
            );
        }
        Some(filter)
    }

    pub(super) fn visible(&mut self, visibility: Visibility, now_ms: i64) {
        match visibility {
            Visibility::Public => self.push(
                "o.is_active = 1 AND o.valid_from_ms <= ? AND o.valid_until_ms > ?",
                [now_ms.into(), now_ms.into()],
            ),
            Visibility::Portal => self.push("o.archived_at_ms IS NULL", []),
            Visibility::All => {}
        }
    }

    pub(super) fn categories(&mut self, categories: &[Category]) {
        if !categories.is_empty() {
            let names = json_list(categories.iter().map(|category| category.as_str()));
            self.push("o.category IN (SELECT value FROM json_each(?))", [names]);
        }
    }

    fn push<const N: usize>(&mut self, condition: &'static str, params: [Value; N]) {
        self.conditions.push(condition);
        self.params.extend(params);
    }

    /// The conditions as a continuation of a WHERE clause.
    pub(super) fn and_sql(&self) -> String {
        self.conditions
            .iter()
            .fold(String::new(), |sql, condition| sql + " AND " + condition)
    }
}
