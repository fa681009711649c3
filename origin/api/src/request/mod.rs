//! TODO: what this module is.

pub mod authorise;
pub mod context;
pub mod errors;
pub mod facts;
pub mod input;
pub mod loaders;
pub mod policy;
pub mod relaying;
pub mod validation;
