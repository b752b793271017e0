//! An event, as the API shows it.

use jiff::tz::TimeZone;
use kopru_core::PUBLIC_ORIGIN;
use serde::Deserialize;
use serde_json::value::RawValue;
use server::Language;

use crate::ask::local;

/// An event.
#[derive(Deserialize)]
pub struct ShownEvent {
    /// Its id.
    pub event_id: String,
    event_name: String,
    route: String,
    channel: Option<String>,
    state: String,
    reason: Option<String>,
    detail: Option<String>,
    reply: Option<String>,
    paused: Option<Pausing>,
    leaves: Option<String>,
    attempts: u32,
    may_count_twice: bool,
    may_have_counted: bool,
    rule: String,
    cause: String,
    deal: Option<String>,
    reported_by: Option<String>,
    dataset: Option<String>,
    ad_id: Option<String>,
    value: Option<String>,
    currency: Option<String>,
    estimate: bool,
    not_told: Option<String>,
    times: EventTimes,
    /// What else was known of its person, and was added.
    #[serde(default)]
    added: Vec<String>,
    /// The purchase to which it adds something.
    appends: Option<AddedTo>,
    body: Option<Box<RawValue>>,
}

/// A purchase to which something is added: it came again and was worth something else, or its sender adds to it.
#[derive(Deserialize)]
struct AddedTo {
    event_id: String,
    was: Option<String>,
    value: Option<String>,
    net_revenue: Option<String>,
    predicted_ltv: Option<String>,
    currency: Option<String>,
}

impl AddedTo {
    /// To what it adds, and why.
    fn in_words(&self) -> String {
        let currency = self.currency.as_deref().unwrap_or_default();
        let amount = |value: &String| format!("{} {currency}", Language::English.amount(value, currency));
        let known =
            [("", &self.value), ("net revenue ", &self.net_revenue), ("predicted ", &self.predicted_ltv)];
        let known =
            known.into_iter().filter_map(|(name, value)| Some(format!("{name}{}", amount(value.as_ref()?))));
        let known = known.collect::<Vec<_>>().join(", ");
        let was = self.was.as_ref().map(|was| format!(" of {}", amount(was))).unwrap_or_default();
        let again = if known.is_empty() { String::new() } else { format!(", which came again: {known}") };
        format!("purchase {}{was}{again}", self.event_id)
    }
}

/// Why an event is not on its way although it is queued.
#[derive(Deserialize)]
struct Pausing {
    needs_you: bool,
    why: String,
}

#[derive(Deserialize)]
struct EventTimes {
    event: Option<String>,
    received: Option<String>,
    settled: Option<String>,
}

impl ShownEvent {
    /// The head of a list.
    pub const HEAD: [&str; 6] = ["TIME", "EVENT", "STATE", "VALUE", "DEAL", "EVENT_ID"];

    /// Its line in a list.
    pub fn cells(&self, zone: &TimeZone) -> [String; 6] {
        [
            self.times.event.as_deref().map_or_else(String::new, |time| local(time, zone)),
            self.event_name.clone(),
            self.state_in_words(zone),
            self.amount(self.value.as_deref()).unwrap_or_default(),
            self.deal.clone().unwrap_or_default(),
            self.event_id.clone(),
        ]
    }

    /// All that is known of it, with names.
    pub fn parts(&self, zone: &TimeZone) -> Vec<(&'static str, String)> {
        let time = |time: &Option<String>| time.as_deref().map(|time| local(time, zone));
        let words = |key: &str, is_so: bool| is_so.then(|| Language::English.text(key).to_owned());
        let route = match &self.channel {
            Some(channel) => format!("{}, {channel}", self.route),
            None => self.route.clone(),
        };
        let codes = [Some(self.state.as_str()), self.reason.as_deref()].into_iter().flatten();
        let codes = codes.collect::<Vec<_>>().join(", ");
        let by = match self.reported_by.as_deref() {
            Some(by) if by.starts_with("import:") => "file",
            Some(by) if by.starts_with(PUBLIC_ORIGIN) => "page",
            _ => "key",
        };
        let parts = [
            ("event_id", Some(self.event_id.clone())),
            ("event", Some(self.event_name.clone())),
            ("state", Some(format!("{} ({codes})", self.state_in_words(zone)))),
            ("detail", self.detail.clone()),
            ("paused", self.paused.as_ref().map(|paused| paused.why.clone())),
            ("unsure", words("newest.may_have_counted", self.may_have_counted)),
            ("unsure", words("newest.twice", self.may_count_twice && !self.may_have_counted)),
            ("leaves", time(&self.leaves)),
            ("happened", time(&self.times.event)),
            ("received", time(&self.times.received)),
            ("ended", time(&self.times.settled)),
            ("value", self.amount(self.value.as_deref())),
            ("not told", self.amount(self.not_told.as_deref())),
            ("estimate", words("newest.estimate", self.estimate)),
            ("from", Some(self.cause.clone())),
            ("deal", self.deal.clone()),
            (by, self.reported_by.clone()),
            ("rule", Some(self.rule.clone()).filter(|rule| !rule.is_empty())),
            ("dataset", self.dataset.clone()),
            ("route", Some(route)),
            ("ad", self.ad_id.clone()),
            ("added", Some(self.added.join(", ")).filter(|added| !added.is_empty())),
            ("adds to", self.appends.as_ref().map(AddedTo::in_words)),
            ("attempts", Some(self.attempts.to_string())),
            ("reply", self.reply.clone()),
        ];
        parts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// What left for Meta, on lines of its own.
    pub fn body(&self) -> Option<String> {
        self.body.as_deref().map(|body| server::indented(body.get()))
    }

    /// As the dashboard says it. Not everything that failed was refused by Meta: there the reason is the
    /// state.
    fn state_in_words(&self, zone: &TimeZone) -> String {
        let text = |kind: &str, code: &str| Language::English.text(&format!("{kind}.{code}"));
        let state = match (&self.paused, &self.leaves) {
            (Some(Pausing { needs_you: true, .. }), _) => text("state", "paused"),
            (Some(_), _) => text("state", "slowed"),
            (None, Some(at)) => {
                return text("newest", "leaves").replace("{time}", &local(at, zone));
            }
            (None, None) => text("state", &self.state),
        };
        match &self.reason {
            Some(reason) if self.state == "failed" => text("reason", reason).to_owned(),
            Some(reason) => format!("{state}: {}", text("reason", reason)),
            None => state.to_owned(),
        }
    }

    fn amount(&self, value: Option<&str>) -> Option<String> {
        let currency = self.currency.as_deref().unwrap_or_default();
        let amount = |value| format!("{} {currency}", Language::English.amount(value, currency));
        value.map(|value| amount(value).trim_end().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dated_in_the_future_says_when_it_leaves() {
        let shown = |paused: &str, leaves: &str| -> String {
            let event = format!(
                r#"{{"event_id":"a","event_name":"Purchase","route":"messaging","state":"queued",
                "paused":{paused},"leaves":{leaves},"attempts":0,"may_count_twice":false,
                "may_have_counted":false,"rule":"sale","cause":"deal","estimate":false,"times":{{}}}}"#
            );
            let event: ShownEvent = serde_json::from_str(&event).unwrap();
            let parts = event.parts(&TimeZone::UTC);
            let wanted = (leaves != "null").then(|| ("leaves", "2100-01-01 12:00".to_owned()));
            assert_eq!(parts.into_iter().find(|(name, _)| *name == "leaves"), wanted);
            event.cells(&TimeZone::UTC)[2].clone()
        };
        let (paused, leaves) = (r#"{"needs_you":true,"why":"code 190"}"#, r#""2100-01-01T12:00:00Z""#);
        assert_eq!(shown("null", "null"), "On its way");
        assert_eq!(shown("null", leaves), "Dated in the future: leaves on 2100-01-01 12:00");
        assert_eq!(shown(paused, leaves), "Paused, needs you");
    }
}
