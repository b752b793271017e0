//! The rules in force, in their order.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{Fault, FaultRule, Side};
use crate::random::SeededRandom;

/// Most rules at a time.
const MOST_RULES: usize = 1000;

/// The rules in force.
#[derive(Debug)]
pub(crate) struct Faults {
    rules: VecDeque<(FaultRule, Option<Instant>)>,
    random: SeededRandom,
}

impl Faults {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self { rules: VecDeque::new(), random: SeededRandom::of(seed) }
    }

    /// Says whether there was room.
    pub(crate) fn add(&mut self, rule: FaultRule, now: Instant) -> bool {
        let until = rule.seconds.map(|seconds| now + Duration::from_secs_f64(seconds.clamp(0.0, 1e9)));
        let room = self.rules.len() < MOST_RULES;
        if room && rule.times != Some(0) {
            self.rules.push_back((rule, until));
        }
        room
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    pub(crate) fn list(&self) -> Vec<FaultRule> {
        self.rules.iter().map(|(rule, _)| rule.clone()).collect()
    }

    /// What happens to a request of `side` to `object`. One without events cannot be cut short.
    pub(crate) fn take(
        &mut self,
        side: Side,
        object: &str,
        brings_events: bool,
        now: Instant,
    ) -> Option<Fault> {
        if self.rules.is_empty() {
            return None;
        }
        self.rules.retain(|(_, until)| until.is_none_or(|until| now < until));
        let random = &mut self.random;
        let place = self.rules.iter().position(|(rule, _)| {
            rule.side == side
                && (brings_events || !matches!(rule.fault, Fault::Short { .. }))
                && rule.dataset.as_ref().is_none_or(|dataset| dataset == object)
                && rule.rate.is_none_or(|rate| random.happens(rate))
        })?;
        let (rule, _) = &mut self.rules[place];
        let mut fault = rule.fault.clone();
        let spent = rule.times.as_mut().is_some_and(|times| {
            *times -= 1;
            *times == 0
        });
        if spent {
            self.rules.remove(place);
        }
        if let Fault::Latency { ms, jitter_ms } = &mut fault {
            *ms = ms.saturating_add(random.below(jitter_ms.saturating_add(1)));
            *jitter_ms = 0;
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_a_request_meets_counts_down() {
        let now = Instant::now();
        let mut faults = Faults::seeded(1);
        for text in ["close-before,dataset=1,times=2", "reset,seconds=10", "html:502,side=kommo"] {
            assert!(faults.add(text.parse().unwrap(), now));
        }
        let mut take =
            |object, after| faults.take(Side::Graph, object, true, now + Duration::from_secs(after));
        assert_eq!(take("1", 0), Some(Fault::CloseBefore));
        assert_eq!(take("2", 0), Some(Fault::Reset));
        assert_eq!(take("1", 0), Some(Fault::CloseBefore));
        assert_eq!(take("1", 9), Some(Fault::Reset));
        assert_eq!(take("1", 10), None);
        assert_eq!(faults.take(Side::Kommo, "", false, now), Some(Fault::Html { status: 502 }));
        assert_eq!(faults.list().len(), 1);
        faults.clear();
        assert_eq!(faults.take(Side::Kommo, "", false, now), None);
    }
}
