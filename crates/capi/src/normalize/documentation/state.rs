//! States, provinces and regions: two letters in the United States, the name elsewhere.

use super::letters;
use crate::{catalogue, normalize::Dropped};

pub(super) fn write(value: &str, country: Option<&str>, out: &mut String) -> Result<(), Dropped> {
    if matches!(country, Some("us") | None)
        && let Some(code) = catalogue::us_state(value)
    {
        out.push_str(code);
        return Ok(());
    }
    letters::write(value, country, out)
}
