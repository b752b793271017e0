//! `/sandbox/hooks`: the shapes of webhooks, and sending one of them.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use sandbox_http::orders::{read, refused};
use sandbox_http::{self as http, Clock};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Door, Error, Hook, Parameters, Signing, check_address, make, post, shapes};

/// `/sandbox/hooks`; what is sent carries the time of this clock.
pub fn routes(clock: &Clock) -> Router {
    Router::new().route("/sandbox/hooks", get(list).post(send)).with_state(clock.clone())
}

/// What to send; the other keys of the body are [`Parameters`].
#[derive(Deserialize)]
struct Order {
    door: String,
    shape: Option<String>,
    to: String,
    secret: Option<String>,
    #[serde(default)]
    signature: Signature,
}

const KEYS_OF_ORDER: [&str; 5] = ["door", "shape", "to", "secret", "signature"];

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Signature {
    #[default]
    Right,
    Wrong,
    None,
}

async fn list() -> Response {
    let shown: Vec<Value> = shapes()
        .iter()
        .map(|shape| json!({ "door": shape.door.name(), "shape": shape.name, "meaning": shape.meaning }))
        .collect();
    http::json(StatusCode::OK, &json!({ "shapes": shown }))
}

async fn send(State(clock): State<Clock>, request: Request) -> Response {
    let written: Map<String, Value> = match read(request).await {
        Ok(written) => written,
        Err(refusal) => return refusal,
    };
    let (to, hook, signing) = match understood(written, clock.now_ms()) {
        Ok(understood) => understood,
        Err(why) => return refused(&why),
    };
    let sent = json!({ "door": hook.door.name(), "shape": hook.shape, "body": hook.body });
    match post(to, &hook, &signing).await {
        Ok(answer) => http::json(StatusCode::OK, &json!({ "sent": sent, "answer": answer })),
        Err(why) => http::json(StatusCode::BAD_GATEWAY, &json!({ "sent": sent, "error": why.to_string() })),
    }
}

fn understood(mut written: Map<String, Value>, now_ms: i64) -> Result<(reqwest::Url, Hook, Signing), Error> {
    let mut order = Map::new();
    for key in KEYS_OF_ORDER {
        order.extend(written.remove_entry(key));
    }
    let order: Order = serde_json::from_value(Value::Object(order)).map_err(Error::NotAnOrder)?;
    let parameters: Parameters = serde_json::from_value(Value::Object(written)).map_err(Error::NotAnOrder)?;
    let to = check_address(&order.to)?;
    let door = Door::from_name(&order.door)?;
    let hook = make(door, order.shape.as_deref(), &parameters, now_ms)?;
    let (wrong, unsigned) = (order.signature == Signature::Wrong, order.signature == Signature::None);
    let signing = Signing::chosen(door, order.secret, wrong, unsigned)?;
    Ok((to, hook, signing))
}
