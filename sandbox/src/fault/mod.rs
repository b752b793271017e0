//! Faults on demand: what goes wrong, for which requests, how often and how long.
//!
//! Rules stand in a list; the first one that a request meets is what happens to it. Chance is seeded, so
//! a run can be repeated.

mod telling;

use std::collections::VecDeque;
use std::str::FromStr;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::chance::Chance;

pub(crate) use telling::{read_body, told};

/// Most rules at a time.
pub(crate) const MOST_RULES: usize = 1000;

/// What happens to a request instead of, or on top of, the ordinary answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// This answer, and nothing is processed. A body that begins with `<` goes out as HTML.
    Answer {
        /// Status of the answer; one that HTTP does not know becomes 500.
        status: u16,
        /// Its body, byte for byte.
        body: String,
    },
    /// An HTML page with this status, as a proxy in front of Graph gives it; nothing is processed.
    Html {
        /// Status of the answer.
        status: u16,
    },
    /// Graph's error with this code, such as 4, 17, 613, 80004 (throttles) or 190 (token); nothing is
    /// processed. On the Kommo side the code is the HTTP status of the refusal.
    Error {
        /// Graph's code.
        code: i64,
        /// Graph's subcode.
        #[serde(default)]
        subcode: Option<i64>,
        /// Another HTTP status than the usual one.
        #[serde(default)]
        status: Option<u16>,
    },
    /// The connection closes without an answer, and nothing is processed.
    CloseBefore,
    /// The request is processed as usual, then the connection closes without an answer.
    CloseAfter,
    /// No answer ever comes, and nothing is processed.
    TimeoutBefore,
    /// The request is processed as usual, and no answer ever comes.
    TimeoutAfter,
    /// The request is processed as usual, and the connection is reset in the middle of the answer.
    Reset,
    /// The request is processed at once, and its answer comes this much later.
    Latency {
        /// Milliseconds.
        ms: u64,
        /// Up to this many milliseconds more, by chance.
        #[serde(default)]
        jitter_ms: u64,
    },
    /// Only this many events of the request are taken, and `events_received` says so.
    Short {
        /// Events taken.
        received: usize,
    },
    /// The request's body is read at this pace.
    SlowRead {
        /// Bytes a second, at least 1.
        bytes_per_s: u64,
    },
}

impl Fault {
    /// Whether nothing is processed.
    pub(crate) fn prevents(&self) -> bool {
        matches!(
            self,
            Self::Answer { .. }
                | Self::Html { .. }
                | Self::Error { .. }
                | Self::CloseBefore
                | Self::TimeoutBefore
        )
    }

    /// Whether the client gets no answer at all.
    pub(crate) fn silences(&self) -> bool {
        matches!(self, Self::CloseBefore | Self::CloseAfter | Self::TimeoutBefore | Self::TimeoutAfter)
    }

    /// Its name, as in the control API.
    pub(crate) fn name(&self) -> String {
        let written = serde_json::to_value(self).unwrap_or_default();
        written["fault"].as_str().unwrap_or_default().to_owned()
    }

    /// A late answer.
    pub fn latency(ms: u64) -> Self {
        Self::Latency { ms, jitter_ms: 0 }
    }
}

/// Which of the two sides a rule is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Meta's Graph API.
    #[default]
    Graph,
    /// Kommo's API.
    Kommo,
}

/// A fault and the requests that it meets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultRule {
    /// What happens.
    #[serde(flatten)]
    pub fault: Fault,
    /// To requests of this side.
    #[serde(default)]
    pub side: Side,
    /// Only to requests to this dataset (or other object of Graph).
    #[serde(default)]
    pub dataset: Option<String>,
    /// To so many requests; without it to all.
    #[serde(default)]
    pub times: Option<u32>,
    /// With this probability, 0 to 1; without it always.
    #[serde(default)]
    pub rate: Option<f64>,
    /// For so many seconds from when the rule was added, by the machine's clock.
    #[serde(default)]
    pub seconds: Option<f64>,
}

impl FaultRule {
    /// The fault, for every request of the Graph side.
    pub fn always(fault: Fault) -> Self {
        Self { fault, side: Side::Graph, dataset: None, times: None, rate: None, seconds: None }
    }
}

/// `NAME[:ARGUMENT][,key=value]…`, as in `error:190/463,times=3` or `latency:800,rate=0.2,dataset=123`.
impl FromStr for FaultRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(',');
        let first = parts.next().unwrap_or_default();
        let (name, argument) = first.split_once(':').map_or((first, None), |(name, rest)| (name, Some(rest)));
        let mut rule = Self::always(named(name, argument)?);
        if name == "outage" {
            rule.seconds = Some(number(name, argument)?);
        }
        for part in parts {
            let (key, value) =
                part.split_once('=').ok_or_else(|| format!("{part:?} is not of the form key=value"))?;
            match key {
                "dataset" => rule.dataset = Some(value.to_owned()),
                "times" => rule.times = Some(number(key, Some(value))?),
                "rate" => rule.rate = Some(number(key, Some(value))?),
                "seconds" => rule.seconds = Some(number(key, Some(value))?),
                "side" if value == "kommo" => rule.side = Side::Kommo,
                "side" if value == "graph" => rule.side = Side::Graph,
                _ => {
                    return Err(format!(
                        "{part:?} is not known; known are dataset=, times=, rate=, seconds=, side=graph|kommo"
                    ));
                }
            }
        }
        rule.checked()
    }
}

impl FaultRule {
    /// A rule as JSON. A key that no rule has is told, because without it the rule would mean more.
    pub(crate) fn of_json(input: &Value) -> Result<Self, String> {
        let rule = Self::deserialize(input).map_err(|error| error.to_string())?;
        let known = serde_json::to_value(&rule).map_err(|error| error.to_string())?;
        let unknown = input.as_object().into_iter().flatten().find(|(key, _)| known.get(key).is_none());
        unknown.map_or_else(|| rule.checked(), |(key, _)| Err(format!("a fault of this kind has no {key:?}")))
    }

    /// Says what is wrong with a rule that could never be meant.
    pub(crate) fn checked(self) -> Result<Self, String> {
        if self.rate.is_some_and(|rate| !(0.0..=1.0).contains(&rate)) {
            return Err("rate is a probability, from 0 to 1".to_owned());
        }
        if self.seconds.is_some_and(|seconds| !(0.0..=1e9).contains(&seconds)) {
            return Err("seconds is a number from 0 to 1000000000".to_owned());
        }
        if self.side == Side::Kommo && matches!(self.fault, Fault::Short { .. }) {
            return Err("short is about the events of a Graph request; Kommo has none".to_owned());
        }
        Ok(self)
    }
}

fn named(name: &str, argument: Option<&str>) -> Result<Fault, String> {
    Ok(match name {
        "latency" => Fault::Latency { ms: number(name, argument)?, jitter_ms: 0 },
        "html" => Fault::Html { status: number(name, argument)? },
        "outage" => Fault::Html { status: 503 },
        "error" => {
            let text = argument.unwrap_or_default();
            let (code, subcode) = text.split_once('/').map_or((text, None), |(code, sub)| (code, Some(sub)));
            let subcode = subcode.map(|subcode| number(name, Some(subcode))).transpose()?;
            Fault::Error { code: number(name, Some(code))?, subcode, status: None }
        }
        "short" => Fault::Short { received: number(name, argument)? },
        "slow-read" => Fault::SlowRead { bytes_per_s: number(name, argument)? },
        "close-before" => Fault::CloseBefore,
        "close-after" => Fault::CloseAfter,
        "timeout-before" => Fault::TimeoutBefore,
        "timeout-after" => Fault::TimeoutAfter,
        "reset" => Fault::Reset,
        _ => {
            return Err(format!(
                "there is no fault {name:?}; known are latency:MS, html:STATUS, outage:SECONDS, \
                 error:CODE[/SUBCODE], short:EVENTS, slow-read:BYTES_A_SECOND, close-before, close-after, \
                 timeout-before, timeout-after, reset"
            ));
        }
    })
}

fn number<T: FromStr>(name: &str, text: Option<&str>) -> Result<T, String> {
    let text = text.ok_or_else(|| format!("{name} needs a number, as in {name}:5"))?;
    text.parse().map_err(|_| format!("{name}: {text:?} is not a number that fits"))
}

/// The rules in force.
#[derive(Debug)]
pub(crate) struct Faults {
    rules: VecDeque<(FaultRule, Option<Instant>)>,
    chance: Chance,
}

impl Faults {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self { rules: VecDeque::new(), chance: Chance::of(seed) }
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
        let chance = &mut self.chance;
        let place = self.rules.iter().position(|(rule, _)| {
            rule.side == side
                && (brings_events || !matches!(rule.fault, Fault::Short { .. }))
                && rule.dataset.as_ref().is_none_or(|dataset| dataset == object)
                && rule.rate.is_none_or(|rate| chance.happens(rate))
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
            *ms = ms.saturating_add(chance.below(jitter_ms.saturating_add(1)));
            *jitter_ms = 0;
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_as_flags() {
        let rule = |text: &str| text.parse::<FaultRule>();
        let error = |code, subcode| Fault::Error { code, subcode, status: None };
        assert_eq!(rule("error:190/463").unwrap(), FaultRule::always(error(190, Some(463))));
        assert_eq!(
            rule("latency:800,rate=0.2,dataset=12,times=3,seconds=1.5,side=kommo").unwrap(),
            FaultRule {
                fault: Fault::Latency { ms: 800, jitter_ms: 0 },
                side: Side::Kommo,
                dataset: Some("12".to_owned()),
                times: Some(3),
                rate: Some(0.2),
                seconds: Some(1.5),
            }
        );
        assert_eq!(rule("outage:30").unwrap().seconds, Some(30.0));
        for (text, says) in [
            ("nonsense", "known are latency:MS"),
            ("latency", "needs a number"),
            ("html:x", "not a number"),
            ("reset,rate=2", "from 0 to 1"),
            ("reset,often=2", "known are dataset="),
            ("reset,often", "key=value"),
            ("short:1,side=kommo", "Kommo has none"),
        ] {
            assert!(rule(text).unwrap_err().contains(says), "{text}");
        }
        let json = serde_json::to_string(&rule("short:2,times=1").unwrap()).unwrap();
        assert_eq!(serde_json::from_str::<FaultRule>(&json).unwrap(), rule("short:2,times=1").unwrap());
    }

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
