//! Phone numbers within a text. Shops write rows of digits of many kinds, so a number has to show that it is one: by a
//! plus sign, by the way in which its digits are grouped, or by a word beside it. `docs/server-events.md` has the table.

use super::{
    called::{self, WordsBefore},
    reading::plain_form,
};
use crate::phone::can_exist;

/// Fewest and most digits of what may be a phone number.
pub(super) const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 9..=15;

/// Whether a text holds a phone number.
pub(super) fn holds_phone(text: &str) -> bool {
    is_in(&plain_form(text))
}

/// The same of a text that is in its plain form already.
pub(super) fn is_in(plain: &str) -> bool {
    may_hold(plain)
        && (is_alone(plain)
            || runs(plain).any(|run| run.is_international() || run.is_called() || run.has_national_form()))
}

/// Whether an id holds a phone number. The groups of digits of an order or a product are an id's own, so only a plus
/// sign that hangs on nothing, or a word and a colon before it, says so.
pub(super) fn is_in_id(plain: &str) -> bool {
    may_hold(plain)
        && runs(plain).any(|run| {
            (run.is_international() && !run.before.ends_with(char::is_alphanumeric))
                || (run.is_called() && run.before.ends_with([':', '=', ' ']))
        })
}

/// Whether the name of an event holds a phone number: also one that hangs on a word, or whose groups underscores part.
pub(super) fn is_in_name(plain: &str) -> bool {
    let numbers = || -> String {
        let bare = |sign: char| match sign {
            '_' => '-',
            sign if u8::try_from(sign).is_ok_and(is_dialled) => sign,
            _ => ' ',
        };
        plain.chars().map(bare).collect()
    };
    let can_be = |digits: &str| {
        is_turkish_mobile(digits)
            || (digits.len() >= 10
                && !is_article_number(digits)
                && (can_exist(digits) || can_exist(&format!("1{digits}"))))
    };
    may_hold(plain)
        && (plain.split(|sign: char| !sign.is_ascii_digit()).any(can_be) || is_in(numbers().trim()))
}

/// Whether digits are an EAN, UPC or GTIN by their last one, which follows from the others.
fn is_article_number(digits: &str) -> bool {
    let weighed = digits.bytes().rev().enumerate().map(|(place, digit)| {
        let digit = u32::from(digit - b'0');
        if place % 2 == 1 { 3 * digit } else { digit }
    });
    matches!(digits.len(), 12..=14) && weighed.sum::<u32>() % 10 == 0
}

/// Whether a word beside a number says that it is called.
pub(super) fn has_word(text: &str) -> bool {
    runs(&plain_form(text)).any(|run| run.is_called())
}

/// Whether a text is digits that can be dialled, with or without what parts them.
pub(super) fn is_dialled_text(text: &str) -> bool {
    PHONE_DIGITS.contains(&text.bytes().filter(u8::is_ascii_digit).count()) && text.bytes().all(is_dialled)
}

fn may_hold(plain: &str) -> bool {
    plain.bytes().filter(u8::is_ascii_digit).count() >= *PHONE_DIGITS.start()
}

/// Whether a text as a whole reads like a phone number. Digits alone, and digits that hyphens part, are more often an
/// order or a product: a plus sign, brackets or the usual grouping must be there.
pub(super) fn is_alone(text: &str) -> bool {
    let text = text.trim();
    if !(9..=24).contains(&text.len()) || !text.bytes().all(is_dialled) {
        return false;
    }
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    if !PHONE_DIGITS.contains(&digits) {
        return false;
    }
    let groups: Vec<&str> =
        text.split(|sign: char| !sign.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    let begins_with_year = groups.first().is_some_and(|first| is_year(first));
    let is_american = groups.iter().map(|group| group.len()).eq([3, 3, 4]);
    let is_spaced = text.bytes().filter(|byte| *byte == b' ').count() >= 2;
    let has_trunk_zero = text.starts_with('0') && !text.starts_with("000") && groups.len() >= 3;
    // Sizes, draws of a lottery: no country writes its numbers so without a zero before them.
    let is_row_of_pairs = !text.starts_with('0') && groups.iter().all(|group| group.len() == 2);
    text.starts_with('+')
        || text.contains('(')
        || (!has_date(&groups)
            && ((is_american && !are_round(&groups))
                || has_trunk_zero
                || (is_spaced && !begins_with_year && !is_row_of_pairs && !are_round(&groups))))
}

/// Whether a byte stands in phone numbers as people write them.
fn is_dialled(byte: u8) -> bool {
    byte.is_ascii_digit() || b" ()-./+".contains(&byte)
}

/// How far a text is looked at before a number and behind it, bytes.
const BESIDE_BYTES: usize = 64;

/// Digits and what parts them, within a text; a plus sign begins another one.
struct DialledRun<'t> {
    before: &'t str,
    /// From the first digit, or the sign before it, to the last digit.
    written: &'t str,
    after: &'t str,
}

fn runs(text: &str) -> impl Iterator<Item = DialledRun<'_>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let begin = at + bytes.get(at..)?.iter().position(|byte| is_dialled(*byte) && *byte != b' ')?;
            let is_inner = |byte: &u8| is_dialled(*byte) && *byte != b'+';
            at = bytes[begin + 1..]
                .iter()
                .position(|byte| !is_inner(byte))
                .map_or(bytes.len(), |end| begin + 1 + end);
            let inner = &text[begin..at];
            let (Some(first), Some(last)) =
                (inner.find(|c: char| c.is_ascii_digit()), inner.rfind(|c: char| c.is_ascii_digit()))
            else {
                continue;
            };
            let first = inner[..first].rfind(['+']).or_else(|| inner[..first].rfind('(')).unwrap_or(first);
            let (start, end) = (begin + first, begin + last + 1);
            let (far, near) = (start.saturating_sub(BESIDE_BYTES), (end + BESIDE_BYTES).min(text.len()));
            return Some(DialledRun {
                before: &text[text.ceil_char_boundary(far)..start],
                written: &text[start..end],
                after: &text[end..text.floor_char_boundary(near)],
            });
        }
    })
    .filter(|run| may_hold(run.written))
}

/// How many digits the groups of numbers have that begin with no zero.
const GROUPINGS: [&[usize]; 7] =
    [&[3, 7], &[3, 3, 4], &[1, 3, 3, 4], &[3, 3, 2, 2], &[1, 3, 3, 2, 2], &[2, 3, 3, 2, 2], &[3, 2, 3, 2, 2]];

/// Some groups of digits of a run that follow one another.
struct Groups<'t> {
    before: &'t str,
    written: &'t str,
    after: &'t str,
    each: Vec<&'t str>,
}

impl<'t> DialledRun<'t> {
    fn is_international(&self) -> bool {
        let Some(number) = self.written.strip_prefix('+') else { return false };
        let digits = digits_of(number);
        let mut groups = number.split(['.', ' ']);
        // `+100.000.000`
        let is_count =
            groups.next().is_some_and(|first| first.len() <= 3) && groups.all(|group| group.len() == 3);
        // `XR+1234567890`
        let hangs = self.before.ends_with(char::is_alphanumeric);
        !digits.starts_with('0') && (!(is_count || hangs) || can_exist(&digits))
    }

    /// Whether a word beside it says that it is called.
    fn is_called(&self) -> bool {
        called::before(self.before) == WordsBefore::Called || called::is_called_behind(self.after)
    }

    fn has_national_form(&self) -> bool {
        let spans = spans(self.written);
        (0..spans.len()).any(|first| {
            let mut digits = 0;
            let is_short_enough = |last: &usize| {
                digits += spans[*last].1 - spans[*last].0;
                digits <= *PHONE_DIGITS.end() + 2
            };
            (first..spans.len())
                .take_while(is_short_enough)
                .map(|last| &spans[first..=last])
                .any(|spans| self.can_be_national(spans) && self.groups(spans).is_national())
        })
    }

    /// Whether it is worth looking at these groups: rows of many digits have many.
    fn can_be_national(&self, spans: &[(usize, usize)]) -> bool {
        let lengths = || spans.iter().map(|(from, to)| to - from);
        let (start, end) = (spans.first().map_or(0, |span| span.0), spans.last().map_or(0, |span| span.1));
        let written = self.written.get(start.saturating_sub(1)..end).unwrap_or_default();
        lengths().sum::<usize>() >= *PHONE_DIGITS.start()
            && (self.written[start..].starts_with('0')
                || spans.len() == 1
                || GROUPINGS.iter().any(|grouping| lengths().eq(grouping.iter().copied()))
                || (spans.len() <= 6 && written.contains('(')))
    }

    fn groups(&self, spans: &[(usize, usize)]) -> Groups<'t> {
        let (mut start, end) =
            (spans.first().map_or(0, |span| span.0), spans.last().map_or(0, |span| span.1));
        if self.written[..start].ends_with('(') {
            start -= 1;
        }
        Groups {
            // A run is of digits and signs of one byte.
            before: if start == 0 {
                self.before
            } else {
                &self.written[start.saturating_sub(BESIDE_BYTES)..start]
            },
            written: &self.written[start..end],
            after: if end == self.written.len() {
                self.after
            } else {
                &self.written[end..(end + BESIDE_BYTES).min(self.written.len())]
            },
            each: spans.iter().map(|(from, to)| &self.written[*from..*to]).collect(),
        }
    }
}

impl Groups<'_> {
    fn is_national(&self) -> bool {
        !self.is_part_of_a_code()
            && !has_date(&self.each)
            && (self.is_behind_two_zeros()
                || self.has_area_in_brackets()
                || self.has_trunk_zero()
                || self.is_american()
                || self.is_grouped_in_threes_and_twos()
                || self.is_turkish_mobile())
    }

    /// Whether it hangs on letters or other digits, as in `SKU-0532-000-00-01`.
    fn is_part_of_a_code(&self) -> bool {
        let hangs = |text: &str| text.trim_end_matches(['-', '.', '_', '#']).ends_with(char::is_alphanumeric);
        let begins = |text: &str| {
            text.starts_with(|sign: char| sign.is_alphanumeric() || sign == '_')
                || (text.starts_with(['-', '.']) && text[1..].starts_with(|sign: char| sign.is_ascii_digit()))
        };
        hangs(self.before) || begins(self.after)
    }

    /// `0090 532 000 00 01`
    fn is_behind_two_zeros(&self) -> bool {
        let digits = self.each.concat();
        let Some(number) = digits.strip_prefix("00").filter(|number| !number.starts_with('0')) else {
            return false;
        };
        self.each.len() > 1 && can_exist(number)
    }

    /// `(0532) 000 00 01`, `8 (912) 345-67-89`
    fn has_area_in_brackets(&self) -> bool {
        let (trunk, area, others) = match self.each.as_slice() {
            [area, others @ ..] if self.written.starts_with('(') => ("", area, others),
            [trunk @ ("0" | "1" | "7" | "8"), area, others @ ..] => (*trunk, area, others),
            _ => return false,
        };
        let (Some(begin), Some(end)) = (self.written.find('('), self.written.find(')')) else { return false };
        let rest: usize = others.iter().map(|group| group.len()).sum();
        self.written.get(begin + 1..end).is_some_and(|inner| inner.trim() == *area)
            && (2..=5).contains(&area.len())
            && !is_year(area)
            && others.iter().all(|group| group.len() >= 2)
            && (6..=9).contains(&rest)
            && trunk.len() + area.len() + rest >= 10
    }

    /// `0532 000 00 01`, `06 12 34 56 78`
    fn has_trunk_zero(&self) -> bool {
        let [first, others @ ..] = self.each.as_slice() else { return false };
        let digits: usize = self.each.iter().map(|group| group.len()).sum();
        let is_row_of_pairs = self.each.iter().all(|group| group.len() == 2);
        // Opening hours and sizes are rows of pairs as well.
        let is_uniform = || {
            let mut signs = self.written.bytes().filter(|byte| !byte.is_ascii_digit());
            signs.next().is_some_and(|sign| signs.all(|other| other == sign))
        };
        let is_whole = || {
            ![self.before, self.after].iter().any(|text| text.contains(|sign: char| sign.is_ascii_digit()))
        };
        // Two digits begin many things; these are mobile numbers from France to Australia.
        let is_short = first.len() == 2 && !is_row_of_pairs && !["04", "05", "06", "07"].contains(first);
        (2..=5).contains(&first.len())
            && !is_short
            && first.starts_with('0')
            && !first.starts_with("00")
            && !others.is_empty()
            && others.iter().all(|group| group.len() >= 2)
            && (10..=12).contains(&digits)
            && (!is_row_of_pairs || (digits == 10 && is_uniform() && is_whole()))
    }

    /// `650-555-1212`; not `250-500-1000`, which are sizes.
    fn is_american(&self) -> bool {
        let digits = self.each.concat();
        let shape: Vec<usize> = self.each.iter().map(|group| group.len()).collect();
        let number = match shape.as_slice() {
            [3, 3, 4] => format!("1{digits}"),
            [1, 3, 3, 4] => digits,
            _ => return false,
        };
        !self.written.contains(' ')
            && called::before(self.before) != WordsBefore::Numbered
            && !are_round(&self.each)
            && can_exist(&number)
    }

    /// `532 000 00 01`, `532 0000001`, `90 532 000 00 01`, `8 912 345 67 89`
    fn is_grouped_in_threes_and_twos(&self) -> bool {
        let digits = self.each.concat();
        let shape: Vec<usize> = self.each.iter().map(|group| group.len()).collect();
        match shape.as_slice() {
            [3, 7] => is_turkish_mobile(&format!("0{digits}")),
            [3, 3, 2, 2] => ["90", "7"].iter().any(|code| can_exist(&format!("{code}{digits}"))),
            [2, 3, 3, 2, 2] | [3, 2, 3, 2, 2] => can_exist(&digits),
            [1, 3, 3, 2, 2] => can_exist(&format!("7{}", &digits[1..])),
            _ => false,
        }
    }

    /// `05320000001`, as Turkey's mobile numbers are most often typed, among other words. Alone it is left to be an
    /// order's or a product's number.
    fn is_turkish_mobile(&self) -> bool {
        let [digits] = self.each.as_slice() else { return false };
        let has_words = [self.before, self.after].iter().any(|text| text.contains(char::is_alphabetic));
        has_words && called::before(self.before) != WordsBefore::Numbered && is_turkish_mobile(digits)
    }
}

/// Whether a row of digits is a mobile number of Turkey with what is dialled before it: `05320000001`, `905320000001`.
pub(super) fn is_turkish_mobile(digits: &str) -> bool {
    let national =
        ["0090", "90", "0"].iter().find_map(|before| digits.strip_prefix(before)).unwrap_or_default();
    national.len() == 10 && national.starts_with('5') && can_exist(&format!("90{national}"))
}

/// Where the groups of digits begin and end.
fn spans(text: &str) -> Vec<(usize, usize)> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for (at, _) in text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_digit()) {
        match spans.last_mut() {
            Some((_, end)) if *end == at => *end += 1,
            _ => spans.push((at, at + 1)),
        }
    }
    spans
}

fn digits_of(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// Whether each group ends with a zero, as sizes and prices do.
fn are_round(groups: &[&str]) -> bool {
    groups.iter().all(|group| group.ends_with('0'))
}

/// Whether some of the groups are a day, a month and a year, in this order or the other one.
fn has_date(groups: &[&str]) -> bool {
    let is_short = |group: &&str| group.len() <= 2;
    groups.windows(3).any(|three| match three {
        [first, middle, last] => {
            is_short(middle) && ((is_short(first) && is_year(last)) || (is_year(first) && is_short(last)))
        }
        _ => false,
    })
}

fn is_year(group: &str) -> bool {
    group.len() == 4 && (group.starts_with("19") || group.starts_with("20"))
}

#[cfg(test)]
mod tests;
