//! The frame of the API's answers: lists under `_embedded`, the next page under `_links`. Shape
//! after Kommo's API reference (JSON HAL).

use std::collections::{HashMap, HashSet};

use serde_json::{Value, value::RawValue};

use super::{
    Page,
    ids::{id, id_of},
};
use crate::{NotUnderstood, lenient::seconds_of};

/// Longest path and query of a next page, bytes: ours have up to 100 ids.
const NEXT_MAX: usize = 8192;
/// Every path of the API begins so.
const API: &str = "/api/v4/";

/// One row of a list.
pub(super) struct PageRow<'a> {
    /// The row, read.
    pub value: Value,
    /// Its text, in which amounts are exact.
    pub raw: &'a RawValue,
}

/// The records of a list.
pub(super) struct Records<'a> {
    by_id: HashMap<String, PageRow<'a>>,
    /// Records with rows that cannot be read.
    odd: HashSet<String>,
    /// A row does not say whose it is: it may be anybody's.
    nameless: bool,
}

/// What a list says of one record.
pub(super) enum Found<'r, 'a> {
    /// This.
    Row(&'r PageRow<'a>),
    /// That it is not there.
    Absent,
    /// Nothing: its row cannot be read, or may be one that cannot be.
    Odd,
}

impl<'a> Records<'a> {
    pub fn find(&self, id: &str) -> Found<'_, 'a> {
        match self.by_id.get(id) {
            Some(row) => Found::Row(row),
            None if self.nameless || self.odd.contains(id) => Found::Odd,
            None => Found::Absent,
        }
    }
}

/// The rows of a list over all pages, each as raw text.
///
/// # Errors
/// A page is not a success or does not hold the list: then nothing may be called missing.
pub(super) fn rows<'a>(pages: &[Page<'a>], list: &str) -> Result<Vec<&'a RawValue>, NotUnderstood> {
    let mut rows = Vec::new();
    for page in pages {
        let Some(body) = body_of(page)? else { continue };
        rows.extend(rows_of(body, list).ok_or_else(|| unlike(body))?);
    }
    Ok(rows)
}

/// The rows of a list of records by their ids.
///
/// # Errors
/// As [`rows`].
pub(super) fn records<'a>(pages: &[Page<'a>], list: &str) -> Result<Records<'a>, NotUnderstood> {
    let mut records = Records { by_id: HashMap::new(), odd: HashSet::new(), nameless: false };
    for raw in rows(pages, list)? {
        let value: Option<Value> = serde_json::from_str(raw.get()).ok();
        let id = value.as_ref().map_or_else(|| id_in(raw, "id"), |value| id_of(value, "id"));
        let (id, row) = match (id, value) {
            (Some(id), Some(value)) => (id, PageRow { value, raw }),
            (Some(id), None) => {
                records.odd.insert(id);
                continue;
            }
            (None, _) => {
                records.nameless = true;
                continue;
            }
        };
        // A record that moves between two pages while they are read comes twice.
        let updated_s = |row: &PageRow| seconds_of(&row.value, "updated_at");
        if records.by_id.get(&id).is_none_or(|known| updated_s(known) <= updated_s(&row)) {
            records.by_id.insert(id, row);
        }
    }
    Ok(records)
}

/// The id in a member of a row, whatever else in the row cannot be read.
pub(super) fn id_in(row: &RawValue, key: &str) -> Option<String> {
    id(&serde_json::from_str(members(row.get())?.get(key)?.get()).ok()?)
}

/// The body of a success; `None` when nothing was found.
pub(super) fn body_of<'a>(page: &Page<'a>) -> Result<Option<&'a [u8]>, NotUnderstood> {
    match page.status {
        204 => Ok(None),
        200..=299 => Ok(Some(page.body)),
        status => Err(NotUnderstood { skeleton: format!("status {status}") }),
    }
}

/// The members of an object, each as raw text.
pub(super) fn members(object: &str) -> Option<HashMap<String, &RawValue>> {
    serde_json::from_str(object).ok()
}

/// A body that is not what was asked for.
pub(super) fn unlike(body: &[u8]) -> NotUnderstood {
    serde_json::from_slice(body)
        .map_or_else(|_| NotUnderstood::because("not JSON"), |body| NotUnderstood::json(&body))
}

fn rows_of<'a>(body: &'a [u8], list: &str) -> Option<Vec<&'a RawValue>> {
    let top = members(std::str::from_utf8(body).ok()?)?;
    let lists = members(top.get("_embedded")?.get())?;
    serde_json::from_str(lists.get(list)?.get()).ok()
}

pub(super) fn next(body: &[u8]) -> Result<Option<String>, NotUnderstood> {
    let Some(link) = next_link(body) else { return Ok(None) };
    let path = link.get("href").and_then(Value::as_str).and_then(path_of);
    path.map(Some).ok_or(NotUnderstood::because("the address of the next page cannot be used"))
}

/// The link to the next page; the rest of the body is not read.
fn next_link(body: &[u8]) -> Option<Value> {
    let top = members(std::str::from_utf8(body).ok()?)?;
    let links = members(top.get("_links")?.get())?;
    let link = serde_json::from_str(links.get("next")?.get()).ok()?;
    (link != Value::Null).then_some(link)
}

fn path_of(address: &str) -> Option<String> {
    let path = match address.split_once("://") {
        Some(("http" | "https", rest)) => rest.get(rest.find('/')?..)?,
        Some((before, _)) if !before.contains(['/', '?']) => return None,
        _ => address,
    };
    let sane = path.starts_with(API)
        && path.len() <= NEXT_MAX
        && path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#'))
        && !path.split(['/', '?']).any(|part| matches!(part, "." | ".."));
    sane.then(|| path.to_owned())
}
