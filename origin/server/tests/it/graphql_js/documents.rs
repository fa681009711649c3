//! Random documents of the schema, and documents that ask for everything.

use std::{collections::BTreeMap, fmt::Write as _};

use async_graphql::parser::{
    parse_schema,
    types::{BaseType, FieldDefinition, Type, TypeKind, TypeSystemDefinition},
};

/// A root field as documents spell it; its result is recorded under `recorded`.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    pub(crate) kind: &'static str,
    /// Name and arguments.
    pub(crate) text: String,
    /// The name, with the id if that is an argument.
    pub(crate) recorded: String,
    /// A response key that no other root field has.
    key: String,
}

impl Root {
    pub(crate) fn new(kind: &'static str, key: &str, text: String) -> Self {
        let name = text.split('(').next().unwrap_or_default();
        let id = text.strip_prefix(&format!("{name}(id: \""));
        let id = id.and_then(|rest| rest.split('"').next());
        Self {
            kind,
            recorded: id.map_or_else(|| name.to_owned(), |id| format!("{name}:{id}")),
            key: key.to_owned(),
            text,
        }
    }

    fn name(&self) -> &str {
        self.text.split('(').next().unwrap_or_default()
    }
}

/// Fields of object types: the name, and the type of what is below it if that is an object.
pub(crate) struct Fields {
    types: BTreeMap<String, Vec<(String, Option<String>)>>,
    /// The names of fields that may be null.
    pub(crate) nullable: Vec<String>,
}

impl Fields {
    pub(crate) fn of(sdl: &str) -> Self {
        let (mut types, mut nullable) = (BTreeMap::new(), Vec::new());
        for definition in parse_schema(sdl).unwrap().definitions {
            if let TypeSystemDefinition::Type(definition) = definition
                && let TypeKind::Object(object) = definition.node.kind
            {
                let name = definition.node.name.node.to_string();
                // A root field comes with its arguments; others are asked for without.
                let is_root = ["Query", "Mutation", "Subscription"].contains(&name.as_str());
                let fields = object.fields.into_iter();
                let fields = fields.filter(|field| is_root || needs_nothing(&field.node));
                let fields = fields.map(|field| {
                    if field.node.ty.node.nullable {
                        nullable.push(field.node.name.node.to_string());
                    }
                    let named = named(&field.node.ty.node).to_owned();
                    (field.node.name.node.to_string(), named)
                });
                types.insert(name, fields.collect());
            }
        }
        let objects: Vec<String> = types.keys().cloned().collect();
        let below = |named: String| objects.contains(&named).then_some(named);
        let types = types.into_iter().map(|(name, fields): (_, Vec<_>)| {
            let fields = fields.into_iter();
            (name, fields.map(|(name, ty)| (name, below(ty))).collect())
        });
        Self {
            types: types.collect(),
            nullable,
        }
    }

    fn below(&self, kind: &str, field: &str) -> Option<&str> {
        let (_, below) = self.types[kind].iter().find(|(name, _)| name == field)?;
        below.as_deref()
    }

    /// A document for all that a root field has, down to a depth.
    pub(crate) fn all_of(&self, root: &Root, depth: usize) -> String {
        let mut text = format!("{} {{ {}", root.kind.to_lowercase(), root.text);
        if let Some(below) = self.below(root.kind, root.name()) {
            self.all(below, depth, &mut text);
        }
        text + " }"
    }

    fn all(&self, of_type: &str, depth: usize, text: &mut String) {
        text.push_str(" {");
        if of_type == "Category" {
            text.push_str(" name_EN: name(locale: EN)");
        }
        for (name, below) in &self.types[of_type] {
            match below {
                None => write!(text, " {name}").unwrap(),
                Some(below) if depth > 1 => {
                    let mut set = String::new();
                    self.all(below, depth - 1, &mut set);
                    // A type with objects alone has nothing else at the last level.
                    if set == " { }" {
                        " { __typename }".clone_into(&mut set);
                    }
                    write!(text, " {name}{set}").unwrap();
                }
                Some(_) => {}
            }
        }
        text.push_str(" }");
    }
}

/// Whether a field can be asked for without arguments.
fn needs_nothing(field: &FieldDefinition) -> bool {
    let mut arguments = field.arguments.iter().map(|argument| &argument.node);
    arguments.all(|argument| argument.ty.node.nullable || argument.default_value.is_some())
}

fn named(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name.as_str(),
        BaseType::List(item) => named(item),
    }
}

/// A random document, and its variables.
pub(crate) struct Random<'f> {
    fields: &'f Fields,
    dice: u64,
    /// Name, type, levels of fields, text.
    fragments: Vec<(String, String, usize, String)>,
    /// How much is still selected.
    left: usize,
}

impl<'f> Random<'f> {
    /// Of the same seed comes the same document.
    pub(crate) fn document(fields: &'f Fields, roots: &[Root], seed: u32, depth: usize) -> String {
        let mut random = Self::of(fields, seed);
        let kind = if random.one_in(8) {
            "Mutation"
        } else {
            "Query"
        };
        let roots: Vec<_> = roots.iter().filter(|root| root.kind == kind).collect();
        let (set, _) = random.set(kind, depth + 1, 0, Some(&roots));
        random.finished(kind, &[], &set)
    }

    /// A subscription to this field: what is selected of it is random. `declared` are the variables in
    /// the field's arguments.
    pub(crate) fn subscription(
        fields: &'f Fields,
        root: &Root,
        declared: &[&str],
        seed: u32,
        depth: usize,
    ) -> String {
        let mut random = Self::of(fields, seed);
        let below = fields.below(root.kind, root.name()).unwrap();
        let (set, _) = random.set(below, depth, 0, None);
        let set = format!("{{ {}: {} {set} }}", root.key, root.text);
        random.finished(root.kind, declared, &set)
    }

    fn of(fields: &'f Fields, seed: u32) -> Self {
        Self {
            fields,
            dice: u64::from(seed),
            fragments: Vec::new(),
            left: 100,
        }
    }

    fn finished(&self, kind: &str, declared: &[&str], set: &str) -> String {
        let fragments = self.fragments.iter();
        let fragments: Vec<_> = fragments
            .map(|(name, on, _, text)| format!(" fragment {name} on {on} {text}"))
            .collect();
        let body = fragments.concat();
        let conditions = [("$t", "$t: Boolean!"), ("$f", "$f: Boolean = false")];
        let conditions = conditions
            .into_iter()
            .filter(|(name, _)| set.contains(name) || body.contains(name))
            .map(|(_, declaration)| declaration);
        let declared: Vec<_> = declared.iter().copied().chain(conditions).collect();
        let declared = match declared.as_slice() {
            [] => String::new(),
            all => format!("({})", all.join(", ")),
        };
        format!("{} D{declared} {set}{body}", kind.to_lowercase())
    }

    /// splitmix64
    fn below(&mut self, bound: usize) -> usize {
        self.dice = self.dice.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.dice;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }

    fn one_in(&mut self, bound: usize) -> bool {
        self.below(bound) == 0
    }

    /// A selection set with at most so many levels of fields, in so many fragments; and how many levels
    /// it has.
    fn set(
        &mut self,
        on: &str,
        depth: usize,
        nested: usize,
        roots: Option<&[&Root]>,
    ) -> (String, usize) {
        let (mut text, mut levels) = ("{".to_owned(), 1);
        // What was selected here before is selected again more often than by chance.
        let mut again: Vec<(String, Option<String>)> = Vec::new();
        for _ in 0..=self.below(6) {
            let (selection, has) = match self.below(if nested < 2 { 12 } else { 8 }) {
                0 => (format!("__typename{}", self.condition()), 1),
                8 | 9 => {
                    let on_type = if self.one_in(2) {
                        format!(" on {on}")
                    } else {
                        String::new()
                    };
                    let condition = self.condition();
                    let (set, has) = self.set(on, depth, nested + 1, roots);
                    (format!("...{on_type}{condition} {set}"), has)
                }
                10 | 11 => self.spread(on, depth, nested, roots),
                _ => {
                    let repeated = (!again.is_empty() && self.one_in(3))
                        .then(|| again[self.below(again.len())].clone());
                    let field = repeated.or_else(|| match roots {
                        Some(roots) => Some(self.root(roots)),
                        None => self.field(on, depth),
                    });
                    let Some((spelling, below)) = field else {
                        continue;
                    };
                    again.push((spelling.clone(), below.clone()));
                    self.selected(&spelling, below.as_deref(), depth)
                }
            };
            levels = levels.max(has);
            write!(text, " {selection}").unwrap();
            self.left = self.left.saturating_sub(1);
            if self.left == 0 {
                break;
            }
        }
        if text.len() == 1 {
            text.push_str(" __typename");
        }
        (text + " }", levels)
    }

    fn selected(&mut self, spelling: &str, below: Option<&str>, depth: usize) -> (String, usize) {
        let condition = self.condition();
        match below {
            None => (format!("{spelling}{condition}"), 1),
            Some(below) => {
                let (set, has) = self.set(below, depth - 1, 0, None);
                (format!("{spelling}{condition} {set}"), has + 1)
            }
        }
    }

    fn root(&mut self, roots: &[&Root]) -> (String, Option<String>) {
        let root = roots[self.below(roots.len())];
        let below = self.fields.below(root.kind, root.name()).map(str::to_owned);
        // Always the same key: two fields with one key are the same field.
        (format!("{}: {}", root.key, root.text), below)
    }

    fn field(&mut self, on: &str, depth: usize) -> Option<(String, Option<String>)> {
        let fields: Vec<_> = self.fields.types[on]
            .iter()
            .filter(|(_, below)| below.is_none() || depth > 1)
            .cloned()
            .collect();
        if fields.is_empty() {
            return None;
        }
        let (name, below) = fields[self.below(fields.len())].clone();
        let spelling = match self.below(6) {
            0 => format!("a_{name}: {name}"),
            1 if on == "Category" && name == "name" => "english: name(locale: EN)".to_owned(),
            _ => name,
        };
        Some((spelling, below))
    }

    /// The spread of a fragment that was there before, or of a new one.
    fn spread(
        &mut self,
        on: &str,
        depth: usize,
        nested: usize,
        roots: Option<&[&Root]>,
    ) -> (String, usize) {
        let condition = self.condition();
        let fitting: Vec<_> = self
            .fragments
            .iter()
            .filter(|(_, of_type, levels, _)| of_type == on && *levels <= depth)
            .map(|(name, _, levels, _)| (name.clone(), *levels))
            .collect();
        if !fitting.is_empty() && self.one_in(2) {
            let (name, levels) = fitting[self.below(fitting.len())].clone();
            return (format!("...{name}{condition}"), levels);
        }
        let (text, levels) = self.set(on, depth, nested + 1, roots);
        let name = format!("F{}", self.fragments.len());
        self.fragments
            .push((name.clone(), on.to_owned(), levels, text));
        (format!("...{name}{condition}"), levels)
    }

    fn condition(&mut self) -> String {
        if !self.one_in(8) {
            return String::new();
        }
        let directive = ["include", "skip"][self.below(2)];
        let value = ["true", "false", "$t", "$f"][self.below(4)];
        format!(" @{directive}(if: {value})")
    }
}
