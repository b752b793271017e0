//! What the columns of a file are, by their names.

use super::{
    currencies::Currencies,
    keys::{FILE_KEYS, FileKey, find_key},
    names,
};

/// A column that only Shopify's orders have: there `Name` is the order's number.
const OF_SHOPIFY: &str = "financialstatus";

/// Columns that only the deals of a CRM have: there `ID` is the deal's number.
const OF_DEALS: [&str; 4] = ["leadstage", "dealstage", "pipeline", "anlasmaasamasi"];

/// What each column is, by its name and what stands in some rows; nothing where that says nothing, or another column
/// says it better.
pub fn guess(header: &[impl AsRef<str>], rows: &[Vec<String>]) -> Vec<Option<&'static FileKey>> {
    let folded: Vec<String> = header.iter().map(|name| folded_amount(name.as_ref())).collect();
    let of_shopify = folded.iter().any(|name| name == OF_SHOPIFY);
    let mut columns = vec![None; header.len()];
    if of_shopify && let Some(place) = folded.iter().position(|name| name == "name") {
        columns[place] = find_key("order_id");
    }
    if folded.iter().any(|name| OF_DEALS.contains(&name.as_str()))
        && let Some(place) = folded.iter().position(|name| name == "id")
    {
        columns[place] = find_key("event_id");
    }
    for key in &FILE_KEYS {
        if columns.iter().flatten().any(|taken: &&FileKey| taken.name == key.name) {
            continue;
        }
        // One of several may be numbered: `Telefon 1`, `Telefon 2`.
        let is_digit = |sign: char| key.is_list() && sign.is_ascii_digit();
        let mut free = Vec::new();
        for word in key.words {
            let named = folded.iter().map(|name| name.trim_end_matches(is_digit) == *word);
            let found = named.enumerate().filter(|(place, is_named)| *is_named && columns[*place].is_none());
            free.extend(found.map(|(place, _)| place));
        }
        free.truncate(key.columns_max);
        for place in free {
            columns[place] = Some(key);
        }
    }
    names::settle(&mut columns, &folded, rows);
    columns
}

/// The name of a column, and of one of amounts without the currency at its end.
fn folded_amount(name: &str) -> String {
    let bare = split_currency(name).map(|(before, _)| folded(before));
    let is_of_amounts =
        |bare: &String| find_key("value").is_some_and(|key| key.words.contains(&bare.as_str()));
    bare.filter(is_of_amounts).unwrap_or_else(|| folded(name))
}

/// The currency that stands at the end of a column's name, as it is written there: `Tutar (TL)`, `Total USD`.
pub(super) fn currency_of_name(name: &str) -> Option<&str> {
    split_currency(name).map(|(_, currency)| currency)
}

fn split_currency(name: &str) -> Option<(&str, &str)> {
    let bare = name.trim().trim_end_matches([')', ']']);
    let (before, last) = bare.rsplit_once([' ', '(', '[', '_', '-', '/'])?;
    Currencies::of(last).map(|_| (before, last.trim()))
}

/// Whether two names mean the same column: as people write them, in whatever case and with whatever signs.
pub fn same_column(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

/// A name without what people and their programs write differently: small letters of ASCII and digits. A name of
/// other letters stays as it is.
pub(super) fn folded(name: &str) -> String {
    let small = name.trim().chars().flat_map(char::to_lowercase).filter_map(|letter| match letter {
        'ı' | 'î' | 'í' => Some('i'),
        'ş' => Some('s'),
        'ğ' => Some('g'),
        'ü' | 'û' => Some('u'),
        'ö' => Some('o'),
        'ç' => Some('c'),
        'â' => Some('a'),
        letter => letter.is_alphanumeric().then_some(letter),
    });
    small.collect()
}
