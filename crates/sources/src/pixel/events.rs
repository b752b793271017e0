//! What a page told becomes events in Meta's language, which then go the way of all events.

use std::borrow::Cow;

use capi::{
    Scratch,
    browser::{BrowserIds, Domains, SetCookie, Visit},
};
use kopru_core::PUBLIC_ORIGIN;
use serde::Serialize;
use serde_json::{Map, Value, value::RawValue};

use super::{
    body::{CollectBody, NotCollected, PageEvent, PageUser},
    landing,
};
use crate::graph::{self, EventsDoor, EventsOutcome, KeyConsent, RefusedCall, TraceId};

/// How long ago an event may have happened, milliseconds: nothing stays longer in a browser. Our own choice.
const AGO_MAX_MS: i64 = 24 * 60 * 60 * 1000;

/// The request of a browser.
pub struct PageVisit<'a> {
    /// The host of the page that calls.
    pub host: &'a str,
    /// The configured site that the page is of.
    pub site: &'a str,
    /// What names the browser.
    pub user_agent: &'a str,
    /// The address from which it calls.
    pub address: String,
    /// The header `Cookie`, where page and door are of one site.
    pub cookies: &'a str,
    /// A random number below [`capi::browser::FBP_NUMBER_LIMIT`].
    pub number: u32,
    /// Whether the page is of the site whom this body names.
    pub is_of_site: &'a dyn Fn(&str) -> bool,
}

/// What is to be kept of a body, and what is answered.
#[derive(Debug)]
pub struct CollectedEvents {
    /// As of the door for events.
    pub outcome: EventsOutcome,
    /// What the browser is to keep, where page and door are of one site.
    pub cookies: Vec<SetCookie>,
}

/// What Meta calls an event.
#[derive(Serialize)]
struct GraphEvent<'a> {
    event_name: &'a str,
    event_time: i64,
    event_id: &'a str,
    action_source: &'static str,
    event_source_url: &'a str,
    user_data: GraphUser<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_data: Option<&'a RawValue>,
}

#[derive(Serialize, Clone, Copy)]
struct GraphUser<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    em: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ph: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fbp: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fbc: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_ip_address: Option<&'a str>,
    client_user_agent: &'a str,
}

#[derive(Serialize)]
struct GraphBody<'a> {
    data: Vec<GraphEvent<'a>>,
}

impl CollectBody<'_> {
    /// Makes activities of the events, each by itself. Of `door` only tenant, dataset, rules, time and random bytes
    /// count; the rest follows from what a page can be believed.
    ///
    /// # Errors
    /// Nothing of the body is taken.
    pub fn take(self, visit: &PageVisit<'_>, door: &EventsDoor<'_>) -> Result<CollectedEvents, NotCollected> {
        let now_ms = door.now_ms;
        for event in &self.events {
            if event.ago > AGO_MAX_MS {
                return Err(NotCollected::TooOld);
            }
            if !(visit.is_of_site)(&event.url) {
                return Err(NotCollected::OtherSite);
            }
        }
        let ids = self.browser(visit, now_ms);
        let (fbp, fbc) = (ids.fbp.as_deref(), ids.known.fbc.as_deref().ok());
        let client_ip_address = ids.known.client_ip_address.as_deref().ok();
        let PageUser { em, ph, external_id } = &self.user;
        let user_data = GraphUser {
            em: em.as_deref(),
            ph: ph.as_deref(),
            external_id: external_id.as_deref(),
            fbp,
            fbc,
            client_ip_address,
            client_user_agent: visit.user_agent,
        };
        let event = |event: &PageEvent<'_>| happened_s(event, now_ms);
        let data = self.events.iter().map(|one| GraphEvent {
            event_name: &one.name,
            event_time: event(one),
            event_id: &one.id,
            action_source: "website",
            event_source_url: &one.url,
            user_data,
            custom_data: one.data,
        });
        // What was read as text is written as text.
        let body = serde_json::to_vec(&GraphBody { data: data.collect() }).unwrap_or_default();
        let origin = [PUBLIC_ORIGIN, visit.site].concat();
        let consent = self.is_agreed().then_some(&KeyConsent::Sender);
        let door = EventsDoor { origin: &origin, strict: false, needs_id: true, consent, ..*door };
        let beside = self.beside();
        Ok(CollectedEvents { outcome: outcome(&body, &door, &beside), cookies: ids.known.cookies })
    }

    /// What is known of the browser. An `_fbp` is never made here: whether its cookie stays only the page can see.
    fn browser(&self, visit: &PageVisit<'_>, now_ms: i64) -> KnownBrowser {
        let both = |name: &str, told: Option<&str>| -> Option<Cow<'_, str>> {
            let kept = cookies(visit.cookies, name);
            let all: Vec<&str> = kept.chain(told).filter(|value| !value.is_empty()).collect();
            (!all.is_empty()).then(|| all.join(",").into())
        };
        let clicks: Vec<String> = self.events.iter().flat_map(|event| click_ids(&event.url)).collect();
        let seen = Visit {
            host: visit.host.into(),
            fbclid: (!clicks.is_empty()).then(|| clicks.join(",").into()),
            fbc: both("_fbc", self.fbc.as_deref()),
            fbp: both("_fbp", self.fbp.as_deref()),
            fbi: both("_fbi", None),
            remote: Some(visit.address.as_str().into()),
            ..Visit::default()
        };
        let mut known = seen.answer(&Domains::PublicSuffixList, now_ms, visit.number);
        let fbp = seen.known_browser();
        if fbp.is_none() {
            known.cookies.retain(|cookie| cookie.name != "_fbp");
        }
        KnownBrowser { fbp, known }
    }

    /// What is kept with the events and Meta does not get.
    fn beside(&self) -> String {
        let mut beside: Map<String, Value> = landing::kept(self.landing.clone())
            .into_iter()
            .map(|(name, value)| (name, value.into()))
            .collect();
        if let Some(pixel) = self.pixel {
            beside.insert("pixel".to_owned(), pixel.code().into());
        }
        if beside.is_empty() { String::new() } else { Value::Object(beside).to_string() }
    }
}

struct KnownBrowser {
    fbp: Option<String>,
    known: BrowserIds,
}

/// When an event happened, by the server's clock: the browser's own may be wrong by years. Where that was set back
/// meanwhile, the event has just happened as far as anybody knows.
fn happened_s(event: &PageEvent<'_>, now_ms: i64) -> i64 {
    now_ms.saturating_sub(event.ago.max(0)).div_euclid(1000)
}

fn outcome(body: &[u8], door: &EventsDoor<'_>, beside: &str) -> EventsOutcome {
    let trace = TraceId::of(&door.random);
    let mut scratch = Scratch::default();
    let call = match graph::read("application/json", body, &mut scratch, &trace) {
        Ok(call) => call,
        Err(call) => return EventsOutcome::Refused(RefusedCall { ..*call }),
    };
    let mut outcome = call.take(door);
    if let EventsOutcome::Taken(taken) = &mut outcome {
        for activity in &mut taken.activities {
            activity.once.retain(|key| !key.is_order);
            beside.clone_into(&mut activity.event.beside);
        }
    }
    outcome
}

/// The values of a cookie in the header `Cookie`, the closest first.
fn cookies<'c>(header: &'c str, name: &'c str) -> impl Iterator<Item = &'c str> {
    let pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(move |(one, _)| *one == name).map(|(_, value)| value)
}

/// The click ids in an address.
fn click_ids(url: &str) -> Vec<String> {
    let query = url.split('#').next().and_then(|url| url.split_once('?')).map_or("", |(_, query)| query);
    let pairs = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "fbclid");
    pairs.map(|(_, id)| id.into_owned()).collect()
}
