//! The time at which somebody answered.

use std::time::UNIX_EPOCH;

use reqwest::header::{DATE, HeaderMap};

/// The `Date` of an answer, Unix milliseconds; `None` where it has none that can be read.
pub fn date_ms(headers: &HeaderMap) -> Option<i64> {
    let said = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    i64::try_from(said.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn the_date_is_read_or_there_is_none() {
        let read =
            |text: &'static str| date_ms(&HeaderMap::from_iter([(DATE, HeaderValue::from_static(text))]));
        assert_eq!(read("Sat, 28 Nov 2026 00:00:00 GMT"), Some(1_795_824_000_000));
        assert_eq!(read("yesterday"), None);
        assert_eq!(date_ms(&HeaderMap::new()), None);
    }
}
