//! Uploaded pictures, from bytes that anybody may have made to what clients are shown.
//!
//! 1. `format.rs` says by its first bytes what a file is, and names what it refuses.
//! 2. `containers/` walks a file from its first byte to its last, without decoding a pixel.
//! 3. `header.rs` checks size, shape and number of pixels before anything is allocated for them.
//! 4. `process.rs` decodes, turns and crops; `scale.rs` scales; `webp.rs` encodes; `preview.rs` makes the blurhash.
//! 5. `key.rs` names the result by its content.
//! 6. `pool.rs` runs all of it on a bounded number of threads.
//!
//! What was uploaded is never shown: clients get new files that were made of its pixels.

mod containers;
mod format;
mod header;
mod key;
mod limits;
mod pool;
mod preview;
mod process;
mod purpose;
mod refused;
mod scale;
mod stop;
mod variant;
mod webp;

pub use format::{Format, sniff};
pub use header::{Header, inspect};
pub use key::{ContentHash, key};
pub use limits::{Depth, MAX_BYTES, MAX_PIXELS, MAX_PIXELS_16_BIT, MAX_SIDE};
pub use pool::{PictureError, Pictures, PicturesConfig, Place};
pub use process::{PEAK_BYTES, Processed, WIDTHS, process};
pub use purpose::Purpose;
pub use refused::Refused;
pub use stop::Stop;
pub use variant::Variant;
