//! Cost (an upper estimate of the number of fields in an answer) and depth (the nesting of fields).
//!
//! A field costs 1, and the fields below a list count once per item. The number of items is the
//! `first` of the list, or of the connection that contains it. `first` may be an argument or a field
//! of an input object, and a literal, a variable's value (if known) or a default. Without it the
//! number is [`DEFAULT_PAGE`]. Introspection (`__schema`, `__type`) costs 1.

use apollo_compiler::Node;
use apollo_compiler::ast::{InputValueDefinition, Value};
use apollo_compiler::executable::{Field, Selection, SelectionSet};

use super::subject::Subject;

/// The assumed number of items of a list without `first`.
pub const DEFAULT_PAGE: u64 = 20;

/// The cost and depth of the operation. A root field has depth 1; `__typename` does not count.
pub(super) fn measure(subject: &Subject<'_>) -> (u64, u32) {
    let measured = subject.selections(&subject.operation.selection_set, None);
    (measured.cost, measured.depth)
}

#[derive(Clone, Copy, Default)]
struct Measure {
    cost: u64,
    depth: u32,
}

impl Measure {
    fn beside(self, other: Self) -> Self {
        Self {
            cost: self.cost.saturating_add(other.cost),
            depth: self.depth.max(other.depth),
        }
    }
}

impl Subject<'_> {
    /// `page` is the number of items that the connection around these fields asked for.
    fn selections(&self, set: &SelectionSet, page: Option<u64>) -> Measure {
        let each = set.selections.iter().map(|selection| match selection {
            Selection::Field(field) if field.name == "__typename" => Measure::default(),
            Selection::Field(field) => self.field(field, page),
            Selection::InlineFragment(fragment) => self.selections(&fragment.selection_set, page),
            Selection::FragmentSpread(spread) => spread
                .fragment_def(self.document)
                .map(|fragment| self.selections(&fragment.selection_set, page))
                .unwrap_or_default(),
        });
        each.fold(Measure::default(), Measure::beside)
    }

    fn field(&self, field: &Field, outer_page: Option<u64>) -> Measure {
        let own_page = self.page(field);
        let is_list = field.definition.ty.is_list();
        let items = if is_list {
            own_page.or(outer_page).unwrap_or(DEFAULT_PAGE)
        } else {
            1
        };
        let inner_page = own_page.filter(|_| !is_list);
        let below = self.selections(&field.selection_set, inner_page);
        let is_introspection = field.name.starts_with("__");
        let below_cost = if is_introspection { 0 } else { below.cost };
        Measure {
            cost: below_cost.saturating_mul(items).saturating_add(1),
            depth: below.depth.saturating_add(1),
        }
    }

    /// The field's `first`: an argument, or a field of an argument that is an input object.
    fn page(&self, field: &Field) -> Option<u64> {
        field.definition.arguments.iter().find_map(|argument| {
            let given = field.specified_argument_by_name(&argument.name);
            if argument.name == "first" {
                return Some(self.number(given, argument));
            }
            let object = self
                .schema
                .get_input_object(argument.ty.inner_named_type())?;
            let first = object.fields.get("first")?;
            let given = given.or(argument.default_value.as_ref());
            let in_object = given.and_then(|value| self.object_field(value, "first"));
            Some(self.number(in_object, first))
        })
    }

    fn object_field<'v>(&'v self, value: &'v Node<Value>, name: &str) -> Option<&'v Node<Value>> {
        let value = match value.as_variable() {
            Some(variable) => self.value_of(variable)?,
            None => value,
        };
        let mut fields = value.as_object()?.iter();
        fields.find_map(|(key, field)| (key == name).then_some(field))
    }

    fn number(&self, given: Option<&Node<Value>>, definition: &InputValueDefinition) -> u64 {
        let given = given.or(definition.default_value.as_ref());
        let literal = given.and_then(|value| match value.as_variable() {
            Some(variable) => self.value_of(variable),
            None => Some(value),
        });
        let number = literal.and_then(|value| value.to_i32());
        number.map_or(DEFAULT_PAGE, |number| u64::try_from(number).unwrap_or(0))
    }

    fn value_of(&self, variable: &str) -> Option<&Node<Value>> {
        if let Some(given) = self.given.get(variable) {
            return Some(given);
        }
        let mut variables = self.operation.variables.iter();
        variables
            .find(|definition| definition.name == variable)?
            .default_value
            .as_ref()
    }
}
