//! Reads and checks the uses of our directives `@cacheControl`, `@snapToCell` and `@byIds` in an SDL.

use std::collections::{BTreeMap, BTreeSet};

use apollo_compiler::ast::{Directive, FieldDefinition, InputValueDefinition, OperationType};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Name, Node, Schema, ast};

use super::error::CompileError;

/// The H3 resolution of `@snapToCell` without an argument.
const DEFAULT_RESOLUTION: u8 = 8;
/// The finest H3 resolution.
const FINEST_RESOLUTION: i32 = 15;

/// The arguments of one `@cacheControl`. What an absent one means depends on where the directive is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Hint {
    pub(super) max_age_s: Option<u32>,
    pub(super) stale_while_revalidate_s: Option<u32>,
    pub(super) stale_if_error_s: Option<u32>,
    pub(super) is_private: bool,
}

/// All `@cacheControl` directives of a schema.
#[derive(Debug, Default)]
pub(super) struct Hints {
    types: BTreeMap<Name, Hint>,
    fields: BTreeMap<(Name, Name), Hint>,
    /// The possible object types of each type: itself, or its implementers or members.
    possible: BTreeMap<Name, Vec<Name>>,
    /// By the type that it returns: a root field with `@byIds`.
    by_ids: BTreeMap<Name, ByIds>,
}

/// A root field that gives objects of a type by their ids.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ByIds {
    pub(super) field: Name,
    /// How many it gives at once.
    pub(super) most: u32,
}

impl Hints {
    pub(super) fn read(schema: &Schema) -> Result<Self, CompileError> {
        let mut hints = Self::default();
        for (name, ty) in &schema.types {
            match ty {
                ExtendedType::Object(object) => {
                    if let Some(directive) = object.directives.get("cacheControl") {
                        let hint = read_hint(directive, name.as_str())?;
                        hints.types.insert(name.clone(), hint);
                    }
                    hints.possible.insert(name.clone(), vec![name.clone()]);
                    for interface in &object.implements_interfaces {
                        let possible = hints.possible.entry(interface.name.clone()).or_default();
                        possible.push(name.clone());
                    }
                    hints.read_fields(schema, name, object.fields.values())?;
                }
                ExtendedType::Interface(interface) => {
                    hints.possible.entry(name.clone()).or_default();
                    hints.read_fields(schema, name, interface.fields.values())?;
                }
                ExtendedType::Union(union) => {
                    let members = union.members.iter().map(|member| member.name.clone());
                    hints.possible.insert(name.clone(), members.collect());
                }
                ExtendedType::InputObject(input) => {
                    for field in input.fields.values() {
                        check_snap(schema, field, &format!("{name}.{}", field.name))?;
                    }
                }
                ExtendedType::Scalar(_) | ExtendedType::Enum(_) => {}
            }
        }
        hints.read_by_ids(schema)?;
        Ok(hints)
    }

    fn read_by_ids(&mut self, schema: &Schema) -> Result<(), CompileError> {
        let query = schema.root_operation(OperationType::Query);
        let Some(query) = query.and_then(|name| schema.get_object(name)) else {
            return Ok(());
        };
        for field in query.fields.values() {
            let Some(directive) = field.directives.get("byIds") else {
                continue;
            };
            let refuse = |why: &str| CompileError::Directive {
                coordinate: format!("{}.{}", query.name, field.name),
                why: why.to_owned(),
            };
            let returned = of_ids(schema, field).ok_or_else(|| {
                refuse(
                    "has @byIds, and is not `(ids: [ID!]!): [T]!` of an object type with `id: ID!`",
                )
            })?;
            let own = self.of_field(&query.name, &field.name);
            if !own.iter().all(|hint| hint.is_private) {
                return Err(refuse("has @byIds, and is not PRIVATE"));
            }
            let most = given(directive, "most").and_then(|value| value.to_i32());
            let most = most.and_then(|most| u32::try_from(most).ok());
            let by_ids = ByIds {
                field: field.name.clone(),
                most: most.ok_or_else(|| refuse("has an @byIds(most) that is not a number"))?,
            };
            self.by_ids.insert(returned.clone(), by_ids);
        }
        Ok(())
    }

    fn read_fields<'a>(
        &mut self,
        schema: &Schema,
        type_name: &Name,
        fields: impl Iterator<Item = &'a apollo_compiler::schema::Component<ast::FieldDefinition>>,
    ) -> Result<(), CompileError> {
        for field in fields {
            let coordinate = format!("{type_name}.{}", field.name);
            for argument in &field.arguments {
                check_snap(
                    schema,
                    argument,
                    &format!("{coordinate}({})", argument.name),
                )?;
            }
            if let Some(directive) = field.directives.get("cacheControl") {
                let hint = read_hint(directive, &coordinate)?;
                let key = (type_name.clone(), field.name.clone());
                self.fields.insert(key, hint);
            }
        }
        Ok(())
    }

    /// The directive of a type.
    pub(super) fn of_type(&self, name: &Name) -> Hint {
        self.types.get(name).copied().unwrap_or_default()
    }

    /// The directives of a field, one per object type that it may be read from.
    pub(super) fn of_field(&self, parent: &Name, field: &Name) -> Vec<Hint> {
        let own = |name: &Name| self.fields.get(&(name.clone(), field.clone())).copied();
        let on_parent = own(parent).unwrap_or_default();
        let possible = self.possible_types(parent);
        if possible.iter().all(|name| name == parent) {
            return vec![on_parent];
        }
        // The field is read through an interface. An object type without a directive of its own on
        // this field takes the interface's.
        possible
            .iter()
            .map(|name| own(name).unwrap_or(on_parent))
            .chain((on_parent != Hint::default()).then_some(on_parent))
            .collect()
    }

    /// The root field that gives objects of a type by their ids.
    pub(super) fn by_ids(&self, name: &Name) -> Option<&ByIds> {
        self.by_ids.get(name)
    }

    /// The possible object types of a composite type; empty for scalars and enums.
    pub(super) fn possible_types(&self, name: &Name) -> &[Name] {
        self.possible.get(name).map_or(&[], Vec::as_slice)
    }
}

/// The type of the objects that a field gives by ids; none if it is not such a field.
fn of_ids<'a>(schema: &Schema, field: &'a FieldDefinition) -> Option<&'a Name> {
    let ids = field.argument_by_name("ids")?;
    let returned = field.ty.inner_named_type();
    let id = schema.get_object(returned)?.fields.get("id")?;
    let is_right = ids.ty.to_string() == "[ID!]!"
        && field.ty.to_string() == format!("[{returned}]!")
        && id.ty.to_string() == "ID!";
    is_right.then_some(returned)
}

fn read_hint(directive: &Directive, coordinate: &str) -> Result<Hint, CompileError> {
    let seconds = |argument: &str| -> Result<Option<u32>, CompileError> {
        let Some(value) = given(directive, argument) else {
            return Ok(None);
        };
        let number = value.to_i32().and_then(|number| u32::try_from(number).ok());
        let number = number.ok_or_else(|| CompileError::Directive {
            coordinate: coordinate.to_owned(),
            why: format!("has an @cacheControl({argument}) that is not a number of seconds"),
        })?;
        Ok(Some(number))
    };
    let scope = given(directive, "scope")
        .and_then(|value| value.as_enum().map(Name::as_str).or_else(|| value.as_str()));
    let is_private = match scope {
        None | Some("PUBLIC") => false,
        Some("PRIVATE") => true,
        Some(other) => {
            return Err(CompileError::Directive {
                coordinate: coordinate.to_owned(),
                why: format!("has the unknown @cacheControl(scope) {other:?}"),
            });
        }
    };
    Ok(Hint {
        max_age_s: seconds("maxAge")?,
        stale_while_revalidate_s: seconds("staleWhileRevalidate")?,
        stale_if_error_s: seconds("staleIfError")?,
        is_private,
    })
}

/// An argument's value; `null` counts as absent.
fn given<'a>(directive: &'a Directive, argument: &str) -> Option<&'a Node<ast::Value>> {
    let value = directive.specified_argument_by_name(argument);
    value.filter(|value| !value.is_null())
}

/// The H3 resolution to which an argument or input field is snapped; `None` if it is not snapped.
pub(super) fn snap_resolution(schema: &Schema, definition: &InputValueDefinition) -> Option<u8> {
    let directive = definition.directives.get("snapToCell")?;
    Some(resolution(schema, directive).unwrap_or(DEFAULT_RESOLUTION))
}

/// The resolution given, or else the directive's default; `None` if it is not 0 to 15.
fn resolution(schema: &Schema, directive: &Directive) -> Option<u8> {
    let stated = given(directive, "resolution").or_else(|| {
        let definition = schema.directive_definitions.get(&directive.name)?;
        definition
            .argument_by_name("resolution")?
            .default_value
            .as_ref()
    });
    let Some(stated) = stated else {
        return Some(DEFAULT_RESOLUTION);
    };
    let number = stated.to_i32()?;
    (0..=FINEST_RESOLUTION)
        .contains(&number)
        .then(|| u8::try_from(number).ok())
        .flatten()
}

/// Refuses `@snapToCell` on anything but an input object with the Float fields `lat` and `lng`.
fn check_snap(
    schema: &Schema,
    definition: &InputValueDefinition,
    coordinate: &str,
) -> Result<(), CompileError> {
    let Some(directive) = definition.directives.get("snapToCell") else {
        return Ok(());
    };
    let refuse = |why: &str| {
        Err(CompileError::Directive {
            coordinate: coordinate.to_owned(),
            why: why.to_owned(),
        })
    };
    if resolution(schema, directive).is_none() {
        return refuse("has an @snapToCell(resolution) that is not 0 to 15");
    }
    let object = schema.get_input_object(definition.ty.inner_named_type());
    let floats: BTreeSet<&str> = object
        .iter()
        .flat_map(|object| object.fields.values())
        .filter(|field| !field.ty.is_list() && field.ty.inner_named_type() == "Float")
        .map(|field| field.name.as_str())
        .collect();
    let has_coordinates = floats.contains("lat") && floats.contains("lng");
    if definition.ty.is_list() || !has_coordinates {
        return refuse("has @snapToCell, and is not an input object with Float fields lat and lng");
    }
    Ok(())
}
