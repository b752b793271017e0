//! People with an account, and finding out who an event is about.
//!
//! Matching is a look-up: an e-mail address, a phone number or an id is enough by itself, a name only
//! together with where or when. A key that several people share tells nobody apart and matches none.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::keys::{Given, Key, Kind, browser_id, browser_parts, hash_half, keys_of, prefix, session_key};
use super::person::Person;
use crate::Error;

/// Most people.
pub(crate) const MOST_PEOPLE: usize = 1_000_000;
/// Most keys of all people together.
pub(crate) const MOST_KEYS: usize = 20_000_000;
/// Most keys of one person.
pub(crate) const MOST_KEYS_EACH: usize = 200;

/// Who an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Match {
    /// The id of the person.
    pub person: u64,
    /// The keys of `user_data` that say so.
    pub by: Vec<&'static str>,
}

/// The place in the index of a key that several people have.
const SEVERAL: u32 = u32::MAX;

/// All people, and an index of their keys.
#[derive(Debug, Default)]
pub(crate) struct People {
    all: Vec<Person>,
    places: HashMap<u64, u32>,
    index: HashMap<Key, u32>,
}

impl People {
    /// Adds a person, or replaces the one with that id.
    pub(crate) fn add(&mut self, person: Person) -> Result<(), Error> {
        let keys = keys_of(&person);
        if keys.len() > MOST_KEYS_EACH {
            return Err(Error::TooManyIds(person.id));
        }
        let known = self.places.get(&person.id).copied();
        self.need_room(usize::from(known.is_none()))?;
        if self.index.len() + keys.len() > MOST_KEYS {
            return Err(Error::IdsFull);
        }
        let place = if let Some(place) = known {
            let before = std::mem::replace(&mut self.all[place as usize], person);
            for key in keys_of(&before) {
                if self.index.get(&key) == Some(&place) {
                    self.index.remove(&key);
                }
            }
            place
        } else {
            let place = self.all.len() as u32;
            self.places.insert(person.id, place);
            self.all.push(person);
            place
        };
        for key in keys {
            let held = self.index.entry(key).or_insert(place);
            if *held != place {
                *held = SEVERAL;
            }
        }
        Ok(())
    }

    /// Says if so many more people would be too many.
    pub(crate) fn need_room(&self, people: usize) -> Result<(), Error> {
        let fits = self.all.len().saturating_add(people) <= MOST_PEOPLE;
        if fits { Ok(()) } else { Err(Error::PeopleFull) }
    }

    /// An id above all others.
    pub(crate) fn next_id(&self) -> u64 {
        self.places.keys().max().map_or(1, |id| id.saturating_add(1))
    }

    pub(crate) fn get(&self, id: u64) -> Option<&Person> {
        self.all.get(*self.places.get(&id)? as usize)
    }

    /// In the order in which they were added.
    pub(crate) fn all(&self) -> &[Person] {
        &self.all
    }

    /// The person that the keys of an event name. Where keys disagree the stronger one counts, in the
    /// order of [`Hits::add_strong_keys`].
    pub(crate) fn find(&self, user_data: &Map<String, Value>) -> Option<Match> {
        let given = Given(user_data);
        let mut hits = Hits { index: &self.index, found: Vec::new() };
        hits.add_strong_keys(&given);
        if hits.found.is_empty() {
            hits.add_weak_keys(&given);
        }
        let person = hits.found.first()?.0;
        let mut by: Vec<&'static str> = Vec::new();
        for name in hits.found.iter().filter(|(place, _)| *place == person).flat_map(|(_, names)| *names) {
            if !by.contains(name) {
                by.push(name);
            }
        }
        Some(Match { person: self.all.get(person as usize)?.id, by })
    }
}

/// People whose keys an event carries, the strongest key first.
struct Hits<'a> {
    index: &'a HashMap<Key, u32>,
    found: Vec<(u32, &'static [&'static str])>,
}

impl Hits<'_> {
    fn look(&mut self, key: Key, by: &'static [&'static str]) {
        if let Some(place) = self.index.get(&key).filter(|place| **place != SEVERAL) {
            self.found.push((*place, by));
        }
    }

    fn add_strong_keys(&mut self, given: &Given<'_>) {
        if let Some(click) = given.text("fbc").and_then(|fbc| browser_parts(fbc)?.nth(1)) {
            self.look(Key::of(Kind::ClickId, click), &["fbc"]);
        }
        if let Some(user) = given.pair("page_id", "page_scoped_user_id") {
            self.look(Key::of(Kind::PageUser, &user), &["page_scoped_user_id"]);
        }
        if let Some(user) = given.pair("ig_account_id", "ig_sid") {
            self.look(Key::of(Kind::InstagramUser, &user), &["ig_sid"]);
        }
        for prefix in given.prefixes("em") {
            self.look(Key(Kind::Email, prefix), &["em"]);
        }
        for prefix in given.prefixes("ph") {
            self.look(Key(Kind::Phone, prefix), &["ph"]);
        }
        for id in given.texts("external_id") {
            let prefix = hash_half(id).unwrap_or_else(|| prefix(id));
            self.look(Key(Kind::ExternalId, prefix), &["external_id"]);
        }
        if let Some(id) = given.text("fbp").and_then(browser_id) {
            self.look(Key::of(Kind::BrowserId, &id), &["fbp"]);
        }
        if let Some(device) = given.text("madid") {
            self.look(Key::of(Kind::Device, &device.to_lowercase()), &["madid"]);
        }
    }

    fn add_weak_keys(&mut self, given: &Given<'_>) {
        if let (Some(first), Some(last)) = (given.prefix("fn"), given.prefix("ln")) {
            if let Some(postcode) = given.prefix("zp") {
                self.look(Key::of_all(Kind::NameAndPostcode, &[first, last, postcode]), &["fn", "ln", "zp"]);
            }
            if let Some(birth) = given.prefix("db") {
                self.look(Key::of_all(Kind::NameAndBirth, &[first, last, birth]), &["fn", "ln", "db"]);
            }
            if let (Some(city), Some(country)) = (given.prefix("ct"), given.prefix("country")) {
                let key = Key::of_all(Kind::NameAndCity, &[first, last, city, country]);
                self.look(key, &["fn", "ln", "ct", "country"]);
            }
        }
        let session = given.text("client_ip_address").zip(given.text("client_user_agent"));
        if let Some(key) = session.and_then(|(ip, agent)| session_key(ip, agent)) {
            self.look(key, &["client_ip_address", "client_user_agent"]);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::world::person::sha256;
    use crate::world::{AdClick, ScopedId, Session, Written};

    fn ayla() -> Person {
        let scoped = |scope: &str, id: &str| vec![ScopedId { scope: scope.to_owned(), id: id.to_owned() }];
        Person {
            id: 7,
            first_name: Written::new("Ayla", None),
            last_name: Written::new("Kurgu", None),
            email: "ayla@example.com".to_owned(),
            phone: "905301112233".to_owned(),
            shop_email: Some("other@example.org".to_owned()),
            birth_date: "1990-03-04".to_owned(),
            city: Written::new("São Paulo", Some("sãopaulo")),
            postcode: Written::new("01310-100", Some("01310100")),
            country: "BR".to_owned(),
            external_ids: vec!["Loyal-7".to_owned()],
            fbp: vec!["fb.1.1763880000000.1116446470".to_owned()],
            clicks: vec![AdClick { ad_id: "1".to_owned(), at: 0, fbclid: Some("IwAR2_aB-c".to_owned()) }],
            page_scoped_ids: scoped("111", "444"),
            instagram_scoped_ids: scoped("178", "555"),
            madid: Some("38400000-8CF0-11BD-B23E-10B96E40000D".to_owned()),
            sessions: vec![Session { ip: "2001:db8::1".to_owned(), user_agent: "Browser/1".to_owned() }],
            ..Person::default()
        }
    }

    fn find(people: &People, user_data: &Value) -> Option<(u64, Vec<&'static str>)> {
        people.find(user_data.as_object().unwrap()).map(|found| (found.person, found.by))
    }

    #[test]
    fn strong_keys_match_alone_and_weak_ones_together() {
        let mut people = People::default();
        people.add(ayla()).unwrap();
        let hash = sha256;
        let (em, built) = (hash("ayla@example.com"), format!("{}.AQQCAQMC", hash("905301112233")));
        let (first, last) = (hash("ayla"), hash("kurgu"));
        let by = |names: &[&'static str]| Some((7, names.to_vec()));
        for (user_data, expected) in [
            (json!({ "em": em }), by(&["em"])),
            (json!({ "em": [hash("x@example.com"), em], "ph": [built] }), by(&["em", "ph"])),
            (json!({ "em": "ayla@example.com" }), None),
            (json!({ "em": em.to_uppercase() }), None),
            (json!({ "ph": em }), None),
            (json!({ "em": hash("other@example.org") }), None),
            (json!({ "external_id": "Loyal-7" }), by(&["external_id"])),
            (json!({ "external_id": [hash("Loyal-7")] }), by(&["external_id"])),
            (json!({ "external_id": "loyal-7" }), None),
            (json!({ "fbp": "fb.1.1763880000000.1116446470" }), by(&["fbp"])),
            (json!({ "fbp": "fb.2.1763880000000.1116446470.AQQAAQMC" }), by(&["fbp"])),
            (json!({ "fbp": "fb.1.1763880000001.1116446470" }), None),
            (json!({ "fbc": "fb.1.1700000000000.IwAR2_aB-c" }), by(&["fbc"])),
            (json!({ "fbc": "fb.1.1700000000000.IwAR2_aB-c.AQQAAQMC" }), by(&["fbc"])),
            (json!({ "fbc": "fb.1.1700000000000.iwar2_ab-c" }), None),
            (json!({ "fbc": "IwAR2_aB-c" }), None),
            (json!({ "page_id": 111, "page_scoped_user_id": "444" }), by(&["page_scoped_user_id"])),
            (json!({ "page_id": 112, "page_scoped_user_id": "444" }), None),
            (json!({ "ig_account_id": "178", "ig_sid": 555 }), by(&["ig_sid"])),
            (json!({ "madid": "38400000-8cf0-11bd-b23e-10b96e40000d" }), by(&["madid"])),
            (json!({ "fn": first, "ln": last }), None),
            (json!({ "fn": first, "ln": last, "zp": hash("01310100") }), by(&["fn", "ln", "zp"])),
            (json!({ "fn": first, "ln": last, "db": hash("19900304") }), by(&["fn", "ln", "db"])),
            (
                json!({ "fn": [first], "ln": last, "ct": hash("sãopaulo"), "country": hash("br") }),
                by(&["fn", "ln", "ct", "country"]),
            ),
            (json!({ "fn": first, "ln": last, "ct": hash("sãopaulo") }), None),
            (json!({ "zp": hash("01310100"), "db": hash("19900304") }), None),
            (
                json!({ "client_ip_address": "2001:DB8::1.AQQAAQMC", "client_user_agent": "Browser/1" }),
                by(&["client_ip_address", "client_user_agent"]),
            ),
            (json!({ "client_ip_address": "2001:db8::1", "client_user_agent": "Browser/2" }), None),
            (json!({ "em": null, "ph": {}, "fbc": 1, "fbp": ["a", 1], "external_id": [] }), None),
        ] {
            assert_eq!(find(&people, &user_data), expected, "{user_data}");
        }
    }

    #[test]
    fn what_several_share_tells_nobody_apart_and_changes_are_followed() {
        let mut people = People::default();
        people.add(ayla()).unwrap();
        people.add(Person { id: 8, external_ids: Vec::new(), ..ayla() }).unwrap();
        let em = json!({ "em": sha256("ayla@example.com") });
        assert_eq!(find(&people, &em), None);
        let id = json!({ "external_id": "Loyal-7" });
        assert_eq!(find(&people, &id), Some((7, vec!["external_id"])));
        people.add(Person { id: 7, no_account: true, ..ayla() }).unwrap();
        assert_eq!(find(&people, &id), None, "without an account nothing matches");
        assert_eq!((people.all().len(), people.get(7).map(|person| person.no_account)), (2, Some(true)));
        let many = (0..300).map(|n| n.to_string()).collect();
        assert!(people.add(Person { external_ids: many, ..ayla() }).is_err());
    }
}
