//! What an event was worth, and the things in it.

use super::{Findings, products, worth};
use crate::{Event, catalogue, event::CustomData, subcodes};

pub(super) fn check(event: &Event<'_>, findings: &mut Findings) {
    let nothing = CustomData::default();
    let data = event.custom_data.as_ref().unwrap_or(&nothing);
    let currency = data.currency.as_deref().filter(|currency| !currency.is_empty());
    let odd = |name| data.extra.iter().any(|(extra, _)| extra == name);
    let (value_is_odd, currency_is_odd) = (odd("value"), odd("currency"));
    let is_no_object = event.extra.iter().any(|(name, _)| name == "custom_data");
    let why = |missing: &'static str| {
        if is_no_object {
            "custom_data must be an object, not a text or a list, so that Meta finds this in it"
        } else {
            missing
        }
    };
    if event.event_name.as_deref() == Some("Purchase") {
        if currency.is_none() && !currency_is_odd {
            findings.refuse(
                subcodes::CURRENCY_MISSING,
                "custom_data.currency",
                why("a purchase needs a currency, an ISO 4217 code such as TRY"),
            );
        }
        if data.value.is_none() && !value_is_odd {
            findings.refuse(
                subcodes::VALUE_MISSING,
                "custom_data.value",
                why("a purchase needs a value, for example 1.99"),
            );
        }
    } else if data.value.is_some() && currency.is_none() && !currency_is_odd {
        findings.refuse(subcodes::CURRENCY, "custom_data.currency", "a value needs its currency");
    }
    if let Some(currency) = currency
        && !catalogue::is_currency(currency.trim())
    {
        findings.refuse(subcodes::CURRENCY, "custom_data.currency", worth::currency_mend(currency));
    }
    if currency_is_odd {
        findings.refuse(
            subcodes::CURRENCY,
            "custom_data.currency",
            "the currency must be a text such as TRY",
        );
    }
    if value_is_odd {
        findings.refuse(subcodes::CUSTOM_DATA, "custom_data.value", worth::value_mend(&data.extra));
    }
    worth::order(&data.extra, findings);
    products::refusals(data, findings);
}
