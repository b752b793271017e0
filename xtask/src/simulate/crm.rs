//! A Kommo that answers from what became true, as far as its API shows it at the moment.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{
    life::{CrmFault, DELIVERY, LOST, NEW, PACKING, QUALIFIED, SALES, SHIPPING, Stage, TALKS, WON},
    phones::spelt,
    truth::{ContactRow, DealRow, LogRow, Truth},
    wire::Reply,
};

/// Of one of so many deals the closing time is typed, and so many days before it was closed at most.
const TYPED_OF: u64 = 3;
const TYPED_DAYS_MAX: i64 = 11;

/// The field of contacts that says what somebody has agreed to.
pub const CONSENT_FIELD: &str = "Consent";

/// Answers a request at a moment, milliseconds since the life began.
pub fn answer(truth: &Truth, fault: Option<CrmFault>, path: &str, now_ms: i64) -> Reply {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let is_history = path == "/api/v4/events";
    match fault {
        Some(CrmFault::TooMany) => {
            return Reply::json(429, &json!({ "title": "Too Many Requests", "retry_after": 5 }));
        }
        Some(CrmFault::Forbidden) => return Reply::json(403, &json!({ "title": "Forbidden" })),
        Some(CrmFault::HistoryForbidden) if is_history => {
            return Reply::json(403, &json!({ "title": "Forbidden" }));
        }
        Some(CrmFault::Broken) => return Reply::text(502, "text/html", "<html>Bad gateway</html>"),
        Some(CrmFault::Html) => return Reply::text(200, "text/html", "<html>A moment, please</html>"),
        Some(CrmFault::Silent) => return Reply::Silence,
        Some(CrmFault::HistoryForbidden | CrmFault::Unreachable) | None => {}
    }
    let query: Vec<(String, String)> = pairs(query);
    match path {
        "/api/v4/account" => Reply::json(200, &json!({ "id": 330_001, "currency": "TRY" })),
        "/api/v4/leads/pipelines" => Reply::json(200, &pipelines()),
        "/api/v4/leads" => deals(truth, &query, now_ms),
        "/api/v4/contacts" => contacts(truth, &query, now_ms),
        "/api/v4/events" => events(truth, &query, now_ms),
        _ => Reply::json(404, &json!({ "title": "Not Found" })),
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let decoded = query.replace("%5B", "[").replace("%5D", "]");
    decoded
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .collect()
}

fn all<'a>(query: &'a [(String, String)], key: &str) -> Vec<&'a str> {
    let wanted = query.iter().filter(|(name, _)| name == key || name.strip_suffix("[]") == Some(key));
    wanted.flat_map(|(_, value)| value.split(',')).collect()
}

fn number(query: &[(String, String)], key: &str) -> Option<i64> {
    all(query, key).first().and_then(|value| value.parse().ok())
}

fn list(name: &str, rows: &[Value]) -> Reply {
    if rows.is_empty() {
        return Reply::text(204, "application/json", "");
    }
    Reply::json(200, &json!({ "_page": 1, "_links": {}, "_embedded": { name: rows } }))
}

fn pipelines() -> Value {
    let stage =
        |stage: Stage, name: &str| json!({ "id": stage.status, "name": name, "pipeline_id": stage.pipeline });
    let ends = |pipeline| {
        [
            stage(Stage { pipeline, status: WON }, "Closed - won"),
            stage(Stage { pipeline, status: LOST }, "Closed - lost"),
        ]
    };
    let pipeline = |id: u64, name: &str, open: Vec<Value>| {
        let stages: Vec<Value> = open.into_iter().chain(ends(id)).collect();
        json!({ "id": id, "name": name, "_embedded": { "statuses": stages } })
    };
    let sales = vec![stage(NEW, "New"), stage(QUALIFIED, "Qualified"), stage(TALKS, "Talks")];
    let delivery = vec![stage(PACKING, "Packing"), stage(SHIPPING, "Shipping")];
    json!({ "_embedded": { "pipelines": [pipeline(SALES, "Sales", sales), pipeline(DELIVERY, "Delivery", delivery)] } })
}

fn shown<T>(rows: &[T], now_ms: i64, shown_ms: impl Fn(&T) -> i64) -> Option<&T> {
    rows.iter().rev().find(|row| shown_ms(row) <= now_ms)
}

fn deals(truth: &Truth, query: &[(String, String)], now_ms: i64) -> Reply {
    let row = |id: &str| {
        let id: u64 = id.parse().ok()?;
        let rows = truth.deals.get(&id)?;
        let row = shown(rows, now_ms, |row| row.shown_ms).filter(|row| !row.gone)?;
        Some(deal(truth, id, row, &rows[0]))
    };
    list("leads", &all(query, "filter[id]").into_iter().filter_map(row).collect::<Vec<_>>())
}

fn deal(truth: &Truth, id: u64, row: &DealRow, made: &DealRow) -> Value {
    let made_ms = made.at_ms;
    let cents = row.cents.unwrap_or(0);
    // Of some deals that were moved somebody types another closing time.
    let is_typed = id % TYPED_OF == 1 && made.stage != row.stage;
    let typed_days = if is_typed { id.cast_signed() % TYPED_DAYS_MAX } else { 0 };
    let closed_s = truth.seconds(row.entered_ms) - typed_days * 86_400;
    let closed = if row.stage.is_open() { Value::Null } else { json!(closed_s) };
    let contacts: Vec<Value> = row
        .contacts
        .iter()
        .enumerate()
        .map(|(place, contact)| json!({ "id": contact, "is_main": place == 0 }))
        .collect();
    let mut value = json!({
        "id": id, "name": "Deal", "price": cents / 100,
        "status_id": row.stage.status, "pipeline_id": row.stage.pipeline,
        "created_at": truth.seconds(made_ms), "updated_at": truth.seconds(row.at_ms), "closed_at": closed,
        "is_deleted": false, "_embedded": { "contacts": contacts },
    });
    if cents % 100 != 0 {
        let exact = format!("{}.{:02}", cents / 100, cents % 100);
        value["price_with_minor_units"] = serde_json::from_str(&exact).unwrap_or_default();
    }
    value
}

fn contacts(truth: &Truth, query: &[(String, String)], now_ms: i64) -> Reply {
    let row = |id: &str| {
        let id: u64 = id.parse().ok()?;
        let rows = truth.contacts.get(&id)?;
        let row = shown(rows, now_ms, |row| row.shown_ms).filter(|row| !row.gone)?;
        Some(contact(truth, id, row))
    };
    list("contacts", &all(query, "filter[id]").into_iter().filter_map(row).collect::<Vec<_>>())
}

fn contact(truth: &Truth, id: u64, row: &ContactRow) -> Value {
    let written = |field: &super::life::PhoneField| {
        let all: Vec<String> = field.people.iter().map(|person| spelt(*person, field.spelling)).collect();
        json!({ "value": all.join(", "), "enum_code": "WORK" })
    };
    let phones: Vec<Value> = row.phones.iter().map(written).collect();
    let mut fields = Vec::new();
    if !phones.is_empty() {
        fields.push(json!({ "field_id": 1, "field_name": "Phone", "field_code": "PHONE", "values": phones }));
    }
    if let Some(yes) = row.consent {
        let value = json!({ "value": yes });
        fields.push(
            json!({ "field_id": 2, "field_name": CONSENT_FIELD, "field_code": null, "values": [value] }),
        );
    }
    let updated_s = truth.seconds(row.at_ms);
    json!({ "id": id, "name": "Somebody", "updated_at": updated_s, "custom_fields_values": fields })
}

/// The audit log, newest first, in pages.
fn events(truth: &Truth, query: &[(String, String)], now_ms: i64) -> Reply {
    let ids: HashSet<&str> = all(query, "filter[entity_id]").into_iter().collect();
    let kinds: HashSet<&str> = all(query, "filter[type]").into_iter().collect();
    let (from_s, to_s) = (number(query, "filter[created_at][from]"), number(query, "filter[created_at][to]"));
    let limit = number(query, "limit").unwrap_or(50).clamp(1, 100) as usize;
    let page = number(query, "page").unwrap_or(1).max(1) as usize;
    let is_in = |row: &LogRow| {
        let at_s = truth.seconds(row.at_ms);
        row.shown_ms <= now_ms
            && (ids.is_empty() || ids.contains(row.id.to_string().as_str()))
            && (kinds.is_empty() || kinds.contains(row.kind))
            && from_s.is_none_or(|from_s| at_s >= from_s)
            && to_s.is_none_or(|to_s| at_s <= to_s)
    };
    let rows = truth.log.iter().enumerate().filter(|(_, row)| is_in(row));
    let mut rows: Vec<(i64, Value)> =
        rows.map(|(place, row)| (row.at_ms, logged(truth, place, row))).collect();
    rows.sort_by_key(|(at_ms, _)| std::cmp::Reverse(*at_ms));
    let more = rows.len() > page * limit;
    let rows: Vec<Value> =
        rows.into_iter().skip((page - 1) * limit).take(limit).map(|(_, row)| row).collect();
    if rows.is_empty() {
        return Reply::text(204, "application/json", "");
    }
    let mut body = json!({ "_page": page, "_links": {}, "_embedded": { "events": rows } });
    if more {
        body["_links"]["next"] = json!({ "href": next_page(query, page + 1) });
    }
    Reply::json(200, &body)
}

/// A row, by the same id in each answer.
fn logged(truth: &Truth, place: usize, row: &LogRow) -> Value {
    let sides = row.stages.map_or((json!([]), json!([])), |(left, entered)| (status(left), status(entered)));
    json!({
        "id": format!("e{place:06}"), "type": row.kind, "entity_id": row.id, "entity_type": row.of, "created_by": 1,
        "created_at": truth.seconds(row.at_ms), "value_before": sides.0, "value_after": sides.1,
    })
}

fn status(stage: Stage) -> Value {
    json!([{ "lead_status": { "id": stage.status, "pipeline_id": stage.pipeline } }])
}

fn next_page(query: &[(String, String)], page: usize) -> String {
    let kept = query.iter().filter(|(key, _)| key != "page").map(|(key, value)| format!("{key}={value}"));
    let kept: Vec<String> = kept.collect();
    format!("https://acme.kommo.com/api/v4/events?{}&page={page}", kept.join("&"))
        .replace('[', "%5B")
        .replace(']', "%5D")
}
