//! What restores have put aside still knows people who are erased afterwards.

use serde_json::Value;

use crate::{config::Config, logging::say};

/// What a person has to know of such a folder.
pub const STILL_KNOWS: &str = "it holds personal data, of people too who were erased since or will be: delete it once you do not need it";

/// Names the folders beside a store that an erasure does not reach, after one or before.
pub fn say_what_still_knows(config: &Config, path: &str, body: Option<&Value>) {
    let lifts = body.is_some_and(|body| body.get("lift") == Some(&Value::Bool(true)));
    if !path.starts_with("/api/v1/forget") || lifts {
        return;
    }
    for folder in store::put_aside(&config.store_path) {
        say(&format!(
            "a restore has put {} aside, and nothing is erased there: {STILL_KNOWS}",
            folder.display()
        ));
    }
}
