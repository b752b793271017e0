//! The frame of the API's answers: lists under `_embedded`, the next page under `_links`. Shape
//! after Kommo's API reference (JSON HAL).

use std::collections::HashMap;

use serde_json::{Value, value::RawValue};

use super::{Page, ids::id_of};
use crate::{Unreadable, lenient::seconds_of};

/// Longest path and query of a next page, bytes: ours have up to 100 ids.
const NEXT_MAX: usize = 8192;
/// Every path of the API begins so.
const API: &str = "/api/v4/";

/// One row of a list.
pub(super) struct Row<'a> {
    /// The row, read.
    pub value: Value,
    /// Its text, in which amounts are exact.
    pub raw: &'a RawValue,
}

/// The rows of a list, over all pages.
///
/// # Errors
/// A page is not a success, does not hold the list or has a row that cannot be read: then nothing
/// may be called missing.
pub(super) fn rows<'a>(pages: &[Page<'a>], list: &str) -> Result<Vec<Row<'a>>, Unreadable> {
    let mut rows = Vec::new();
    for page in pages {
        let Some(body) = body_of(page)? else { continue };
        for raw in rows_of(body, list).ok_or_else(|| unlike(body))? {
            let value =
                serde_json::from_str(raw.get()).map_err(|_| Unreadable::because("a row that is not JSON"))?;
            rows.push(Row { value, raw });
        }
    }
    Ok(rows)
}

/// The rows of a list of records by their ids.
///
/// # Errors
/// As [`rows`], or a row has no id.
pub(super) fn records<'a>(pages: &[Page<'a>], list: &str) -> Result<HashMap<String, Row<'a>>, Unreadable> {
    let mut records: HashMap<String, Row> = HashMap::new();
    for row in rows(pages, list)? {
        let id = id_of(&row.value, "id").ok_or_else(|| Unreadable::json(&row.value))?;
        // A record that moves between two pages while they are read comes twice.
        let updated_s = |row: &Row| seconds_of(&row.value, "updated_at");
        if records.get(&id).is_none_or(|known| updated_s(known) <= updated_s(&row)) {
            records.insert(id, row);
        }
    }
    Ok(records)
}

/// The body of a success; `None` when nothing was found.
pub(super) fn body_of<'a>(page: &Page<'a>) -> Result<Option<&'a [u8]>, Unreadable> {
    match page.status {
        204 => Ok(None),
        200..=299 => Ok(Some(page.body)),
        status => Err(Unreadable { shape: format!("status {status}") }),
    }
}

/// The members of an object, each as raw text.
pub(super) fn members(object: &str) -> Option<HashMap<String, &RawValue>> {
    serde_json::from_str(object).ok()
}

/// A body that is not what was asked for.
pub(super) fn unlike(body: &[u8]) -> Unreadable {
    serde_json::from_slice(body)
        .map_or_else(|_| Unreadable::because("not JSON"), |body| Unreadable::json(&body))
}

fn rows_of<'a>(body: &'a [u8], list: &str) -> Option<Vec<&'a RawValue>> {
    let top = members(std::str::from_utf8(body).ok()?)?;
    let lists = members(top.get("_embedded")?.get())?;
    serde_json::from_str(lists.get(list)?.get()).ok()
}

pub(super) fn next(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let address = body.pointer("/_links/next/href")?.as_str()?;
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
