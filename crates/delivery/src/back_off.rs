//! How long to wait before the next try.

/// The first wait, milliseconds.
const FIRST_MS: i64 = 1_000;
/// The longest wait, milliseconds.
const LONGEST_MS: i64 = 5 * 60 * 1_000;

/// Doubles with every try, from a second to five minutes.
pub(crate) fn back_off_ms(tries: u32) -> i64 {
    FIRST_MS.checked_shl(tries.min(20)).unwrap_or(LONGEST_MS).min(LONGEST_MS)
}

#[cfg(test)]
mod tests {
    use super::back_off_ms;

    #[test]
    fn waits_double_up_to_five_minutes() {
        let waits: Vec<i64> = [0, 1, 2, 8, 9, 63, u32::MAX].into_iter().map(back_off_ms).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000, 256_000, 300_000, 300_000, 300_000]);
    }
}
