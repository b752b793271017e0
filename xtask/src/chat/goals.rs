//! What is asked of the present build.

use super::{
    Case,
    run::{self, Part, Run},
};
use crate::service::figures::asked;

/// How many times as many facts a second as the build to compare with.
const FASTER: f64 = 2.0;
/// How many times as long a fact may take with the larger store.
const SLOWER_MAX: f64 = 1.2;

/// Prints each goal with what it came to; whether all of them are met.
pub fn are_met(cases: &[Case]) -> bool {
    let new: Vec<_> = cases.iter().filter(|case| case.binary.name == "new").collect();
    let mut all = true;
    for (name, of) in [("clicks", run::clicks as fn(&Run) -> &Part), ("chat", run::chat)] {
        let rate = |case: &Case| case.median(|run| of(run).facts_per_s());
        for case in &new {
            let is_base = |base: &&Case| base.binary.name == "base" && base.stored == case.stored;
            if let Some(base) = cases.iter().find(is_base) {
                let what = format!("{name}, {} stored: facts/s, new of base", case.stored);
                all &= asked(&what, rate(case) / rate(base), ">=", FASTER);
            }
        }
        if let [smaller, larger] = new[..] {
            let what = format!("{name}: time of a fact, {} of {} stored", larger.stored, smaller.stored);
            all &= asked(&what, rate(smaller) / rate(larger), "<=", SLOWER_MAX);
        }
    }
    all
}
