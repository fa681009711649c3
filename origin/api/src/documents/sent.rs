//! Unpublished documents that clients send in full: compiled on each request, within limits.

use pq_core::{
    ErrorCode, Refusal,
    compile::{CompileError, Compiled, Compiler},
};
use serde_json::{Map, Value};

use super::Document;
use crate::environment::Environment;

/// Compiles a sent document and computes its cost for these variables.
pub fn compile(
    compiler: &Compiler,
    body: &str,
    variables: &Map<String, Value>,
    environment: Environment,
) -> Result<Document, Refusal> {
    let done = compiler
        .compile_sent(body, variables)
        .map_err(|error| refused(&error))?;
    may_introspect(&done, environment)?;
    Document::parse(done.operation)
        .map_err(|error| Refusal::new(ErrorCode::DOCUMENT_INVALID, error.to_string()))
}

/// The refusal of a sent or published document that cannot be compiled.
pub fn refused(error: &CompileError) -> Refusal {
    let code = match error {
        CompileError::TooMuch(_) => ErrorCode::DOCUMENT_TOO_COMPLEX,
        CompileError::Schema(_)
        | CompileError::Directive { .. }
        | CompileError::Document(_)
        | CompileError::OperationCount(_)
        | CompileError::Anonymous => ErrorCode::DOCUMENT_INVALID,
    };
    Refusal::new(code, error.to_string())
}

/// Refuses introspection in production.
pub fn may_introspect(compiled: &Compiled, environment: Environment) -> Result<(), Refusal> {
    match environment {
        Environment::Production if compiled.introspects => Err(Refusal::new(
            ErrorCode::INTROSPECTION_DISABLED,
            "this server does not show its schema",
        )),
        Environment::Production | Environment::Development => Ok(()),
    }
}
