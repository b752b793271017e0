//! What is answered once the events are durable.

use std::borrow::Cow;

use http::StatusCode;
use kopru_core::{Admitted, Reason, State};
use serde_json::{Value, json};

use super::{EventsDoor, KeyConsent, RefusedEvent, TraceId, advice::AdviceList, refusal::json_reply};
use crate::HttpReply;

/// What is said of purchases that came again in another currency.
const OTHER_CURRENCY: &str = "a purchase came again in another currency than it had: its amounts cannot be compared, and nothing was appended to it";

/// What is said of a purchase of which no more changes are told.
const TOO_MANY_CHANGES: &str = "a purchase was worth something else again, and that was not told: Meta gets five changes of one purchase and no more; where two senders report it with different amounts, let one of them do so";
/// What is said of repetitions that are none.
const SHARED_ID: &str = "an event came under the id of another one of its name, of another order or of another time and person, and counts as its repetition: where the id is a constant, all but the first are lost; give each event an id of its own, such as the order's number";
/// What is said of sales that are rather others than those whose numbers they have.
const OTHER_SALES: &str = "sales of a shop had the number of an earlier sale of another day and amount, were taken for repetitions and are not sent; a number may not come again within 62 days: write the day before it, for example";
/// What is said of events whose dataset sends nothing, or sent nothing when they happened.
const SHADOW: &str = "the dataset is in shadow, or was when this happened: recorded and not sent; with mode = \"live\" what happens from then on is sent";
const OFF: &str = "the dataset is off, or was when this happened: recorded and not sent; with mode = \"live\" what happens from then on is sent";
const TEST_OVER: &str = "the test of the dataset is over: recorded and not sent; with mode = \"live\" what happens from then on is sent";

/// What turned out of the events of a request when they were kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TurnedOut {
    /// How many were repetitions. Those are received, too.
    pub doubles: usize,
    /// To how many purchases something was appended, since they came again and are worth something else.
    pub appended: usize,
    /// How many purchases came again in another currency.
    pub other_currency: usize,
    /// How many changes were not told, since five of their purchase were.
    pub too_many_changes: usize,
    /// How many repetitions are other events by what they say, under one id.
    pub under_shared_ids: usize,
    /// How many repetitions are rather other sales, which have the number of an earlier one.
    pub other_sales: usize,
}

/// The answer to a request of which events are kept.
#[derive(Debug, Clone)]
pub struct EventsReply {
    /// The places in the request of the events that are kept.
    places: Vec<usize>,
    /// The property that says what a person has answered, if the key names one.
    consent_field: Option<String>,
    not_sent: usize,
    messages: Vec<String>,
    refused: Vec<Value>,
    advice: AdviceList,
    trace: TraceId,
}

impl EventsReply {
    pub(super) fn new(
        door: &EventsDoor<'_>,
        places: Vec<usize>,
        refused: &[RefusedEvent],
        advice: AdviceList,
    ) -> Self {
        let consent_field = match door.consent {
            Some(KeyConsent::Field(name)) => Some(name.clone()),
            Some(KeyConsent::Sender) | None => None,
        };
        Self {
            places,
            consent_field,
            not_sent: 0,
            messages: refused.iter().map(RefusedEvent::text).collect(),
            refused: refused.iter().map(RefusedEvent::detail).collect(),
            advice,
            trace: TraceId::of(&door.random),
        }
    }

    /// Says which of the events that are kept are not sent, and why; all of them, in their order.
    pub fn say_not_sent(&mut self, admitted: &[Admitted]) {
        let field = self.consent_field.as_deref().unwrap_or("consent");
        for (one, index) in admitted.iter().zip(&self.places) {
            let Some(reason) = one.reason.filter(|_| one.state == State::Suppressed) else { continue };
            self.not_sent += 1;
            let (path, text) = match reason {
                // What is unclear is said where it is read.
                Reason::NoConsent if one.activity.consent.is_none() => {
                    let text = format!(
                        "{field} is missing, and a person's yes is required here, so this was not sent; send it in custom_data of each event"
                    );
                    (format!("custom_data.{field}"), Cow::Owned(text))
                }
                Reason::Shadow => (String::new(), SHADOW.into()),
                Reason::DatasetOff => (String::new(), OFF.into()),
                Reason::TestOver => (String::new(), TEST_OVER.into()),
                _ => continue,
            };
            self.advice.of_event(*index, path, text);
        }
    }

    /// The answer, when it is known what turned out of the events.
    pub fn make(self, turned_out: TurnedOut) -> HttpReply {
        let TurnedOut { doubles, appended, other_currency, too_many_changes, under_shared_ids, other_sales } =
            turned_out;
        let mut body = json!({
            "events_received": self.places.len(), "messages": self.messages, "fbtrace_id": self.trace.as_str(),
        });
        let mut ours = serde_json::Map::new();
        if !self.refused.is_empty() {
            ours.insert("refused".to_owned(), self.refused.into());
        }
        if self.not_sent > 0 {
            ours.insert("not_sent".to_owned(), self.not_sent.into());
        }
        if doubles > 0 {
            ours.insert("duplicates".to_owned(), doubles.into());
        }
        if appended > 0 {
            ours.insert("appended".to_owned(), appended.into());
        }
        let mut advice = self.advice;
        for (count, path, message) in [
            (other_currency, "custom_data.currency", OTHER_CURRENCY),
            (too_many_changes, "custom_data.value", TOO_MANY_CHANGES),
            (under_shared_ids, "event_id", SHARED_ID),
            (other_sales, "custom_data.order_id", OTHER_SALES),
        ] {
            if count > 0 {
                advice.of_request(path, message);
            }
        }
        if other_sales > 0 {
            ours.insert("other_sales".to_owned(), other_sales.into());
        }
        if !advice.is_empty() {
            ours.insert("advice".to_owned(), advice.json());
        }
        if let (false, Some(body)) = (ours.is_empty(), body.as_object_mut()) {
            body.insert("kopru".to_owned(), ours.into());
        }
        json_reply(StatusCode::OK, &body)
    }
}
