//! Tests of the manifest and the compiler. Those of the compiler need the feature `compile`.
#![cfg(not(target_arch = "wasm32"))]

#[cfg(feature = "compile")]
mod cacheability;
#[cfg(feature = "compile")]
mod compile;
#[cfg(feature = "compile")]
mod limits;
mod manifest;
#[cfg(feature = "compile")]
mod snap;
