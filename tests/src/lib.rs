//! The real thing, for tests: `yousoon serve`, the compiled worker in workerd, and gates between
//! them that can hold back, cut and count what passes.
//!
//! `cargo xtask test` builds what is started here and says where it is (`YOUSOON_BIN`, `PQ_BIN`,
//! `EDGE_BUILD_DIR`); alone, `cargo test -p e2e` fails and says so.

mod ask;
mod gate;
mod process;
mod stack;

pub use ask::{Answer, Ask};
pub use gate::Gate;
pub use process::Process;
pub use stack::{Options, Stack, Venue};
