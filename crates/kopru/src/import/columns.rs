//! What the columns of a file are: guessed, said, and shown.

use std::collections::BTreeMap;

use capi::privacy::is_personal_text;
use kopru_core::KeyConsent;
use serde_json::Value;
use sources::files::{FileKey, RowForms, RowReader, find_key, guess, is_status, same_column, unsure_name};

use super::{
    action_sources,
    printable::{EXAMPLE_CHARS, printable},
    refused_file::is_mark,
    rows::FileSample,
    status_columns,
};
use crate::Error;

/// What a column is that is not used.
const NONE: &str = "none";
/// The event that is told where an amount is and no name.
const PURCHASE: &str = "Purchase";
/// How many columns are named that are not used.
const UNUSED_SHOWN: usize = 30;

/// What the columns are, and how rows are read.
pub struct Columns {
    keys: Vec<Option<&'static FileKey>>,
    /// Columns of which somebody has said what they are.
    said: Vec<usize>,
    /// The consent as the management API is told it, where a column says it.
    consent: Option<String>,
    /// Columns in which one of these texts has to stand.
    only: BTreeMap<usize, Vec<String>>,
    reader: RowReader,
}

/// What was said of the columns.
#[derive(Clone, Copy, Default)]
pub struct SaidOfColumns<'a> {
    /// What they are, COLUMN=KEY.
    pub map: &'a [String],
    /// What has to stand in them, COLUMN=TEXT.
    pub only: &'a [String],
    /// Whose consent the events carry.
    pub consent: Option<&'a str>,
}

impl Columns {
    /// The columns of a file of which some rows are known.
    pub fn of(sample: &FileSample, said: &SaidOfColumns<'_>, mut forms: RowForms) -> Result<Self, Error> {
        let SaidOfColumns { map, only: said_only, consent } = *said;
        let mut only: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for said in said_only {
            let (column, text) = said.split_once('=').ok_or_else(|| Error::OnlyForm(said.clone()))?;
            only.entry(place(sample, column)?).or_default().push(text.to_owned());
        }
        let mut said_of = Vec::new();
        let mut keys = guess(&sample.header, &sample.rows);
        for said in map {
            let (column, key) = said.rsplit_once('=').ok_or_else(|| Error::MapForm(said.clone()))?;
            let (place, key) = (place(sample, column)?, known(key)?);
            if let Some(key) = key.filter(|key| !key.is_list()) {
                keys.iter_mut().filter(|known| **known == Some(key)).for_each(|known| *known = None);
            }
            keys[place] = key;
            said_of.push(place);
        }
        let field = match consent.map(KeyConsent::from_code) {
            Some(Some(KeyConsent::Field(name))) => Some(name),
            _ => consent.and_then(|code| code.strip_prefix("field:")).map(str::to_owned),
        };
        let field = field.filter(|_| !sample.header.is_empty());
        let field = field.map(|name| {
            let place = place(sample, &name)?;
            // A column may carry the name of one of Meta's own fields.
            let name = sample.header[place].clone();
            Ok::<_, Error>((place, name))
        });
        let consent_column = field.transpose()?;
        let consent = consent_column.as_ref().map(|(_, name)| KeyConsent::Field(name.clone()).code());
        let has = |name| keys.iter().flatten().any(|key| key.name == name);
        if forms.event_name.is_none() && has("value") {
            forms.event_name = Some(PURCHASE.to_owned());
        }
        if sample.events == 0 {
            if !keys.iter().any(Option::is_some) {
                return Err(Error::NoColumns);
            }
            for (needed, is_there) in [
                ("event_time", has("event_time")),
                ("event_id or order_id", has("event_id") || has("order_id")),
            ] {
                if !is_there {
                    return Err(Error::ColumnMissing(needed));
                }
            }
            if !has("event_name") && forms.event_name.is_none() {
                return Err(Error::ImportNeeds(
                    "--event",
                    "what happened, such as Purchase or Lead".to_owned(),
                ));
            }
            if !has("action_source") && forms.action_source.is_none() {
                let what = format!("where it happened: {}", action_sources());
                return Err(Error::ImportNeeds("--action-source", what));
            }
        }
        forms.learn(&keys, &sample.header, &sample.rows);
        let reader = RowReader::new(keys.clone(), consent_column, forms);
        Ok(Self { keys, said: said_of, consent, only, reader })
    }

    /// Whether a row is among those that are to be imported.
    pub fn is_meant(&self, row: &[String]) -> bool {
        self.only.iter().all(|(place, texts)| {
            let cell = row.get(*place).map(String::as_str).unwrap_or_default();
            texts.iter().any(|text| same_column(cell, text))
        })
    }

    /// Who makes events of the rows.
    pub fn reader(&self) -> &RowReader {
        &self.reader
    }

    /// The consent as the management API is told it, where a column says it.
    pub fn consent_code(&self) -> Option<&str> {
        self.consent.as_deref()
    }

    /// Says what the columns are, with examples, of people only how long they are; a line each.
    pub fn described(&self, sample: &FileSample, now_s: i64) -> Vec<String> {
        let mut lines = Vec::new();
        if sample.events > 0 {
            lines.push("the file has events in Meta's shape, which are taken as they are".to_owned());
        }
        if sample.header.is_empty() {
            return lines;
        }
        if let Some(line) = sample.header_line {
            lines
                .push(format!("the names of the columns stand in line {line}; what is above it is left out"));
        }
        let examples = Examples::of(sample, self, now_s);
        let width =
            sample.header.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(EXAMPLE_CHARS);
        let mut unused = Vec::new();
        for (place, (name, key)) in sample.header.iter().zip(&self.keys).enumerate() {
            let shown = shown_name(name);
            if let Some(texts) = self.only.get(&place) {
                let texts: Vec<String> = texts.iter().map(|text| printable(text)).collect();
                lines.push(format!("{shown:width$}  only                {}", texts.join(", ")));
            }
            let Some(key) = key else {
                let is_named = !name.is_empty() && !is_mark(name);
                if is_named && !self.only.contains_key(&place) {
                    unused.push(shown);
                }
                continue;
            };
            let example = examples.shown(place, key);
            lines.push(format!("{shown:width$}  {:18}  {example}", key.name));
        }
        if !unused.is_empty() {
            let more = unused.len().saturating_sub(UNUSED_SHOWN);
            unused.truncate(UNUSED_SHOWN);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            lines.push(format!("not used: {}{more}", unused.join(", ")));
        }
        for (place, name) in sample.header.iter().enumerate() {
            if self.keys[place].is_none() && !self.only.contains_key(&place) && is_status(name) {
                let values = sample.rows.iter().map(|row| row.get(place).map_or("", String::as_str));
                lines.extend(status_columns::described(&shown_name(name), values));
            }
        }
        if let Some((place, several, all)) = unsure_name(&self.keys, &sample.rows)
            && !self.said.contains(&place)
        {
            let name = shown_name(&sample.header[place]);
            lines.push(format!(
                "{name}: {several} of {all} values have several words, and there is no column of family names; say \
                 --map \"{name}=name\" if it holds names in full, --map \"{name}=fn\" if first names"
            ));
        }
        lines
    }
}

/// A row that shows what the columns are: what stands in it, and what is read of that.
struct Examples<'s> {
    sample: &'s FileSample,
    row: Option<&'s [String]>,
    /// The event of the row; nothing of one that makes none.
    event: Value,
}

impl<'s> Examples<'s> {
    /// The first row that makes an event, or the first one.
    fn of(sample: &'s FileSample, columns: &Columns, now_s: i64) -> Self {
        let mut meant = sample.rows.iter().filter(|row| columns.is_meant(row));
        let read = |row: &'s Vec<String>| {
            let event = serde_json::from_str(&columns.reader.event(row, now_s).ok()?).ok()?;
            Some((row.as_slice(), event))
        };
        let (row, event) = match meant.find_map(read) {
            Some((row, event)) => (Some(row), event),
            None => (sample.rows.first().map(Vec::as_slice), Value::Null),
        };
        Self { sample, row, event }
    }

    /// What stands in a column, with what is read of it; of people only how long it is.
    fn shown(&self, place: usize, key: &FileKey) -> String {
        let text_of =
            |row: &'s [String]| row.get(place).map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
        let of_row = self.row.and_then(text_of);
        // Where the row has nothing, another shows what stands there.
        let text = of_row.or_else(|| self.sample.rows.iter().find_map(|row| text_of(row)));
        let Some(text) = text else { return "(empty)".to_owned() };
        if key.is_personal() || is_personal_text(text) && key.name != "event_time" {
            return masked(text);
        }
        let read = of_row.and_then(|_| self.read(key.name));
        let short = printable(text);
        read.map_or_else(|| short.clone(), |read| format!("{short}  (read as {read})"))
    }

    /// What is read of the row for keys that people write in many ways.
    fn read(&self, key: &str) -> Option<String> {
        let currency = || self.event.pointer("/custom_data/currency").and_then(Value::as_str);
        match key {
            "event_time" => {
                let time = self.event.get("event_time").and_then(Value::as_i64)?;
                Some(jiff::Timestamp::from_second(time).ok()?.to_string())
            }
            "value" => {
                let value = self.event.pointer("/custom_data/value")?;
                Some(currency().map_or_else(|| value.to_string(), |currency| format!("{value} {currency}")))
            }
            "currency" => currency().map(str::to_owned),
            _ => None,
        }
    }
}

fn known(key: &str) -> Result<Option<&'static FileKey>, Error> {
    if key == NONE {
        return Ok(None);
    }
    find_key(key).map(Some).ok_or_else(|| Error::MapKey(key.to_owned()))
}

/// The column that is named, or numbered from 1.
fn place(sample: &FileSample, column: &str) -> Result<usize, Error> {
    let named = sample.header.iter().position(|name| same_column(name, column));
    let numbered =
        || column.parse::<usize>().ok()?.checked_sub(1).filter(|place| *place < sample.header.len());
    named.or_else(numbered).ok_or_else(|| Error::MapColumn(column.to_owned()))
}

/// Names the columns of a file.
pub fn listed(header: &[String]) -> String {
    let named = header.iter().filter(|name| !name.is_empty() && !is_mark(name));
    let mut names: Vec<String> = named.map(|name| shown_name(name)).collect();
    let more = names.len().saturating_sub(UNUSED_SHOWN);
    names.truncate(UNUSED_SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("the columns of the file: {}{more}", names.join(", "))
}

/// The name of a column, unless it looks personal.
fn shown_name(name: &str) -> String {
    if is_personal_text(name) { "…".to_owned() } else { printable(name) }
}

/// What is shown of what is of a person: its first letter, and how long it is.
fn masked(text: &str) -> String {
    let first: String = printable(text).chars().take(1).collect();
    format!("{first}…  ({} characters)", text.chars().count())
}
