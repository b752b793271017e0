//! Meta's Marketing API limit, for those who want to meet it: points that fade within five minutes.
//!
//! A read is one point, a write three. The limited tier has 60 points and blocks for five minutes, the
//! full tier has 9,000 and blocks for one. It follows the machine's clock: a limit is about real calls.

use std::collections::HashMap;
use std::str::FromStr;
use std::time::{Duration, Instant};

use crate::Error;

/// Points fade within this time.
const FADE: Duration = Duration::from_mins(5);
/// Most callers with a score of their own.
const MOST_CALLERS: usize = 10_000;

/// How much the Marketing API takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// Development access: 60 points, blocked for 300 seconds.
    Limited,
    /// Full access: 9,000 points, blocked for 60 seconds.
    Full,
}

impl FromStr for Tier {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "limited" => Ok(Self::Limited),
            "full" => Ok(Self::Full),
            _ => Err(Error::UnknownTier),
        }
    }
}

impl Tier {
    /// Meta's name for it, in headers.
    pub(crate) fn name(self) -> &'static str {
        if self == Self::Limited { "development_access" } else { "standard_access" }
    }

    fn points(self) -> f64 {
        if self == Self::Limited { 60.0 } else { 9000.0 }
    }

    fn block(self) -> Duration {
        Duration::from_secs(if self == Self::Limited { 300 } else { 60 })
    }
}

#[derive(Debug, Clone, Copy)]
struct Score {
    points: f64,
    at: Instant,
    blocked_until: Option<Instant>,
}

/// The scores of those who call, by app or token.
#[derive(Debug, Default)]
pub(crate) struct Scores(HashMap<String, Score>);

impl Scores {
    /// How many percent of the points are used. The error is how long the caller is blocked.
    pub(crate) fn charge(
        &mut self,
        tier: Tier,
        who: &str,
        write: bool,
        now: Instant,
    ) -> Result<u8, Duration> {
        if self.0.len() >= MOST_CALLERS && !self.0.contains_key(who) {
            self.0.retain(|_, score| now.duration_since(score.at) < FADE);
        }
        let fresh = Score { points: 0.0, at: now, blocked_until: None };
        let score = self.0.entry(who.to_owned()).or_insert(fresh);
        if let Some(until) = score.blocked_until {
            if now < until {
                return Err(until - now);
            }
            *score = fresh;
        }
        let faded = tier.points() * now.duration_since(score.at).as_secs_f64() / FADE.as_secs_f64();
        score.points = (score.points - faded).max(0.0) + if write { 3.0 } else { 1.0 };
        score.at = now;
        if score.points > tier.points() {
            score.blocked_until = Some(now + tier.block());
            return Err(tier.block());
        }
        Ok((score.points / tier.points() * 100.0) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_writes_then_a_block_that_ends() {
        let mut scores = Scores::default();
        let start = Instant::now();
        let mut write = |after| scores.charge(Tier::Limited, "app", true, start + Duration::from_secs(after));
        for written in 1..=20 {
            assert_eq!(write(0).unwrap(), written * 5);
        }
        assert_eq!(write(0).unwrap_err(), Duration::from_mins(5));
        assert_eq!(write(299).unwrap_err(), Duration::from_secs(1));
        write(300).unwrap();
        for _ in 0..19 {
            write(300).unwrap();
        }
        write(315).unwrap();
        write(315).unwrap_err();
        scores.charge(Tier::Limited, "other", true, start).unwrap();
    }
}
