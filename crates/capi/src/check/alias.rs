//! What people call Meta's keys, and where keys stand that are Meta's but not where they came.
//!
//! The names are our own collection, from public reports, tag templates, shop systems and Google's
//! names for the same things; where each of Meta's keys belongs is Meta's documentation of the
//! parameters of the Conversions API.

use crate::{
    Event, Key,
    event::{Content, CustomData, UserData},
};

/// A pair of a name in small letters and digits alone, and Meta's key.
type Alias = (&'static str, &'static str);

/// Names of keys of `user_data`.
const OF_THE_PERSON: &[Alias] = &[
    ("email", "em"),
    ("emails", "em"),
    ("emailaddress", "em"),
    ("mail", "em"),
    ("eposta", "em"),
    ("phone", "ph"),
    ("phones", "ph"),
    ("phonenumber", "ph"),
    ("tel", "ph"),
    ("telephone", "ph"),
    ("telefon", "ph"),
    ("mobile", "ph"),
    ("mobilephone", "ph"),
    ("msisdn", "ph"),
    ("gsm", "ph"),
    ("firstname", "fn"),
    ("fname", "fn"),
    ("givenname", "fn"),
    ("lastname", "ln"),
    ("lname", "ln"),
    ("surname", "ln"),
    ("familyname", "ln"),
    ("gender", "ge"),
    ("sex", "ge"),
    ("birthday", "db"),
    ("birthdate", "db"),
    ("dateofbirth", "db"),
    ("dob", "db"),
    ("city", "ct"),
    ("town", "ct"),
    ("state", "st"),
    ("province", "st"),
    ("region", "st"),
    ("zip", "zp"),
    ("zipcode", "zp"),
    ("postcode", "zp"),
    ("postalcode", "zp"),
    ("countrycode", "country"),
    ("externalid", "external_id"),
    ("userid", "external_id"),
    ("customerid", "external_id"),
    ("clientid", "external_id"),
    ("memberid", "external_id"),
    ("uid", "external_id"),
    ("ip", "client_ip_address"),
    ("ipaddress", "client_ip_address"),
    ("clientip", "client_ip_address"),
    ("clientipaddress", "client_ip_address"),
    ("remoteaddr", "client_ip_address"),
    ("remoteaddress", "client_ip_address"),
    ("useragent", "client_user_agent"),
    ("clientuseragent", "client_user_agent"),
    ("browseruseragent", "client_user_agent"),
    ("agent", "client_user_agent"),
    ("ua", "client_user_agent"),
    ("fbclid", "fbc"),
    ("clickid", "fbc"),
    ("fbc", "fbc"),
    ("browserid", "fbp"),
    ("fbp", "fbp"),
    ("leadgenid", "lead_id"),
    ("leadid", "lead_id"),
    ("facebookleadid", "lead_id"),
    ("idfa", "madid"),
    ("gaid", "madid"),
    ("aaid", "madid"),
    ("adid", "madid"),
    ("advertisingid", "madid"),
    ("ctwaclid", "ctwa_clid"),
    ("psid", "page_scoped_user_id"),
    ("pageid", "page_id"),
    ("wabaid", "whatsapp_business_account_id"),
    ("igsid", "ig_sid"),
    ("cell", "ph"),
    ("cellphone", "ph"),
    ("whatsapp", "ph"),
    ("whatsappnumber", "ph"),
    ("waid", "ph"),
    ("telefono", "ph"),
    ("telefone", "ph"),
    ("celular", "ph"),
    ("correo", "em"),
    ("hem", "em"),
    ("vorname", "fn"),
    ("nachname", "ln"),
    ("apellido", "ln"),
    ("sobrenome", "ln"),
    ("soyad", "ln"),
    ("soyadi", "ln"),
    ("ciudad", "ct"),
    ("cidade", "ct"),
    ("sehir", "ct"),
    ("plz", "zp"),
    ("cep", "zp"),
    ("postakodu", "zp"),
    ("codigopostal", "zp"),
    ("advertiserid", "madid"),
    ("instagrambusinessaccountid", "ig_account_id"),
];

/// Words around such a name that do not change what it means: `sha256_email_address`, `billing_city`.
const BEFORE: [&str; 9] =
    ["sha256", "hashed", "hash", "encrypted", "user", "customer", "contact", "billing", "client"];
const BEHIND: [&str; 3] = ["sha256", "hashed", "hash"];

/// Names of keys of an event.
const OF_THE_EVENT: &[Alias] = &[
    ("event", "event_name"),
    ("eventname", "event_name"),
    ("eventtype", "event_name"),
    ("eventid", "event_id"),
    ("eid", "event_id"),
    ("messageid", "event_id"),
    ("timestamp", "event_time"),
    ("eventtime", "event_time"),
    ("eventtimestamp", "event_time"),
    ("time", "event_time"),
    ("actionsource", "action_source"),
    ("url", "event_source_url"),
    ("pageurl", "event_source_url"),
    ("eventurl", "event_source_url"),
    ("sourceurl", "event_source_url"),
    ("eventsourceurl", "event_source_url"),
    ("pagelocation", "event_source_url"),
    ("referrer", "referrer_url"),
    ("referer", "referrer_url"),
    ("pagereferrer", "referrer_url"),
    ("user", "user_data"),
    ("userdata", "user_data"),
    ("userinfo", "user_data"),
    ("traits", "user_data"),
    ("properties", "custom_data"),
    ("customdata", "custom_data"),
    ("customproperties", "custom_data"),
    ("messagingchannel", "messaging_channel"),
    ("optout", "opt_out"),
];

/// Names of keys of `custom_data`, where any name of one's own is allowed: said only if Meta's key is
/// not there.
const OF_THE_PURCHASE: &[Alias] = &[
    ("transactionid", "order_id"),
    ("orderid", "order_id"),
    ("ordernumber", "order_id"),
    ("items", "contents"),
    ("products", "contents"),
    ("lineitems", "contents"),
    ("contentid", "content_ids"),
    ("contentids", "content_ids"),
    ("productid", "content_ids"),
    ("productids", "content_ids"),
    ("contenttype", "content_type"),
    ("contentname", "content_name"),
    ("currencycode", "currency"),
    ("total", "value"),
    ("totalvalue", "value"),
    ("amount", "value"),
    ("revenue", "value"),
    ("searchterm", "search_string"),
    ("numitems", "num_items"),
    ("ltv", "predicted_ltv"),
];

/// Names of keys of an element of `contents`, Google Analytics 4's among them.
const OF_A_THING: &[Alias] = &[
    ("itemid", "id"),
    ("productid", "id"),
    ("contentid", "id"),
    ("sku", "id"),
    ("itemname", "title"),
    ("name", "title"),
    ("productname", "title"),
    ("price", "item_price"),
    ("itemprice", "item_price"),
    ("unitprice", "item_price"),
    ("qty", "quantity"),
    ("itembrand", "brand"),
    ("itemcategory", "category"),
];

/// Parameters of the request as a whole.
const OF_THE_REQUEST: [&str; 8] = [
    "test_event_code",
    "partner_agent",
    "access_token",
    "appsecret_proof",
    "namespace_id",
    "upload_id",
    "upload_tag",
    "upload_source",
];

/// Other names of them, and of the list of events.
const AROUND_THE_EVENTS: &[Alias] = &[
    ("events", "data"),
    ("payload", "data"),
    ("testcode", "test_event_code"),
    ("testevent", "test_event_code"),
    ("testeventid", "test_event_code"),
    ("token", "access_token"),
    ("agent", "partner_agent"),
];

/// Names of the id of the dataset, which stands in the address of the request alone.
const OF_THE_ADDRESS: [&str; 5] = ["pixelid", "pixel", "datasetid", "dataset", "fbpixelid"];

/// What is said of it.
pub(super) const IN_THE_ADDRESS: &str =
    "the id of the pixel or dataset stands in the address, /v24.0/<id>/events; here it is ignored";

/// What in `custom_data` is hardly a property of one's own.
const OF_THE_BROWSER: [&str; 4] = ["fbc", "fbp", "client_ip_address", "client_user_agent"];

/// Longest name that is looked up, bytes.
const NAME_BYTES_MAX: usize = 40;

/// The objects of a request, as places of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyHome {
    Request,
    Event,
    UserData,
    CustomData,
    Thing,
}

impl KeyHome {
    /// Where it is, for a person.
    pub(crate) fn shown(self) -> &'static str {
        match self {
            Self::Request => "at the top of the request, beside \"data\"",
            Self::Event => "in each event of \"data\"",
            Self::UserData => "in user_data",
            Self::CustomData => "in custom_data",
            Self::Thing => "in an element of contents",
        }
    }

    /// Where a key of Meta's belongs that stands here and is none of this place.
    pub(crate) fn home_of(self, name: &str) -> Option<Self> {
        if OF_THE_REQUEST.contains(&name) {
            return (self != Self::Request).then_some(Self::Request);
        }
        let known: [(Self, &[&str]); 3] = [
            (Self::Event, Event::FIELDS),
            (Self::UserData, UserData::FIELDS),
            (Self::CustomData, CustomData::FIELDS),
        ];
        let home = known.into_iter().find(|(_, fields)| fields.contains(&name)).map(|(home, _)| home)?;
        let is_clear = match self {
            Self::Request | Self::Event | Self::UserData => home != self,
            Self::CustomData => home == Self::Event || OF_THE_BROWSER.contains(&name),
            Self::Thing => false,
        };
        is_clear.then_some(home)
    }

    /// Meta's key for a name that people use here.
    pub(crate) fn key_of(self, name: &str) -> Option<&'static str> {
        let mut bare = [0; NAME_BYTES_MAX];
        let bare = bare_name(name, &mut bare)?;
        match self {
            Self::Request => find(AROUND_THE_EVENTS, bare),
            Self::Event => find(OF_THE_EVENT, bare),
            Self::UserData => find(OF_THE_PERSON, bare).or_else(|| {
                let inner = BEFORE.iter().find_map(|word| bare.strip_prefix(word)).unwrap_or(bare);
                let inner = BEHIND.iter().find_map(|word| inner.strip_suffix(word)).unwrap_or(inner);
                let is_key = |key: &&str| inner != bare && Key::from_name(key).is_some();
                find(OF_THE_PERSON, inner)
                    .or_else(|| UserData::FIELDS.iter().copied().find(|key| *key == inner).filter(is_key))
            }),
            Self::CustomData => find(OF_THE_PURCHASE, bare),
            Self::Thing => find(OF_A_THING, bare),
        }
        .or_else(|| self.own_key(bare))
        .filter(|key| *key != name)
    }

    /// Meta's own name in another spelling: `EM`, `Event-Name`, `itemPrice`.
    fn own_key(self, bare: &str) -> Option<&'static str> {
        let fields: &'static [&'static str] = match self {
            Self::Request => &OF_THE_REQUEST,
            Self::Event => Event::FIELDS,
            Self::UserData => UserData::FIELDS,
            Self::CustomData => CustomData::FIELDS,
            Self::Thing => Content::FIELDS,
        };
        if self == Self::Request && bare == "data" {
            return Some("data");
        }
        let is_it = |key: &&&str| {
            let letters = key.bytes().filter(|byte| *byte != b'_');
            letters.eq(bare.bytes())
        };
        fields.iter().find(is_it).copied()
    }
}

/// Whether a name is one of the dataset's id.
pub(super) fn is_of_the_address(name: &str) -> bool {
    let mut bare = [0; NAME_BYTES_MAX];
    bare_name(name, &mut bare).is_some_and(|bare| OF_THE_ADDRESS.contains(&bare))
}

fn find(aliases: &[Alias], bare: &str) -> Option<&'static str> {
    aliases.iter().find(|(alias, _)| *alias == bare).map(|(_, key)| *key)
}

/// The letters and digits of a name, in small letters.
fn bare_name<'b>(name: &str, buffer: &'b mut [u8; NAME_BYTES_MAX]) -> Option<&'b str> {
    let mut length = 0;
    for byte in name.bytes().filter(|byte| !b"_-. []".contains(byte)) {
        if !byte.is_ascii_alphanumeric() {
            return None;
        }
        *buffer.get_mut(length)? = byte.to_ascii_lowercase();
        length += 1;
    }
    std::str::from_utf8(&buffer[..length]).ok().filter(|bare| !bare.is_empty())
}

/// What is said of a name in `user_data` or in an event that is not Meta's.
pub(super) fn advice(key: &'static str, name: &str) -> String {
    if key == "fbc" && name.to_ascii_lowercase().contains("cl") {
        return "Meta's key is fbc, which holds more than the click id: write fb.1.<milliseconds of the click>.<fbclid>"
            .to_owned();
    }
    match Key::from_name(key) {
        Some(Key::ExternalId) | None => format!("Meta's key is {key}; under this name it is ignored"),
        Some(_) => format!("Meta's key is {key} (SHA-256 of the value); under this name it is ignored"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_of_keys_are_known_in_every_spelling() {
        for (name, key) in [
            ("email", "em"),
            ("E-Mail", "em"),
            ("emailAddress", "em"),
            ("sha256_email_address", "em"),
            ("hashed_email", "em"),
            ("email_hash", "em"),
            ("em_sha256", "em"),
            ("customer_phone", "ph"),
            ("phone_number", "ph"),
            ("firstName", "fn"),
            ("last-name", "ln"),
            ("billing_city", "ct"),
            ("zip_code", "zp"),
            ("gender", "ge"),
            ("user_id", "external_id"),
            ("ip", "client_ip_address"),
            ("User-Agent", "client_user_agent"),
            ("_fbp", "fbp"),
            ("fbclid", "fbc"),
            ("leadgen_id", "lead_id"),
        ] {
            assert_eq!(KeyHome::UserData.key_of(name), Some(key), "{name}");
        }
        for name in ["em", "fbp", "colour", "", "é", "user_data", &"x".repeat(100)] {
            assert_eq!(KeyHome::UserData.key_of(name), None, "{name}");
        }
        assert_eq!(KeyHome::Event.key_of("eventID"), Some("event_id"));
        assert_eq!(KeyHome::CustomData.key_of("transaction_id"), Some("order_id"));
        assert_eq!(KeyHome::Thing.key_of("item_name"), Some("title"));
        assert_eq!(KeyHome::Thing.key_of("index"), None);
        assert_eq!(KeyHome::Request.key_of("testEventCode"), Some("test_event_code"));
        assert_eq!(KeyHome::Request.key_of("events"), Some("data"));
        assert_eq!(KeyHome::Request.key_of("data"), None);
    }

    #[test]
    fn metas_own_names_are_known_in_every_spelling() {
        for (home, name, key) in [
            (KeyHome::UserData, "EM", "em"),
            (KeyHome::UserData, "Ph", "ph"),
            (KeyHome::UserData, "Country", "country"),
            (KeyHome::UserData, "subscriptionId", "subscription_id"),
            (KeyHome::Event, "Event-Name", "event_name"),
            (KeyHome::Event, "dataProcessingOptions", "data_processing_options"),
            (KeyHome::CustomData, "Value", "value"),
            (KeyHome::CustomData, "contentCategory", "content_category"),
            (KeyHome::Thing, "ID", "id"),
            (KeyHome::Thing, "Quantity", "quantity"),
            (KeyHome::Thing, "deliveryCategory", "delivery_category"),
            (KeyHome::Request, "Data", "data"),
            (KeyHome::Request, "partnerAgent", "partner_agent"),
        ] {
            assert_eq!(home.key_of(name), Some(key), "{name}");
            assert_eq!(home.key_of(key), None, "{key}");
        }
    }

    #[test]
    fn each_alias_means_a_key_that_exists_and_is_written_in_small_letters() {
        let thing = crate::event::Content::FIELDS;
        for (aliases, fields) in [
            (OF_THE_PERSON, UserData::FIELDS),
            (OF_THE_EVENT, Event::FIELDS),
            (OF_THE_PURCHASE, CustomData::FIELDS),
            (OF_A_THING, thing),
        ] {
            for (alias, key) in aliases {
                assert!(fields.contains(key), "{alias}");
                let is_bare = alias.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
                assert!(is_bare && alias.len() <= NAME_BYTES_MAX, "{alias}");
                assert_eq!(aliases.iter().filter(|(other, _)| other == alias).count(), 1, "{alias}");
            }
        }
    }

    #[test]
    fn keys_in_the_wrong_place_know_their_own() {
        for (here, name, home) in [
            (KeyHome::Event, "test_event_code", Some(KeyHome::Request)),
            (KeyHome::UserData, "partner_agent", Some(KeyHome::Request)),
            (KeyHome::Request, "data_processing_options", Some(KeyHome::Event)),
            (KeyHome::Event, "currency", Some(KeyHome::CustomData)),
            (KeyHome::Event, "fbp", Some(KeyHome::UserData)),
            (KeyHome::UserData, "event_source_url", Some(KeyHome::Event)),
            (KeyHome::CustomData, "event_id", Some(KeyHome::Event)),
            (KeyHome::CustomData, "fbc", Some(KeyHome::UserData)),
            (KeyHome::CustomData, "country", None),
            (KeyHome::Event, "event_id", None),
            (KeyHome::Request, "upload_tag", None),
            (KeyHome::Event, "nonsense", None),
        ] {
            assert_eq!(here.home_of(name), home, "{name}");
        }
    }
}
