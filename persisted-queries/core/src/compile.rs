//! Compiles a document against the origin's SDL: validates it, and finds its variables, cost, depth
//! and cache policy.
//!
//! `size` checks the document's size before anything else. `cacheability` has the rules of the
//! policy, `snap` the rule for locations, and `cost` the measure of cost and depth.

use std::collections::HashMap;
use std::fmt;

use apollo_compiler::ast::{OperationType, Value};
use apollo_compiler::executable;
use apollo_compiler::parser::Parser;
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Node, Schema};
use serde_json::{Map, Value as Json};

use crate::hash::DocumentHash;
use crate::limits::{self, TooMuch};
use crate::manifest::{Operation, OperationKind};

mod cacheability;
mod cost;
mod hints;
mod reason;
mod size;
mod snap;
mod variables;

pub use cost::DEFAULT_PAGE;
use hints::Hints;
pub use reason::{Reason, Why};

/// The definitions of our directives. They are added to an SDL that lacks them, because some servers
/// do not print them.
const CACHE_CONTROL: &str = "\ndirective @cacheControl(maxAge: Int, staleWhileRevalidate: Int, \
    staleIfError: Int, scope: CacheControlScope) on FIELD_DEFINITION | OBJECT\n";
const CACHE_CONTROL_SCOPE: &str = "\nenum CacheControlScope { PUBLIC PRIVATE }\n";
const SNAP_TO_CELL: &str = "\ndirective @snapToCell(resolution: Int = 8) \
    on INPUT_FIELD_DEFINITION | ARGUMENT_DEFINITION\n";

/// Compiles documents against one SDL.
#[derive(Debug)]
pub struct Compiler {
    schema: Valid<Schema>,
    hints: Hints,
}

/// A compiled document.
#[derive(Debug, Clone, PartialEq)]
pub struct Compiled {
    /// The document as it is published.
    pub operation: Operation,
    /// Why a shared cache may not store its answers, one reason per field; empty if it may.
    pub why_private: Vec<Reason>,
    /// Whether it is an introspection query (`__schema` or `__type`).
    pub introspects: bool,
}

/// One error in an SDL or a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line and column, counted from 1, where they are known.
    pub at: Option<(usize, usize)>,
    /// What is wrong.
    pub message: String,
}

/// Why an SDL or a document cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The SDL breaks GraphQL's rules.
    #[error("the schema is not valid: {}", Listed(.0))]
    Schema(Vec<Problem>),
    /// One of our directives is used with invalid values or in the wrong place.
    #[error("the schema's {coordinate} {why}")]
    Directive {
        /// `Type`, `Type.field` or `Type.field(argument)`.
        coordinate: String,
        /// What is wrong with it.
        why: String,
    },
    /// The document breaks GraphQL's rules, or does not fit the schema.
    #[error("the document is not valid: {}", Listed(.0))]
    Document(Vec<Problem>),
    /// The document does not have exactly one operation.
    #[error("a document has exactly one operation, this one has {0}")]
    OperationCount(usize),
    /// The operation has no name.
    #[error("the document's operation has no name")]
    Anonymous,
    /// The document exceeds one of [`limits::DOCUMENT`].
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
}

/// The document's one operation, with what is needed to examine it.
struct Subject<'a> {
    schema: &'a Valid<Schema>,
    hints: &'a Hints,
    document: &'a Valid<ExecutableDocument>,
    operation: &'a Node<executable::Operation>,
    /// The values of the operation's variables; empty when a document is published.
    given: HashMap<String, Node<Value>>,
}

impl Compiler {
    /// Parses and validates an SDL, and every use of our directives in it.
    pub fn new(sdl: &str) -> Result<Self, CompileError> {
        let sdl = complete(sdl)?;
        let schema = Schema::parse_and_validate(sdl, "schema.graphql")
            .map_err(|invalid| CompileError::Schema(problems(&invalid.errors)))?;
        let hints = Hints::read(&schema)?;
        Ok(Self { schema, hints })
    }

    /// Compiles a document for publishing. Its id is the hash of the exact bytes of `body`; its cost
    /// is computed with the defaults of its variables.
    ///
    /// # Errors
    /// [`CompileError`]; [`CompileError::Anonymous`] when the operation has no name.
    pub fn compile(&self, body: &str, client: Option<&str>) -> Result<Compiled, CompileError> {
        let compiled = self.compile_with(body, client, &Map::new())?;
        if compiled.operation.name.is_empty() {
            return Err(CompileError::Anonymous);
        }
        Ok(compiled)
    }

    /// Like [`Compiler::compile`], for an unpublished document that a client sent: its operation
    /// needs no name, and its cost is computed with the `variables` of the request.
    ///
    /// # Errors
    /// [`CompileError`].
    pub fn compile_sent(
        &self,
        body: &str,
        variables: &Map<String, Json>,
    ) -> Result<Compiled, CompileError> {
        self.compile_with(body, None, variables)
    }

    fn compile_with(
        &self,
        body: &str,
        client: Option<&str>,
        given: &Map<String, Json>,
    ) -> Result<Compiled, CompileError> {
        let document = self.validate(body)?;
        let operation = only_operation(&document)?;
        let subject = Subject {
            schema: &self.schema,
            hints: &self.hints,
            document: &document,
            operation,
            given: variables::literals(given),
        };
        let variables = variables::definitions(operation);
        let (policy, why_private) = cacheability::decide(&subject);
        let (cost, depth) = cost::measure(&subject);
        TooMuch::check("fields in its answer", cost, limits::DOCUMENT.cost)?;
        let name = operation.name.as_ref();
        let operation = Operation {
            id: DocumentHash::of(body),
            name: name.map(ToString::to_string).unwrap_or_default(),
            kind: kind_of(operation.operation_type),
            body: body.to_owned(),
            client_name: client.map(str::to_owned),
            input_types: variables::input_types(&self.schema, operation),
            variables,
            cost,
            depth,
            policy,
        };
        Ok(Compiled {
            operation,
            why_private,
            introspects: subject.introspects(),
        })
    }

    /// Checks the document's size first, because validation takes longer for larger documents.
    fn validate(&self, body: &str) -> Result<Valid<ExecutableDocument>, CompileError> {
        let tokens = limits::DOCUMENT.tokens;
        let mut parser = Parser::new().token_limit(usize::try_from(tokens).unwrap_or(usize::MAX));
        let parsed = parser.parse_ast(body, "document.graphql");
        TooMuch::check("tokens", parser.tokens_reached() as u64, tokens)?;
        let ast = parsed.map_err(|invalid| CompileError::Document(problems(&invalid.errors)))?;
        size::check(&ast, limits::DOCUMENT)?;
        ast.to_executable_validate(&self.schema)
            .map_err(|invalid| CompileError::Document(problems(&invalid.errors)))
    }
}

impl Subject<'_> {
    fn introspects(&self) -> bool {
        let mut roots = self.operation.root_fields(self.document);
        roots.any(|field| matches!(field.name.as_str(), "__schema" | "__type"))
    }
}

fn only_operation(
    document: &ExecutableDocument,
) -> Result<&Node<executable::Operation>, CompileError> {
    let count = document.operations.len();
    let mut operations = document.operations.iter();
    let (Some(operation), None) = (operations.next(), operations.next()) else {
        return Err(CompileError::OperationCount(count));
    };
    Ok(operation)
}

fn kind_of(operation_type: OperationType) -> OperationKind {
    match operation_type {
        OperationType::Query => OperationKind::Query,
        OperationType::Mutation => OperationKind::Mutation,
        OperationType::Subscription => OperationKind::Subscription,
    }
}

/// Adds the definitions of our directives if the SDL lacks them.
fn complete(sdl: &str) -> Result<String, CompileError> {
    let schema = Schema::parse(sdl, "schema.graphql")
        .map_err(|invalid| CompileError::Schema(problems(&invalid.errors)))?;
    let mut text = sdl.to_owned();
    if !schema.directive_definitions.contains_key("cacheControl") {
        text.push_str(CACHE_CONTROL);
        if !schema.types.contains_key("CacheControlScope") {
            text.push_str(CACHE_CONTROL_SCOPE);
        }
    }
    if !schema.directive_definitions.contains_key("snapToCell") {
        text.push_str(SNAP_TO_CELL);
    }
    Ok(text)
}

fn problems(diagnostics: &DiagnosticList) -> Vec<Problem> {
    diagnostics
        .iter()
        .map(|diagnostic| Problem {
            at: diagnostic
                .line_column_range()
                .map(|range| (range.start.line, range.start.column)),
            message: diagnostic.error.to_string(),
        })
        .collect()
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.at {
            write!(f, "{line}:{column} ")?;
        }
        f.write_str(&self.message)
    }
}

/// Displays problems on one line.
struct Listed<'a>(&'a [Problem]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}
