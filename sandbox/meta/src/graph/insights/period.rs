//! The days that a call asks for, in the time zone of the ad account.

use axum::http::StatusCode;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde_json::Value;

use crate::graph::call::Call;
use crate::graph::errors::Refusal;

/// Most `time_ranges` of a call.
const MOST_RANGES: usize = 100;
/// Meta keeps figures of 37 months.
const KEPT_MONTHS: i64 = 37;

/// Days from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) since: Date,
    pub(super) until: Date,
}

/// The periods, each of which has rows of its own. `first` is the first day for which anything is known.
pub(super) fn all(
    call: &Call,
    today: Date,
    first: impl FnOnce() -> Option<Date>,
) -> Result<Vec<Period>, Refusal> {
    let given = |name: &str| call.params.get(name).is_some_and(|value| !value.is_null() && *value != "");
    if given("time_ranges") {
        let ranges = call.json("time_ranges").transpose()?.unwrap_or_default();
        let ranges = ranges.as_array().filter(|ranges| (1..=MOST_RANGES).contains(&ranges.len()));
        let ranges = ranges.ok_or_else(|| must_be("time_ranges", "a list of 1 to 100 time ranges"))?;
        return ranges.iter().map(|range| one(range, today)).collect();
    }
    let whole = if given("time_range") {
        one(&call.json("time_range").transpose()?.unwrap_or_default(), today)?
    } else {
        preset(call.text("date_preset").unwrap_or("last_30d"), today, first)?
    };
    split(whole, call.params.get("time_increment").unwrap_or(&Value::Null))
}

fn one(range: &Value, today: Date) -> Result<Period, Refusal> {
    let day = |key: &str| range[key].as_str().and_then(|text| text.parse::<Date>().ok());
    let (Some(since), Some(until)) = (day("since"), day("until")) else {
        return Err(must_be("time_range", "an object with since and until as YYYY-MM-DD"));
    };
    if since > until {
        return Err(must_be("time_range", "a range whose since is not after its until"));
    }
    if since < today.saturating_sub(KEPT_MONTHS.months()) {
        let message =
            "(#3018) The start date of the time range cannot be beyond 37 months from the current date";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "OAuthException", 3018, message));
    }
    Ok(Period { since, until: until.min(today.saturating_add(1.day())).max(since) })
}

fn must_be(name: &str, what: &str) -> Refusal {
    Refusal::parameter(format!("(#100) Param {name} must be {what}"))
}

fn preset(name: &str, today: Date, first: impl FnOnce() -> Option<Date>) -> Result<Period, Refusal> {
    let back = |days: i64| today.saturating_sub(days.days());
    let month = today.first_of_month();
    let quarter = month.saturating_sub(i64::from((month.month() - 1) % 3).months());
    let since_weekday = |first: Weekday| back(i64::from(today.weekday().since(first)));
    let day_before = |day: Date| day.saturating_sub(1.day());
    let (since, until) = match name {
        "today" => (today, today),
        "yesterday" => (back(1), back(1)),
        "last_3d" => (back(3), back(1)),
        "last_7d" => (back(7), back(1)),
        "last_14d" => (back(14), back(1)),
        "last_28d" => (back(28), back(1)),
        "last_30d" => (back(30), back(1)),
        "last_90d" => (back(90), back(1)),
        "this_week_mon_today" => (since_weekday(Weekday::Monday), today),
        "this_week_sun_today" => (since_weekday(Weekday::Sunday), today),
        "last_week_mon_sun" | "last_week_sun_sat" => {
            let first = if name.ends_with("sun") { Weekday::Monday } else { Weekday::Sunday };
            let this = since_weekday(first);
            (this.saturating_sub(7.days()), day_before(this))
        }
        "this_month" => (month, today),
        "last_month" => (month.saturating_sub(1.month()), day_before(month)),
        "this_quarter" => (quarter, today),
        "last_quarter" => (quarter.saturating_sub(3.months()), day_before(quarter)),
        "this_year" => (today.first_of_year(), today),
        "last_year" => (today.first_of_year().saturating_sub(1.year()), day_before(today.first_of_year())),
        "maximum" | "data_maximum" => {
            let oldest = today.saturating_sub(KEPT_MONTHS.months());
            (first().unwrap_or(today).clamp(oldest, today), today)
        }
        _ => {
            return Err(must_be(
                "date_preset",
                "one of {today, yesterday, this_month, last_month, this_quarter, maximum, data_maximum, last_3d, \
                 last_7d, last_14d, last_28d, last_30d, last_90d, last_week_mon_sun, last_week_sun_sat, \
                 last_quarter, last_year, this_week_mon_today, this_week_sun_today, this_year}",
            ));
        }
    };
    Ok(Period { since, until })
}

/// Into pieces of `time_increment`: days, months of the calendar, or one piece.
fn split(whole: Period, increment: &Value) -> Result<Vec<Period>, Refusal> {
    let number = increment.as_i64().or_else(|| increment.as_str()?.parse().ok());
    let next: Box<dyn Fn(Date) -> Date> = match (increment.as_str(), number) {
        (_, Some(days)) if (1..=90).contains(&days) => {
            Box::new(move |day: Date| day.saturating_add(days.days()))
        }
        (Some("monthly"), _) => Box::new(|day: Date| day.first_of_month().saturating_add(1.month())),
        (Some("all_days" | ""), _) => return Ok(vec![whole]),
        _ if increment.is_null() => return Ok(vec![whole]),
        _ => return Err(must_be("time_increment", "1 to 90, monthly or all_days")),
    };
    let mut pieces = Vec::new();
    let mut since = whole.since;
    while since <= whole.until {
        let following = next(since);
        let until = following.saturating_sub(1.day()).min(whole.until);
        pieces.push(Period { since, until });
        if following <= since {
            break;
        }
        since = following;
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;

    fn written(periods: &[Period]) -> String {
        periods.iter().map(|one| format!("{}..{}", one.since, one.until)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn presets() {
        let today = date(2025, 11, 26);
        for (name, expected) in [
            ("today", "2025-11-26..2025-11-26"),
            ("yesterday", "2025-11-25..2025-11-25"),
            ("last_7d", "2025-11-19..2025-11-25"),
            ("last_30d", "2025-10-27..2025-11-25"),
            ("this_month", "2025-11-01..2025-11-26"),
            ("last_month", "2025-10-01..2025-10-31"),
            ("this_quarter", "2025-10-01..2025-11-26"),
            ("last_quarter", "2025-07-01..2025-09-30"),
            ("this_week_mon_today", "2025-11-24..2025-11-26"),
            ("this_week_sun_today", "2025-11-23..2025-11-26"),
            ("last_week_mon_sun", "2025-11-17..2025-11-23"),
            ("last_week_sun_sat", "2025-11-16..2025-11-22"),
            ("this_year", "2025-01-01..2025-11-26"),
            ("last_year", "2024-01-01..2024-12-31"),
            ("maximum", "2025-08-01..2025-11-26"),
        ] {
            let period = preset(name, today, || Some(date(2025, 8, 1))).unwrap();
            assert_eq!(written(&[period]), expected, "{name}");
        }
        assert!(preset("lifetime", today, || None).is_err());
        assert_eq!(written(&[preset("maximum", today, || None).unwrap()]), "2025-11-26..2025-11-26");
    }

    #[test]
    fn increments() {
        let whole = Period { since: date(2025, 10, 30), until: date(2025, 11, 3) };
        for (increment, expected) in [
            (json!(null), "2025-10-30..2025-11-03"),
            (json!("all_days"), "2025-10-30..2025-11-03"),
            (json!(2), "2025-10-30..2025-10-31 2025-11-01..2025-11-02 2025-11-03..2025-11-03"),
            (json!("90"), "2025-10-30..2025-11-03"),
            (json!("monthly"), "2025-10-30..2025-10-31 2025-11-01..2025-11-03"),
        ] {
            assert_eq!(written(&split(whole, &increment).unwrap()), expected, "{increment}");
        }
        for increment in [json!(0), json!(91), json!("weekly"), json!([1]), json!(-1)] {
            assert!(split(whole, &increment).is_err(), "{increment}");
        }
    }

    #[test]
    fn ranges() {
        let today = date(2025, 11, 26);
        let range = |since: &str, until: &str| one(&json!({ "since": since, "until": until }), today);
        assert_eq!(written(&[range("2025-11-01", "2025-11-02").unwrap()]), "2025-11-01..2025-11-02");
        assert_eq!(written(&[range("2025-11-26", "2099-01-01").unwrap()]), "2025-11-26..2025-11-27");
        for (since, until) in
            [("2025-11-02", "2025-11-01"), ("yesterday", "today"), ("2020-01-01", "2025-01-01")]
        {
            assert!(range(since, until).is_err(), "{since}");
        }
        assert!(one(&json!("last"), today).is_err());
    }
}
