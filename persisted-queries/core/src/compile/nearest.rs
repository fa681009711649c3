//! The rule of lists by distance: finds the root field with `@nearest`, what a document gives to its
//! arguments, and which places of the answer depend on the exact location.
//!
//! The field returns a connection as Relay has it, and takes `first` and `after`. The directive names
//! what Relay does not.

use apollo_compiler::ast::{Directive, Value};
use apollo_compiler::executable::{Field, Selection, SelectionSet};

use super::subject::Subject;
use super::variables::to_json;
use crate::nearest::{Given, NearestRule, OfList, Shows};
use crate::policy::SnapRule;

/// The rule, if the document has one such list, and uses the location nowhere else.
pub(super) fn rule(subject: &Subject<'_>, snap: &SnapRule) -> Option<NearestRule> {
    let mut roots = subject.operation.root_fields(subject.document);
    let list = roots.find(|field| field.definition.directives.has("nearest"))?;
    let location = snap.path.first()?;
    if uses(subject, &subject.operation.selection_set, location) != 1 || !is_used_by(list, location)
    {
        return None;
    }
    let named = Named(list.definition.directives.get("nearest")?);
    let given = |name: &str| given(list, &[named.text("input"), name]);
    let others = named.texts("others");
    let mut shown = Shown {
        subject,
        named: &named,
        list: list.response_key().to_string(),
        shows: Shows::default(),
    };
    shown.selections(&list.selection_set, &mut Vec::new(), &mut Vec::new());
    Some(NearestRule {
        first: given("first"),
        default_first: named.number("pageSize")?,
        within: given(named.text("within")),
        default_within_km: named.number("withinKm")?,
        order: given(named.text("order")),
        by_distance: named.text("byDistance").to_owned(),
        others: others.iter().copied().chain(["after"]).map(given).collect(),
        shows: shown.shows,
    })
}

/// The arguments of a directive.
struct Named<'a>(&'a Directive);

impl<'a> Named<'a> {
    fn text(&self, name: &str) -> &'a str {
        let value = self.0.specified_argument_by_name(name);
        value.and_then(|value| value.as_str()).unwrap_or_default()
    }

    fn texts(&self, name: &str) -> Vec<&'a str> {
        let value = self.0.specified_argument_by_name(name);
        let items = value.and_then(|value| value.as_list()).unwrap_or_default();
        items.iter().filter_map(|item| item.as_str()).collect()
    }

    fn number(&self, name: &str) -> Option<u32> {
        let value = self.0.specified_argument_by_name(name)?;
        u32::try_from(value.to_i32()?).ok()
    }
}

/// What a field is given at a path of its arguments.
fn given(field: &Field, path: &[&str]) -> Given {
    let mut steps = path.iter().filter(|step| !step.is_empty());
    let argument = steps.next().and_then(|name| {
        let mut arguments = field.arguments.iter();
        arguments.find(|argument| argument.name == **name)
    });
    let Some(argument) = argument else {
        return Given::Absent;
    };
    let mut value = &*argument.value;
    while let Some(step) = steps.next() {
        match value {
            Value::Variable(variable) => {
                let below = std::iter::once(step).chain(steps).map(ToString::to_string);
                return Given::Variable(
                    std::iter::once(variable.to_string()).chain(below).collect(),
                );
            }
            Value::Object(fields) => match fields.iter().find(|(name, _)| name == *step) {
                Some((_, field)) => value = field,
                None => return Given::Absent,
            },
            _constant => return Given::Absent,
        }
    }
    match value {
        Value::Variable(variable) => Given::Variable(vec![variable.to_string()]),
        Value::Null => Given::Absent,
        constant => Given::Constant(to_json(constant)),
    }
}

/// How many fields are given a variable.
fn uses(subject: &Subject<'_>, set: &SelectionSet, variable: &str) -> usize {
    let below = |selection: &Selection| match selection {
        Selection::Field(field) => {
            usize::from(is_used_by(field, variable)) + uses(subject, &field.selection_set, variable)
        }
        Selection::InlineFragment(fragment) => uses(subject, &fragment.selection_set, variable),
        Selection::FragmentSpread(spread) => {
            let fragment = spread.fragment_def(subject.document);
            fragment.map_or(0, |fragment| {
                uses(subject, &fragment.selection_set, variable)
            })
        }
    };
    set.selections.iter().map(below).sum()
}

fn is_used_by(field: &Field, variable: &str) -> bool {
    let mut arguments = field.arguments.iter();
    arguments.any(|argument| names(&argument.value, variable))
}

fn names(value: &Value, variable: &str) -> bool {
    match value {
        Value::Variable(name) => name == variable,
        Value::List(items) => items.iter().any(|item| names(item, variable)),
        Value::Object(fields) => fields.iter().any(|(_, field)| names(field, variable)),
        Value::Null
        | Value::Enum(_)
        | Value::String(_)
        | Value::Float(_)
        | Value::Int(_)
        | Value::Boolean(_) => false,
    }
}

struct Shown<'a> {
    subject: &'a Subject<'a>,
    named: &'a Named<'a>,
    /// The list's response key.
    list: String,
    shows: Shows,
}

impl Shown<'_> {
    fn selections(&mut self, set: &SelectionSet, path: &mut Vec<String>, keys: &mut Vec<String>) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    path.push(field.name.to_string());
                    keys.push(field.response_key().to_string());
                    self.field(&path.join("."), keys);
                    self.selections(&field.selection_set, path, keys);
                    keys.pop();
                    path.pop();
                }
                Selection::InlineFragment(fragment) => {
                    self.selections(&fragment.selection_set, path, keys);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = spread.fragment_def(self.subject.document) {
                        self.selections(&fragment.selection_set, path, keys);
                    }
                }
            }
        }
    }

    /// `path` has the names of fields below the list, `keys` their response keys.
    fn field(&mut self, path: &str, keys: &[String]) {
        let from_data = || [std::slice::from_ref(&self.list), keys].concat();
        let of_list = self.of_list(path);
        let shows = &mut self.shows;
        if path == "edges" {
            let items = from_data();
            // Two selections of the items by other names cannot both be filled in.
            shows.whole_list |= shows.items.as_ref().is_some_and(|known| *known != items);
            shows.items = Some(items);
        } else if let Some(in_item) = path.strip_prefix("edges.") {
            let place = keys[1..].to_vec();
            if in_item == "cursor" {
                add(&mut shows.cursors, place);
            } else if self.named.texts("distances").contains(&in_item) {
                add(&mut shows.distances, place);
            }
        } else if let Some(what) = of_list {
            add(&mut shows.of_list, (from_data(), what));
        } else if self.named.texts("wholeList").contains(&path) {
            shows.whole_list = true;
        }
    }

    fn of_list(&self, path: &str) -> Option<OfList> {
        match path {
            "pageInfo.hasNextPage" => Some(OfList::HasNextPage),
            "pageInfo.startCursor" => Some(OfList::StartCursor),
            "pageInfo.endCursor" => Some(OfList::EndCursor),
            _ if path == self.named.text("total") => Some(OfList::Total),
            _ if path == self.named.text("isTotalExact") => Some(OfList::IsTotalExact),
            _ => None,
        }
    }
}

/// Adds a place, unless it is known: fields may be selected twice.
fn add<T: PartialEq>(places: &mut Vec<T>, place: T) {
    if !places.contains(&place) {
        places.push(place);
    }
}
