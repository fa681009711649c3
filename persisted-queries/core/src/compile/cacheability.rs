//! The cache policy: deny by default, the most restrictive field wins.
//!
//! - A root field, and a field that returns an object, interface or union type, takes the values of
//!   its own directive, or else those of its type's directive. Without a `maxAge` in either, the
//!   document is not cacheable.
//! - A scalar or enum field below the root inherits its parent's values; a directive on it can only
//!   lower them.
//! - A stale window that is not given is zero on a root field, and unlimited below it.
//! - `PRIVATE` on a field or on the type it returns makes the whole document private.
//! - A field that can return several object types is as restricted as the most restricted of them.
//! - `__typename` does not count. Fields under `@skip` and `@include` do.
//! - A mutation is private. A subscription is never cached, but its scope is that of a query with
//!   the same selection: a server may execute a public one once for all its subscribers. Without a
//!   `maxAge`, that query is not cacheable and the subscription is private.

use std::collections::HashSet;

use apollo_compiler::ast::OperationType;
use apollo_compiler::executable::{Field, Selection, SelectionSet};

use super::hints::Hint;
use super::nearest;
use super::reason::{Reason, Why};
use super::snap;
use super::subject::Subject;
use crate::policy::{CachePolicy, Scope};

/// The policy, and the reasons why a shared cache may not store the answers, if there are any.
pub(super) fn decide(subject: &Subject<'_>) -> (CachePolicy, Vec<Reason>) {
    match subject.operation.operation_type {
        OperationType::Query => query(subject),
        OperationType::Mutation => {
            let why = at_root(subject, Why::Mutation);
            (CachePolicy::NOT_CACHEABLE, vec![why])
        }
        OperationType::Subscription => {
            let walk = Walk::through(subject);
            let is_cacheable = walk.total.max_age_s.is_some_and(|max_age_s| max_age_s > 0);
            let why = at_root(subject, Why::Subscription);
            (not_cacheable(walk.is_private || !is_cacheable), vec![why])
        }
    }
}

fn query(subject: &Subject<'_>) -> (CachePolicy, Vec<Reason>) {
    let Walk {
        total,
        is_private,
        mut reasons,
        ..
    } = Walk::through(subject);
    if total.max_age_s.is_none() {
        reasons.push(at_root(subject, Why::NoField));
    }
    let snap = match snap::rule(subject) {
        Ok(snap) => snap,
        Err(culprits) => {
            reasons.extend(culprits);
            return (not_cacheable(is_private), distinct(reasons));
        }
    };
    let max_age_s = total.max_age_s.unwrap_or(0);
    if max_age_s == 0 {
        return (not_cacheable(is_private), distinct(reasons));
    }
    // A private answer is not shared, so it is computed for the exact location.
    let snap = snap.filter(|_| !is_private);
    let policy = CachePolicy {
        scope: scope(is_private),
        max_age_s,
        stale_while_revalidate_s: total.stale_while_revalidate_s.unwrap_or(0),
        stale_if_error_s: total.stale_if_error_s.unwrap_or(0),
        nearest: snap.as_ref().and_then(|snap| nearest::rule(subject, snap)),
        snap,
    };
    (policy, distinct(reasons))
}

fn scope(is_private: bool) -> Scope {
    if is_private {
        Scope::Private
    } else {
        Scope::Public
    }
}

fn not_cacheable(is_private: bool) -> CachePolicy {
    CachePolicy {
        scope: scope(is_private),
        ..CachePolicy::NOT_CACHEABLE
    }
}

fn at_root(subject: &Subject<'_>, why: Why) -> Reason {
    let name = subject.operation.name.as_ref();
    Reason {
        path: name.map(ToString::to_string).unwrap_or_default(),
        why,
    }
}

fn distinct(reasons: Vec<Reason>) -> Vec<Reason> {
    let mut seen = HashSet::new();
    let mut kept = reasons;
    kept.retain(|reason| seen.insert(reason.clone()));
    kept
}

/// The smallest values so far; `None` while there is no limit.
#[derive(Clone, Copy)]
#[expect(clippy::struct_field_names, reason = "the postfix is the unit")]
struct Limits {
    max_age_s: Option<u32>,
    stale_while_revalidate_s: Option<u32>,
    stale_if_error_s: Option<u32>,
}

impl Limits {
    const NONE: Self = Self {
        max_age_s: None,
        stale_while_revalidate_s: None,
        stale_if_error_s: None,
    };

    fn restrict(&mut self, by: Self) {
        self.max_age_s = smaller(self.max_age_s, by.max_age_s);
        self.stale_while_revalidate_s =
            smaller(self.stale_while_revalidate_s, by.stale_while_revalidate_s);
        self.stale_if_error_s = smaller(self.stale_if_error_s, by.stale_if_error_s);
    }
}

fn smaller(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

struct Walk<'a> {
    subject: &'a Subject<'a>,
    total: Limits,
    is_private: bool,
    reasons: Vec<Reason>,
    path: Vec<String>,
}

impl<'a> Walk<'a> {
    fn through(subject: &'a Subject<'a>) -> Self {
        let mut walk = Self {
            subject,
            total: Limits::NONE,
            is_private: false,
            reasons: Vec::new(),
            path: Vec::new(),
        };
        walk.selections(&subject.operation.selection_set);
        walk
    }

    fn selections(&mut self, set: &SelectionSet) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) if field.name == "__typename" => {}
                Selection::Field(field) => {
                    self.path.push(field.response_key().to_string());
                    self.field(set, field);
                    self.selections(&field.selection_set);
                    self.path.pop();
                }
                Selection::InlineFragment(fragment) => self.selections(&fragment.selection_set),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = spread.fragment_def(self.subject.document) {
                        self.selections(&fragment.selection_set);
                    }
                }
            }
        }
    }

    fn field(&mut self, set: &SelectionSet, field: &Field) {
        let hints = self.subject.hints;
        let returned = hints.possible_types(field.definition.ty.inner_named_type());
        for hint in hints.of_field(&set.ty, &field.name) {
            if hint.is_private {
                self.private(Why::PrivateField);
            }
            if returned.is_empty() {
                self.leaf(hint);
                continue;
            }
            for type_name in returned {
                let of_type = hints.of_type(type_name);
                if of_type.is_private {
                    let type_name = type_name.to_string();
                    self.private(Why::PrivateType { type_name });
                }
                self.composite(hint, of_type, type_name.as_str());
            }
        }
    }

    fn leaf(&mut self, hint: Hint) {
        let is_root = self.path.len() == 1;
        let missing = if is_root { Some(0) } else { None };
        if is_root && hint.max_age_s.is_none() {
            self.reason(Why::NoMaxAge { type_name: None });
        }
        self.restrict(hint, missing);
    }

    fn composite(&mut self, own: Hint, of_type: Hint, type_name: &str) {
        let hint = Hint {
            max_age_s: own.max_age_s.or(of_type.max_age_s),
            stale_while_revalidate_s: own
                .stale_while_revalidate_s
                .or(of_type.stale_while_revalidate_s),
            stale_if_error_s: own.stale_if_error_s.or(of_type.stale_if_error_s),
            is_private: false,
        };
        if hint.max_age_s.is_none() {
            let type_name = Some(type_name.to_owned());
            self.reason(Why::NoMaxAge { type_name });
        }
        self.restrict(hint, Some(0));
    }

    fn restrict(&mut self, hint: Hint, missing_max_age_s: Option<u32>) {
        if hint.max_age_s == Some(0) {
            self.reason(Why::ZeroMaxAge);
        }
        let missing_window_s = (self.path.len() == 1).then_some(0);
        self.total.restrict(Limits {
            max_age_s: hint.max_age_s.or(missing_max_age_s),
            stale_while_revalidate_s: hint.stale_while_revalidate_s.or(missing_window_s),
            stale_if_error_s: hint.stale_if_error_s.or(missing_window_s),
        });
    }

    fn private(&mut self, why: Why) {
        self.is_private = true;
        self.reason(why);
    }

    fn reason(&mut self, why: Why) {
        let path = self.path.join(".");
        self.reasons.push(Reason { path, why });
    }
}
