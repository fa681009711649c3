//! Random numbers for ids. They are no secrets.

use js_sys::Math;
use worker::js_sys;

/// 64 random bits.
pub(crate) fn bits() -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number below 2^32"
    )]
    let half = || (Math::random() * 4_294_967_296.0) as u64;
    (half() << 32) | half()
}
