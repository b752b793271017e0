//! How near a caller is to Meta's limits, from the headers of an answer.

use serde_json::Value;

/// Longest time that is believed, seconds (24 hours): a header is not trusted to stop delivery for
/// longer.
const WAIT_MAX_S: u64 = 24 * 60 * 60;

/// What the headers of an answer say of the limits. Meta's documentation of rate limiting.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    /// How much of the app's limit has been used, percent; 100 and more is throttled. It is shared by
    /// everything that the app calls for.
    pub app_percent: Option<f64>,
    /// How much has been used of the limit of what was called (an ad account, a business and its kind of
    /// call), of those the one that is nearest.
    pub object_percent: Option<f64>,
    /// After how long Meta will take calls again, seconds; `None` if it takes them now.
    pub wait_s: Option<u64>,
}

impl Usage {
    /// Reads the headers, given as name and value; names may have any case, and what cannot be read
    /// is passed over.
    ///
    /// ```
    /// let usage = capi::Usage::read([(
    ///     "X-Business-Use-Case-Usage",
    ///     r#"{"1":[{"type":"ads_management","call_count":100,"estimated_time_to_regain_access":5}]}"#,
    /// )]);
    /// assert_eq!((usage.object_percent, usage.wait_s), (Some(100.0), Some(300)));
    /// ```
    pub fn read<'h>(headers: impl IntoIterator<Item = (&'h str, &'h str)>) -> Self {
        let mut usage = Self::default();
        for (name, value) in headers {
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            if is("retry-after") {
                usage.wait(value.trim().parse().ok());
            } else if is("x-app-usage") {
                let entry = serde_json::from_str(value).unwrap_or_default();
                usage.app_percent = higher(usage.app_percent, most(&entry, COUNTS));
                usage.take_waits(&entry);
            } else if is("x-ad-account-usage") || is("x-fb-ads-insights-throttle") {
                usage.take(&serde_json::from_str(value).unwrap_or_default());
            } else if is("x-business-use-case-usage") {
                let by_business: Value = serde_json::from_str(value).unwrap_or_default();
                let entries = by_business.as_object().into_iter().flat_map(|all| all.values());
                for entry in entries.filter_map(Value::as_array).flatten() {
                    usage.take(entry);
                }
            }
        }
        usage
    }

    fn take(&mut self, entry: &Value) {
        self.object_percent = higher(self.object_percent, most(entry, COUNTS));
        self.object_percent = higher(self.object_percent, most(entry, &["acc_id_util_pct"]));
        self.app_percent = higher(self.app_percent, most(entry, &["app_id_util_pct"]));
        self.take_waits(entry);
    }

    fn take_waits(&mut self, entry: &Value) {
        let minutes = entry.get("estimated_time_to_regain_access").and_then(number);
        self.wait(minutes.map(|minutes| (minutes * 60.0) as u64));
        // The account's window says when it begins anew, which matters only once it is used up.
        let is_used_up =
            entry.get("acc_id_util_pct").and_then(number).is_some_and(|percent| percent >= 100.0);
        let reset_s = entry.get("reset_time_duration").and_then(number).filter(|_| is_used_up);
        self.wait(reset_s.map(|seconds| seconds as u64));
    }

    fn wait(&mut self, seconds: Option<u64>) {
        let longest = seconds.filter(|seconds| *seconds > 0).map(|seconds| seconds.min(WAIT_MAX_S));
        self.wait_s = self.wait_s.max(longest);
    }
}

/// Names of what is counted, in percent.
const COUNTS: &[&str] = &["call_count", "total_time", "total_cputime"];

/// The highest of these figures.
fn most(entry: &Value, names: &[&str]) -> Option<f64> {
    names.iter().filter_map(|name| number(entry.get(name)?)).reduce(f64::max)
}

fn higher(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    a.into_iter().chain(b).reduce(f64::max)
}

/// A number that is none below zero; Meta writes some as strings.
fn number(value: &Value) -> Option<f64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_limit_and_the_longest_wait_count() {
        for (headers, app_percent, object_percent, wait_s) in [
            (vec![], None, None, None),
            (
                vec![("x-app-usage", r#"{"call_count":28,"total_time":25,"total_cputime":"31.5"}"#)],
                Some(31.5),
                None,
                None,
            ),
            (
                vec![("X-Ad-Account-Usage", r#"{"acc_id_util_pct":9.67,"reset_time_duration":300}"#)],
                None,
                Some(9.67),
                None,
            ),
            (
                vec![("X-Ad-Account-Usage", r#"{"acc_id_util_pct":100,"reset_time_duration":300}"#)],
                None,
                Some(100.0),
                Some(300),
            ),
            (
                vec![("x-fb-ads-insights-throttle", r#"{"app_id_util_pct":85,"acc_id_util_pct":10}"#)],
                Some(85.0),
                Some(10.0),
                None,
            ),
            (
                vec![
                    ("x-app-usage", r#"{"call_count":3}"#),
                    (
                        "x-business-use-case-usage",
                        r#"{"1":[{"call_count":1,"estimated_time_to_regain_access":0}],"2":[{"total_time":97,"estimated_time_to_regain_access":2}]}"#,
                    ),
                    ("retry-after", "30"),
                ],
                Some(3.0),
                Some(97.0),
                Some(120),
            ),
            (vec![("retry-after", "99999999")], None, None, Some(WAIT_MAX_S)),
            (vec![("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"), ("x-app-usage", "{")], None, None, None),
            (vec![("x-app-usage", r#"{"call_count":-1}"#)], None, None, None),
        ] {
            assert_eq!(
                Usage::read(headers.clone()),
                Usage { app_percent, object_percent, wait_s },
                "{headers:?}"
            );
        }
    }
}
