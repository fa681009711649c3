//! Bytes that nobody guesses.

/// Fresh ones.
///
/// # Panics
///
/// When the system has none: then nothing secret can be made, and the request ends here.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}
