//! A row becomes the JSON of an event.

use std::borrow::Cow;

use capi::Money;
use jiff::tz::TimeZone;

use super::{
    DayOrder, DecimalMark, FileKey,
    amounts::{self, WrongAmount},
    columns::{currency_of_name, folded},
    currencies::Currencies,
    keys::KeyPlace,
    times::{self, TimeForms, WrongTime},
};

/// What stands where nothing does.
const NOTHING: [&str; 7] = ["-", "—", "null", "n/a", "#n/a", "nan", "none"];

/// What stands before a sum.
const SUMS: [&str; 8] =
    ["toplam", "geneltoplam", "aratoplam", "toplamtutar", "total", "grandtotal", "subtotal", "sum"];

/// What stands between several numbers or addresses in one cell.
const BETWEEN: [char; 5] = [';', ',', '/', '|', '\n'];
/// Fewer digits than this are no phone number of their own.
const PHONE_DIGITS_MIN: usize = 7;

/// The event that is worth something or is none.
const PURCHASE: &str = "Purchase";

/// How the cells of a file are written.
#[derive(Debug, Clone)]
pub struct RowForms {
    /// The zone of times that say none.
    pub zone: TimeZone,
    /// In which order day and month stand; by each date itself where nothing is said.
    pub order: Option<DayOrder>,
    /// What stands before decimals; by each amount itself where nothing is said.
    pub mark: Option<DecimalMark>,
    /// The name of events that say none.
    pub event_name: Option<String>,
    /// Where events happened that do not say it.
    pub action_source: Option<String>,
    /// The currency of amounts that say none.
    pub currency: Option<String>,
    /// What the name of the column of amounts says of it, as in `Tutar (TL)`.
    pub written_in: Option<String>,
}

/// Why a row makes no event. Holds no value of the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRow {
    /// The key of the column that it is for.
    pub key: &'static str,
    /// What is wrong, and how to mend it.
    pub wrong: &'static str,
}

/// Makes events of rows.
#[derive(Debug)]
pub struct RowReader {
    columns: Vec<Option<&'static FileKey>>,
    /// The column that says whether somebody agreed, with its name.
    consent: Option<(usize, String)>,
    forms: RowForms,
}

/// Objects of an event, as they are written.
#[derive(Default)]
struct EventParts {
    event: String,
    user: String,
    custom: String,
}

impl RowForms {
    /// Learns from the names of the columns and some rows what is not said: in which order days stand, what stands
    /// before decimals, and which currency the column of amounts has.
    pub fn learn(
        &mut self,
        columns: &[Option<&'static FileKey>],
        header: &[impl AsRef<str>],
        rows: &[Vec<String>],
    ) {
        let of_amounts = columns.iter().position(|key| key.is_some_and(|key| key.name == "value"));
        let name = of_amounts.and_then(|place| header.get(place));
        self.written_in = name.and_then(|name| currency_of_name(name.as_ref())).map(str::to_owned);
        let cells = |name: &'static str| {
            let place = columns.iter().position(|key| key.is_some_and(|key| key.name == name));
            rows.iter().filter_map(move |row| row.get(place?)).map(String::as_str)
        };
        self.order = self.order.or_else(|| times::order_of(cells("event_time")));
        self.mark = self.mark.or_else(|| amounts::mark_of(cells("value")));
    }
}

impl RowReader {
    /// A reader of rows with these columns.
    pub fn new(
        columns: Vec<Option<&'static FileKey>>,
        consent: Option<(usize, String)>,
        forms: RowForms,
    ) -> Self {
        Self { columns, consent, forms }
    }

    /// What the cells of a key say, without what Excel puts around them; empty ones are left out.
    fn cells<'r>(&'r self, name: &'r str, row: &'r [impl AsRef<str>]) -> impl Iterator<Item = &'r str> {
        let of_key =
            self.columns.iter().zip(row).filter(move |(key, _)| key.is_some_and(|key| key.name == name));
        of_key.filter_map(|(_, cell)| bare(cell.as_ref()))
    }

    /// Whether a row belongs to the order of the row before: it has its id, and no amount. Shops write a row for each
    /// product.
    pub fn continues(&self, row: &[impl AsRef<str>], before: &[impl AsRef<str>]) -> bool {
        let has_value = self.columns.iter().flatten().any(|key| key.name == "value");
        let is_empty = self.cells("value", row).next().is_none();
        has_value && is_empty && self.id(row).is_some_and(|id| self.id(before) == Some(id))
    }

    /// By what a row is known when it comes again, with the key of its column.
    fn id<'r>(&'r self, row: &'r [impl AsRef<str>]) -> Option<(&'static str, &'r str)> {
        ["event_id", "order_id"].into_iter().find_map(|key| Some((key, self.cells(key, row).next()?)))
    }

    /// Whether a row has the id of the row before and another amount: of products of one order only the first would be
    /// told.
    pub fn repeats(&self, row: &[impl AsRef<str>], before: &[impl AsRef<str>]) -> bool {
        let (value, value_before) = (self.cells("value", row).next(), self.cells("value", before).next());
        value.is_some() && value != value_before && self.id(row).is_some_and(|id| self.id(before) == Some(id))
    }

    /// Whether a row adds up those above it: it has no time and no id, or a word for a sum in their place.
    pub fn is_sum(&self, row: &[impl AsRef<str>]) -> bool {
        if self.cells("event_time", row).next().is_some() || self.cells("value", row).next().is_none() {
            return false;
        }
        let is_amount =
            |place: usize| self.columns.get(place).copied().flatten().is_some_and(|key| key.name == "value");
        let cells = row.iter().enumerate().filter(|(place, _)| !is_amount(*place));
        let mut said = cells.filter_map(|(_, cell)| bare(cell.as_ref()));
        said.next().is_none_or(|first| SUMS.contains(&folded(first).as_str()))
    }

    /// The event of a row at a time, Unix seconds.
    ///
    /// # Errors
    /// Why there is none.
    pub fn event(&self, row: &[impl AsRef<str>], now_s: i64) -> Result<String, RefusedRow> {
        let mut parts = EventParts::default();
        let (key, id) = self.id(row).ok_or(NO_ID)?;
        put(&mut parts.event, "event_id", whole_digits(key, id)?);
        let name = self.cells("event_name", row).next().or(self.forms.event_name.as_deref());
        let name = name.ok_or(NO_NAME)?;
        put(&mut parts.event, "event_name", name);
        let source = self.cells("action_source", row).next().or(self.forms.action_source.as_deref());
        put(&mut parts.event, "action_source", source.ok_or(NO_SOURCE)?);
        put_number(&mut parts.event, "event_time", &self.time(row, now_s)?.to_string());
        if let Some(url) = self.cells("event_source_url", row).next() {
            put(&mut parts.event, "event_source_url", url);
        }
        self.person(row, &mut parts)?;
        self.data(row, name, &mut parts)?;
        let EventParts { event, user, custom } = parts;
        Ok(format!("{{{event},\"user_data\":{{{user}}},\"custom_data\":{{{custom}}}}}"))
    }

    fn time(&self, row: &[impl AsRef<str>], now_s: i64) -> Result<i64, RefusedRow> {
        let forms = TimeForms { zone: &self.forms.zone, order: self.forms.order, now_s };
        let text = self.cells("event_time", row).next().ok_or(NO_TIME)?;
        let of_day = self.cells("time_of_day", row).next().unwrap_or_default();
        forms.read(text, of_day).map_err(|wrong| match wrong {
            WrongTime::NoTime => UNREADABLE_TIME,
            WrongTime::TwoMeanings => TWO_TIMES,
        })
    }

    fn person(&self, row: &[impl AsRef<str>], parts: &mut EventParts) -> Result<(), RefusedRow> {
        for key in super::FILE_KEYS.iter().filter(|key| key.place == KeyPlace::User) {
            let cells = self.cells(key.name, row);
            let values: Vec<&str> = cells.flat_map(|cell| several_in(key.name, cell)).collect();
            if ["ph", "external_id"].contains(&key.name) {
                values.iter().try_for_each(|value| whole_digits(key.name, value).map(drop))?;
            }
            match values.as_slice() {
                [] => {}
                [one] => put(&mut parts.user, key.name, one),
                several => {
                    name_of(&mut parts.user, key.name);
                    parts.user.push_str(&serde_json::Value::from(several.to_vec()).to_string());
                }
            }
        }
        let has = |name| self.cells(name, row).next().is_some();
        if let Some(full) = self.cells("name", row).next()
            && !has("fn")
            && !has("ln")
        {
            // The last word is the family's, which holds for most people and harms none: others match by more. Before
            // a comma stands the family.
            let of_list = full.split_once(',').map(|(last, first)| (first.trim(), last.trim()));
            let (first, last) = match of_list {
                Some(("", last)) => (last, ""),
                Some(parts) => parts,
                None => full.rsplit_once(char::is_whitespace).unwrap_or((full, "")),
            };
            put(&mut parts.user, "fn", first.trim());
            if !last.is_empty() {
                put(&mut parts.user, "ln", last);
            }
        }
        Ok(())
    }

    /// The currency of an amount beside which one may stand.
    fn currency(
        &self,
        row: &[impl AsRef<str>],
        beside: Option<Currencies>,
    ) -> Result<Option<String>, RefusedRow> {
        let given = self.forms.currency.as_deref();
        let of_column = self.cells("currency", row).next();
        let column = match of_column.map(|text| (text, Currencies::of(text))) {
            // The check says what is wrong with it.
            Some((text, None)) => return Ok(Some(text.to_owned())),
            Some((_, column)) => column,
            None => None,
        };
        let said = match (column, beside) {
            (Some(column), Some(beside)) => Some(column.both(&beside).ok_or(TWO_CURRENCIES)?),
            (column, beside) => column.or(beside),
        };
        let Some(said) = said else { return Ok(given.map(str::to_owned)) };
        let one = said.only().or_else(|| given.filter(|given| said.can_be(given)));
        one.map(|one| Some(one.to_owned())).ok_or(WHICH_CURRENCY)
    }

    fn data(&self, row: &[impl AsRef<str>], name: &str, parts: &mut EventParts) -> Result<(), RefusedRow> {
        let mut beside = None;
        if let Some(text) = self.cells("value", row).next() {
            let written = amounts::read(text, self.forms.mark).map_err(|wrong| match wrong {
                WrongAmount::NoNumber => UNREADABLE_AMOUNT,
                WrongAmount::TwoMeanings => TWO_AMOUNTS,
                WrongAmount::NoCurrency => NO_CURRENCY,
                WrongAmount::TwoCurrencies => TWO_CURRENCIES,
            })?;
            if name == PURCHASE && written.amount < Money::ZERO {
                return Err(RETURN);
            }
            if name == PURCHASE && written.amount == Money::ZERO {
                return Err(NO_PRICE);
            }
            let of_name = || self.forms.written_in.as_deref().and_then(Currencies::of);
            beside = written.currencies.or_else(of_name);
            put_number(&mut parts.custom, "value", &written.amount.to_string());
        }
        if let Some(currency) = self.currency(row, beside)? {
            put(&mut parts.custom, "currency", &currency);
        }
        if let Some(order) = self.cells("order_id", row).next() {
            put(&mut parts.custom, "order_id", whole_digits("order_id", order)?);
        }
        for name in ["content_name", "content_category", "num_items"] {
            if let Some(text) = self.cells(name, row).next() {
                put(&mut parts.custom, name, text);
            }
        }
        if let Some((place, name)) = &self.consent
            && let Some(said) = row.get(*place).and_then(|cell| bare(cell.as_ref()))
        {
            put(&mut parts.custom, name, said);
        }
        Ok(())
    }
}

/// A cell without what Excel puts around a text; nothing of one that says nothing.
fn bare(cell: &str) -> Option<&str> {
    let cell = cell.trim();
    let formula = cell.strip_prefix("=\"").and_then(|cell| cell.strip_suffix('"'));
    let cell = formula.or_else(|| cell.strip_prefix('\'')).unwrap_or(cell).trim();
    let is_nothing = cell.is_empty() || NOTHING.iter().any(|nothing| cell.eq_ignore_ascii_case(nothing));
    (!is_nothing).then_some(cell)
}

/// The phone numbers or e-mail addresses of a cell; the cell as it is where not all of its parts are some.
fn several_in<'c>(key: &str, cell: &'c str) -> Vec<&'c str> {
    let is_one = |part: &&str| match key {
        "em" => part.contains('@'),
        "ph" => part.bytes().filter(u8::is_ascii_digit).count() >= PHONE_DIGITS_MIN,
        _ => false,
    };
    let parts: Vec<&str> = cell.split(BETWEEN).map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.len() > 1 && parts.iter().all(is_one) { parts } else { vec![cell] }
}

/// A number that is a name, unless Excel has written it as `9.05E+11`, which has lost its last digits.
fn whole_digits<'c>(key: &'static str, cell: &'c str) -> Result<&'c str, RefusedRow> {
    let is_cut = || {
        let (digits, power) = cell.split_once("E+")?;
        let is_number =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
        Some(!digits.is_empty() && is_number(digits) && !power.is_empty() && is_number(power))
    };
    if is_cut() == Some(true) { Err(RefusedRow { key, wrong: CUT }) } else { Ok(cell) }
}

fn name_of(object: &mut String, name: &str) {
    if !object.is_empty() {
        object.push(',');
    }
    object.push_str(&text_of(name));
    object.push(':');
}

fn put(object: &mut String, name: &str, text: &str) {
    name_of(object, name);
    object.push_str(&text_of(text));
}

fn put_number(object: &mut String, name: &str, number: &str) {
    name_of(object, name);
    object.push_str(number);
}

/// A text in JSON.
fn text_of(text: &str) -> Cow<'static, str> {
    serde_json::to_string(text).map_or(Cow::Borrowed("\"\""), Cow::Owned)
}

const CUT: &str =
    "Excel has written this number as 9.05E+11 and lost its last digits; format the column as text";
const NO_ID: RefusedRow = RefusedRow {
    key: "event_id",
    wrong: "there is no id and no order number, by which it is known when it comes again",
};
const NO_NAME: RefusedRow =
    RefusedRow { key: "event_name", wrong: "there is no name of the event; say it with --event" };
const NO_SOURCE: RefusedRow = RefusedRow {
    key: "action_source",
    wrong: "it is not said where it happened; say it with --action-source",
};
const NO_TIME: RefusedRow = RefusedRow { key: "event_time", wrong: "there is no time" };
const UNREADABLE_TIME: RefusedRow = RefusedRow {
    key: "event_time",
    wrong: "this is no time; known are 2026-05-28 20:26, 28.05.2026 20:26, Unix seconds and Excel's numbers",
};
const TWO_TIMES: RefusedRow = RefusedRow {
    key: "event_time",
    wrong: "the day and the month can be either; say which stands first with --dates day-first or month-first",
};
const UNREADABLE_AMOUNT: RefusedRow = RefusedRow { key: "value", wrong: "this is no amount" };
const TWO_AMOUNTS: RefusedRow = RefusedRow {
    key: "value",
    wrong: "this can be two amounts, as 12.500 can; say what stands before decimals with --decimal comma or point",
};
const NO_CURRENCY: RefusedRow = RefusedRow {
    key: "value",
    wrong: "what stands beside the amount is no currency that is known; write its code, such as TRY",
};
const TWO_CURRENCIES: RefusedRow = RefusedRow {
    key: "currency",
    wrong: "the amount names another currency than its column, or names two; leave the right one",
};
const WHICH_CURRENCY: RefusedRow = RefusedRow {
    key: "currency",
    wrong: "the sign of the currency is of several, as $ is; write the code (100 USD), or say it in a column or with \
            --currency",
};
const RETURN: RefusedRow = RefusedRow {
    key: "value",
    wrong: "a return is not a sale, and the amount is below zero; take the row out, and also the sale that was given \
            back if it is still to be imported",
};
const NO_PRICE: RefusedRow = RefusedRow {
    key: "value",
    wrong: "an amount of zero is no price of a sale; take the row out, or write the price",
};
