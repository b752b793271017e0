//! By what the person of an event can be recognised.

use capi::{
    Key, Normalizer, Rules, UserData, browser::Cookie, event::Values, normalize, normalize::hashed::Hashed,
};
use kopru_core::{Identifier, MatchKey, Node, Trust};

use super::EventsDoor;

/// Most identifiers of an event's person that are kept.
pub(super) const IDENTIFIERS_MAX: usize = 32;
/// Most values of one key that are kept: a person has a few addresses, and a list of many is of many people.
const VALUES_MAX: usize = 3;
/// Digits of a time in milliseconds.
const MILLISECOND_DIGITS: usize = 13;

/// Finds identifiers; keeps its buffers from event to event.
pub(super) struct IdentifierReader<'d> {
    door: &'d EventsDoor<'d>,
    documented: Normalizer,
}

impl<'d> IdentifierReader<'d> {
    pub(super) fn new(door: &'d EventsDoor<'d>) -> Self {
        Self { door, documented: Normalizer::new(Rules::Documentation, door.now_ms / 1000) }
    }

    /// The identifiers of a person, those of one browser or device first. `normalizer` writes what Meta gets.
    pub(super) fn of(&mut self, user: &UserData<'_>, normalizer: &mut Normalizer) -> Vec<Identifier> {
        let default_country = normalizer.country();
        let country = capi::country_of_person(user).or(default_country);
        normalizer.set_country(country);
        self.documented.set_country(country);
        let mut who = Vec::new();
        self.of_devices(user, &mut who);
        for key in [Key::ExternalId, Key::Email, Key::Phone] {
            let values = user.values(key).map(Values::as_slice).unwrap_or_default();
            for value in values.iter().filter(|value| !value.trim().is_empty()) {
                self.of_value(key, value, normalizer, &mut who);
            }
        }
        normalizer.set_country(default_country);
        who
    }

    fn of_devices(&self, user: &UserData<'_>, who: &mut Vec<Identifier>) {
        let join = &self.door.tenant.join;
        let mut add = |kind: &str, exact: &str| {
            push(
                Identifier { node: join.identifier(kind, exact), trust: Trust::Other, match_key: None },
                who,
            );
        };
        if let Some(fbp) = user.fbp.as_deref().and_then(browser) {
            add("fbp", &fbp);
        }
        // Some give an advertising id in capitals and some in small letters.
        if let Some(id) = user.madid.as_deref().and_then(device) {
            add("madid", &id.to_ascii_lowercase());
        }
        if let Some(id) = user.anon_id.as_deref().and_then(device) {
            add("anon_id", id);
        }
        if let Some(id) = user.fb_login_id.as_ref().filter(|id| id.has_digits(5..=20)) {
            add("fb_login_id", &id.0);
        }
    }

    fn of_value(&mut self, key: Key, value: &str, normalizer: &mut Normalizer, who: &mut Vec<Identifier>) {
        let join = &self.door.tenant.join;
        let hashed = Hashed::read(value);
        if hashed
            .is_some_and(|hash| hash.is_of_nothing() || hash.is_md5() || capi::tells_nobody(key, hash.digits))
        {
            return;
        }
        if key == Key::ExternalId && hashed.is_none() && !tells_apart(value) {
            return;
        }
        // Meta's other reading does not say who it is, so nobody is joined by it.
        let is_documented = self.door.rules != Rules::ParameterBuilder;
        let forms =
            if is_documented { normalizer.forms(key, value) } else { self.documented.forms(key, value) };
        let Some(documented) = forms.iter().next() else { return };
        let sha256 = hashed.map_or_else(|| documented.sha256(), |hash| hash.digits.to_ascii_lowercase());
        let exact: Vec<Node> = match key {
            Key::ExternalId => vec![join.customer(self.door.dataset, &sha256)],
            _ if hashed.is_some() => Vec::new(),
            Key::Email => vec![join.email(documented.as_str())],
            _ => join.phones(documented.as_str()),
        };
        let forms = if is_documented { forms } else { normalizer.forms(key, value) };
        let hashes: Vec<String> = forms.iter().map(|form| form.sha256()).collect();
        if hashes.is_empty() {
            return;
        }
        let match_key = Some(MatchKey { key: key.name().to_owned(), hashes });
        for node in exact {
            push(Identifier { node, trust: Trust::Other, match_key: match_key.clone() }, who);
        }
        if key != Key::ExternalId {
            let node = join.match_hash(key.name(), &sha256);
            push(Identifier { node, trust: Trust::HashOnly, match_key }, who);
        }
    }
}

/// Leaves the first values of each key by which a person is known, so that nothing is kept by which nobody would find
/// them; the keys of which some were left out.
pub(super) fn keep_few(user: &mut UserData<'_>) -> Vec<&'static str> {
    let lists =
        [(Key::Email, &mut user.em), (Key::Phone, &mut user.ph), (Key::ExternalId, &mut user.external_id)];
    let mut cut = Vec::new();
    for (key, values) in lists {
        let Some(Values::Many(values)) = values else { continue };
        values.retain(|value| !value.trim().is_empty());
        if values.len() > VALUES_MAX {
            values.truncate(VALUES_MAX);
            cut.push(key.name());
        }
    }
    cut
}

/// The hash by which Meta knows a shop's id of a customer, in its documented form; nothing for one that tells nobody
/// apart.
pub(crate) fn customer_hash(id: &str) -> Option<String> {
    match Hashed::read(id) {
        Some(hash) => (!hash.is_of_nothing() && !hash.is_md5()).then(|| hash.digits.to_ascii_lowercase()),
        None if tells_apart(id) => {
            let mut documented = Normalizer::new(Rules::Documentation, 0);
            let forms = documented.forms(Key::ExternalId, id);
            forms.iter().next().map(|form| form.sha256())
        }
        None => None,
    }
}

/// Whether a shop's id is of one person. A word is what a template writes for all visitors: `guest`, `misafir`; a
/// number below zero is a program's mark for none.
fn tells_apart(id: &str) -> bool {
    id.contains(|sign: char| sign.is_numeric()) && !id.trim_start().starts_with('-')
}

/// Adds an identifier once, while there is room.
fn push(identifier: Identifier, who: &mut Vec<Identifier>) {
    if who.len() < IDENTIFIERS_MAX && who.iter().all(|known| known.node != identifier.node) {
        who.push(identifier);
    }
}

/// A browser's id without a mark. Meta's SDK makes one anew for each event where the browser has none: that one is
/// nobody's.
fn browser(fbp: &str) -> Option<String> {
    let cookie = Cookie::read(fbp.trim()).ok().filter(|cookie| !cookie.is_new_of_a_server())?;
    let is_number = cookie.payload.bytes().all(|byte| byte.is_ascii_digit())
        && cookie.payload.bytes().any(|byte| byte != b'0');
    (is_number && cookie.time.len() == MILLISECOND_DIGITS).then(|| cookie.bare())
}

/// An id of a device or an installation, unless it is none: zeros where tracking is not allowed, a placeholder, a hash.
fn device(id: &str) -> Option<&str> {
    let id = id.trim();
    let is_zeros = id.bytes().all(|byte| matches!(byte, b'0' | b'-'));
    (!is_zeros && !normalize::is_no_id(id) && Hashed::read(id).is_none()).then_some(id)
}
