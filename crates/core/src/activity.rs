//! Activities: what happened on a site, in an app or in a shop, as its sender told it.
//!
//! Whoever reports one speaks Meta's own language, so nothing has to be asked or found out: an activity is admitted
//! at the door, kept once, and leaves by the website route.

use capi::{Money, limits};
use serde::{Deserialize, Serialize};

use crate::{
    Appending, Carried, Conversion, JoinKey, Node, Policy, Reason, State, Trust, order_number::order_number,
};

/// Where events happen that Meta takes for longer.
pub(crate) const IN_A_SHOP: &str = "physical_store";
/// For how long another report of an order counts as the same one, seconds: 28 days.
const ORDER_S: i64 = 28 * 24 * 60 * 60;
/// The same for an order in a shop, seconds: 62 days.
const SHOP_ORDER_S: i64 = 62 * 24 * 60 * 60;

/// How long before Meta finds it too old an activity leaves at the latest, seconds: its request has to arrive. Our own
/// choice. One that is late all the same is refused by itself, its neighbours are sent again.
const LEAVES_BEFORE_S: i64 = 5 * 60;
/// How long before that it is taken at the latest, seconds, so that nothing is taken that is given up at once. Our own
/// choice.
const TAKEN_BEFORE_S: i64 = 5 * 60;

/// Something that happened on a site, in an app or in a shop. Nothing of it is plain: its identifiers are hashed.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    /// Who reported it: `graph:` and the name of an API key, `import:` and what a file's events are called, `pixel:` and
    /// the site whose page told it.
    pub origin: String,
    /// The dataset for which it is meant.
    pub dataset: String,
    /// The event's name, as its sender wrote it.
    pub name: String,
    /// Its id, byte for byte as it came; made by the door where none came, and a keyed hash where the id itself holds
    /// an e-mail address or a phone number.
    pub event_id: String,
    /// When it happened, Unix seconds.
    pub event_s: i64,
    /// What it was worth, where the sender says so.
    pub value: Option<Money>,
    /// The value's currency, ISO 4217.
    pub currency: Option<String>,
    /// What is said about the person's consent.
    pub consent: Option<crate::ConsentAnswer>,
    /// By what it is recognised when it comes again. The first one is of its id, and every activity has it.
    pub once: Vec<OnceKey>,
    /// Of an event that adds to a purchase: by what that is recognised ([`OnceKey::key`]), rather its order than its
    /// id.
    pub adds_to: Vec<[u8; 16]>,
    /// By what its person can be recognised.
    pub who: Vec<Identifier>,
    /// What Meta gets of it.
    pub event: StoredEvent,
    /// What that carries.
    pub carried: Carried,
}

/// An event as Meta gets it, whose identifiers are hashed already. It is still of a person, so sealed wherever it is
/// kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StoredEvent {
    /// Where it happened, in Meta's words: `website`, `physical_store`.
    pub action_source: String,
    /// The parameters of its request, a JSON object; empty if there were none. Only events with the same ones
    /// share a request.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub envelope: String,
    /// The event, a JSON object.
    pub json: String,
    /// What the event lacks and is known of its person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<MatchKey>,
    /// What was told with it and Meta does not get, a JSON object; empty if there was nothing. Click ids of other
    /// platforms are among it: nobody could recover them later.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub beside: String,
}

/// One of the keys by which Meta matches a person, with its hashes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MatchKey {
    /// Its name at Meta: `em`, `ph`.
    pub key: String,
    /// SHA-256 hashes in hex, the documented form first.
    pub hashes: Vec<String>,
}

/// By what a person can be recognised, and what Meta can be told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identifier {
    /// The identifier, as a keyed hash.
    pub node: Node,
    /// How far it can be believed that it means one person.
    pub trust: Trust,
    /// The match key that Meta can be told of it; nothing where it is of no use for another event.
    pub match_key: Option<MatchKey>,
}

/// By what a repetition is recognised, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnceKey {
    /// A keyed hash, see [`crate::JoinKey::once`].
    pub key: [u8; 16],
    /// Whether it is an order's, which several senders know under ids of their own, and not the event's id.
    pub is_order: bool,
    /// Until when a repetition counts as one, Unix seconds.
    pub until_s: i64,
}

impl Activity {
    /// Whether a page told it, so that anybody may have made it up.
    pub fn is_of_page(&self) -> bool {
        is_of_public_door(&self.origin)
    }
}

impl OnceKey {
    /// An event's, by its dataset, name and id: for as long as Meta knows ids, and as long as it would take the first
    /// report. Times in Unix seconds.
    pub fn of_event(
        join: &JoinKey,
        [dataset, name, id]: [&str; 3],
        now_s: i64,
        sendable_until_s: i64,
    ) -> Self {
        let until_s = now_s.saturating_add(limits::DEDUPLICATION_WINDOW_S).max(sendable_until_s);
        Self { key: join.once_event(dataset, name, id), is_order: false, until_s }
    }

    /// An order's, by its dataset and id, whoever reports it and under whatever name of the event's id.
    /// `action_source` says whether it was in a shop. The time in Unix seconds.
    pub fn of_order(join: &JoinKey, dataset: &str, order_id: &str, action_source: &str, now_s: i64) -> Self {
        let for_s = if action_source == IN_A_SHOP { SHOP_ORDER_S } else { ORDER_S };
        let key = join.once("order", &[dataset, &order_number(order_id)]);
        Self { key, is_order: true, until_s: now_s.saturating_add(for_s) }
    }
}

impl StoredEvent {
    /// Until when it may leave if it happened at `event_s`; both Unix seconds.
    pub(crate) fn leaves_until_s(&self, event_s: i64) -> i64 {
        leaves_until_s(&self.action_source, event_s)
    }
}

/// How old an event may be when it is sent, seconds, by where it happened.
pub fn age_max_s(action_source: &str) -> i64 {
    if action_source == IN_A_SHOP { limits::STORE_EVENT_AGE_MAX_S } else { limits::EVENT_AGE_MAX_S }
}

/// Until when an event may leave, Unix seconds, by where and when it happened.
fn leaves_until_s(action_source: &str, event_s: i64) -> i64 {
    event_s.saturating_add(age_max_s(action_source) - LEAVES_BEFORE_S)
}

/// Until when an event is taken, Unix seconds, by where and when it happened.
pub fn taken_until_s(action_source: &str, event_s: i64) -> i64 {
    leaves_until_s(action_source, event_s).saturating_sub(TAKEN_BEFORE_S)
}

/// An activity as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Admitted {
    /// What it is.
    pub activity: Activity,
    /// On its way to Meta, or kept back on purpose.
    pub state: State,
    /// Why.
    pub reason: Option<Reason>,
    /// What becomes of it where it repeats a purchase that is worth something else by now.
    pub appending: Appending,
}

impl Admitted {
    /// The same of somebody who was erased: not told, with nothing of the person.
    #[must_use]
    pub fn of_nobody(mut self) -> Self {
        self.activity.who.clear();
        self.activity.event.json.clear();
        self.activity.event.beside.clear();
        Self { state: State::Suppressed, reason: Some(Reason::Erased), ..self }
    }
}

/// Says how an activity begins: on its way to Meta, or kept back on purpose. Of whom nothing may be told, nothing
/// is kept. The time in Unix seconds.
pub fn admit(activity: Activity, policy: &Policy, now_s: i64) -> Admitted {
    let (state, reason) = match permitted(&activity, policy, now_s) {
        Ok(()) => (State::Queued, None),
        Err(reason) => (State::Suppressed, Some(reason)),
    };
    let dataset = policy.dataset(&activity.dataset);
    let changes_nothing = is_of_a_file(&activity.origin) || activity.is_of_page();
    let appending = dataset.filter(|_| !changes_nothing);
    let appending = appending.map_or(Appending::Never, |dataset| dataset.appending);
    let mut activity = activity;
    if matches!(reason, Some(Reason::NoConsent | Reason::ConsentRefused)) {
        activity.who.clear();
        activity.event.json.clear();
        activity.event.beside.clear();
    }
    Admitted { activity, state, reason, appending }
}

/// What stands before the site in the origin of an event that a page told.
pub const PUBLIC_ORIGIN: &str = "pixel:";

/// Whether an origin is a door that anybody can use: what comes by it is sent, and neither changes what whoever has a
/// key reports nor stands in its way.
pub fn is_of_public_door(origin: &str) -> bool {
    origin.starts_with(PUBLIC_ORIGIN)
}

/// Whether an activity that comes with a key takes the place of one that a page told under the same id: its sender is
/// known, and it is to be sent, or says no for good.
pub fn outranks(one: &Admitted, first: &Conversion) -> bool {
    let is_decided = one.state == State::Queued || one.reason == Some(Reason::ConsentRefused);
    is_decided && first.is_of_page() && !one.activity.is_of_page()
}

/// A file says what was, and often in other amounts than the shop itself: it changes nothing that was reported.
fn is_of_a_file(origin: &str) -> bool {
    origin.starts_with("import:")
}

fn permitted(activity: &Activity, policy: &Policy, now_s: i64) -> Result<(), Reason> {
    policy.agrees(activity.consent, activity.event_s)?;
    let dataset = policy.dataset(&activity.dataset).ok_or(Reason::NoDataset)?;
    dataset.permits(activity.event_s, now_s)
}
