//! Cryptographically secure random bytes.

/// Generates random bytes.
///
/// # Panics
///
/// When the operating system provides no randomness: without it no secret can be generated, so the
/// request fails here.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}
