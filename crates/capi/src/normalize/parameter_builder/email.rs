//! Its good approximation of RFC 2822: ASCII only, no quotes, a domain of at least two labels.

use super::{push_lower, trim};

pub(super) fn normalize(value: &str, out: &mut String) -> Option<()> {
    let trimmed = trim(value);
    push_lower(trimmed, |_| true, out);
    is_address(out).then_some(())
}

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    is_local_part(local.as_bytes()) && is_domain(domain)
}

/// Runs of signs joined by dots. The original's pattern has `(:?` where `(?:` was meant, so a
/// single colon is let through before each dot.
fn is_local_part(local: &[u8]) -> bool {
    let mut rest = local;
    loop {
        let run = rest.iter().take_while(|byte| is_sign(**byte)).count();
        if run == 0 {
            return false;
        }
        rest = match &rest[run..] {
            [] => return true,
            [b':', b'.', rest @ ..] | [b'.', rest @ ..] => rest,
            _ => return false,
        };
    }
}

fn is_sign(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_!#$%&'*+/=?^`{|}~-".contains(&byte)
}

fn is_domain(domain: &str) -> bool {
    let mut labels = 0;
    domain.as_bytes().split(|byte| *byte == b'.').all(|label| {
        labels += 1;
        is_label(label)
    }) && labels >= 2
}

fn is_label(label: &[u8]) -> bool {
    let (Some(first), Some(last)) = (label.first(), label.last()) else { return false };
    first.is_ascii_alphanumeric()
        && last.is_ascii_alphanumeric()
        && label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}
