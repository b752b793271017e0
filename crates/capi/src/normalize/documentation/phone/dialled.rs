//! Where in a text a number begins and where it ends.

use rlibphonenumber::Region;

use super::{
    DIGITS, dials_eight, is_complete, is_in_use, resolve,
    text::{decimal_digit, without_decimals},
};

/// Fewest digits with a country code before a sign that can end them.
const MARKED_DIGITS_MIN: usize = 9;
/// So many digits before a slash can be a whole number of a country whose numbers vary in length.
const WHOLE_DIGITS_MIN: usize = 10;

/// What a person would dial: digits, and whether a `+` stood before them.
pub(super) struct Dialled<'a> {
    plus: bool,
    digits: String,
    /// The text from the first digit on, and how much of it belongs to the number.
    begun: &'a str,
    length: usize,
}

/// What is known of digits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialling {
    Nothing,
    Readable,
    InUse,
}

impl<'a> Dialled<'a> {
    /// Reads the first number of a text. A letter after the number ends it (`ext. 5`,
    /// `(WhatsApp)`), and so does a sign that separates two numbers.
    pub(super) fn read(text: &'a str, region: Option<Region>) -> Option<Self> {
        let digits = String::with_capacity(*DIGITS.end() + 1);
        let mut number = Self { plus: false, digits, begun: "", length: 0 };
        let mut start = 0;
        let mut signs = text.char_indices();
        while let Some((at, c)) = signs.next() {
            if let Some(digit) = decimal_digit(c) {
                if number.digits.is_empty() {
                    start = at;
                    number.begun = &text[at..];
                    number.length = text.len() - at;
                }
                number.digits.push(digit);
            } else if number.digits.is_empty() {
                number.plus |= matches!(c, '+' | '＋');
            } else if !number.plus && number.is_ordinal(&text[..at], c, &text[at + c.len_utf8()..]) {
                number.digits.clear();
            } else if c.is_alphabetic() || number.ends_at(c, at - start, region) {
                number.length = at - start;
                break;
            } else if c == '(' && number.has_idle_zero(&text[at..]) {
                signs.nth(1);
            }
        }
        let whole = without_decimals(number.written()).len();
        if whole < number.length {
            number.digits.truncate(whole);
        }
        (!number.digits.is_empty()).then_some(number)
    }

    /// The digits, where they are a number with its country code as they stand.
    pub(super) fn complete(&self) -> Option<&str> {
        (self.plus && is_complete(&self.digits)).then_some(&*self.digits)
    }

    /// The number with its country code.
    pub(super) fn number(&self, region: Option<Region>) -> Option<String> {
        let mut groups = self.groups();
        let (first, second) = (groups.next(), groups.next());
        if self.digits.starts_with('8') && first == Some(1) && region.is_some_and(dials_eight) {
            // `+8 (495) 123-45-67`: nobody's country code stands alone like that.
            return resolve(false, &self.digits, region);
        }
        let is_mexican = region == Some(Region::MX) && !self.plus && (first, second) == (Some(1), Some(2));
        match self.digits.strip_prefix('1') {
            // `1 55 1234 5678`; an American area has three digits.
            Some(rest) if is_mexican && rest.len() == 10 => resolve(false, rest, region),
            _ => resolve(self.plus, &self.digits, region),
        }
    }

    /// The first of two numbers that only a blank, a hyphen or a sign of no meaning separates.
    pub(super) fn first_of_two(&self, region: Option<Region>) -> Option<Self> {
        let written = self.written();
        let is_next = |at: &usize| {
            let (left, right) = written.split_at(*at);
            let is_long = count(right) >= *DIGITS.start() || is_aside(left);
            left.ends_with(is_gap) && right.starts_with(is_digit) && is_long
        };
        // The digits of the first, and that of its line.
        let is_near = |at: &usize| count(&written[..*at]) <= *DIGITS.end() + 1;
        let places = || written.char_indices().map(|(at, _)| at).take_while(is_near).filter(is_next);
        let alike = places().filter(|at| {
            let first = written[*at..].chars().next();
            first == Some('0') || first == written.chars().next()
        });
        let others = places().filter(|at| {
            let next = Self::read(&written[*at..], region);
            is_aside(&written[..*at]) || next.is_some_and(|next| next.is_day() || next.is_in_use(region))
        });
        alike.chain(others).find_map(|at| self.cut(&written[..at], region))
    }

    /// What stands before a cut, if it is a number.
    fn cut(&self, left: &'a str, region: Option<Region>) -> Option<Self> {
        let left = left.trim_end_matches(is_gap);
        // `… 2) 0533 …`: the number of the line belongs to neither.
        let shorter = left.trim_end_matches(is_digit);
        let shorter = (left.len() - shorter.len() == 1).then(|| shorter.trim_end_matches(is_gap));
        [Some(left), shorter].into_iter().flatten().find_map(|left| {
            let is_possible = DIGITS.contains(&count(left));
            let one = is_possible.then(|| Self::read(left, region))??;
            let one = Self { plus: self.plus, begun: self.begun, length: left.len(), ..one };
            one.is_in_use(region).then_some(one)
        })
    }

    fn is_in_use(&self, region: Option<Region>) -> bool {
        self.known(&self.digits, region) == Dialling::InUse
    }

    /// The number where the area is that of the one before, as in `(11) 98765-4321/91234-5678`.
    pub(super) fn in_the_area_of(&self, before: &str) -> Option<String> {
        let kept = before.len().checked_sub(self.digits.len())?;
        let number = format!("{}{}", &before[..kept], self.digits);
        let is_possible = !self.says_what_it_is() && self.digits.len() >= *DIGITS.start();
        (is_possible && is_in_use(&number)).then_some(number)
    }

    /// What was written from the first digit to the last sign.
    pub(super) fn written(&self) -> &'a str {
        &self.begun[..self.length]
    }

    /// The text behind the number.
    pub(super) fn rest(&self) -> &'a str {
        &self.begun[self.length..]
    }

    /// Whether enough digits stand there for a number that is not alone, and they are no day.
    pub(super) fn is_one_of_many(&self) -> bool {
        self.significant() >= *DIGITS.start() && !self.is_day()
    }

    /// Whether it reads `12.05.2024` or `2024-05-12`.
    fn is_day(&self) -> bool {
        let groups: Vec<usize> = self.groups().take(4).collect();
        let written = self.written().trim_end_matches(is_gap);
        matches!(groups[..], [1 | 2, 1 | 2, 4] | [4, 1 | 2, 1 | 2]) && !written.contains([' ', '('])
    }

    /// The text behind the first sign that separates numbers, for what is none as a whole.
    pub(super) fn next_part(&self) -> &'a str {
        let written = self.written();
        written.find(separates).map_or(self.rest(), |at| &self.begun[at..])
    }

    /// Whether a country code or a trunk zero stands in front.
    pub(super) fn says_what_it_is(&self) -> bool {
        self.plus || self.digits.starts_with('0')
    }

    fn is_marked(&self) -> bool {
        self.plus || self.digits.starts_with("00")
    }

    /// The lengths of the groups of digits.
    fn groups(&self) -> impl Iterator<Item = usize> + 'a {
        self.written().split(is_gap).map(str::len).filter(|length| *length > 0)
    }

    /// How many digits there are without an exit code.
    fn significant(&self) -> usize {
        self.digits.strip_prefix("00").unwrap_or(&self.digits).len()
    }

    /// Whether the digits so far only count numbers, as in `1) 0532 …` and `2. +90 …`, or end what stood
    /// before, as in `ext. 12, 0532 …`.
    fn is_ordinal(&self, before: &str, sign: char, after: &str) -> bool {
        let is_number = || after.trim_start().starts_with(['0', '+']);
        match (sign, self.digits.len()) {
            (')', 1 | 2) if !before.contains('(') => true,
            ('.' | ':' | '-', 1) => is_number(),
            (',' | ';' | '|' | '\n', 1..=4) => !self.digits.starts_with('0') && is_number(),
            _ => false,
        }
    }

    /// Whether a zero in brackets follows that nobody dials, as in `+34 (0) 612`. Only Italy and its
    /// neighbours have numbers that begin with a zero, and none of their mobiles, which begin with 3.
    fn has_idle_zero(&self, text: &str) -> bool {
        let Some(behind) = text.strip_prefix("(0)") else { return false };
        let code = self.digits.trim_start_matches('0');
        let is_italian = ["39", "378", "379"].iter().any(|italian| code.starts_with(italian));
        self.is_marked() && (!is_italian || behind.trim_start().starts_with('3'))
    }

    /// Whether a sign ends the number. What separates two numbers can also stand between the digits
    /// of one.
    fn ends_at(&self, sign: char, at: usize, region: Option<Region>) -> bool {
        if self.digits.len() < *DIGITS.start() || !separates(sign) {
            return false;
        }
        let after = &self.begun[at + sign.len_utf8()..];
        matches!(sign, '+' | '#') || self.is_whole(sign, &self.begun[..at], after, region)
    }

    fn is_whole(&self, sign: char, before: &str, after: &str, region: Option<Region>) -> bool {
        let count_here = self.significant();
        let next = after.split(|c: char| c.is_alphabetic() || separates(c)).next().unwrap_or_default();
        let count_next = count(next);
        if count_next == 0 || (self.is_marked() && count_here < MARKED_DIGITS_MIN) {
            return false;
        }
        if count_here > *DIGITS.end() {
            return true;
        }
        let is_slash = matches!(sign, '/' | '\\');
        let is_number = count_next >= *DIGITS.start();
        let joined: String = self.digits.chars().chain(next.chars().filter(|c| is_digit(*c))).collect();
        match (self.known(&self.digits, region), self.known(&joined, region)) {
            (Dialling::Nothing, Dialling::Nothing) => is_number || count_here + count_next > *DIGITS.end(),
            (Dialling::Nothing, Dialling::Readable) => is_number,
            (Dialling::Nothing | Dialling::Readable, Dialling::InUse) => false,
            (Dialling::Readable, _) => is_number || !is_slash || count_here >= WHOLE_DIGITS_MIN,
            (Dialling::InUse, Dialling::InUse) if is_slash && !is_number => !self.goes_on(sign, before, next),
            (Dialling::InUse, _) => true,
        }
    }

    /// Whether a slash groups digits where they would be a number with those behind it and without.
    fn goes_on(&self, sign: char, before: &str, next: &str) -> bool {
        let head = before.trim_end().trim_end_matches(is_digit);
        let (group, next) = (before.trim_end().len() - head.len(), next.trim_start_matches([' ', '(']));
        // `030 1234567/68` has two extensions, `030/12/34/56/78` and `033056/1234` have one.
        let is_group = count(next) >= 2 && group <= count(next) + 2;
        let is_area = next.starts_with('0') && count(next) >= 3;
        let is_of_a_row = if before.contains(sign) {
            head.trim_end().ends_with(sign)
        } else {
            self.significant() < WHOLE_DIGITS_MIN
        };
        is_group && is_of_a_row && !is_area
    }

    fn known(&self, digits: &str, region: Option<Region>) -> Dialling {
        match resolve(self.plus, digits, region) {
            Some(number) if is_in_use(&number) => Dialling::InUse,
            Some(_) => Dialling::Readable,
            None => Dialling::Nothing,
        }
    }
}

/// Whether a sign can stand between two numbers.
fn separates(sign: char) -> bool {
    matches!(
        sign,
        '/' | '\\' | ',' | ';' | '|' | '&' | '\n' | '\r' | '\t' | '+' | '#' | '،' | '؛' | '、' | '\u{2028}'
    )
}

/// Whether what comes next is an addition: `0533 999 99 99 (2)`, `0212 555 00 00-01`.
fn is_aside(before: &str) -> bool {
    before.trim_end().ends_with(['(', '-'])
}

fn is_digit(sign: char) -> bool {
    sign.is_ascii_digit()
}

fn is_gap(sign: char) -> bool {
    !is_digit(sign)
}

fn count(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}
