//! When to connect again after the feed was lost.

/// Never sooner: a server that refuses at once must not be hammered.
const LEAST_MS: f64 = 500.0;
/// Never later: a person who looks at a screen that is not live should not wait longer than this.
const MOST_MS: f64 = 10_000.0;

/// How long to wait before the attempt after `failures` failed ones, in milliseconds from 500 to 10,000.
///
/// `draw` is a random number from 0 to 1. All consoles lose a restarting server at one instant; drawn over the
/// whole range, and also at the cap, they come back spread.
#[must_use]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is 500 to 10,000"
)]
pub fn delay_ms(failures: u32, draw: f64) -> u32 {
    let ceiling = (2.0 * LEAST_MS * 2_f64.powi(failures.min(16).cast_signed())).min(MOST_MS);
    (LEAST_MS + draw.clamp(0.0, 1.0) * (ceiling - LEAST_MS)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_from_half_a_second_to_ten_and_no_further() {
        assert_eq!(delay_ms(0, 0.0), 500);
        assert_eq!(delay_ms(0, 1.0), 1_000);
        assert_eq!(delay_ms(2, 1.0), 4_000);
        assert_eq!(delay_ms(4, 1.0), 10_000);
        assert_eq!(delay_ms(u32::MAX, 1.0), 10_000);
    }

    #[test]
    fn screens_spread_also_at_the_cap() {
        assert_eq!(delay_ms(30, 0.0), 500);
        assert_eq!(delay_ms(30, 0.5), 5_250);
    }
}
