//! Compiles a document against the origin's SDL: validates it, and finds its variables, cost, depth
//! and cache policy.
//!
//! `size` checks the document's size before anything else. `cacheability` has the rules of the
//! policy, `snap` the rule for locations,
//! `nearest` the rule for lists by distance, and `cost` the measure of cost and depth. `split` divides a
//! document that is partly private. `folder` makes documents of a client's files, with `apollo` and `print`.

use apollo_compiler::ast::OperationType;
use apollo_compiler::executable;
use apollo_compiler::parser::Parser;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Node, Schema};
use serde_json::{Map, Value as Json};

use crate::hash::DocumentHash;
use crate::limits::{self, TooMuch};
use crate::manifest::{Clients, Operation, OperationKind};
use crate::policy::Scope;
use crate::split::Split;

mod apollo;
mod cacheability;
mod cost;
mod error;
pub mod folder;
mod hints;
mod nearest;
mod print;
mod reason;
mod size;
mod snap;
mod split;
mod subject;
mod variables;

pub use cost::DEFAULT_PAGE;
use error::problems;
pub use error::{CompileError, Problem};
use hints::Hints;
pub use reason::{Reason, Why};
use subject::Subject;

/// The definitions of our directives. They are added to an SDL that lacks them, because some servers
/// do not print them.
const CACHE_CONTROL: &str = "\ndirective @cacheControl(maxAge: Int, staleWhileRevalidate: Int, \
    staleIfError: Int, scope: CacheControlScope) on FIELD_DEFINITION | OBJECT\n";
const CACHE_CONTROL_SCOPE: &str = "\nenum CacheControlScope { PUBLIC PRIVATE }\n";
const SNAP_TO_CELL: &str = "\ndirective @snapToCell(resolution: Int = 8) \
    on INPUT_FIELD_DEFINITION | ARGUMENT_DEFINITION\n";

const NEAREST: &str = "\ndirective @nearest(input: String!, within: String!, withinKm: Int!, \
    order: String!, byDistance: String!, pageSize: Int!, others: [String!]!, distances: [String!]!, \
    total: String!, isTotalExact: String!, wholeList: [String!]!) on FIELD_DEFINITION\n";
const BY_IDS: &str = "\ndirective @byIds(most: Int!) on FIELD_DEFINITION\n";

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
    /// The two parts of a document that is partly private: what is shared, and the remainder. They are
    /// published with it, because it names them ([`Operation::split`]).
    pub parts: Vec<Compiled>,
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

    /// Compiles a document for publishing, and divides it if it is partly private. Its id is the hash of
    /// the exact bytes of `body`; its cost is computed with the defaults of its variables.
    ///
    /// # Errors
    /// [`CompileError`]; [`CompileError::Anonymous`] when the operation has no name.
    pub fn compile(&self, body: &str, client: Option<&str>) -> Result<Compiled, CompileError> {
        let mut compiled = self.compile_with(body, client, &Map::new())?;
        let operation = &compiled.operation;
        if operation.name.is_empty() {
            return Err(CompileError::Anonymous);
        }
        if operation.kind == OperationKind::Query && operation.policy.scope == Scope::Private {
            self.divide(&mut compiled, client)?;
        }
        Ok(compiled)
    }

    /// Divides a document, if both of its parts are documents, and the first may be shared.
    fn divide(&self, whole: &mut Compiled, client: Option<&str>) -> Result<(), CompileError> {
        let document = self.validate(&whole.operation.body)?;
        let subject = self.subject(&document, only_operation(&document)?, &Map::new());
        let Some(parts) = split::parts(&subject, &whole.operation.body) else {
            return Ok(());
        };
        let compile = |body: &str| self.compile_with(body, client, &Map::new());
        let (Ok(public), Ok(remainder)) = (compile(&parts.public), compile(&parts.remainder))
        else {
            return Ok(());
        };
        if public.operation.policy.is_shared() {
            whole.operation.split = Some(Split {
                public: public.operation.id,
                remainder: remainder.operation.id,
                variables: parts.variables,
                most_ids: parts.most_ids,
                shows: parts.shows,
            });
            whole.parts = vec![public, remainder];
        }
        Ok(())
    }

    fn subject<'a>(
        &'a self,
        document: &'a Valid<ExecutableDocument>,
        operation: &'a Node<executable::Operation>,
        given: &Map<String, Json>,
    ) -> Subject<'a> {
        Subject {
            schema: &self.schema,
            hints: &self.hints,
            document,
            operation,
            given: variables::literals(given),
        }
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
        let subject = self.subject(&document, operation, given);
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
            clients: client.map(Clients::one).unwrap_or_default(),
            input_types: variables::input_types(&self.schema, operation),
            variables,
            cost,
            depth,
            policy,
            split: None,
        };
        Ok(Compiled {
            operation,
            why_private,
            introspects: subject.introspects(),
            parts: Vec::new(),
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
    if !schema.directive_definitions.contains_key("nearest") {
        text.push_str(NEAREST);
    }
    if !schema.directive_definitions.contains_key("byIds") {
        text.push_str(BY_IDS);
    }
    Ok(text)
}
