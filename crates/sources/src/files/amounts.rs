//! Amounts as people and their programs write them.

use capi::Money;

/// What stands before the decimals of a file's amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalMark {
    /// `1.299,90`.
    Comma,
    /// `1,299.90`.
    Point,
}

/// An amount, with the currency that stands beside it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WrittenAmount {
    pub amount: Money,
    pub currency: Option<&'static str>,
}

/// What an amount cannot be read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WrongAmount {
    /// It is no number.
    NoNumber,
    /// `12.500` is twelve and a half, or twelve thousand five hundred.
    TwoMeanings,
}

impl DecimalMark {
    fn char(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Point => '.',
        }
    }
}

/// The currency of a sign or code beside an amount, or of a column; `$` is of many.
pub(super) fn currency(written: &str) -> Option<&'static str> {
    let folded = written.trim().to_lowercase();
    match folded.as_str() {
        "tl" | "try" | "₺" | "türk lirası" | "turk lirasi" => Some("TRY"),
        "€" | "eur" | "euro" => Some("EUR"),
        "£" | "gbp" => Some("GBP"),
        "usd" | "us$" => Some("USD"),
        _ => None,
    }
}

/// Reads an amount. Without a mark, it says itself what its signs are, or is refused.
pub(super) fn read(text: &str, mark: Option<DecimalMark>) -> Result<WrittenAmount, WrongAmount> {
    let is_of_number = |sign: char| sign.is_ascii_digit() || matches!(sign, '.' | ',' | '-' | '+' | '\'');
    let text = text.trim();
    let first = text.find(is_of_number).ok_or(WrongAmount::NoNumber)?;
    let end = text.rfind(|sign: char| sign.is_ascii_digit()).ok_or(WrongAmount::NoNumber)? + 1;
    let (before, after) = (&text[..first], text.get(end..).unwrap_or_default());
    let beside = [before.trim(), after.trim()];
    let mut known = None;
    for word in beside.into_iter().filter(|word| !word.is_empty()) {
        let is_a_sign =
            word == "$" || (word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_alphabetic()));
        known = currency(word);
        if known.is_none() && !is_a_sign {
            return Err(WrongAmount::NoNumber);
        }
    }
    let inner = text.get(first..end).ok_or(WrongAmount::NoNumber)?;
    // Spaces stand between thousands, as do apostrophes in Switzerland.
    let bare: String = inner.chars().filter(|sign| !sign.is_whitespace() && *sign != '\'').collect();
    let plain = plain(&bare, mark)?;
    let amount = if mark.is_some() || plain != bare {
        plain.parse().map_err(|_| WrongAmount::NoNumber)?
    } else {
        Money::written(&plain).map_err(|error| match error {
            capi::Error::TwoAmounts => WrongAmount::TwoMeanings,
            _ => WrongAmount::NoNumber,
        })?
    };
    Ok(WrittenAmount { amount, currency: known })
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
    let mut groups = whole.trim_start_matches(['-', '+']).split(between);
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    rest.is_empty() || ((1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3))
}

/// What stands before the decimals, by amounts that can be read in one way only; nothing if none can or two differ.
pub(super) fn mark_of<'a>(samples: impl Iterator<Item = &'a str>) -> Option<DecimalMark> {
    let says = |text: &str| {
        let text: String = text.chars().filter(|sign| matches!(sign, '0'..='9' | '.' | ',')).collect();
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
