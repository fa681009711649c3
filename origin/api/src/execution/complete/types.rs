//! The types of the schema's fields. async-graphql does not show its own.

use std::{collections::HashMap, sync::LazyLock};

use async_graphql::{
    Name,
    parser::{
        parse_schema,
        types::{OperationType, Type, TypeKind, TypeSystemDefinition},
    },
};

use crate::schema::sdl;

/// The fields of all object types.
#[derive(Debug)]
pub(super) struct Types(HashMap<Name, HashMap<Name, Type>>);

impl Types {
    /// Those of this program's schema.
    pub(super) fn of_schema() -> &'static Self {
        static TYPES: LazyLock<Types> = LazyLock::new(|| Types::of(&sdl()));
        &TYPES
    }

    fn of(sdl: &str) -> Self {
        let document = parse_schema(sdl).map(|document| document.definitions);
        let mut types = HashMap::new();
        for definition in document.unwrap_or_default() {
            let TypeSystemDefinition::Type(definition) = definition else {
                continue;
            };
            if let TypeKind::Object(object) = definition.node.kind {
                let fields = object.fields.into_iter();
                let fields = fields.map(|field| (field.node.name.node, field.node.ty.node));
                types.insert(definition.node.name.node, fields.collect());
            }
        }
        Self(types)
    }

    pub(super) fn root(&self, kind: OperationType) -> Option<&str> {
        let name = match kind {
            OperationType::Query => "Query",
            OperationType::Mutation => "Mutation",
            OperationType::Subscription => "Subscription",
        };
        self.0.get_key_value(name).map(|(name, _)| name.as_str())
    }

    pub(super) fn field(&self, of_type: &str, field: &str) -> Option<&Type> {
        self.0.get(of_type)?.get(field)
    }
}
