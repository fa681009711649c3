//! Divides a document into a public part and a remainder, see [`crate::split`].
//!
//! Both parts have the document's fragments in place of their spreads. A document stays whole if
//! - its public part would show nothing but ids,
//! - a private field is of an object without an id, or of a type that no field with `@byIds` returns, or of
//!   objects of several types,
//! - an object with fields of both parts is selected twice, is of an interface or union, or has a field that
//!   is selected twice, once of them under `@skip` or `@include`: the order of its fields would differ from
//!   request to request,
//! - different fields are asked for of different objects, and one of them does not allow null.

use std::collections::HashSet;

use apollo_compiler::ast::{
    Argument, Definition, DirectiveList, Field as AstField, InlineFragment, OperationDefinition,
    OperationType, Selection as AstSelection, Type, Value, VariableDefinition,
};
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::{Name, Node, name};

use super::hints::ByIds;
use super::print;
use super::subject::Subject;
use crate::split::{self, ADDED_ID, Both, Condition, IDS, Id, OBJECTS, Origin, Private, Shown};

/// What the operations of the two parts are called: the document's name, and this.
const PUBLIC: &str = "__public";
const REMAINDER: &str = "__remainder";

/// A divided document.
pub(super) struct Parts {
    /// The text of the public part.
    pub(super) public: String,
    /// The text of the remainder.
    pub(super) remainder: String,
    /// The document's variables that the remainder uses.
    pub(super) variables: Vec<String>,
    pub(super) most_ids: Option<u32>,
    pub(super) shows: split::Selection,
}

/// The document cannot be divided well.
struct StaysWhole;

/// Divides a document; none if it stays whole. `text` is the document's.
pub(super) fn parts(subject: &Subject<'_>, text: &str) -> Option<Parts> {
    let operation = subject.operation;
    let is_query = operation.operation_type == OperationType::Query;
    let takes_ids = operation.variables.iter().any(|one| one.name == IDS);
    if !is_query || !operation.directives.is_empty() || takes_ids || subject.introspects() {
        return None;
    }
    let mut parts = Divider {
        subject,
        by_ids: None,
        of_objects: Vec::new(),
        places: Vec::new(),
        has_strict: false,
        shows_more_than_ids: false,
    };
    let divided = parts.set(&operation.selection_set, &[]).ok()?;
    let mut remainder = divided.private;
    remainder.extend(parts.objects());
    if remainder.is_empty() || !parts.shows_more_than_ids || parts.is_strict_somewhere() {
        return None;
    }
    let used = uses(&remainder);
    let variables = operation.variables.iter();
    Some(Parts {
        public: printed(subject, PUBLIC, divided.public, text)?,
        remainder: printed(subject, REMAINDER, remainder, text)?,
        variables: variables
            .filter(|variable| used.contains(&variable.name))
            .map(|variable| variable.name.to_string())
            .collect(),
        most_ids: parts.by_ids.map(|by_ids| by_ids.most),
        shows: split::Selection {
            id: None,
            fields: merged(divided.shown).ok()?,
        },
    })
}

/// A selection set, divided.
#[derive(Default)]
struct Divided {
    public: Vec<AstSelection>,
    private: Vec<AstSelection>,
    /// Every field, those of fragments as well.
    shown: Vec<Occurrence>,
}

struct Occurrence {
    shown: Shown,
    is_conditional: bool,
}

struct Divider<'a> {
    subject: &'a Subject<'a>,
    /// The root field by which private fields of objects are asked for.
    by_ids: Option<&'a ByIds>,
    /// Those fields.
    of_objects: Vec<AstSelection>,
    /// What is asked for of each object that was seen.
    places: Vec<Vec<AstSelection>>,
    /// Whether one of them does not allow null.
    has_strict: bool,
    shows_more_than_ids: bool,
}

impl<'a> Divider<'a> {
    /// `conditions` are those of the fragments around it.
    fn set(
        &mut self,
        set: &'a SelectionSet,
        conditions: &[Condition],
    ) -> Result<Divided, StaysWhole> {
        let mut divided = Divided::default();
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => self.field(&set.ty, field, conditions, &mut divided)?,
                Selection::InlineFragment(fragment) => {
                    let of_type = fragment.type_condition.as_ref();
                    let conditions = with(conditions, &fragment.directives)?;
                    let inner = self.set(&fragment.selection_set, &conditions)?;
                    divided.add(inner, of_type, &fragment.directives);
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = spread.fragment_def(self.subject.document);
                    let set = &fragment.ok_or(StaysWhole)?.selection_set;
                    let conditions = with(conditions, &spread.directives)?;
                    let inner = self.set(set, &conditions)?;
                    divided.add(inner, Some(&set.ty), &spread.directives);
                }
            }
        }
        Ok(divided)
    }

    fn field(
        &mut self,
        parent: &Name,
        field: &'a Node<Field>,
        conditions: &[Condition],
        divided: &mut Divided,
    ) -> Result<(), StaysWhole> {
        let key = field.response_key();
        if [ADDED_ID, OBJECTS].contains(&key.as_str()) {
            return Err(StaysWhole);
        }
        let conditions = with(conditions, &field.directives)?;
        let is_conditional = !conditions.is_empty();
        let ty = &field.definition.ty;
        let from = if self.is_private(parent, field) {
            let below = copied(self.subject, &field.selection_set)?;
            divided.private.push(copy(field, below));
            let nullable = !ty.is_non_null();
            Origin::Private(Private {
                nullable,
                conditions,
            })
        } else {
            let is_leaf = field.selection_set.selections.is_empty();
            let is_id = matches!(field.name.as_str(), "id" | "__typename");
            self.shows_more_than_ids |= is_leaf && !is_id;
            let (below, mixed) = self.object(&field.selection_set)?;
            divided.public.push(copy(field, below));
            mixed.map_or(Origin::Public, |below| {
                let nullable = nullable(ty);
                Origin::Both(Both { nullable, below })
            })
        };
        let key = key.to_string();
        divided.shown.push(Occurrence {
            shown: Shown { key, from },
            is_conditional,
        });
        Ok(())
    }

    fn is_private(&self, parent: &Name, field: &Field) -> bool {
        let hints = self.subject.hints;
        let returned = hints.possible_types(field.definition.ty.inner_named_type());
        let mut own = hints.of_field(parent, &field.name).into_iter();
        own.any(|hint| hint.is_private)
            || returned.iter().any(|name| hints.of_type(name).is_private)
    }

    /// The public selections of an object, and its fields if some of them, or below them, are private.
    fn object(
        &mut self,
        set: &'a SelectionSet,
    ) -> Result<(Vec<AstSelection>, Option<split::Selection>), StaysWhole> {
        let mut divided = self.set(set, &[])?;
        let mut fields = divided.shown.iter().map(|one| &one.shown.from);
        if fields.all(|from| *from == Origin::Public) {
            return Ok((divided.public, None));
        }
        if self.subject.schema.get_object(&set.ty).is_none() {
            return Err(StaysWhole);
        }
        let id = if divided.private.is_empty() {
            None
        } else {
            Some(self.ask_by_id(&set.ty, &mut divided)?)
        };
        let fields = merged(divided.shown)?;
        Ok((divided.public, Some(split::Selection { id, fields })))
    }

    /// Has the private fields of an object asked for by its id, which the public part then shows.
    fn ask_by_id(&mut self, of_type: &Name, divided: &mut Divided) -> Result<Id, StaysWhole> {
        let by_ids = self.subject.hints.by_ids(of_type).ok_or(StaysWhole)?;
        if self.by_ids.is_some_and(|known| known != by_ids) {
            return Err(StaysWhole);
        }
        self.by_ids = Some(by_ids);
        self.has_strict |= divided
            .shown
            .iter()
            .any(|one| matches!(&one.shown.from, Origin::Private(private) if !private.nullable));
        let private = std::mem::take(&mut divided.private);
        for selection in &private {
            if !self.of_objects.contains(selection) {
                self.of_objects.push(selection.clone());
            }
        }
        self.places.push(private);
        let is_id = |selection: &AstSelection| match selection {
            AstSelection::Field(field) => {
                field.name == "id" && field.alias.is_none() && field.directives.is_empty()
            }
            AstSelection::FragmentSpread(_) | AstSelection::InlineFragment(_) => false,
        };
        if divided.public.iter().any(is_id) {
            return Ok(Id::Selected);
        }
        let added = Name::new(ADDED_ID).ok();
        divided
            .public
            .push(field_of(added, name!("id"), Vec::new(), Vec::new()));
        Ok(Id::Added)
    }

    /// Whether a field that fails could take another one with it that is not selected beside it: the
    /// remainder asks for all fields of an object together.
    fn is_strict_somewhere(&self) -> bool {
        self.has_strict && self.places.windows(2).any(|two| two[0] != two[1])
    }

    /// The root field that asks for fields of objects by their ids, if there are any.
    fn objects(&mut self) -> Option<AstSelection> {
        let by_ids = self.by_ids?;
        let ids = Node::new(Argument {
            name: name!("ids"),
            value: Node::new(Value::Variable(Name::new(IDS).ok()?)),
        });
        let alias = Some(Name::new(OBJECTS).ok()?);
        let below = std::mem::take(&mut self.of_objects);
        Some(field_of(alias, by_ids.field.clone(), vec![ids], below))
    }
}

impl Divided {
    /// Adds what a fragment selects, as an inline fragment.
    fn add(&mut self, inner: Self, of_type: Option<&Name>, directives: &DirectiveList) {
        let fragment = |selected: Vec<AstSelection>| {
            (!selected.is_empty()).then(|| inline(of_type.cloned(), directives, selected))
        };
        self.public.extend(fragment(inner.public));
        self.private.extend(fragment(inner.private));
        self.shown.extend(inner.shown);
    }
}

/// The conditions around something, with those of its own directives.
fn with(around: &[Condition], directives: &DirectiveList) -> Result<Vec<Condition>, StaysWhole> {
    let mut conditions = around.to_vec();
    for directive in directives {
        let is = match directive.name.as_str() {
            "include" => true,
            "skip" => false,
            _other => return Err(StaysWhole),
        };
        let value = directive.specified_argument_by_name("if");
        let variable = value
            .and_then(|value| value.as_variable())
            .ok_or(StaysWhole)?;
        let variable = variable.to_string();
        let condition = Condition { variable, is };
        if !conditions.contains(&condition) {
            conditions.push(condition);
        }
    }
    Ok(conditions)
}

/// The fields of an object in the order of the answer: that of their first occurrences.
fn merged(occurrences: Vec<Occurrence>) -> Result<Vec<Shown>, StaysWhole> {
    let mut fields: Vec<Occurrence> = Vec::with_capacity(occurrences.len());
    for one in occurrences {
        let Some(known) = fields.iter().find(|known| known.shown.key == one.shown.key) else {
            fields.push(one);
            continue;
        };
        let is_mixed = matches!(one.shown.from, Origin::Both(_));
        if is_mixed || one.is_conditional || known.is_conditional || known.shown != one.shown {
            return Err(StaysWhole);
        }
    }
    Ok(fields.into_iter().map(|one| one.shown).collect())
}

/// Whether null is allowed: for a field of the type, for its items, and so on.
fn nullable(ty: &Type) -> Vec<bool> {
    let mut levels = vec![!ty.is_non_null()];
    if ty.is_list() {
        levels.extend(nullable(ty.item_type()));
    }
    levels
}

fn field_of(
    alias: Option<Name>,
    name: Name,
    arguments: Vec<Node<Argument>>,
    selection_set: Vec<AstSelection>,
) -> AstSelection {
    AstSelection::Field(Node::new(AstField {
        alias,
        name,
        arguments,
        directives: DirectiveList::default(),
        selection_set,
    }))
}

fn copy(field: &Field, selection_set: Vec<AstSelection>) -> AstSelection {
    AstSelection::Field(Node::new(AstField {
        alias: field.alias.clone(),
        name: field.name.clone(),
        arguments: field.arguments.clone(),
        directives: field.directives.clone(),
        selection_set,
    }))
}

fn inline(
    type_condition: Option<Name>,
    directives: &DirectiveList,
    selection_set: Vec<AstSelection>,
) -> AstSelection {
    AstSelection::InlineFragment(Node::new(InlineFragment {
        type_condition,
        directives: directives.clone(),
        selection_set,
    }))
}

/// A selection set with fragments in place of their spreads.
fn copied(subject: &Subject<'_>, set: &SelectionSet) -> Result<Vec<AstSelection>, StaysWhole> {
    let each = set.selections.iter().map(|selection| {
        let (of_type, directives, set) = match selection {
            Selection::Field(field) => {
                return Ok(copy(field, copied(subject, &field.selection_set)?));
            }
            Selection::InlineFragment(fragment) => (
                fragment.type_condition.clone(),
                &fragment.directives,
                &fragment.selection_set,
            ),
            Selection::FragmentSpread(spread) => {
                let fragment = spread.fragment_def(subject.document).ok_or(StaysWhole)?;
                let set = &fragment.selection_set;
                (Some(set.ty.clone()), &spread.directives, set)
            }
        };
        Ok(inline(of_type, directives, copied(subject, set)?))
    });
    each.collect()
}

/// The text of a part, with those of the document's variables that it uses.
fn printed(
    subject: &Subject<'_>,
    suffix: &str,
    selection_set: Vec<AstSelection>,
    text: &str,
) -> Option<String> {
    let used = uses(&selection_set);
    let own = subject.operation.variables.iter();
    let mut variables: Vec<Node<VariableDefinition>> = own
        .filter(|variable| used.contains(&variable.name))
        .cloned()
        .collect();
    if used.iter().any(|name| *name == IDS) {
        variables.push(Node::new(VariableDefinition {
            name: Name::new(IDS).ok()?,
            ty: Node::new(Type::NonNullList(Box::new(Type::NonNullNamed(name!("ID"))))),
            default_value: None,
            directives: DirectiveList::default(),
        }));
    }
    let name = subject.operation.name.as_ref()?;
    let part = Definition::OperationDefinition(Node::new(OperationDefinition {
        operation_type: OperationType::Query,
        name: Some(Name::new(&format!("{name}{suffix}")).ok()?),
        variables,
        directives: DirectiveList::default(),
        selection_set,
    }));
    Some(print::definition(&part, text))
}

/// The variables that selections use.
fn uses(selections: &[AstSelection]) -> HashSet<Name> {
    let mut used = HashSet::new();
    for selection in selections {
        let (arguments, directives, below): (&[_], _, _) = match selection {
            AstSelection::Field(field) => (
                field.arguments.as_slice(),
                &field.directives,
                field.selection_set.as_slice(),
            ),
            AstSelection::InlineFragment(fragment) => {
                (&[], &fragment.directives, fragment.selection_set.as_slice())
            }
            AstSelection::FragmentSpread(spread) => (&[], &spread.directives, &[][..]),
        };
        let of_directives = directives.iter().flat_map(|one| one.arguments.iter());
        for argument in arguments.iter().chain(of_directives) {
            note(&argument.value, &mut used);
        }
        used.extend(uses(below));
    }
    used
}

fn note(value: &Value, used: &mut HashSet<Name>) {
    match value {
        Value::Variable(name) => {
            used.insert(name.clone());
        }
        Value::List(items) => items.iter().for_each(|item| note(item, used)),
        Value::Object(fields) => fields.iter().for_each(|(_, field)| note(field, used)),
        Value::Null
        | Value::Enum(_)
        | Value::String(_)
        | Value::Float(_)
        | Value::Int(_)
        | Value::Boolean(_) => {}
    }
}
