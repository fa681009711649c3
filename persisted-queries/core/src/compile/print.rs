//! Prints documents exactly as `print` of graphql-js 16 does: clients hash what it prints.
//!
//! apollo-compiler's own printer breaks lines elsewhere, and its AST does not know which strings were
//! written as block strings. So each definition comes with the text that it was parsed from.

use std::fmt::Write as _;

use apollo_compiler::Node;
use apollo_compiler::ast::{
    Argument, Definition, Directive, Field, FragmentDefinition, InlineFragment,
    OperationDefinition, OperationType, Selection, Type, Value, VariableDefinition,
};

/// The longest line of a field with its arguments, in UTF-16 code units.
const LINE_UNITS: usize = 80;
/// The longest block string that stays on one line, in UTF-16 code units.
const BLOCK_STRING_UNITS: usize = 70;
const BLOCK_QUOTES: &str = "\"\"\"";

/// Prints an operation or a fragment, which was parsed from `text`.
pub(super) fn definition(definition: &Definition, text: &str) -> String {
    let printer = Printer { text };
    match definition {
        Definition::OperationDefinition(operation) => printer.operation(operation),
        Definition::FragmentDefinition(fragment) => printer.fragment(fragment),
        // Validation refuses it.
        type_system => type_system.to_string(),
    }
}

struct Printer<'a> {
    text: &'a str,
}

impl Printer<'_> {
    fn operation(&self, operation: &OperationDefinition) -> String {
        let variables = operation.variables.iter();
        let variables = join(variables.map(|variable| self.variable(variable)), ", ");
        let name = operation.name.as_ref().map_or("", |name| name.as_str());
        let kind = match operation.operation_type {
            OperationType::Query => "query",
            OperationType::Mutation => "mutation",
            OperationType::Subscription => "subscription",
        };
        let words = [
            kind.to_owned(),
            format!("{name}{}", wrap("(", &variables, ")")),
            self.directives(&operation.directives),
        ];
        let prefix = join(words.into_iter(), " ");
        let selections = self.selections(&operation.selection_set);
        if prefix == "query" {
            selections
        } else {
            format!("{prefix} {selections}")
        }
    }

    fn variable(&self, variable: &VariableDefinition) -> String {
        let default = variable.default_value.as_ref();
        let default = default.map_or_else(String::new, |value| self.value(value));
        format!(
            "${}: {}{}{}",
            variable.name,
            type_ref(&variable.ty),
            wrap(" = ", &default, ""),
            wrap(" ", &self.directives(&variable.directives), "")
        )
    }

    fn fragment(&self, fragment: &FragmentDefinition) -> String {
        format!(
            "fragment {} on {} {}{}",
            fragment.name,
            fragment.type_condition,
            wrap("", &self.directives(&fragment.directives), " "),
            self.selections(&fragment.selection_set)
        )
    }

    fn selections(&self, selections: &[Selection]) -> String {
        let lines = selections.iter().map(|selection| match selection {
            Selection::Field(field) => self.field(field),
            Selection::FragmentSpread(spread) => {
                let directives = self.directives(&spread.directives);
                format!("...{}{}", spread.fragment_name, wrap(" ", &directives, ""))
            }
            Selection::InlineFragment(fragment) => self.inline_fragment(fragment),
        });
        wrap("{\n", &indent(&join(lines, "\n")), "\n}")
    }

    fn field(&self, field: &Field) -> String {
        let alias = field.alias.as_ref().map_or("", |alias| alias.as_str());
        let prefix = format!("{}{}", wrap("", alias, ": "), field.name);
        let arguments = self.arguments(&field.arguments);
        let mut line = prefix.clone() + &wrap("(", &arguments.join(", "), ")");
        if line.encode_utf16().count() > LINE_UNITS {
            line = prefix + &wrap("(\n", &indent(&arguments.join("\n")), "\n)");
        }
        let parts = [
            line,
            self.directives(&field.directives),
            self.selections(&field.selection_set),
        ];
        join(parts.into_iter(), " ")
    }

    fn inline_fragment(&self, fragment: &InlineFragment) -> String {
        let condition = fragment.type_condition.as_ref();
        let parts = [
            "...".to_owned(),
            condition.map_or_else(String::new, |name| format!("on {name}")),
            self.directives(&fragment.directives),
            self.selections(&fragment.selection_set),
        ];
        join(parts.into_iter(), " ")
    }

    fn directives(&self, directives: &[Node<Directive>]) -> String {
        let each = directives.iter().map(|directive| {
            let arguments = self.arguments(&directive.arguments).join(", ");
            format!("@{}{}", directive.name, wrap("(", &arguments, ")"))
        });
        join(each, " ")
    }

    fn arguments(&self, arguments: &[Node<Argument>]) -> Vec<String> {
        let each = arguments.iter();
        each.map(|argument| format!("{}: {}", argument.name, self.value(&argument.value)))
            .collect()
    }

    fn value(&self, value: &Node<Value>) -> String {
        match &**value {
            Value::Null => "null".to_owned(),
            Value::Enum(name) => name.to_string(),
            Value::Variable(name) => format!("${name}"),
            Value::String(text) if self.is_block(value) => block_string(text),
            Value::String(text) => string(text),
            Value::Float(number) => number.as_str().to_owned(),
            Value::Int(number) => number.as_str().to_owned(),
            Value::Boolean(boolean) => boolean.to_string(),
            Value::List(items) => {
                format!(
                    "[{}]",
                    join(items.iter().map(|item| self.value(item)), ", ")
                )
            }
            Value::Object(fields) => {
                let fields = fields.iter();
                let fields = fields.map(|(name, field)| format!("{name}: {}", self.value(field)));
                format!("{{{}}}", join(fields, ", "))
            }
        }
    }

    fn is_block(&self, value: &Node<Value>) -> bool {
        let written = value
            .location()
            .and_then(|span| self.text.get(span.offset()..));
        written.is_some_and(|text| text.starts_with(BLOCK_QUOTES))
    }
}

fn type_ref(ty: &Type) -> String {
    match ty {
        Type::Named(name) => name.to_string(),
        Type::NonNullNamed(name) => format!("{name}!"),
        Type::List(item) => format!("[{}]", type_ref(item)),
        Type::NonNullList(item) => format!("[{}]!", type_ref(item)),
    }
}

/// Joins what is not empty.
fn join(parts: impl Iterator<Item = String>, separator: &str) -> String {
    let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(separator)
}

/// Nothing around nothing.
fn wrap(start: &str, text: &str, end: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("{start}{text}{end}")
    }
}

fn indent(text: &str) -> String {
    wrap("  ", &text.replace('\n', "\n  "), "")
}

fn string(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\u{8}' => quoted.push_str("\\b"),
            '\t' => quoted.push_str("\\t"),
            '\n' => quoted.push_str("\\n"),
            '\u{c}' => quoted.push_str("\\f"),
            '\r' => quoted.push_str("\\r"),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

fn block_string(text: &str) -> String {
    let is_blank = |c: char| matches!(c, ' ' | '\t');
    let escaped = text.replace(BLOCK_QUOTES, "\\\"\"\"");
    let lines: Vec<&str> = escaped.split('\n').collect();
    let is_single_line = lines.len() == 1;
    let needs_first_break = lines.len() > 1
        && lines[1..]
            .iter()
            .all(|line| line.is_empty() || line.starts_with(is_blank));
    let ends_with_quotes = escaped.ends_with("\\\"\"\"");
    let needs_last_break = (text.ends_with('"') && !ends_with_quotes) || text.ends_with('\\');
    let is_spread = !is_single_line
        || text.encode_utf16().count() > BLOCK_STRING_UNITS
        || needs_last_break
        || needs_first_break
        || ends_with_quotes;
    let keeps_first_line = is_single_line && text.starts_with(is_blank);
    let first = if (is_spread && !keeps_first_line) || needs_first_break {
        "\n"
    } else {
        ""
    };
    let last = if is_spread { "\n" } else { "" };
    format!("{BLOCK_QUOTES}{first}{escaped}{last}{BLOCK_QUOTES}")
}
