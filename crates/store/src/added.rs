//! What was added to events that have left: identifiers of a person whom the events themselves do not name.

use std::collections::{HashMap, HashSet};

use kopru_core::{Carried, JoinKey};
use serde::Deserialize;
use serde_json::Value;

/// What Meta got of an event's person.
#[derive(Deserialize)]
struct LeftEvent {
    user_data: HashMap<String, Value>,
}

/// Whether an event left with an identifier of one of these that it did not say itself. `carried` is what is stored of
/// what it carried.
pub(crate) fn is_added_of(
    join: &JoinKey,
    dataset: &str,
    carried: &str,
    body: &str,
    nodes: &HashSet<&str>,
) -> bool {
    let added = Carried::added_of_stored(carried);
    if added.is_empty() {
        return false;
    }
    // What cannot be read says nothing to anybody.
    let Ok(LeftEvent { user_data }) = serde_json::from_str(body) else { return false };
    added.iter().any(|key| {
        let values = match user_data.get(key) {
            Some(Value::Array(values)) => values.as_slice(),
            Some(value) => std::slice::from_ref(value),
            None => &[],
        };
        let mut hashes = values.iter().filter_map(Value::as_str);
        hashes.any(|sha256| nodes.contains(join.match_value(dataset, key, sha256).as_str()))
    })
}
