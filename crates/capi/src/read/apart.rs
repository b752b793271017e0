//! Requests of which an event cannot be read although its end can be found: a number beyond all bounds, half a
//! character, nesting without end. Each event is read by itself, so that its neighbours are.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{
        IgnoredAny, SeqAccess, Visitor,
        value::{CowStrDeserializer, MapDeserializer},
    },
};
use serde_json::value::RawValue;

use super::{
    RawFields,
    request::{Element, RequestBody},
};
use crate::{
    Event,
    event::object::{Field as _, Fit},
    limits::EVENTS_PER_REQUEST_MAX,
};

/// Reads the request; `None` where not even the ends of the events can be found, or something else is broken.
pub(super) fn read(json: &str) -> Option<RequestBody<'_>> {
    let RawFields(fields) = serde_json::from_str(json).ok()?;
    let (mut data, mut others) = (None, Vec::with_capacity(fields.len()));
    for (name, value) in fields {
        if name == "data" {
            data = Some(value);
        } else {
            others.push((CowStrDeserializer::new(name), value));
        }
    }
    let Elements { elements, surplus } = serde_json::from_str(data?.get()).ok()?;
    let envelope = MapDeserializer::<_, serde_json::Error>::new(others.into_iter());
    let Ok(Fit::Is(mut request)) = RequestBody::from_object(envelope) else { return None };
    request.is_folded =
        elements.iter().any(|element| matches!(element, Err(raw) if raw.get().starts_with('"')));
    request.data = elements;
    request.surplus = surplus;
    request.has_data = true;
    Some(request)
}

/// The events of a list, and how many more there were.
struct Elements<'a> {
    elements: Vec<Element<'a>>,
    surplus: usize,
}

impl<'de: 'a, 'a> Deserialize<'de> for Elements<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ElementsVisitor;
        impl<'de> Visitor<'de> for ElementsVisitor {
            type Value = Elements<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of events")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Elements<'de>, A::Error> {
                let (mut elements, mut surplus) = (Vec::new(), 0);
                while elements.len() < EVENTS_PER_REQUEST_MAX
                    && let Some(raw) = list.next_element::<&'de RawValue>()?
                {
                    elements.push(match Fit::<Event<'de>>::deserialize(raw) {
                        Ok(Fit::Is(event)) => Ok(event),
                        Ok(Fit::Odd(raw)) => Err(raw),
                        Ok(Fit::Null) => Err(Box::<RawValue>::default()),
                        Err(_) => Err(raw.to_owned()),
                    });
                }
                while list.next_element::<IgnoredAny>()?.is_some() {
                    surplus += 1;
                }
                Ok(Elements { elements, surplus })
            }
        }
        deserializer.deserialize_seq(ElementsVisitor)
    }
}
