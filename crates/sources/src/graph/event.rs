//! One event of a request becomes an activity, or is refused with the reason.

use std::borrow::Cow;

use capi::{
    ActionSource, Checks, CustomData, Dropped, Element, Event, Finding, Findings, Normalizer, SeenEvents,
    browser::address,
    catalogue, normalize,
    privacy::{is_personal_event_name, is_personal_id},
    subcodes,
};
use kopru_core::{
    APPEND_VALUE, Activity, Carried, ConsentAnswer, LeftOut, OnceKey, StoredEvent, age_max_s, taken_until_s,
};

use super::{
    EventsDoor, RefusedEvent,
    advice::AdviceList,
    key_consent::{self, BesideData},
    page,
    people::{IdentifierReader, keep_few},
    remarks::{self, Remarks},
};

/// Longest name of an event, bytes. The pixel takes 50 characters.
const NAME_BYTES_MAX: usize = 256;
/// Longest id of an event, bytes. Our own choice.
const ID_BYTES_MAX: usize = 1024;
/// Longest event as it is written, bytes. Our own choice: 1,000 things in `contents` fit, and what is escaped when it
/// is written, up to twelvefold, does not.
const EVENT_BYTES_MAX: usize = 256 * 1024;
/// The name of the event that an order's id tells from another.
const PURCHASE: &str = "Purchase";

/// How many events of a name are looked at in whole for advice, which is much of what an event costs at the door:
/// whoever sends a thousand makes one mistake in all of them.
const LOOKED_AT_MAX: usize = 10;

/// Reads the events of one request.
pub(super) struct EventReader<'d> {
    door: &'d EventsDoor<'d>,
    now_s: i64,
    envelope: String,
    normalizer: Normalizer,
    people: IdentifierReader<'d>,
    /// What stands of people's consent beside the events.
    beside: BesideData,
    /// The names and ids of the request's events so far.
    seen: SeenEvents,
    advice: AdviceList,
    /// How many events of each name were looked at in whole.
    looked_at: Vec<(String, usize)>,
}

impl<'d> EventReader<'d> {
    /// `of_request` is what is to be said of the request itself.
    pub(super) fn new(
        door: &'d EventsDoor<'d>,
        envelope: String,
        beside: BesideData,
        of_request: &Findings,
    ) -> Self {
        let now_s = door.now_ms.div_euclid(1000);
        let mut normalizer = Normalizer::new(door.rules, now_s);
        normalizer.set_country(door.tenant.country.as_deref());
        let mut advice = AdviceList::default();
        for finding in of_request {
            advice.of_request(finding.path.clone(), finding.message.clone());
        }
        remarks::of_consent_beside_data(door.consent, &beside, &mut advice);
        Self {
            door,
            now_s,
            envelope,
            normalizer,
            people: IdentifierReader::new(door),
            beside,
            seen: SeenEvents::default(),
            advice,
            looked_at: Vec::new(),
        }
    }

    /// What is to be said of the events that were taken, and of the request.
    pub(super) fn advice(self) -> AdviceList {
        self.advice
    }

    /// Whether the whole of an event is looked at for what Meta could use better: not of those of which a request has
    /// many.
    fn is_looked_at(&mut self, event: &Event<'_>) -> bool {
        let name = text(event.event_name.as_ref());
        let place = self.looked_at.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            self.looked_at.push((name.to_owned(), 0));
            self.looked_at.len() - 1
        });
        let Some((_, looked_at)) = self.looked_at.get_mut(place) else { return false };
        *looked_at += 1;
        *looked_at <= LOOKED_AT_MAX
    }

    pub(super) fn take(&mut self, index: usize, element: Element<'_>) -> Result<Activity, Box<RefusedEvent>> {
        let checks = Checks::at(self.now_s);
        if element.is_err() || capi::is_batched(&element) {
            let findings = capi::check_element(&element, checks);
            let refused = RefusedEvent::of(index, findings.refusal(), String::new());
            return Err(self.named(refused, &Event::default()));
        }
        let Ok(mut event) = element else {
            return Err(Box::new(RefusedEvent::of(index, None, String::new())));
        };
        let said = key_consent::take(self.door.consent, &self.beside, &mut event);
        let consent = said.answer;
        // As it came: what is left out below is said as well.
        let findings =
            if self.is_looked_at(&event) { capi::check(&event, checks) } else { Findings::default() };
        let repeated = self.seen.advice(&event);
        let left_out = clean(&mut event);
        let has_personal_things = event.custom_data.as_mut().is_some_and(leave_out_personal_things);
        let too_many = event.user_data.as_mut().map(keep_few).unwrap_or_default();
        if let Some(refusal) = not_here(&event, self.now_s) {
            event.event_name = event.event_name.take().filter(|name| !is_personal_event_name(name));
            return Err(self.refused(index, &refusal, &event, consent));
        }
        let name = text(event.event_name.as_ref());
        let has_id = event.event_id.as_deref().is_some_and(|id| !normalize::is_no_event_id(name, id));
        if !has_id && self.door.needs_id {
            return Err(self.refused(index, &no_id(), &event, consent));
        }
        if !has_id {
            event.event_id = Some(Cow::Owned(format!("{}-{index}", capi::hex(&self.door.random))));
        }
        let mut json = Vec::new();
        let written = match capi::write_checked(&event, checks, &mut self.normalizer, &mut json) {
            Ok(written) => written,
            // Whoever says no often leaves out what is of the person, and the event does not leave in any case.
            Err(refusal) if consent == Some(ConsentAnswer::No) && refusal.path.starts_with("user_data") => {
                return Ok(self.activity(&event, consent, String::new(), Carried::default()));
            }
            Err(refusal) => return Err(self.refused(index, &refusal, &event, consent)),
        };
        if json.len() > EVENT_BYTES_MAX {
            return Err(self.named(RefusedEvent::of(index, Some(&too_long()), "{}".to_owned()), &event));
        }
        let remarks =
            Remarks { findings: &findings, repeated, has_id, written: &written, left_out: left_out.as_ref() };
        let mut say = |path, message| self.advice.of_event(index, path, message);
        remarks::of_consent(self.door.consent, &said, &mut say);
        remarks.say(&event, self.now_s, &mut say);
        if has_personal_things {
            say("custom_data.contents".into(), remarks::PERSONAL_THING.into());
        }
        for key in too_many {
            say(format!("user_data.{key}").into(), remarks::TOO_MANY.into());
        }
        let mut carried = Carried::from(&written);
        carried.left_out.extend(left_out);
        // The writer writes JSON, which is text.
        let json = String::from_utf8(json).unwrap_or_default();
        Ok(self.activity(&event, consent, json, carried))
    }

    fn activity(
        &mut self,
        event: &Event<'_>,
        consent: Option<ConsentAnswer>,
        json: String,
        carried: Carried,
    ) -> Activity {
        let (name, id) = (text(event.event_name.as_ref()), text(event.event_id.as_ref()));
        let action_source = event.action_source.as_ref().map_or("", ActionSource::as_str).to_owned();
        let event_s = event.event_time.unwrap_or(self.now_s);
        let data = event.custom_data.as_ref();
        // What is added to a purchase is no second sale.
        let is_appended = name == APPEND_VALUE;
        let currency =
            data.and_then(|data| data.currency.as_deref()).map(|code| code.trim().to_ascii_uppercase());
        let (once, event_id) = (self.once(event, name, id, &action_source, event_s), id.to_owned());
        let mut activity = Activity {
            origin: self.door.origin.to_owned(),
            dataset: self.door.dataset.to_owned(),
            name: name.to_owned(),
            event_id,
            event_s,
            value: data.and_then(|data| data.value.as_ref()?.money()).filter(|_| !is_appended),
            currency: currency.filter(|code| catalogue::is_currency(code) && !is_appended),
            consent,
            once,
            adds_to: self.adds_to(event),
            who: Vec::new(),
            event: StoredEvent {
                action_source,
                envelope: String::new(),
                json: "{}".to_owned(),
                added: Vec::new(),
                beside: String::new(),
            },
            carried: Carried::default(),
        };
        // Meta gets it byte for byte, and what is sealed holds it so; a list of events needs no address in it.
        if is_personal_id(&activity.event_id)
            && let Some(first) = activity.once.first()
        {
            activity.event_id = capi::hex(&first.key);
        }
        if matches!(consent, Some(ConsentAnswer::No | ConsentAnswer::Unclear)) {
            return activity;
        }
        activity.event.envelope.clone_from(&self.envelope);
        activity.event.json = json;
        activity.carried = carried;
        if let Some(user) = &event.user_data {
            activity.who = self.people.of(user, &mut self.normalizer);
        }
        activity
    }

    /// By what the event is recognised when it comes again.
    fn once(
        &self,
        event: &Event<'_>,
        name: &str,
        id: &str,
        action_source: &str,
        event_s: i64,
    ) -> Vec<OnceKey> {
        let (join, dataset) = (&self.door.tenant.join, self.door.dataset);
        let sendable_until_s = event_s.saturating_add(age_max_s(action_source));
        let mut once = vec![OnceKey::of_event(join, [dataset, name, id], self.now_s, sendable_until_s)];
        let order = event.custom_data.as_ref().and_then(|data| data.order_id.as_deref());
        if let Some(order) = order.filter(|order| !normalize::is_no_order(order))
            && name == PURCHASE
        {
            once.push(OnceKey::of_order(join, dataset, order, action_source, self.now_s));
        }
        once
    }

    /// By what the purchase is recognised to which the event adds: rather its order than its id.
    fn adds_to(&self, event: &Event<'_>) -> Vec<[u8; 16]> {
        let (join, dataset) = (&self.door.tenant.join, self.door.dataset);
        let is_of_appending = event.event_name.as_deref() == Some(APPEND_VALUE);
        let Some(original) = event.original_event_data.as_deref().filter(|_| is_of_appending) else {
            return Vec::new();
        };
        let name = text(original.event_name.as_ref());
        let (order, id) = (text(original.order_id.as_ref()), text(original.event_id.as_ref()));
        let has_order = name == PURCHASE && !normalize::is_no_order(order);
        let of_order = has_order.then(|| OnceKey::of_order(join, dataset, order, "", self.now_s).key);
        let of_id = (!normalize::is_no_event_id(name, id)).then(|| join.once_event(dataset, name, id));
        of_order.into_iter().chain(of_id).collect()
    }

    fn refused(
        &mut self,
        index: usize,
        refusal: &Finding,
        event: &Event<'_>,
        consent: Option<ConsentAnswer>,
    ) -> Box<RefusedEvent> {
        let json = self.hashed(event, consent);
        self.named(RefusedEvent::of(index, Some(refusal), json), event)
    }

    /// A refused event with what it is called, as far as that can be shown.
    fn named(&self, refused: RefusedEvent, event: &Event<'_>) -> Box<RefusedEvent> {
        let mut refused = Box::new(refused);
        let (name, id) = (text(event.event_name.as_ref()), text(event.event_id.as_ref()));
        let is_shown = name.len() <= NAME_BYTES_MAX && !is_personal_event_name(name);
        let event_id = match id {
            id if id.len() > ID_BYTES_MAX => String::new(),
            id if is_personal_id(id) => {
                capi::hex(&self.door.tenant.join.once_event(self.door.dataset, name, id))
            }
            id => id.to_owned(),
        };
        self.door.origin.clone_into(&mut refused.origin);
        if is_shown {
            name.clone_into(&mut refused.name);
        }
        refused.event_id = event_id;
        refused
    }

    /// What can be kept of a refused event: nothing, unless its person has agreed.
    fn hashed(&mut self, event: &Event<'_>, consent: Option<ConsentAnswer>) -> String {
        if consent != Some(ConsentAnswer::Yes) {
            return "{}".to_owned();
        }
        let mut json = Vec::new();
        capi::write_event(event, &mut self.normalizer, &mut json);
        if json.len() > EVENT_BYTES_MAX {
            return "{}".to_owned();
        }
        String::from_utf8(json).unwrap_or_default()
    }
}

/// Takes out what is not passed on, whatever the rest of the event says.
fn clean(event: &mut Event<'_>) -> Option<LeftOut> {
    event.event_source_url = event.event_source_url.take().and_then(page::passed_on);
    event.referrer_url = event.referrer_url.take().and_then(page::passed_on);
    if let Some(original) = &mut event.original_event_data {
        original.event_name = original.event_name.take().filter(|name| !is_personal_event_name(name));
    }
    let user = event.user_data.as_mut()?;
    let given = user.client_ip_address.take().filter(|given| !given.is_empty())?;
    let usable = address::for_meta(&given).map(Cow::into_owned);
    user.client_ip_address = usable.map(Cow::Owned);
    let is_gone = user.client_ip_address.is_none();
    is_gone.then_some(LeftOut { key: "client_ip_address", why: Dropped::Unreadable.code() })
}

/// Takes out things bought whose ids look personal: without its id Meta refuses a thing, and the event with it.
fn leave_out_personal_things(data: &mut CustomData<'_>) -> bool {
    let Some(contents) = &mut data.contents else { return false };
    let all = contents.list.len();
    contents.list.retain(|thing| {
        let id = thing.as_ref().ok().and_then(|thing| thing.id.as_deref());
        !id.is_some_and(is_personal_id)
    });
    contents.list.len() < all
}

fn refusal(subcode: Option<u32>, path: &'static str, message: &'static str) -> Finding {
    let severity = capi::Severity::Refused { subcode };
    Finding { severity, code: "refused", path: path.into(), message: message.into() }
}

fn too_long() -> Finding {
    refusal(
        Some(subcodes::PARAMETER),
        "",
        "the event has more than 262144 bytes as it is written; a field holds far more than Meta makes use of, or signs of which each is written as six",
    )
}

fn no_id() -> Finding {
    let message = "there is no id, or a placeholder; with one it is known when it comes again";
    refusal(Some(subcodes::PARAMETER), "event_id", message)
}

/// Why an event that Meta may take is not taken here.
fn not_here(event: &Event<'_>, now_s: i64) -> Option<Finding> {
    if event.action_source == Some(ActionSource::BusinessMessaging) {
        return Some(refusal(
            Some(subcodes::ARGUMENT),
            "action_source",
            "events of chats are made of the chats themselves, which come by a door of their own; send the others here",
        ));
    }
    let action_source = event.action_source.as_ref().map_or("", ActionSource::as_str);
    let until_s = event.event_time.map(|event_s| taken_until_s(action_source, event_s));
    let is_too_old = |event_s: i64| now_s.saturating_sub(event_s) > age_max_s(action_source);
    if until_s.is_some_and(|until_s| until_s < now_s) && !event.event_time.is_some_and(is_too_old) {
        return Some(refusal(
            Some(subcodes::TOO_OLD),
            "event_time",
            "in less than ten minutes the event is too old for Meta, which is not long enough to send it; report events when they happen",
        ));
    }
    let (name, id) = (text(event.event_name.as_ref()), text(event.event_id.as_ref()));
    if name.len() > NAME_BYTES_MAX {
        return Some(refusal(Some(subcodes::PARAMETER), "event_name", "the name is longer than 256 bytes"));
    }
    if id.len() > ID_BYTES_MAX {
        return Some(refusal(Some(subcodes::PARAMETER), "event_id", "the id is longer than 1024 bytes"));
    }
    if let Some(useless) = capi::useless_append(event) {
        return Some(useless);
    }
    is_personal_event_name(name).then(|| {
        refusal(
            Some(subcodes::PARAMETER),
            "event_name",
            "the name holds what looks like an e-mail address or a phone number, which Meta forbids here",
        )
    })
}

fn text<'t>(field: Option<&'t Cow<'_, str>>) -> &'t str {
    field.map(AsRef::as_ref).unwrap_or_default()
}
