//! `GET /{act_…|campaign|ad set|ad}/insights`: what ads cost and brought.
//!
//! Spend and delivery are the days of [`Ad`]; what accepted events brought comes from
//! [`crate::world::Attributed`]. People of different days are taken for different people, so reach is
//! their sum. Breakdowns are refused; attribution windows and settings make no difference.

mod actions;
mod fields;
mod period;
pub(super) mod question;
mod row;

use axum::http::Method;
use serde_json::Value;

use self::question::Question;
use super::ads;
use super::call::Call;
use super::errors::Refusal;
use super::reports;
use crate::Meta;

/// `GET` answers, `POST` makes a report of it.
pub(super) fn edge(meta: &Meta, call: &Call, now_s: i64) -> Result<Value, Refusal> {
    let world = meta.world();
    if let Some(answer) = reports::insights(meta, &world, call, now_s) {
        return answer;
    }
    let (object, token) = ads::readable(meta, &world, call, &call.path.node, now_s)?;
    match call.method {
        Method::GET => Question::read(meta, &object, call, now_s)?.answer(meta, &object, call, &token.value),
        Method::POST => {
            Question::read(meta, &object, call, now_s)?;
            reports::ask(&world, call, now_s)
        }
        _ => Err(Refusal::no_object(&call.method, &call.path.node)),
    }
}
