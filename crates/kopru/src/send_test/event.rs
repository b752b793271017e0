//! The made-up events: whatever identifies somebody in them is nobody's.

use capi::{Checks, Event, Normalizer, write_checked};
use kopru_core::Dataset;
use serde_json::{Value, json};

use super::words::TestRoute;
use crate::{Error, now_s, random_u32};

/// A page of nobody: the domain is reserved for examples.
const PAGE: &str = "https://www.example.com/kopru-send-test";
/// An address of nobody, in the same domain.
const EMAIL: &str = "kopru-send-test@example.com";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// An event of now with an id of its own, a JSON object as Meta gets it.
///
/// # Errors
/// There are no random numbers, or the configured account is none that Meta would look at.
pub(super) fn made_up(sent: TestRoute, dataset: &Dataset) -> Result<String, Error> {
    let (now_s, chance) = (now_s(), made_up_letters()?);
    let id = format!("kopru-send-test-{chance}");
    let event = match sent {
        TestRoute::Website => page_view(now_s, &id),
        TestRoute::Chat => lead(now_s, &id, dataset.waba_id.as_deref(), &format!("ARAkopruSendTest{chance}")),
    }
    .to_string();
    let no_event = |why: String| Error::NoTestEvent(why);
    let event = Event::from_slice(event.as_bytes()).map_err(|error| no_event(error.to_string()))?;
    let mut written = Vec::new();
    let mut normalizer = Normalizer::new(dataset.rules, now_s);
    write_checked(&event, Checks::at(now_s), &mut normalizer, &mut written)
        .map_err(|refusal| no_event(refusal.message.into_owned()))?;
    // The writer writes JSON, which is text.
    Ok(String::from_utf8(written).unwrap_or_default())
}

fn page_view(now_s: i64, id: &str) -> Value {
    json!({
        "event_name": "PageView", "event_time": now_s, "event_id": id, "action_source": "website",
        "event_source_url": PAGE,
        "user_data": { "em": [EMAIL], "external_id": [id], "client_user_agent": BROWSER },
    })
}

fn lead(now_s: i64, id: &str, account: Option<&str>, click_id: &str) -> Value {
    json!({
        "event_name": "LeadSubmitted", "event_time": now_s, "event_id": id,
        "action_source": "business_messaging", "messaging_channel": "whatsapp",
        "user_data": { "whatsapp_business_account_id": account, "ctwa_clid": click_id },
    })
}

/// 32 hexadecimal digits by chance, so that no two tests are one event to Meta.
fn made_up_letters() -> Result<String, Error> {
    let mut bytes = Vec::with_capacity(16);
    for _ in 0..4 {
        bytes.extend(random_u32()?.to_be_bytes());
    }
    Ok(capi::hex(&bytes))
}
