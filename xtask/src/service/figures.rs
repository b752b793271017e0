//! Figures of several rounds, and the lines that show them.

use std::time::Duration;

/// The middle one of a few figures; nothing without any.
pub fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A percentile of waits, milliseconds.
pub fn percentile_ms(waits: &mut [Duration], percent: usize) -> f64 {
    waits.sort_unstable();
    let place = (waits.len() * percent / 100).min(waits.len().saturating_sub(1));
    waits.get(place).map_or(f64::NAN, |wait| wait.as_secs_f64() * 1e3)
}

/// One asked figure: what it is, what it came to, and what it is asked to be. Returns whether it is so.
pub fn asked(what: &str, is: f64, sign: &str, bound: f64) -> bool {
    let is_met = if sign == ">=" { is >= bound } else { is < bound || (sign == "<=" && is <= bound) };
    println!("  {what}: {is:.2} (asked {sign} {bound}{})", if is_met { "" } else { "; NOT met" });
    is_met
}

/// Says on stderr what is being measured, so that the tables on stdout stay whole.
pub fn progress(text: &str) {
    eprintln!("… {text}");
}
