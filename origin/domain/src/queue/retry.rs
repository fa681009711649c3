//! When a task that failed is tried again.

/// The first wait, in milliseconds; each further one is twice as long.
const FIRST_MS: i64 = 1_000;
/// The longest wait, in milliseconds.
const LONGEST_MS: i64 = 15 * 60_000;

/// How long to wait after `attempts` attempts: between half and all of a time that doubles, so that
/// tasks that failed together do not come back together. `random` is any number.
pub fn wait_ms(attempts: i32, random: u64) -> i64 {
    let doublings = attempts.saturating_sub(1).clamp(0, 20);
    let whole = (FIRST_MS << doublings).min(LONGEST_MS);
    let half = whole / 2;
    half + i64::try_from(random % half.unsigned_abs().saturating_add(1)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_differ() {
        for (attempts, whole) in [(0, 1_000), (1, 1_000), (2, 2_000), (5, 16_000)] {
            assert_eq!(wait_ms(attempts, 0), whole / 2);
            let longest = (0..=whole.unsigned_abs()).map(|random| wait_ms(attempts, random));
            assert_eq!(longest.max(), Some(whole));
        }
        for attempts in [30, i32::MAX] {
            assert_eq!(wait_ms(attempts, 0), LONGEST_MS / 2);
        }
    }
}
