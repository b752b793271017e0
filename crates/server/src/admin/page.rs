//! The dashboard: one page that a shop owner can read on a phone.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{AppendHeaders, Html, IntoResponse, Redirect, Response},
};
use capi::Money;
use kopru_core::{PUBLIC_ORIGIN, Policy, Reason, State as Progress};
use serde::Deserialize;
use store::views::{AppendedTo, CountAndWorth, Funnel, Ledger, Listed, RuleLedger, RulePart};

use super::{
    Admin, Language, WorkspaceView, answers, api, causes,
    held::{HeldLanes, text_of},
    import,
    indent::indented,
    ledger, problems,
    refused::{self, ListedRefusal},
    times::local_time,
};

/// How many of the newest events the page shows.
const EVENTS_SHOWN: usize = 50;
/// How many of those that were not taken.
const REFUSED_SHOWN: usize = 20;

#[derive(Deserialize)]
pub(super) struct PageQuery {
    workspace: Option<String>,
    lang: Option<String>,
}

/// `GET /`.
pub(super) async fn dashboard(
    State(admin): State<Arc<Admin>>,
    Query(query): Query<PageQuery>,
    headers: HeaderMap,
) -> Response {
    let chosen = query.lang.as_deref().and_then(Language::from_code);
    let language = chosen.unwrap_or_else(|| Language::of(&headers));
    let configured = admin.configured();
    let first = configured.workspaces.first().map(|workspace| workspace.name.as_str());
    let Some(workspace) = admin.workspace(query.workspace.as_deref().or(first)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match Dashboard::load(&admin, &workspace, language).await {
        Ok(page) => {
            let remember = chosen.map(|language| AppendHeaders([language.remembered()]));
            (remember, render(StatusCode::OK, &page)).into_response()
        }
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the dashboard could not read the store"
            );
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// `POST /set-aside/retry?workspace=W`: the button of the page.
pub(super) async fn retry_set_aside(
    admin: State<Arc<Admin>>,
    Query(query): Query<answers::WorkspaceQuery>,
) -> Response {
    let back = query.workspace.as_deref().map_or_else(
        || "/".to_owned(),
        |name| {
            let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
            format!("/?workspace={name}")
        },
    );
    let retried = api::retry_set_aside(admin, Query(query)).await;
    if retried.status().is_success() { Redirect::to(&back).into_response() } else { retried }
}

/// After what the page asks for the admin token.
#[derive(Clone, Copy)]
pub(super) enum Asked {
    First,
    AfterAWrongOne,
    /// After so many wrong ones that the next is not looked at yet.
    Later,
}

/// The page that asks for the admin token.
pub(super) fn login(language: Language, asked: Asked, status: StatusCode) -> Response {
    let t = Words(language);
    let wrong = match asked {
        Asked::First => None,
        Asked::AfterAWrongOne => Some(t.say("login.wrong")),
        Asked::Later => Some(t.say("login.later")),
    };
    render(status, &LoginPage { t, wrong })
}

fn render(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => (status, [(header::VARY, "accept-language, cookie")], Html(html)).into_response(),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Texts for a template.
struct Words(Language);

impl Words {
    fn say(&self, key: &str) -> &'static str {
        self.0.text(key)
    }

    fn door(&self, reason: &str) -> &'static str {
        self.0.text(&format!("door.{reason}"))
    }

    /// An amount as people of the language write it.
    fn amount(&self, amount: &Money, currency: &str) -> String {
        self.0.amount(&amount.to_string(), currency)
    }

    /// That an event is dated in the future, and when it leaves.
    fn leaves(&self, time: &str) -> String {
        self.0.filled("newest.leaves", &[("time", time)])
    }

    /// Amounts by currency, if there are any.
    fn worth(&self, counted: &CountAndWorth) -> Option<String> {
        let amount =
            |(currency, sum): (&String, &Money)| format!("{} {currency}", self.amount(sum, currency));
        let amounts: Vec<String> = counted.worth.iter().map(amount).collect();
        (!amounts.is_empty()).then(|| amounts.join(", "))
    }

    /// What a purchase was worth, and is by what was said last.
    fn worth_by_now(&self, to: &AppendedTo) -> Option<String> {
        let currency = to.currency.as_deref().unwrap_or_default();
        let amount = |amount: Money| format!("{} {currency}", self.amount(&amount, currency));
        let was = to.was.map(amount)?;
        let now = to.worth.net_revenue.or(to.worth.value).or(to.worth.predicted_ltv).map(amount);
        Some(now.map_or(was.clone(), |now| self.0.filled("newest.worth", &[("was", &was), ("now", &now)])))
    }

    fn lang(&self) -> &'static str {
        self.0.code()
    }

    fn other_lang(&self) -> &'static str {
        match self.0 {
            Language::English => "tr",
            Language::Turkish => "en",
        }
    }
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    t: Words,
    /// What was wrong with the last one.
    wrong: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "dashboard.html")]
struct Dashboard {
    t: Words,
    workspace: String,
    workspaces: Vec<String>,
    now: String,
    problems: Vec<String>,
    /// How many records and events were set aside and can be tried again.
    set_aside: i64,
    funnel: Funnel,
    /// Under which name Meta gets what is counted as leads.
    lead_name: String,
    ledger: Ledger,
    /// State, its text, count; only what there is.
    event_parts: Vec<Summand>,
    record_parts: Vec<Summand>,
    /// What came of each rule.
    rules: Vec<RuleRow>,
    /// Why events wait or were not sent: text and count.
    whys: Vec<(String, i64)>,
    /// Why records changed nothing: text and count.
    idle: Vec<(String, i64)>,
    events: Vec<EventRow>,
    /// Events that were not taken, with when each came.
    refused: Vec<(String, ListedRefusal)>,
}

/// One summand of a balance.
struct Summand {
    class: &'static str,
    text: String,
    count: i64,
}

/// What came of a rule.
struct RuleRow {
    name: String,
    /// How many have fired it.
    fired: i64,
    worth: Option<String>,
    /// How far their events are, or why there are none.
    parts: Vec<Summand>,
}

/// One event in the list.
struct EventRow {
    name: String,
    /// What it comes from, with its name.
    from: String,
    deal: String,
    deal_url: Option<String>,
    class: &'static str,
    state: String,
    reason: Option<String>,
    detail: Option<String>,
    /// Why it is not on its way although it is queued.
    paused: Option<String>,
    value: Option<String>,
    /// Whether that is what the business estimates, and no revenue.
    estimate: bool,
    happened: String,
    delay: Option<String>,
    /// Whether the body is what has left, and not what would.
    has_left: bool,
    body: Option<String>,
    reply: Option<String>,
    attempts: u32,
    /// That Meta may have it, or may have it twice.
    unsure: Option<String>,
    /// A value that Meta was not told.
    not_told: Option<String>,
    ad: Option<String>,
    dataset: Option<String>,
    /// The purchase to which it adds: its id, and what that was worth and is by now, as far as it is known.
    adds_to: Option<(String, Option<String>)>,
}

impl Dashboard {
    async fn load(
        admin: &Admin,
        workspace: &WorkspaceView,
        language: Language,
    ) -> Result<Self, store::Error> {
        let t = Words(language);
        let store = &admin.store;
        let ledger = ledger::read(admin, workspace).await?;
        let held = HeldLanes::read(admin, workspace).await?;
        let breakdown = store.breakdown(workspace.id).await?;
        let unreadable = breakdown.iter().filter(|(_, _, reason, _)| *reason == Some(Reason::Unreadable));
        let set_aside = ledger.facts.set_aside + unreadable.map(|(_, _, _, count)| count).sum::<i64>();
        let is_told = |state| matches!(state, Progress::Accepted | Progress::Duplicate);
        let whys = breakdown
            .into_iter()
            .filter(|(_, state, ..)| !is_told(*state))
            .filter_map(|(event, _, reason, count)| {
                let reason = language.text(&format!("reason.{}", reason?.code())).to_owned();
                let event = event_name(&event, kopru_core::name_for_meta(&event));
                Some((format!("{event}: {reason}"), count))
            })
            .collect();
        let listed = store.conversions(workspace.id, None, EVENTS_SHOWN).await?;
        let refused = refused::read(admin, workspace, None, REFUSED_SHOWN).await?.into_iter();
        let came = |one: &ListedRefusal| local_time(one.received_ms, &workspace.time_zone);
        let now_ms = admin.clock.now_ms();
        Ok(Self {
            refused: refused.map(|one| (came(&one), one)).collect(),
            workspace: workspace.name.clone(),
            workspaces: admin.configured().workspaces.iter().map(|one| one.name.clone()).collect(),
            now: local_time(now_ms, &workspace.time_zone),
            set_aside,
            problems: problems::sentences(admin, workspace, language).await?,
            funnel: store.funnel(workspace.id).await?,
            lead_name: event_name("Lead", kopru_core::name_for_meta("Lead")),
            event_parts: event_parts(&ledger, &held, &t),
            record_parts: record_parts(&ledger, &t),
            rules: rule_rows(&ledger.rules, &workspace.policy, &held, &t),
            whys,
            idle: store
                .ignored(workspace.id)
                .await?
                .into_iter()
                .map(|(reason, count)| {
                    (language.text(&format!("reason.{}", reason.code())).to_owned(), count)
                })
                .collect(),
            events: listed
                .iter()
                .map(|one| {
                    EventRow::of(one, Admin::body(workspace, one).as_deref(), workspace, &held, now_ms, &t)
                })
                .collect(),
            ledger,
            t,
        })
    }
}

/// The rules as they are configured, also those that nothing has fired, and behind them those of before.
fn rule_rows(ledgers: &[RuleLedger], policy: &Policy, held: &HeldLanes, t: &Words) -> Vec<RuleRow> {
    let idle = |rule: &str| RuleLedger { rule: rule.to_owned(), ..RuleLedger::default() };
    let of = |rule: &str| ledgers.iter().find(|ledger| ledger.rule == rule).cloned();
    let now = policy.rules.iter().map(|rule| of(&rule.id).unwrap_or_else(|| idle(&rule.id)));
    let is_former = |ledger: &&RuleLedger| policy.rules.iter().all(|rule| rule.id != ledger.rule);
    now.chain(ledgers.iter().filter(is_former).cloned()).map(|ledger| RuleRow::of(&ledger, held, t)).collect()
}

impl RuleRow {
    fn of(ledger: &RuleLedger, held: &HeldLanes, t: &Words) -> Self {
        let part = |part: &RulePart| {
            // Where a reason says more than how far it is, the reason is said.
            let key = match (part.state, part.reason) {
                (_, Some(reason)) => format!("reason.{}", reason.code()),
                (Some(Progress::Queued), None) => held.text_of_queued().to_owned(),
                (Some(state), None) => format!("state.{}", state.code()),
                (None, None) => return None,
            };
            let worth = t.worth(&part.counted).map(|worth| format!(" ({worth})")).unwrap_or_default();
            let class = part.state.map_or("", Progress::code);
            Some(Summand { class, text: format!("{}{worth}", t.say(&key)), count: part.counted.n })
        };
        Self {
            name: ledger.rule.clone(),
            fired: ledger.fired.n,
            worth: t.worth(&ledger.fired),
            parts: ledger.parts.iter().filter_map(part).collect(),
        }
    }
}

/// An event by the name that Meta gets, with the rule's name where that is another.
fn event_name(event: &str, name: &str) -> String {
    if event == name { name.to_owned() } else { format!("{name} ({event})") }
}

impl EventRow {
    fn of(
        listed: &Listed,
        body: Option<&str>,
        workspace: &WorkspaceView,
        held: &HeldLanes,
        now_ms: i64,
        t: &Words,
    ) -> Self {
        let conversion = &listed.conversion;
        let cause = &conversion.cause;
        let delay_ms = (conversion.state == Progress::Accepted)
            .then(|| listed.settled_ms.map(|settled| settled - conversion.received_ms))
            .flatten();
        let reason = conversion.reason.map(|reason| t.say(&format!("reason.{}", reason.code())).to_owned());
        let state = t.say(&format!("state.{}", conversion.state.code())).to_owned();
        let currency = conversion.currency.as_deref().unwrap_or_default();
        let amount = |value: Money| format!("{} {currency}", t.amount(&value, currency));
        let seconds = |ms: i64| t.0.grouped(&format!("{:.1}", ms.max(0) as f64 / 1000.0));
        // Not everything that failed was refused by Meta: there the reason is the state.
        let (state, reason) = match (conversion.state, reason) {
            (Progress::Failed, Some(reason)) => (reason, None),
            (_, reason) => (state, reason),
        };
        let pause = held.pause_of(conversion);
        let leaves = conversion.leaves_ms(now_ms);
        let leaves = leaves.map(|at_ms| t.leaves(&local_time(at_ms, &workspace.time_zone)));
        let state = pause.map_or(leaves.unwrap_or(state), |pause| t.say(text_of(pause)).to_owned());
        Self {
            name: event_name(&conversion.event, &conversion.name),
            from: match cause.reporter() {
                Some(by) => {
                    let of = |what: &str, by: &str| format!("{} {by}", t.say(what));
                    let file = by.strip_prefix(import::ORIGIN).map(|file| of("newest.file", file));
                    let page = by.strip_prefix(PUBLIC_ORIGIN).map(|site| of("newest.page", site));
                    file.or(page).unwrap_or_else(|| of("newest.key", by))
                }
                None => format!("{} {}", t.say("newest.deal"), cause.id()),
            },
            deal: cause.id().to_owned(),
            deal_url: workspace
                .upstreams
                .iter()
                .find(|(origin, _)| *origin == cause.origin())
                .and_then(|(_, source)| source.record_url(&cause.deal()?.id)),
            class: conversion.state.code(),
            state,
            reason,
            detail: conversion.detail.as_deref().map(|detail| causes::of_check(detail, t.0)),
            paused: pause.map(|pause| pause.cause.clone()),
            value: conversion.value.map(amount),
            estimate: conversion.is_estimate(),
            happened: local_time(conversion.event_s.saturating_mul(1000), &workspace.time_zone),
            delay: delay_ms.map(|ms| format!("{} {}", seconds(ms), t.say("newest.seconds"))),
            has_left: listed.body.is_some(),
            body: body.map(indented),
            reply: listed.reply.as_deref().map(|reply| causes::reply(reply, t.0)),
            attempts: listed.attempts,
            not_told: conversion.correction.map(amount),
            unsure: if listed.may_have_counted() {
                Some(t.say("newest.may_have_counted").to_owned())
            } else {
                listed.may_count_twice.then(|| t.say("newest.twice").to_owned())
            },
            ad: conversion.ad_id.clone(),
            dataset: conversion.dataset.clone(),
            adds_to: listed.appends.as_deref().map(|to| (to.event_id.clone(), t.worth_by_now(to))),
        }
    }
}

fn event_parts(ledger: &Ledger, held: &HeldLanes, t: &Words) -> Vec<Summand> {
    let counts = ledger.conversions;
    [
        (Progress::Accepted, counts.accepted),
        (Progress::Duplicate, counts.duplicate),
        (Progress::Suppressed, counts.suppressed),
        (Progress::Failed, counts.failed),
        (Progress::Waiting, counts.waiting),
        (Progress::Queued, counts.queued),
    ]
    .into_iter()
    .filter(|(_, count)| *count != 0)
    .map(|(state, count)| {
        let class = state.code();
        let key = match state {
            Progress::Failed => "balance.failed".to_owned(),
            Progress::Queued => held.text_of_queued().to_owned(),
            _ => format!("state.{class}"),
        };
        let text = t.say(&key);
        let text = if state == Progress::Accepted && counts.undone > 0 {
            format!("{text} ({} {})", counts.undone, t.say("balance.undone"))
        } else {
            text.to_owned()
        };
        Summand { class, text, count }
    })
    .collect()
}

fn record_parts(ledger: &Ledger, t: &Words) -> Vec<Summand> {
    let counts = ledger.facts;
    [
        ("used", counts.used),
        ("ignored", counts.ignored),
        ("duplicate", counts.duplicate),
        ("waiting", counts.waiting),
        ("pending", counts.pending),
        ("set_aside", counts.set_aside),
    ]
    .into_iter()
    .filter(|(_, count)| *count != 0)
    .map(|(class, count)| Summand { class, text: t.say(&format!("record.{class}")).to_owned(), count })
    .collect()
}
