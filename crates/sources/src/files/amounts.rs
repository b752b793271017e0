//! Amounts as people and their programs write them.

use capi::Money;

use super::currencies::Currencies;

/// What stands before the decimals of a file's amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalMark {
    /// `1.299,90`.
    Comma,
    /// `1,299.90`.
    Point,
}

/// An amount, with what stands beside it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WrittenAmount {
    pub amount: Money,
    pub currencies: Option<Currencies>,
}

/// What an amount cannot be read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WrongAmount {
    /// It is no number.
    NoNumber,
    /// `12.500` is twelve and a half, or twelve thousand five hundred.
    TwoMeanings,
    /// What stands beside it is no currency.
    NoCurrency,
    /// Two currencies stand beside it.
    TwoCurrencies,
}

impl DecimalMark {
    fn char(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Point => '.',
        }
    }
}

/// An amount as it stands, taken apart.
struct AmountParts<'t> {
    before: &'t str,
    number: &'t str,
    after: &'t str,
}

impl<'t> AmountParts<'t> {
    /// The parts; nothing of a text without a digit.
    fn of(text: &'t str) -> Option<Self> {
        let is_digit = |sign: char| sign.is_ascii_digit();
        let (mut first, end) = (text.find(is_digit)?, text.rfind(is_digit)? + 1);
        // `.5` begins with its point, and `Fr.5` does not.
        let pointed = text.get(..first)?.strip_suffix(['.', ',']);
        if pointed.is_some_and(|rest| !rest.ends_with(char::is_alphabetic)) {
            first -= 1;
        }
        Some(Self { before: text.get(..first)?, number: text.get(first..end)?, after: text.get(end..)? })
    }
}

/// Reads an amount. Without a mark, it says itself what its signs are, or is refused.
pub(super) fn read(text: &str, mark: Option<DecimalMark>) -> Result<WrittenAmount, WrongAmount> {
    let text = text.replace(['−', '–', '—'], "-");
    let text = text.trim();
    // Accountants write what is below zero in brackets, and some programs the minus behind it.
    let bracketed = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    let AmountParts { before, number, after } =
        AmountParts::of(bracketed.unwrap_or(text)).ok_or(WrongAmount::NoNumber)?;
    // `100,-` has no decimals.
    let after = [",-", ".-"].into_iter().find_map(|none| after.strip_prefix(none)).unwrap_or(after);
    let minuses = before.matches('-').count() + after.matches('-').count() + usize::from(bracketed.is_some());
    if minuses > 1 {
        return Err(WrongAmount::NoNumber);
    }
    let mut currencies: Option<Currencies> = None;
    for side in [before, after] {
        let word = side.replace(['-', '+'], " ");
        if word.trim().is_empty() {
            continue;
        }
        let said = Currencies::of(&word).ok_or(WrongAmount::NoCurrency)?;
        currencies = Some(match currencies {
            None => said,
            Some(before) => before.both(&said).ok_or(WrongAmount::TwoCurrencies)?,
        });
    }
    // Spaces stand between thousands, as do apostrophes in Switzerland.
    let bare: String =
        number.chars().filter(|sign| !sign.is_whitespace() && !['\'', '’'].contains(sign)).collect();
    let mut plain = plain(&bare, mark)?;
    let is_plain = plain == bare;
    if minuses > 0 {
        plain.insert(0, '-');
    }
    let amount = if mark.is_some() || !is_plain {
        plain.parse().map_err(|_| WrongAmount::NoNumber)?
    } else {
        Money::written(&plain).map_err(|error| match error {
            capi::Error::TwoAmounts => WrongAmount::TwoMeanings,
            _ => WrongAmount::NoNumber,
        })?
    };
    Ok(WrittenAmount { amount, currencies })
}

/// The amount with a point before its decimals and nothing between its thousands.
fn plain(text: &str, mark: Option<DecimalMark>) -> Result<String, WrongAmount> {
    let (points, commas) = (text.matches('.').count(), text.matches(',').count());
    let mark = match (mark, points, commas) {
        (Some(mark), ..) => mark.char(),
        (None, _, 0) if points < 2 => return Ok(text.to_owned()),
        // The last of two signs stands before the decimals, and what stands twice stands between thousands.
        (None, 1.., 1..) if text.rfind(',') > text.rfind('.') => ',',
        (None, 2.., 0) => ',',
        (None, 1.., 1..) | (None, 0, 2..) => '.',
        (None, ..) if capi_is_thousands(text) => return Err(WrongAmount::TwoMeanings),
        (None, ..) => ',',
    };
    let between = if mark == ',' { '.' } else { ',' };
    let (whole, decimals) = text.split_once(mark).map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    if decimals.is_some_and(|decimals| decimals.contains([',', '.'])) || !is_grouped(whole, between) {
        return Err(WrongAmount::NoNumber);
    }
    let mut plain: String = whole.chars().filter(|sign| *sign != between).collect();
    if let Some(decimals) = decimals {
        plain.push('.');
        plain.push_str(decimals);
    }
    Ok(plain)
}

/// `12,500`: what [`Money::written`] says of a point, of a comma.
fn capi_is_thousands(text: &str) -> bool {
    Money::written(&text.replace(',', ".")) == Err(capi::Error::TwoAmounts)
}

/// Whether the digits before the decimals stand in groups of three, if in any.
fn is_grouped(whole: &str, between: char) -> bool {
    let mut groups = whole.split(between);
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    rest.is_empty() || ((1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3))
}

/// What stands before the decimals, by amounts that can be read in one way only; nothing if none can or two differ.
pub(super) fn mark_of<'a>(samples: impl Iterator<Item = &'a str>) -> Option<DecimalMark> {
    let says = |text: &str| {
        let number = AmountParts::of(text)?.number;
        let text: String = number.chars().filter(|sign| matches!(sign, '0'..='9' | '.' | ',')).collect();
        let (points, commas) = (text.matches('.').count(), text.matches(',').count());
        let decimals = |mark| text.rsplit_once(mark).map(|(_, decimals): (_, &str)| decimals.len());
        match (points, commas) {
            (1.., 1..) if text.rfind(',') > text.rfind('.') => Some(DecimalMark::Comma),
            (1.., 1..) => Some(DecimalMark::Point),
            (0, 1) if decimals(',') != Some(3) => Some(DecimalMark::Comma),
            (1, 0) if decimals('.') != Some(3) => Some(DecimalMark::Point),
            _ => None,
        }
    };
    let mut said = samples.filter_map(says);
    let first = said.next()?;
    said.all(|other| other == first).then_some(first)
}
