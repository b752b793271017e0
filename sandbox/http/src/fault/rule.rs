//! A rule: a fault and the requests that it meets, as JSON and as the text of `--fault`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Fault;
use crate::Error;

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
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut parts = text.split(',');
        let first = parts.next().unwrap_or_default();
        let (name, argument) = first.split_once(':').map_or((first, None), |(name, rest)| (name, Some(rest)));
        let mut rule = Self::always(named(name, argument)?);
        if name == "outage" {
            rule.seconds = Some(number(name, argument)?);
        }
        for part in parts {
            let (key, value) = part.split_once('=').ok_or_else(|| Error::NoValue(part.to_owned()))?;
            match key {
                "dataset" => rule.dataset = Some(value.to_owned()),
                "times" => rule.times = Some(number(key, Some(value))?),
                "rate" => rule.rate = Some(number(key, Some(value))?),
                "seconds" => rule.seconds = Some(number(key, Some(value))?),
                "side" if value == "kommo" => rule.side = Side::Kommo,
                "side" if value == "graph" => rule.side = Side::Graph,
                _ => return Err(Error::UnknownPart(part.to_owned())),
            }
        }
        rule.checked()
    }
}

impl FaultRule {
    /// A rule as JSON. A key that no rule has is an error, because without it the rule would mean more.
    pub(crate) fn of_json(input: &Value) -> Result<Self, Error> {
        let rule = Self::deserialize(input).map_err(Error::NotARule)?;
        let known = serde_json::to_value(&rule).map_err(Error::NotARule)?;
        let unknown = input.as_object().into_iter().flatten().find(|(key, _)| known.get(key).is_none());
        unknown.map_or_else(|| rule.checked(), |(key, _)| Err(Error::NoSuchKey(key.clone())))
    }

    /// Says what is wrong with a rule that could never be meant.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        if self.rate.is_some_and(|rate| !(0.0..=1.0).contains(&rate)) {
            return Err(Error::Rate);
        }
        if self.seconds.is_some_and(|seconds| !(0.0..=1e9).contains(&seconds)) {
            return Err(Error::Seconds);
        }
        if self.side == Side::Kommo && matches!(self.fault, Fault::Short { .. }) {
            return Err(Error::ShortOfKommo);
        }
        Ok(self)
    }
}

fn named(name: &str, argument: Option<&str>) -> Result<Fault, Error> {
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
        _ => return Err(Error::UnknownFault(name.to_owned())),
    })
}

fn number<T: FromStr>(name: &str, text: Option<&str>) -> Result<T, Error> {
    let text = text.ok_or_else(|| Error::NoNumber(name.to_owned()))?;
    text.parse().map_err(|_| Error::NotANumber { name: name.to_owned(), text: text.to_owned() })
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
            assert!(rule(text).unwrap_err().to_string().contains(says), "{text}");
        }
        let json = serde_json::to_string(&rule("short:2,times=1").unwrap()).unwrap();
        assert_eq!(serde_json::from_str::<FaultRule>(&json).unwrap(), rule("short:2,times=1").unwrap());
    }
}
