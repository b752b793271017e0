//! One event of a request becomes an activity, or is refused with the reason.

use std::borrow::Cow;

use capi::{
    ActionSource, Checks, Dropped, Element, Event, Finding, Normalizer,
    browser::address,
    catalogue, normalize,
    privacy::{is_personal_event_name, is_personal_id},
    subcodes,
};
use kopru_core::{Activity, Carried, ConsentAnswer, LeftOut, OnceKey, StoredEvent, age_max_s};

use super::{EventsDoor, RefusedEvent, key_consent, page, people::IdentifierReader};

/// Longest name of an event, bytes. The pixel takes 50 characters.
const NAME_BYTES_MAX: usize = 256;
/// Longest id of an event, bytes. Our own choice.
const ID_BYTES_MAX: usize = 1024;
/// The name of the event that an order's id tells from another.
const PURCHASE: &str = "Purchase";

/// Reads the events of one request.
pub(super) struct EventReader<'d> {
    door: &'d EventsDoor<'d>,
    now_s: i64,
    envelope: String,
    normalizer: Normalizer,
    people: IdentifierReader<'d>,
    /// The places of the events for which an id was made.
    named: Vec<usize>,
}

impl<'d> EventReader<'d> {
    pub(super) fn new(door: &'d EventsDoor<'d>, envelope: String) -> Self {
        let now_s = door.now_ms.div_euclid(1000);
        let mut normalizer = Normalizer::new(door.rules, now_s);
        normalizer.set_country(door.tenant.country.as_deref());
        Self { door, now_s, envelope, normalizer, people: IdentifierReader::new(door), named: Vec::new() }
    }

    /// The places of the events for which an id was made.
    pub(super) fn named(self) -> Vec<usize> {
        self.named
    }

    pub(super) fn take(&mut self, index: usize, element: Element<'_>) -> Result<Activity, RefusedEvent> {
        let checks = Checks::at(self.now_s);
        if element.is_err() || capi::is_batched(&element) {
            let findings = capi::check_element(&element, checks);
            return Err(RefusedEvent::of(index, findings.refusal(), String::new()));
        }
        let Ok(mut event) = element else { return Err(RefusedEvent::of(index, None, String::new())) };
        let consent = key_consent::take(self.door.consent, &mut event);
        let left_out = clean(&mut event);
        if let Some(refusal) = not_here(&event) {
            event.event_name = event.event_name.take().filter(|name| !is_personal_event_name(name));
            return Err(self.refused(index, &refusal, &event, consent));
        }
        let has_id = event.event_id.as_deref().is_some_and(|id| !normalize::is_no_id(id) && !id.is_empty());
        if !has_id && self.door.needs_id {
            return Err(self.refused(index, &no_id(), &event, consent));
        }
        if !has_id {
            event.event_id = Some(Cow::Owned(format!("{}-{index}", capi::hex(&self.door.random))));
        }
        let mut json = Vec::new();
        let written = match capi::write_checked(&event, checks, &mut self.normalizer, &mut json) {
            Ok(written) => written,
            Err(refusal) => return Err(self.refused(index, &refusal, &event, consent)),
        };
        if !has_id {
            self.named.push(index);
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
        let currency =
            data.and_then(|data| data.currency.as_deref()).map(|code| code.trim().to_ascii_uppercase());
        let (once, event_id) = (self.once(event, name, id, &action_source, event_s), id.to_owned());
        let mut activity = Activity {
            origin: self.door.origin.to_owned(),
            dataset: self.door.dataset.to_owned(),
            name: name.to_owned(),
            event_id,
            event_s,
            value: data.and_then(|data| data.value.as_ref()?.money()),
            currency: currency.filter(|code| catalogue::is_currency(code)),
            consent,
            once,
            who: Vec::new(),
            event: StoredEvent {
                action_source,
                envelope: String::new(),
                json: "{}".to_owned(),
                added: Vec::new(),
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

    fn refused(
        &mut self,
        index: usize,
        refusal: &Finding,
        event: &Event<'_>,
        consent: Option<ConsentAnswer>,
    ) -> RefusedEvent {
        let json = self.hashed(event, consent);
        RefusedEvent::of(index, Some(refusal), json)
    }

    /// What can be kept of a refused event.
    fn hashed(&mut self, event: &Event<'_>, consent: Option<ConsentAnswer>) -> String {
        if matches!(consent, Some(ConsentAnswer::No | ConsentAnswer::Unclear)) {
            return "{}".to_owned();
        }
        let mut json = Vec::new();
        capi::write_event(event, &mut self.normalizer, &mut json);
        String::from_utf8(json).unwrap_or_default()
    }
}

/// Takes out what is not passed on, whatever the rest of the event says.
fn clean(event: &mut Event<'_>) -> Option<LeftOut> {
    event.event_source_url = event.event_source_url.take().and_then(page::passed_on);
    event.referrer_url = event.referrer_url.take().and_then(page::passed_on);
    let user = event.user_data.as_mut()?;
    let given = user.client_ip_address.take().filter(|given| !given.is_empty())?;
    let usable = address::for_meta(&given).map(Cow::into_owned);
    user.client_ip_address = usable.map(Cow::Owned);
    let is_gone = user.client_ip_address.is_none();
    is_gone.then_some(LeftOut { key: "client_ip_address", why: Dropped::Unreadable.code() })
}

fn refusal(subcode: Option<u32>, path: &'static str, message: &'static str) -> Finding {
    let severity = capi::Severity::Refused { subcode };
    Finding { severity, code: "refused", path: path.into(), message: message.into() }
}

fn no_id() -> Finding {
    let message = "there is no id, or a placeholder; with one it is known when it comes again";
    refusal(Some(subcodes::PARAMETER), "event_id", message)
}

/// Why an event that Meta may take is not taken here.
fn not_here(event: &Event<'_>) -> Option<Finding> {
    if event.action_source == Some(ActionSource::BusinessMessaging) {
        return Some(refusal(
            Some(subcodes::ARGUMENT),
            "action_source",
            "events of chats are made of the chats themselves, which come by a door of their own; send the others here",
        ));
    }
    let (name, id) = (text(event.event_name.as_ref()), text(event.event_id.as_ref()));
    if name.len() > NAME_BYTES_MAX {
        return Some(refusal(Some(subcodes::PARAMETER), "event_name", "the name is longer than 256 bytes"));
    }
    if id.len() > ID_BYTES_MAX {
        return Some(refusal(Some(subcodes::PARAMETER), "event_id", "the id is longer than 1024 bytes"));
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
