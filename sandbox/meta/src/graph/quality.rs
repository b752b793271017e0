//! `GET /dataset_quality`: how well Meta can use the events of a dataset, by event name.
//!
//! Shares and counts are those of what came. Meta's formula for the match score is not public: the score
//! here is ten times the share of events that really found somebody, lowered by keys that could not be
//! used. It grows with every event that matches, and that is all that it has in common with Meta's.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::{Value, json};

use super::access;
use super::call::Call;
use super::errors::Refusal;
use super::limit;
use crate::Meta;
use crate::records::tally::Tally;

/// The share of the browser's events that servers should report too.
const GOAL_PERCENTAGE: u64 = 75;

pub(super) fn get(meta: &Meta, call: &Call, now_s: i64) -> Result<Value, Refusal> {
    if call.method != Method::GET {
        return Err(Refusal::no_object(&call.method, "dataset_quality"));
    }
    let asked = call
        .text("dataset_id")
        .ok_or_else(|| Refusal::parameter("(#100) The parameter dataset_id is required"))?;
    {
        let world = meta.world();
        let token = access::token(&world, call, now_s)?;
        limit::charge(meta, call, token)?;
        if !world.datasets.contains_key(asked) || !token.may_touch(asked) {
            let message = "Invalid parameter";
            let user = "The dataset does not exist, or the access token may not use it.";
            return Err(Refusal::parameter(message).with_user(2_044_055, "Invalid Dataset", user));
        }
        if !token.has("ads_read") && !token.has("read_ads_dataset_quality") {
            return Err(Refusal::no_permission("ads_read"));
        }
    }
    Ok(of(&meta.tallies(asked)))
}

/// The answer for these counts.
pub(crate) fn of(tallies: &BTreeMap<String, Tally>) -> Value {
    let web: Vec<Value> =
        tallies.iter().filter(|(_, tally)| tally.web > 0).map(|(name, tally)| row(name, tally)).collect();
    json!({ "web": web })
}

fn row(name: &str, tally: &Tally) -> Value {
    let keys: Vec<Value> = tally
        .keys
        .iter()
        .map(|(key, count)| {
            json!({
                "identifier": identifier(key),
                "coverage": { "percentage": percentage(*count, tally.server) },
                "potential_aly_acr_increase": { "percentage": 0.0, "description": "The sandbox shows ads to nobody." },
            })
        })
        .collect();
    let remarks: Vec<Value> = tally
        .remarks
        .iter()
        .map(|(remark, count)| {
            json!({
                "name": remark, "description": remark, "solution": "",
                "percentage": percentage(*count, tally.server + tally.browser),
                "affected_event_count": count, "total_event_count": tally.server + tally.browser,
            })
        })
        .collect();
    let dedup_keys = ["event_id", "external_id", "fbp"].map(|key| dedup_key(key, tally));
    json!({
        "event_name": name,
        "event_match_quality": {
            "composite_score": score(tally),
            "match_key_feedback": keys,
            "diagnostics": remarks,
        },
        "event_coverage": {
            "percentage": coverage(tally),
            "goal_percentage": GOAL_PERCENTAGE,
            "description": "Events of servers for each event of a browser.",
        },
        "dedupe_key_feedback": dedup_keys,
        "data_freshness": { "upload_frequency": frequency(tally), "description": "When prefix of the events had come." },
        "acr": { "percentage": additional(tally), "description": "Events that only servers reported." },
    })
}

/// Meta's name of a key in this answer.
fn identifier(key: &str) -> &str {
    match key {
        "em" => "email",
        "ph" => "phone",
        "fn" => "first_name",
        "ln" => "last_name",
        "db" => "date_of_birth",
        "ge" => "gender",
        "ct" => "city",
        "st" => "state",
        "zp" => "zip_code",
        "client_ip_address" => "ip_address",
        "client_user_agent" => "user_agent",
        other => other,
    }
}

/// One decimal, 0 to 10.
fn score(tally: &Tally) -> f64 {
    if tally.server == 0 {
        return 0.0;
    }
    let unusable: u64 = tally
        .remarks
        .iter()
        .filter(|(remark, _)| remark.starts_with("user_data."))
        .map(|(_, count)| *count)
        .sum();
    let matched = tally.matched as f64 / tally.server as f64;
    let lowered = 1.0 - 0.2 * (unusable as f64 / tally.server as f64).min(1.0);
    (matched * lowered * 100.0).round() / 10.0
}

fn coverage(tally: &Tally) -> f64 {
    if tally.browser == 0 { 100.0 } else { percentage(tally.server.min(tally.browser), tally.browser) }
}

fn dedup_key(key: &str, tally: &Tally) -> Value {
    let (server, browser) = tally.dedup_keys.get(key).copied().unwrap_or_default();
    let share = |count, of| json!({ "percentage": percentage(count, of), "description": "" });
    json!({
        "dedupe_key": key,
        "browser_events_with_dedupe_key": share(browser, tally.browser),
        "server_events_with_dedupe_key": share(server, tally.server),
        "overall_browser_coverage_from_dedupe_key": share(server.min(browser), tally.browser),
    })
}

/// The span within which prefix of the events came.
fn frequency(tally: &Tally) -> &'static str {
    let all: u64 = tally.delays.iter().sum();
    let mut so_far = 0;
    for (count, name) in tally.delays.iter().zip(["real_time", "hourly", "daily"]) {
        so_far += count;
        if so_far * 2 >= all {
            return name;
        }
    }
    "weekly"
}

fn additional(tally: &Tally) -> f64 {
    percentage(tally.server.saturating_sub(tally.pairs), tally.browser.max(1)).min(100.0)
}

/// With one decimal.
fn percentage(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { (part as f64 / of as f64 * 1000.0).round() / 10.0 }
}
