//! Which ad an accepted event belongs to, and what events brought to each ad by day.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::keys::id_of;
use super::{Match, World, day_in};

/// A click counts for this long, as in the attribution setting that ads start with.
const CLICK_WINDOW_S: i64 = 7 * 86_400;
/// Most days of ads; the oldest leave first.
const MOST_DAYS: usize = 100_000;
/// Most names of events on one day of one ad; further ones are not counted.
const MOST_NAMES: usize = 100;
/// Most currencies of one name.
const MOST_CURRENCIES: usize = 20;
/// An event with a longer name is not counted; a longer currency is none.
const MOST_NAME_BYTES: usize = 200;

/// Where an event happened, which decides the names of its actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ConversionLocation {
    Web,
    Messaging,
    /// A stage of a lead in a CRM.
    Crm,
    Other,
}

impl ConversionLocation {
    fn of(event: &Map<String, Value>) -> Self {
        let source = event.get("custom_data").and_then(|data| data["event_source"].as_str());
        match event.get("action_source").and_then(Value::as_str) {
            Some("website") => Self::Web,
            Some("business_messaging") => Self::Messaging,
            Some("system_generated") if source == Some("crm") => Self::Crm,
            _ => Self::Other,
        }
    }
}

/// Events of one name on one day of one ad.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Sum {
    pub(crate) count: u64,
    /// What they were worth, by currency in upper case.
    pub(crate) values: BTreeMap<String, f64>,
}

/// An event that an ad brought.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Conversion {
    pub(crate) ad_id: String,
    /// The day of the ad account.
    pub(crate) day: Date,
    pub(crate) location: ConversionLocation,
    pub(crate) name: String,
    /// Value and currency, in upper case.
    pub(crate) worth: Option<(f64, String)>,
}

type Sums = BTreeMap<(ConversionLocation, String), Sum>;

/// What events brought to ads.
#[derive(Debug, Default)]
pub(crate) struct Attributed {
    days: BTreeMap<(Date, String), Sums>,
    left: u64,
}

impl Attributed {
    /// Counts a conversion for its ad and day.
    pub(crate) fn add(&mut self, conversion: &Conversion) {
        let Conversion { ad_id, day, location, name, worth } = conversion;
        let sums = self.days.entry((*day, ad_id.clone())).or_default();
        let key = (*location, name.clone());
        if sums.len() < MOST_NAMES || sums.contains_key(&key) {
            let sum = sums.entry(key).or_default();
            sum.count += 1;
            if let Some((value, currency)) = worth
                && (sum.values.len() < MOST_CURRENCIES || sum.values.contains_key(currency))
            {
                *sum.values.entry(currency.clone()).or_default() += value;
            }
        }
        if self.days.len() > MOST_DAYS {
            self.days.pop_first();
            self.left += 1;
        }
    }

    /// Days from the first to the last, with their ads.
    pub(crate) fn between(
        &self,
        since: Date,
        until: Date,
    ) -> impl Iterator<Item = (Date, &str, &BTreeMap<(ConversionLocation, String), Sum>)> {
        let days = self.days.range((since, String::new())..).take_while(move |((day, _), _)| *day <= until);
        days.map(|((day, ad), sums)| (*day, ad.as_str(), sums))
    }

    pub(crate) fn first_day(&self) -> Option<Date> {
        self.days.keys().next().map(|(day, _)| *day)
    }

    /// How many days of ads left because there was no more room.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }
}

impl World {
    /// Who an event is about: by the lead, by the click on WhatsApp, or by what [`super::People`] know.
    pub(crate) fn person_of(&self, user_data: &Map<String, Value>) -> Option<Match> {
        let lead = given(user_data, "lead_id").and_then(|id| self.leads.get(id.as_ref())?.person);
        let click = given(user_data, "ctwa_clid").and_then(|id| self.clicks.get(id.as_ref())?.person);
        let found = self.people.find(user_data);
        let Some(person) = lead.or(click) else { return found };
        let mut by = Vec::new();
        by.extend((lead == Some(person)).then_some("lead_id"));
        by.extend((click == Some(person)).then_some("ctwa_clid"));
        by.extend(found.filter(|found| found.person == person).into_iter().flat_map(|found| found.by));
        Some(Match { person, by })
    }

    /// The ad that brought an event which happened at `at_s`: the one of its click id or lead, otherwise
    /// the last one that the person clicked on within seven days before.
    pub(crate) fn ad_of(&self, user_data: &Map<String, Value>, at_s: i64) -> Option<&str> {
        let click = given(user_data, "ctwa_clid").and_then(|id| self.clicks.get(id.as_ref()));
        if let Some(click) = click {
            return Some(&click.ad_id);
        }
        let lead = given(user_data, "lead_id").and_then(|id| self.leads.get(id.as_ref()));
        if let Some(ad) = lead.and_then(|lead| lead.ad_id.as_ref()) {
            return Some(ad);
        }
        let person = self.people.get(self.person_of(user_data)?.person)?;
        let of_fbc = user_data.get("fbc").and_then(Value::as_str).and_then(|fbc| fbc.split('.').nth(3));
        let named =
            of_fbc.and_then(|id| person.clicks.iter().find(|click| click.fbclid.as_deref() == Some(id)));
        let before = |at: i64| (0..=CLICK_WINDOW_S).contains(&at_s.saturating_sub(at));
        let last = || person.clicks.iter().filter(|click| before(click.at)).max_by_key(|click| click.at);
        named.or_else(last).map(|click| click.ad_id.as_str())
    }

    /// What an accepted event is to the ad that brought it, if one did.
    pub(crate) fn conversion(&self, event: &Value) -> Option<Conversion> {
        let event = event.as_object()?;
        let at_s = event.get("event_time")?.as_i64()?;
        let ad = self.ads.get(self.ad_of(event.get("user_data")?.as_object()?, at_s)?)?;
        let account = self.accounts.get(&ad.account_id)?;
        let name = event.get("event_name")?.as_str().filter(|name| name.len() <= MOST_NAME_BYTES)?;
        let custom = event.get("custom_data");
        let value = custom.and_then(|data| number(&data["value"]));
        let currency = custom.and_then(|data| data["currency"].as_str());
        let currency = currency.filter(|currency| currency.len() <= MOST_NAME_BYTES);
        Some(Conversion {
            ad_id: ad.id.clone(),
            day: day_in(&account.time_zone, at_s),
            location: ConversionLocation::of(event),
            name: name.to_owned(),
            worth: value.zip(currency.map(str::to_ascii_uppercase)),
        })
    }
}

fn given<'a>(user_data: &'a Map<String, Value>, key: &str) -> Option<std::borrow::Cow<'a, str>> {
    user_data.get(key).and_then(id_of)
}

fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    number.filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::world::{Ad, AdAccount, AdClick, Click, Lead, Person};

    fn world() -> World {
        let mut world = World::default();
        let account =
            AdAccount { id: "9".into(), time_zone: "Europe/Istanbul".into(), ..AdAccount::default() };
        world.accounts.insert("9".into(), account);
        for id in ["1", "2", "3", "4"] {
            world.ads.insert(id.into(), Ad { id: id.into(), account_id: "9".into(), ..Ad::default() });
        }
        let click = Click { ad_id: "1".into(), person: Some(5), ..Click::default() };
        world.clicks.insert("ARAx".into(), click);
        let lead = Lead { ad_id: Some("2".into()), person: Some(5), ..Lead::default() };
        world.leads.insert("123456789012345".into(), lead);
        let clicked = |ad: &str, at, fbclid: Option<&str>| AdClick {
            ad_id: ad.into(),
            at,
            fbclid: fbclid.map(str::to_owned),
        };
        let clicks = vec![clicked("3", 1_000_000, Some("IwAR")), clicked("4", 1_100_000, None)];
        let person = Person { id: 5, external_ids: vec!["five".into()], clicks, ..Person::default() };
        world.people.add(person).unwrap();
        world
    }

    #[test]
    fn ads_and_people_of_events() {
        let world = world();
        let day = 86_400;
        for (user_data, at, ad, by) in [
            (json!({ "ctwa_clid": "ARAx" }), 0, Some("1"), &["ctwa_clid"][..]),
            (json!({ "ctwa_clid": "arax" }), 0, None, &[]),
            (json!({ "lead_id": 123_456_789_012_345_u64 }), 0, Some("2"), &["lead_id"]),
            (
                json!({ "lead_id": "123456789012345", "external_id": "five" }),
                0,
                Some("2"),
                &["lead_id", "external_id"],
            ),
            (json!({ "fbc": "fb.1.1.IwAR" }), 9_000_000, Some("3"), &["fbc"]),
            (json!({ "external_id": "five" }), 1_000_000 + 60, Some("3"), &["external_id"]),
            (json!({ "external_id": "five" }), 1_100_000 + 60, Some("4"), &["external_id"]),
            (json!({ "external_id": "five" }), 1_100_000 + 7 * day + 1, None, &["external_id"]),
            (json!({ "external_id": "five" }), 999_999, None, &["external_id"]),
            (json!({ "external_id": "six" }), 1_000_000, None, &[]),
        ] {
            let user_data = user_data.as_object().unwrap();
            assert_eq!(world.ad_of(user_data, at), ad, "{user_data:?}");
            assert_eq!(world.person_of(user_data).map_or(Vec::new(), |found| found.by), by, "{user_data:?}");
        }
    }

    #[test]
    fn events_are_counted_by_ad_and_day_of_the_account() {
        let world = world();
        let event = |value: Value| {
            json!({
                "event_name": "Purchase", "event_time": 1_763_931_600, "action_source": "website",
                "user_data": { "ctwa_clid": "ARAx" },
                "custom_data": { "value": value, "currency": "try" },
            })
        };
        let mut attributed = Attributed::default();
        for value in [json!("10.5"), json!(2), json!("much")] {
            attributed.add(&world.conversion(&event(value)).unwrap());
        }
        assert_eq!(world.conversion(&json!({ "event_name": "Lead", "user_data": {} })), None);
        let day = jiff::civil::date(2025, 11, 24);
        let found: Vec<_> = attributed.between(day, day).collect();
        let sum = &found[0].2[&(ConversionLocation::Web, "Purchase".to_owned())];
        assert_eq!((found.len(), found[0].1, sum.count), (1, "1", 3));
        assert_eq!(sum.values, BTreeMap::from([("TRY".to_owned(), 12.5)]));
        assert_eq!(attributed.between(day.tomorrow().unwrap(), Date::MAX).count(), 0);
    }

    #[test]
    fn the_oldest_day_leaves_first() {
        let mut attributed = Attributed::default();
        let first = jiff::civil::date(2025, 1, 1);
        for n in 0..=MOST_DAYS {
            let name = "Lead".to_owned();
            let (ad_id, location) = (n.to_string(), ConversionLocation::Other);
            attributed.add(&Conversion { ad_id, day: first, location, name, worth: None });
        }
        assert_eq!((attributed.left(), attributed.days.len()), (1, MOST_DAYS));
    }
}
