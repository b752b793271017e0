//! The keys by which people are found: of a person, and of the `user_data` of an event.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::IpAddr;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::person::{Person, ScopedId};
use crate::records::diagnostics::bare_hash;

/// Of a list in `user_data` this many values are looked at.
const MOST_VALUES: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Email,
    Phone,
    ExternalId,
    BrowserId,
    ClickId,
    PageUser,
    InstagramUser,
    Device,
    NameAndPostcode,
    NameAndBirth,
    NameAndCity,
    Session,
}

/// The first prefix of a SHA-256.
pub(super) type HashPrefix = [u8; 16];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key(pub(super) Kind, pub(super) HashPrefix);

impl Key {
    pub(super) fn of(kind: Kind, text: &str) -> Self {
        Self(kind, prefix(text))
    }

    pub(super) fn of_all(kind: Kind, prefixes: &[HashPrefix]) -> Self {
        Self(kind, first_half(&Sha256::digest(prefixes.concat())))
    }
}

/// All keys of a person; none of one without an account.
pub(super) fn keys_of(person: &Person) -> Vec<Key> {
    if person.no_account {
        return Vec::new();
    }
    let forms: HashMap<&str, HashPrefix> =
        person.normal_forms().map(|(name, normal)| (name, prefix(&normal))).collect();
    let form = |name: &str| forms.get(name).copied();
    let all = |kind, names: &[&str]| {
        let prefixes: Option<Vec<HashPrefix>> = names.iter().map(|name| form(name)).collect();
        prefixes.map(|prefixes| Key::of_all(kind, &prefixes))
    };
    let scoped = |kind, ids: &[ScopedId]| -> Vec<Key> {
        ids.iter().map(|one| Key::of(kind, &joined(&one.scope, &one.id))).collect()
    };
    let mut keys = Vec::new();
    keys.extend(form("em").map(|prefix| Key(Kind::Email, prefix)));
    keys.extend(form("ph").map(|prefix| Key(Kind::Phone, prefix)));
    keys.extend(person.external_ids.iter().map(|id| Key::of(Kind::ExternalId, id)));
    keys.extend(person.fbp.iter().filter_map(|fbp| Some(Key::of(Kind::BrowserId, &browser_id(fbp)?))));
    let clicks = person.clicks.iter().filter_map(|click| click.fbclid.as_ref());
    keys.extend(clicks.map(|fbclid| Key::of(Kind::ClickId, fbclid)));
    keys.extend(scoped(Kind::PageUser, &person.page_scoped_ids));
    keys.extend(scoped(Kind::InstagramUser, &person.instagram_scoped_ids));
    keys.extend(person.madid.as_ref().map(|id| Key::of(Kind::Device, &id.to_lowercase())));
    keys.extend(all(Kind::NameAndPostcode, &["fn", "ln", "zp"]));
    keys.extend(all(Kind::NameAndBirth, &["fn", "ln", "db"]));
    keys.extend(all(Kind::NameAndCity, &["fn", "ln", "ct", "country"]));
    keys.extend(person.sessions.iter().filter_map(|one| session_key(&one.ip, &one.user_agent)));
    keys
}

fn joined(scope: &str, id: &str) -> String {
    format!("{scope}/{id}")
}

/// An address may carry the Parameter Builder's appendix, once or several times, or be IPv4 written as
/// IPv6.
pub(super) fn session_key(ip: &str, user_agent: &str) -> Option<Key> {
    let mut bare = ip;
    let ip = loop {
        if let Ok(ip) = bare.parse::<IpAddr>() {
            break ip.to_canonical();
        }
        (bare, _) = bare.rsplit_once('.')?;
    };
    Some(Key::of(Kind::Session, &format!("{ip} {user_agent}")))
}

/// Creation time and id of `fb.<n>.<milliseconds>.<id>`, with or without an appendix.
pub(super) fn browser_parts(text: &str) -> Option<impl Iterator<Item = &str>> {
    let parts = text.split('.').count();
    (text.starts_with("fb.") && matches!(parts, 4 | 5)).then(|| text.split('.').skip(2).take(2))
}

pub(super) fn browser_id(text: &str) -> Option<String> {
    Some(browser_parts(text)?.collect::<Vec<_>>().join("."))
}

pub(super) fn prefix(text: &str) -> HashPrefix {
    first_half(&Sha256::digest(text.as_bytes()))
}

fn first_half(digest: &[u8]) -> HashPrefix {
    let mut prefix = HashPrefix::default();
    prefix.iter_mut().zip(digest).for_each(|(to, from)| *to = *from);
    prefix
}

/// The first prefix of a hash that is written in hex, with or without an appendix.
pub(super) fn hash_half(text: &str) -> Option<HashPrefix> {
    let digits = bare_hash(text)?.as_bytes();
    let value = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let mut prefix = HashPrefix::default();
    for (byte, pair) in prefix.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(prefix)
}

/// The `user_data` of an event.
pub(super) struct Given<'a>(pub(super) &'a Map<String, Value>);

impl<'a> Given<'a> {
    /// The texts of a key that is one text or a list of them.
    pub(super) fn texts(&self, key: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let value = self.0.get(key);
        let one = value.and_then(Value::as_str).into_iter();
        let many = value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        one.chain(many).map(str::trim).filter(|text| !text.is_empty()).take(MOST_VALUES)
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.texts(key).next()
    }

    pub(super) fn prefixes(&self, key: &str) -> impl Iterator<Item = HashPrefix> + use<'a> {
        self.texts(key).filter_map(hash_half)
    }

    pub(super) fn prefix(&self, key: &str) -> Option<HashPrefix> {
        self.prefixes(key).next()
    }

    /// An id within a Page or an account.
    pub(super) fn pair(&self, scope: &str, id: &str) -> Option<String> {
        Some(joined(&id_of(self.0.get(scope)?)?, &id_of(self.0.get(id)?)?))
    }
}

/// An id, which may come as text or as a number.
pub(super) fn id_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text.trim())).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    }
}
