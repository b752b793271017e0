//! What an event was worth, and the things in it.

use super::Findings;
use crate::{
    Event, catalogue,
    event::{Content, CustomData},
    limits::CONTENTS_MAX,
    subcodes,
};

pub(super) fn check(event: &Event<'_>, findings: &mut Findings) {
    let nothing = CustomData::default();
    let data = event.custom_data.as_ref().unwrap_or(&nothing);
    let currency = data.currency.as_deref().filter(|currency| !currency.is_empty());
    let odd = |name| data.extra.iter().any(|(extra, _)| extra == name);
    let (value_is_odd, currency_is_odd) = (odd("value"), odd("currency"));
    if event.event_name.as_deref() == Some("Purchase") {
        if currency.is_none() && !currency_is_odd {
            findings.refuse(
                subcodes::CURRENCY_MISSING,
                "custom_data.currency",
                "a purchase needs a currency, an ISO 4217 code such as TRY",
            );
        }
        if data.value.is_none() && !value_is_odd {
            findings.refuse(
                subcodes::VALUE_MISSING,
                "custom_data.value",
                "a purchase needs a value, for example 1.99",
            );
        }
    } else if data.value.is_some() && currency.is_none() && !currency_is_odd {
        findings.refuse(subcodes::CURRENCY, "custom_data.currency", "a value needs its currency");
    }
    if let Some(currency) = currency
        && !catalogue::is_currency(currency.trim())
    {
        let mend = catalogue::currency_hint(currency).map_or_else(
            || "this is no ISO 4217 currency code".to_owned(),
            |code| format!("this is no ISO 4217 currency code; write {code}"),
        );
        findings.refuse(subcodes::CURRENCY, "custom_data.currency", mend);
    }
    if currency_is_odd {
        findings.refuse(
            subcodes::CURRENCY,
            "custom_data.currency",
            "the currency must be a text such as TRY",
        );
    }
    if value_is_odd {
        findings.refuse(
            subcodes::CUSTOM_DATA,
            "custom_data.value",
            "the value must be a number with a point and without currency or thousands separators",
        );
    }
    contents(data, odd("contents"), findings);
}

fn contents(data: &CustomData<'_>, is_odd: bool, findings: &mut Findings) {
    if is_odd {
        findings.refuse(subcodes::CONTENTS, "custom_data.contents", "contents must be a list of objects");
    }
    let things = data.contents.as_ref().map(|contents| contents.list.as_slice()).unwrap_or_default();
    if data.contents.as_ref().is_some_and(|contents| contents.surplus > 0) {
        findings.refuse(
            subcodes::CONTENTS,
            "custom_data.contents",
            format!("contents holds more than {CONTENTS_MAX} things"),
        );
    }
    let has_id = |thing: &Content<'_>| thing.id.as_deref().is_some_and(|id| !id.is_empty());
    for (place, thing) in things.iter().enumerate() {
        match thing {
            Err(_) => {
                findings.refuse(
                    subcodes::CONTENTS,
                    format!("custom_data.contents.{place}"),
                    "each thing in contents must be an object",
                );
                return;
            }
            Ok(thing) if !has_id(thing) => {
                findings.refuse(
                    subcodes::CONTENTS,
                    format!("custom_data.contents.{place}.id"),
                    "each thing in contents needs its id",
                );
                return;
            }
            Ok(_) => {}
        }
    }
}
