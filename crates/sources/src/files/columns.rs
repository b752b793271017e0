//! What the columns of a file are, by their names.

use super::keys::{FILE_KEYS, FileKey, find_key};

/// Names of columns that say how an order ended. None of them is used: whoever cancelled has not bought.
const STATUSES: [&str; 19] = [
    "status",
    "state",
    "durum",
    "durumu",
    "siparisdurumu",
    "orderstatus",
    "financialstatus",
    "odemedurumu",
    "paymentstatus",
    "fulfillmentstatus",
    "stage",
    "leadstage",
    "dealstage",
    "leadstatus",
    "dealstatus",
    "asama",
    "anlasmaasamasi",
    "iptal",
    "cancelledat",
];
/// A column that only Shopify's orders have: there `Name` is the order's number.
const OF_SHOPIFY: &str = "financialstatus";

/// Columns that only the deals of a CRM have: there `ID` is the deal's number.
const OF_DEALS: [&str; 4] = ["leadstage", "dealstage", "pipeline", "anlasmaasamasi"];

/// What each column is, by its name; nothing where that says nothing, or another column says it better.
pub fn guess(header: &[impl AsRef<str>]) -> Vec<Option<&'static FileKey>> {
    let folded: Vec<String> = header.iter().map(|name| folded(name.as_ref())).collect();
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
        let found = key.words.iter().filter_map(|word| folded.iter().position(|name| name == word));
        let free: Vec<usize> =
            found.filter(|place| columns[*place].is_none()).take(key.columns_max).collect();
        for place in free {
            columns[place] = Some(key);
        }
    }
    columns
}

/// Whether two names mean the same column: as people write them, in whatever case and with whatever signs.
pub fn same_column(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

/// Whether a column says how an order ended.
pub fn is_status(name: &str) -> bool {
    STATUSES.contains(&folded(name).as_str())
}

/// A name without what people and their programs write differently: small letters of ASCII and digits. A name of
/// other letters stays as it is.
fn folded(name: &str) -> String {
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
