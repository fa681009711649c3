//! Tests of the manifest and the compiler. Those of the compiler need the feature `compile`.
#![cfg(not(target_arch = "wasm32"))]

#[cfg(feature = "compile")]
mod cacheability;
#[cfg(feature = "compile")]
mod compile;
// A file of `e2e`. That crate cannot be built for wasm32, so tests of this one cannot depend on it.
#[cfg(feature = "compile")]
#[expect(unreachable_pub, reason = "it is public in `e2e`")]
#[path = "../../../../tests/src/fragment_bomb.rs"]
mod fragment_bomb;
#[cfg(feature = "compile")]
mod limits;
mod manifest;
#[cfg(feature = "compile")]
mod snap;
#[cfg(feature = "compile")]
mod split;
