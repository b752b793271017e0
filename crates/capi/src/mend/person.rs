//! `user_data`.

use std::net::Ipv6Addr;

use super::{
    MendLog,
    node::{MendFields, MendNode},
    rename,
};
use crate::{
    Key, Normalizer, Rules,
    browser::Cookie,
    catalogue,
    check::{alias::KeyHome, click::click_ids, hashes, network},
};

/// Digits of a time in seconds from 2001 to 2286.
const SECONDS_DIGITS: usize = 10;

pub(super) fn mend(user: &mut MendFields, page: Option<&str>, now_s: i64, log: &mut MendLog) {
    rename(KeyHome::UserData, "user_data.", user, log);
    let country = user.text("country").and_then(catalogue::country_code);
    let mut normalizer = Normalizer::new(Rules::Documentation, now_s);
    if let Some(country) = country {
        normalizer = normalizer.in_country(country);
    }
    for key in Key::ALL {
        let Some(place) = user.place(key.name()) else { continue };
        let (name, value) = user.0.remove(place);
        if let Some(value) = mended_values(key, value, &mut normalizer, log) {
            user.0.insert(place, (name, value));
        }
    }
    lead_id(user, log);
    address(user, log);
    cookies(user, now_s, log);
    click(user, page, log);
    let zeros = |id: &str| !id.is_empty() && id.bytes().all(|byte| matches!(byte, b'0' | b'-'));
    if user.text("madid").is_some_and(zeros) {
        user.take("madid");
        log.note("user_data.madid", "left out: an id of zeros is nobody's");
    }
}

/// The values of a key that can be used; none if nothing is left.
fn mended_values(
    key: Key,
    value: MendNode,
    normalizer: &mut Normalizer,
    log: &mut MendLog,
) -> Option<MendNode> {
    let path = format!("user_data.{key}");
    let all = match value {
        MendNode::List(all) => all,
        value => {
            let mut mended = one_value(key, value, &path, normalizer, log);
            return if mended.len() > 1 { Some(MendNode::List(mended)) } else { mended.pop() };
        }
    };
    let mut left: Vec<MendNode> = Vec::with_capacity(all.len());
    let is_short = all.len() <= 100;
    let mended: Vec<MendNode> =
        all.into_iter().flat_map(|value| one_value(key, value, &path, normalizer, log)).collect();
    for value in mended {
        if is_short && left.contains(&value) {
            log.note(&path, "a value left out that was there already");
        } else {
            left.push(value);
        }
    }
    (!left.is_empty()).then_some(MendNode::List(left))
}

/// What becomes of one value: nothing, itself or its hash, or the hashes of several that stood in one text.
fn one_value(
    key: Key,
    value: MendNode,
    path: &str,
    normalizer: &mut Normalizer,
    log: &mut MendLog,
) -> Vec<MendNode> {
    let text = match &value {
        MendNode::Text(text) => text.clone(),
        MendNode::Raw(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => number.clone(),
        _ => return vec![value],
    };
    match hashes::mend(key, &text) {
        hashes::Mending::Right => vec![value],
        hashes::Mending::Nothing => {
            log.note(path, "left out: it held nothing");
            Vec::new()
        }
        hashes::Mending::Hash(hash) => {
            log.note(path, "the hash written in small letters");
            vec![MendNode::Text(hash)]
        }
        hashes::Mending::Plain => {
            let parts = parts_of(key, &text);
            let Some(hashed) = parts.iter().map(|part| hash_of(key, part, normalizer)).collect() else {
                return vec![value];
            };
            let what = if parts.len() > 1 {
                "parted, normalised and hashed with SHA-256, each for itself"
            } else {
                "normalised and hashed with SHA-256"
            };
            log.note(path, what);
            hashed
        }
    }
}

/// The addresses or numbers that stand in one text; what is none of several is one.
fn parts_of(key: Key, text: &str) -> Vec<&str> {
    let parts: Vec<&str> =
        text.split([',', ';', '|', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let is_one_of_several = |part: &&str| match key {
        Key::Email => part.contains('@'),
        Key::Phone => part.bytes().filter(u8::is_ascii_digit).count() >= 7,
        _ => false,
    };
    if parts.len() > 1 && parts.iter().all(is_one_of_several) { parts } else { vec![text] }
}

fn hash_of(key: Key, text: &str, normalizer: &mut Normalizer) -> Option<MendNode> {
    let text = text.trim();
    // Digits alone could be of this country or of any.
    if key == Key::Phone
        && normalizer.country().is_none()
        && !text.starts_with(['+', '＋'])
        && !text.starts_with("00")
    {
        return None;
    }
    // Two addresses between which no sign stands that parts them are not made one.
    if key == Key::Email && text.matches('@').count() > 1 {
        return None;
    }
    let forms = normalizer.forms(key, text);
    forms.texts().next().map(|normal| MendNode::Text(crate::sha256_hex(normal.as_bytes())))
}

fn lead_id(user: &mut MendFields, log: &mut MendLog) {
    let digits = user.text("lead_id").map(|id| {
        let id = id.trim();
        id.strip_prefix("l:").unwrap_or(id).to_owned()
    });
    let Some(digits) =
        digits.filter(|id| (15..=17).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit()))
    else {
        return;
    };
    if user.text("lead_id") != Some(&digits) {
        user.set("lead_id", MendNode::Text(digits));
        log.note("user_data.lead_id", "the digits alone");
    }
}

/// The address alone: without marks of Meta's browser library that are there twice, a port, or blanks,
/// and IPv4 as such.
fn address(user: &mut MendFields, log: &mut MendLog) {
    let Some(given) = user.text("client_ip_address") else { return };
    let bare = network::without_marks(given.trim());
    let mapped = |text: &str| text.parse::<Ipv6Addr>().ok().and_then(|v6| v6.to_ipv4_mapped());
    let mended = if let Some(v4) = mapped(bare) {
        v4.to_string()
    } else if let Ok(with_port) = bare.parse::<std::net::SocketAddr>() {
        let ip = with_port.ip().to_canonical();
        ip.to_string()
    } else if bare.parse::<std::net::IpAddr>().is_ok() && given.trim() != given {
        bare.to_owned()
    } else {
        return;
    };
    if mended != given {
        user.set("client_ip_address", MendNode::Text(mended));
        log.note("user_data.client_ip_address", "the address alone");
    }
}

/// `fbc` and `fbp` without blanks around them, and the time of an `fbc` in milliseconds.
fn cookies(user: &mut MendFields, now_s: i64, log: &mut MendLog) {
    for (name, path) in [("fbc", "user_data.fbc"), ("fbp", "user_data.fbp")] {
        let Some(given) = user.text(name) else { continue };
        let Ok(cookie) = Cookie::read(given.trim()) else { continue };
        let in_ms = Cookie { time: format!("{}000", cookie.time).into(), ..cookie.clone() };
        let is_in_seconds =
            cookie.time.len() == SECONDS_DIGITS && in_ms.is_current(now_s.saturating_mul(1000));
        let (mended, what) = if is_in_seconds && name == "fbc" {
            (in_ms.to_string(), "its time made milliseconds")
        } else {
            (given.trim().to_owned(), "blanks taken off")
        };
        if mended != given {
            user.set(name, MendNode::Text(mended));
            log.note(path, what);
        }
    }
}

/// A click id whose case was changed is in the page's address as it was.
fn click(user: &mut MendFields, page: Option<&str>, log: &mut MendLog) {
    let (Some(given), Some(page)) = (user.text("fbc"), page) else { return };
    let Ok(cookie) = Cookie::read(given) else { return };
    let mut ids = click_ids(page);
    let (Some(id), None) = (ids.next(), ids.next()) else { return };
    if id != cookie.payload && id.eq_ignore_ascii_case(&cookie.payload) {
        let fbc = Cookie { payload: id, ..cookie }.to_string();
        user.set("fbc", MendNode::Text(fbc));
        log.note("user_data.fbc", "the click id as it stands in the page's address");
    }
}
