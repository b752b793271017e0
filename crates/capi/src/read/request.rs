//! The request around the events.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{ObjectShape, broken};
use crate::{
    Error, Event, Plain,
    event::{
        Extra,
        object::{Field, Fit, Name},
    },
    limits::EVENTS_PER_REQUEST_MAX,
};

/// One element of `data`: an event, or what stood in its place.
pub type Element<'a> = Result<Event<'a>, Box<RawValue>>;

/// A request to `/{dataset}/events` as it came. Printing it shows the names of the fields that are
/// there and none of their values.
#[derive(Default)]
pub struct RequestBody<'a> {
    /// The events, in order.
    pub data: Vec<Element<'a>>,
    /// Events beyond those that one request may carry: they are counted and not kept.
    pub surplus: usize,
    /// Whether there was a list called `data` at all.
    pub has_data: bool,
    /// Whatever else came.
    pub envelope: Envelope<'a>,
    /// Whether `data` or one of its elements was a string that may hold JSON.
    pub(super) is_folded: bool,
}

/// What belongs to the request as a whole. Printing it shows the names of the fields that are there
/// and none of their values.
#[derive(Default)]
pub struct Envelope<'a> {
    /// The token, if it came in the body.
    pub access_token: Option<Plain>,
    /// The key of a Conversions API Gateway.
    pub access_key: Option<Plain>,
    /// HMAC of the token under the app's secret.
    pub appsecret_proof: Option<Plain>,
    /// Shows the events in Meta's test view. They count all the same.
    pub test_event_code: Option<Cow<'a, str>>,
    /// The platform that sends.
    pub partner_agent: Option<Cow<'a, str>>,
    /// Scope of `external_id`.
    pub namespace_id: Option<Cow<'a, str>>,
    /// Groups the events of one upload.
    pub upload_id: Option<Cow<'a, str>>,
    /// Label of an upload.
    pub upload_tag: Option<Cow<'a, str>>,
    /// Where an upload came from.
    pub upload_source: Option<Cow<'a, str>>,
    /// `platforms`, `progress`, `trace` and what this library does not know.
    pub extra: Extra<'a>,
    /// What `data` is if it is an object.
    pub(crate) data_shape: Option<ObjectShape>,
}

impl fmt::Debug for RequestBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events = self.data.iter().map(|element| element.as_ref().map_err(|_| "no event"));
        let events: Vec<_> = events.collect();
        f.debug_struct("RequestBody")
            .field("data", &events)
            .field("envelope", &self.envelope)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Envelope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = [
            ("access_token", self.access_token.is_some()),
            ("accessKey", self.access_key.is_some()),
            ("appsecret_proof", self.appsecret_proof.is_some()),
            ("test_event_code", self.test_event_code.is_some()),
            ("partner_agent", self.partner_agent.is_some()),
            ("namespace_id", self.namespace_id.is_some()),
            ("upload_id", self.upload_id.is_some()),
            ("upload_tag", self.upload_tag.is_some()),
            ("upload_source", self.upload_source.is_some()),
        ];
        let known = known.into_iter().filter_map(|(name, is_there)| is_there.then_some(name));
        f.debug_list().entries(known).entries(self.extra.iter().map(|(name, _)| name)).finish()
    }
}

pub(super) fn read(json: &str) -> Result<RequestBody<'_>, Error> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let request = Whole::deserialize(&mut deserializer).map_err(broken)?;
    deserializer.end().map_err(broken)?;
    request.0.ok_or_else(|| Error::unreadable("a request must be a JSON object with the list \"data\""))
}

struct Whole<'a>(Option<RequestBody<'a>>);

impl<'a> Deserialize<'a> for Whole<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        Fit::<RequestBody<'a>>::deserialize(deserializer).map(|fit| match fit {
            Fit::Is(request) => Self(Some(request)),
            Fit::Null | Fit::Odd(_) => Self(None),
        })
    }
}

impl<'a> Field<'a> for RequestBody<'a> {
    fn from_object<A: MapAccess<'a>>(mut object: A) -> Result<Fit<Self>, A::Error> {
        let mut request = Self::default();
        while let Some(Name(name)) = object.next_key::<Name<'a>>()? {
            if name == "data" {
                let data = object.next_value::<Data<'a>>()?;
                request.is_folded |= data.is_folded;
                request.has_data |= data.is_list;
                request.envelope.data_shape = data.shape;
                request.data = data.elements;
                request.surplus = data.surplus;
                continue;
            }
            let envelope = &mut request.envelope;
            let secret = match &*name {
                "access_token" => Some(&mut envelope.access_token),
                "accessKey" => Some(&mut envelope.access_key),
                "appsecret_proof" => Some(&mut envelope.appsecret_proof),
                _ => None,
            };
            if let Some(field) = secret {
                if let Fit::Is(text) = object.next_value::<Fit<Cow<'a, str>>>()? {
                    *field = Some(Plain::new(text));
                }
                continue;
            }
            let field = match &*name {
                "test_event_code" => &mut envelope.test_event_code,
                "partner_agent" => &mut envelope.partner_agent,
                "namespace_id" => &mut envelope.namespace_id,
                "upload_id" => &mut envelope.upload_id,
                "upload_tag" => &mut envelope.upload_tag,
                "upload_source" => &mut envelope.upload_source,
                _ => {
                    envelope.extra.push((name, object.next_value()?));
                    continue;
                }
            };
            match object.next_value::<Fit<Cow<'a, str>>>()? {
                Fit::Is(text) => *field = Some(text),
                Fit::Null => {}
                Fit::Odd(raw) => envelope.extra.push((name, raw)),
            }
        }
        Ok(Fit::Is(request))
    }
}

/// So many keys of an object in the place of `data` tell what it is.
const DATA_KEYS_MAX: usize = 1000;

/// The value of `data`.
#[derive(Default)]
struct Data<'a> {
    elements: Vec<Element<'a>>,
    surplus: usize,
    is_list: bool,
    is_folded: bool,
    shape: Option<ObjectShape>,
}

impl<'a> Deserialize<'a> for Data<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DataVisitor)
    }
}

struct DataVisitor;

impl<'de> Visitor<'de> for DataVisitor {
    type Value = Data<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Data<'de>, A::Error> {
        let mut data = Data { is_list: true, ..Data::default() };
        loop {
            if data.elements.len() == EVENTS_PER_REQUEST_MAX {
                // Meta takes no more, and an event takes far more room than its shortest JSON.
                while list.next_element::<IgnoredAny>()?.is_some() {
                    data.surplus += 1;
                }
                break;
            }
            let Some(element) = list.next_element::<Fit<Event<'de>>>()? else { break };
            data.elements.push(match element {
                Fit::Is(event) => Ok(event),
                Fit::Odd(raw) => {
                    data.is_folded |= raw.get().starts_with('"');
                    Err(raw)
                }
                Fit::Null => Err(Box::<RawValue>::default()),
            });
        }
        Ok(data)
    }

    fn visit_str<E>(self, _: &str) -> Result<Data<'de>, E> {
        Ok(Data { is_folded: true, ..Data::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Data<'de>, A::Error> {
        let mut keys = Vec::new();
        while let Some((Name(key), IgnoredAny)) = object.next_entry::<Name<'de>, IgnoredAny>()? {
            if keys.len() < DATA_KEYS_MAX {
                keys.push(key);
            }
        }
        Ok(Data { shape: ObjectShape::of(keys.iter().map(|key| &**key)), ..Data::default() })
    }

    fn visit_unit<E>(self) -> Result<Data<'de>, E> {
        Ok(Data::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Data<'de>, E> {
        Ok(Data::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Data<'de>, E> {
        Ok(Data::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Data<'de>, E> {
        Ok(Data::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Data<'de>, E> {
        Ok(Data::default())
    }
}
