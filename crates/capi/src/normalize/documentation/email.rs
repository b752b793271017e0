//! E-mail addresses.

use super::{text, turkish};
use crate::normalize::Dropped;

/// Longest address that is looked at, bytes: an e-mail can have 254 characters.
const ADDRESS_BYTES_MAX: usize = 320;

/// An e-mail address, trimmed and in lower case; `None` if there is none.
///
/// Of `"Ayşe" <a@b.com>`, `mailto:a@b.com` and `a@b.com; c@d.com` it is the (first) address.
pub fn email(raw: &str) -> Option<String> {
    let mut address = String::new();
    super::nonsense::check(crate::Key::Email, raw).ok()?;
    write(raw, &mut address).ok().map(|()| address)
}

pub(super) fn write(value: &str, out: &mut String) -> Result<(), Dropped> {
    let bare = value.trim_ascii();
    // The usual address needs no cleaning.
    if is_usual(bare.as_bytes()) {
        out.push_str(bare);
        out.make_ascii_lowercase();
        return Ok(());
    }
    if value.len() > ADDRESS_BYTES_MAX {
        return Err(Dropped::Unreadable);
    }
    let cleaned = text::bare(value);
    // In an address the dotted capital is a plain i, whatever the language.
    let lower = cleaned.replace('İ', "i").to_lowercase();
    let lower = turkish::without_second_dots(&lower);
    let address = candidates(&lower).find(|candidate| is_address(candidate)).ok_or(Dropped::Unreadable)?;
    out.push_str(&address);
    Ok(())
}

/// ASCII letters, digits and `._+-` around one `@`, with a domain of at least two labels.
fn is_usual(value: &[u8]) -> bool {
    let mut at = None;
    let mut dot_behind = false;
    for (place, byte) in value.iter().enumerate() {
        match byte {
            b'@' if at.is_none() && place > 0 => at = Some(place),
            b'.' if at.is_some() => {
                let follows_a_label = value.get(place - 1).is_some_and(u8::is_ascii_alphanumeric);
                let label_follows = value.get(place + 1).is_some_and(u8::is_ascii_alphanumeric);
                if !follows_a_label || !label_follows {
                    return false;
                }
                dot_behind = true;
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => {}
            b'.' | b'_' | b'+' if at.is_none() => {}
            _ => return false,
        }
    }
    dot_behind && value.len() <= 254
}

/// Signs that stand around an address and are no part of it.
const AROUND: &str = "<>()[]\"'`“”‘’«».,;:=";

fn candidates(text: &str) -> impl Iterator<Item = String> {
    let inner = text.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(inner, _)| inner);
    inner.unwrap_or(text).split([',', ';', '/', '|', '\n', '،', '؛']).map(|part| {
        let part = part.trim();
        let part = part.strip_prefix("mailto:").or_else(|| part.strip_prefix("e-mail:")).unwrap_or(part);
        let part = part.strip_prefix("email:").unwrap_or(part);
        let part =
            part.split_once('?').filter(|(_, query)| query.contains('=')).map_or(part, |(before, _)| before);
        closed_up(part.trim_matches(|c: char| c.is_whitespace() || AROUND.contains(c)))
    })
}

/// Without the blanks that stand beside `@` and dots.
fn closed_up(part: &str) -> String {
    let mut closed = String::with_capacity(part.len());
    let mut blanks = 0;
    for c in part.chars() {
        if c.is_whitespace() {
            blanks += 1;
            continue;
        }
        let beside = matches!(c, '@' | '.') || closed.ends_with(['@', '.']);
        if blanks > 0 && !beside {
            closed.push(' ');
        }
        blanks = 0;
        closed.push(c);
    }
    closed
}

/// Signs that stand where a part of an address was made unreadable.
pub(crate) const MASKS: [char; 6] = ['*', '•', '●', '∗', '＊', '…'];

fn is_address(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else { return false };
    let strange = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || text::is_invisible(c)
            || "<>()[],;:\\\"".contains(c)
            || MASKS.contains(&c)
    };
    let mut labels = 0;
    !local.is_empty()
        && !address.contains(strange)
        && domain.split('.').all(|label| {
            labels += 1;
            !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-' || !c.is_ascii())
        })
        && labels >= 2
}
