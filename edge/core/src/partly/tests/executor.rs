//! Executes documents on a library of five books, as the specification says; fields of some of them fail.

use std::collections::BTreeSet;

use apollo_compiler::ast::{Type, Value as Literal};
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use serde_json::{Map, Value, json};

pub(super) struct Library {
    schema: Valid<Schema>,
    /// The id of an object (a user's is 0), and the field.
    failing: BTreeSet<(String, String)>,
    failing_everywhere: BTreeSet<String>,
}

/// An answer.
pub(super) struct Executed {
    data: Option<Value>,
    errors: Vec<Value>,
}

impl Executed {
    pub(super) fn text(&self) -> String {
        if self.errors.is_empty() {
            json!({"data": self.data}).to_string()
        } else {
            json!({"data": self.data, "errors": self.errors}).to_string()
        }
    }
}

/// What a field gives before its selections are executed.
enum Resolved {
    Leaf(Value),
    /// An object by its id.
    Object(String),
    List(Vec<Resolved>),
    Null,
}

/// Null where it is forbidden.
struct Forbidden;

const BOOKS: u32 = 5;

impl Library {
    pub(super) fn new(sdl: &str) -> Self {
        Self {
            schema: Schema::parse_and_validate(sdl, "schema.graphql").unwrap(),
            failing: BTreeSet::new(),
            failing_everywhere: BTreeSet::new(),
        }
    }

    pub(super) fn fail(&mut self, id: &str, field: &str) {
        // The root has the id 0, as its users do.
        self.failing.insert((id.to_owned(), field.to_owned()));
    }

    pub(super) fn fail_all(&mut self, fields: &[&str]) {
        self.failing_everywhere = fields.iter().map(|field| (*field).to_owned()).collect();
    }

    pub(super) fn execute(&self, body: &str, variables: &Value) -> Executed {
        let document = ExecutableDocument::parse_and_validate(&self.schema, body, "q.graphql");
        let document = document.unwrap();
        let operation = document.operations.iter().next().unwrap();
        let mut run = Run {
            library: self,
            document: &document,
            variables,
            path: Vec::new(),
            errors: Vec::new(),
        };
        let data = run.object("0", &[&operation.selection_set]).ok();
        let errors = run.errors;
        Executed { data, errors }
    }
}

struct Run<'a> {
    library: &'a Library,
    document: &'a ExecutableDocument,
    variables: &'a Value,
    path: Vec<Value>,
    errors: Vec<Value>,
}

impl<'a> Run<'a> {
    fn object(&mut self, id: &str, sets: &[&'a SelectionSet]) -> Result<Value, Forbidden> {
        let mut fields: Vec<(String, Vec<&'a Field>)> = Vec::new();
        for set in sets {
            self.collect(set, &mut fields);
        }
        let mut object = Map::new();
        for (key, fields) in fields {
            let depth = self.path.len();
            self.path.push(json!(key));
            let value = self.field(id, &fields)?;
            self.path.truncate(depth);
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }

    fn collect(&self, set: &'a SelectionSet, fields: &mut Vec<(String, Vec<&'a Field>)>) {
        for selection in &set.selections {
            let directives = selection.directives();
            let is_left_out = directives.iter().any(|directive| {
                let given = directive.specified_argument_by_name("if").unwrap();
                let variable = given.as_variable().unwrap().as_str();
                self.variables[variable] == json!(directive.name == "skip")
            });
            if is_left_out {
                continue;
            }
            match selection {
                Selection::Field(field) => {
                    let key = field.response_key().to_string();
                    match fields.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, all)) => all.push(field),
                        None => fields.push((key, vec![field])),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    self.collect(&fragment.selection_set, fields);
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = spread.fragment_def(self.document).unwrap();
                    self.collect(&fragment.selection_set, fields);
                }
            }
        }
    }

    fn field(&mut self, id: &str, fields: &[&'a Field]) -> Result<Value, Forbidden> {
        let [field, ..] = fields else {
            panic!("a field")
        };
        let name = field.name.as_str();
        let library = self.library;
        let fails = library.failing.contains(&(id.to_owned(), name.to_owned()))
            || library.failing_everywhere.contains(name);
        let ty = &field.definition.ty;
        if fails {
            let path = self.path.clone();
            self.errors
                .push(json!({"message": "it fails", "path": path, "extensions": {"code": "X"}}));
            return if ty.is_non_null() {
                Err(Forbidden)
            } else {
                Ok(Value::Null)
            };
        }
        let sets: Vec<_> = fields.iter().map(|field| &field.selection_set).collect();
        let resolved = self.resolve(id, field);
        self.complete(resolved, ty, &sets)
    }

    fn complete(
        &mut self,
        resolved: Resolved,
        ty: &Type,
        sets: &[&'a SelectionSet],
    ) -> Result<Value, Forbidden> {
        let depth = self.path.len();
        let value = match resolved {
            Resolved::Null => Err(Forbidden),
            Resolved::Leaf(value) => Ok(value),
            Resolved::Object(id) => self.object(&id, sets),
            Resolved::List(items) => {
                let mut list = Vec::new();
                let mut all = Ok(());
                for (place, item) in items.into_iter().enumerate() {
                    self.path.push(json!(place));
                    match self.complete(item, ty.item_type(), sets) {
                        Ok(item) => list.push(item),
                        Err(forbidden) => {
                            all = Err(forbidden);
                            break;
                        }
                    }
                    self.path.truncate(depth);
                }
                all.map(|()| Value::Array(list))
            }
        };
        match value {
            Err(Forbidden) if !ty.is_non_null() => {
                self.path.truncate(depth);
                Ok(Value::Null)
            }
            value => value,
        }
    }

    fn resolve(&self, id: &str, field: &Field) -> Resolved {
        let object = |id: String| Resolved::Object(id);
        match field.name.as_str() {
            "__typename" => Resolved::Leaf(json!("Some")),
            "me" | "user" | "reader" => object("0".to_owned()),
            "book" if id == "0" && field.arguments.is_empty() => object("3".to_owned()),
            "book" => {
                let id = &field.arguments[0].value;
                let id = id.as_str().unwrap();
                if id == "9" {
                    Resolved::Null
                } else {
                    object(id.to_owned())
                }
            }
            "books" => Resolved::List((1..=BOOKS).map(|id| object(id.to_string())).collect()),
            "shelves" => Resolved::List(vec![
                Resolved::List(vec![object("1".to_owned()), Resolved::Null]),
                Resolved::Null,
                Resolved::List(vec![object("2".to_owned()), object("1".to_owned())]),
            ]),
            "booksById" => {
                let Literal::Variable(variable) = &*field.arguments[0].value else {
                    panic!("a variable")
                };
                let ids = self.variables[variable.as_str()].as_array().unwrap();
                let ids = ids.iter().map(|id| object(id.as_str().unwrap().to_owned()));
                Resolved::List(ids.collect())
            }
            "sequel" => match id.parse::<u32>() {
                Ok(id) if id < BOOKS => object((id + 1).to_string()),
                _last => Resolved::Null,
            },
            "copies" => Resolved::List(vec![object(id.to_owned()), object("4".to_owned())]),
            "id" => Resolved::Leaf(json!(id)),
            "isLent" => Resolved::Leaf(json!(id == "2")),
            leaf => Resolved::Leaf(json!(format!("{leaf} of {id}\u{e9}\""))),
        }
    }
}
