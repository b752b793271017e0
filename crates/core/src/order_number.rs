//! One form of an order's number, by which it is recognised. It is never sent.

use std::borrow::Cow;

use capi::{Event, catalogue::fold, normalize::decimal_digit};

/// Words before a number that say that it is one, folded.
const WORDS: [&str; 4] = ["order", "siparis", "no", "nr"];

/// The number of an order as it is compared: without blanks around it and what says that it is a number, with the
/// digits of all scripts as ASCII. A shop's page says `1001`, its server `#1001`, and an export `No. 1001`.
///
/// A mark is taken off only before digits, and a word only where a sign parts it from them: `#A-7`, `NO1001` (a shop's
/// orders in Norway) and `NO-7` are a shop's own, and so are capitals, hyphens and zeros within the number.
pub fn order_number(order_id: &str) -> Cow<'_, str> {
    let bare = without_marks(order_id.trim());
    if bare.is_ascii() { Cow::Borrowed(bare) } else { Cow::Owned(bare.chars().map(ascii_digit).collect()) }
}

/// The order that an event names.
pub(crate) fn order_of<'e>(event: &'e Event<'_>) -> Option<&'e str> {
    let order = event.custom_data.as_ref()?.order_id.as_deref()?;
    (!capi::normalize::is_no_order(order)).then_some(order)
}

fn without_marks(order_id: &str) -> &str {
    let mut rest = order_id;
    while let Some(behind) = behind_mark(rest) {
        rest = behind.trim_start_matches(is_parting);
    }
    if rest.starts_with(|sign: char| ascii_digit(sign).is_ascii_digit()) { rest } else { order_id }
}

/// What stands behind a sign or a word that says that a number follows.
fn behind_mark(text: &str) -> Option<&str> {
    if let Some(behind) = text.strip_prefix(['#', '\u{2116}']) {
        return Some(behind);
    }
    let (word, behind) = text.split_at(text.find(|sign: char| !sign.is_alphabetic())?);
    let is_apart = behind.starts_with(|sign: char| is_parting(sign) || matches!(sign, '#' | '\u{2116}'));
    (is_apart && WORDS.contains(&fold(word).as_str())).then_some(behind)
}

fn is_parting(sign: char) -> bool {
    sign.is_whitespace() || matches!(sign, '.' | ':')
}

fn ascii_digit(sign: char) -> char {
    decimal_digit(sign).unwrap_or(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_order_has_one_form() {
        for written in [
            "1001",
            " 1001 ",
            "#1001",
            "# 1001",
            "No. 1001",
            "NO:1001",
            "no 1001",
            "Nr.1001",
            "№ 1001",
            "Order #1001",
            "SİPARİŞ NO: 1001",
            "Sipariş 1001",
            "١٠٠١",
            "#۱۰۰۱",
            "１００１",
        ] {
            assert_eq!(order_number(written), "1001", "{written}");
        }
    }

    #[test]
    fn other_orders_keep_their_own() {
        for own in [
            "",
            "#",
            "#A-7",
            "NO-SHOP-7",
            "No.A7",
            "NO1001",
            "Nr1001",
            "order1001",
            "01001",
            "1001-A",
            "1001-a",
            "A1001",
            "1001#2",
            "order",
            "order-1001",
            "Nord7",
            "wc_order_x7",
            "-1001",
            "10 01",
            "1,001",
        ] {
            assert_eq!(order_number(own), own, "{own}");
        }
        assert_ne!(order_number("#1001"), order_number("#1002"));
        assert_ne!(order_number("1001.1"), order_number("1001"));
    }
}
