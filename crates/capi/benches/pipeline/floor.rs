//! The floor: the same bytes parsed into a borrowed type, and nine of its fields hashed.

use std::{borrow::Cow, hint::black_box};

use serde::Deserialize;
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    event_name: Cow<'a, str>,
    event_time: i64,
    #[serde(borrow)]
    event_id: Cow<'a, str>,
    #[serde(borrow)]
    action_source: Cow<'a, str>,
    #[serde(borrow)]
    event_source_url: Cow<'a, str>,
    #[serde(borrow)]
    user_data: UserData<'a>,
    #[serde(borrow)]
    custom_data: CustomData<'a>,
}

#[derive(Deserialize)]
struct UserData<'a> {
    #[serde(borrow)]
    em: Cow<'a, str>,
    #[serde(borrow)]
    ph: Cow<'a, str>,
    #[serde(borrow)]
    r#fn: Cow<'a, str>,
    #[serde(borrow)]
    ln: Cow<'a, str>,
    #[serde(borrow)]
    ct: Cow<'a, str>,
    #[serde(borrow)]
    st: Cow<'a, str>,
    #[serde(borrow)]
    zp: Cow<'a, str>,
    #[serde(borrow)]
    country: Cow<'a, str>,
    #[serde(borrow)]
    external_id: Cow<'a, str>,
    #[serde(borrow)]
    client_ip_address: Cow<'a, str>,
    #[serde(borrow)]
    client_user_agent: Cow<'a, str>,
    #[serde(borrow)]
    fbc: Cow<'a, str>,
    #[serde(borrow)]
    fbp: Cow<'a, str>,
}

#[derive(Deserialize)]
struct CustomData<'a> {
    value: f64,
    #[serde(borrow)]
    currency: Cow<'a, str>,
    #[serde(borrow)]
    order_id: Cow<'a, str>,
    #[serde(borrow)]
    content_type: Cow<'a, str>,
    #[serde(borrow)]
    contents: Vec<Content<'a>>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    quantity: i64,
    item_price: f64,
}

pub fn run(events: &[Vec<u8>]) -> usize {
    let mut sum = 0;
    for json in events {
        let event: Event<'_> = serde_json::from_slice(json).expect("the generator writes JSON");
        let user = &event.user_data;
        for field in [
            &user.em,
            &user.ph,
            &user.r#fn,
            &user.ln,
            &user.ct,
            &user.st,
            &user.zp,
            &user.country,
            &user.external_id,
        ] {
            sum += usize::from(Sha256::digest(field.as_bytes())[0]);
        }
        black_box((&event.event_name, event.event_time, &event.event_id, &event.action_source));
        black_box((&event.event_source_url, &user.client_ip_address, &user.client_user_agent));
        black_box((&user.fbc, &user.fbp));
        let data = &event.custom_data;
        black_box((data.value, &data.currency, &data.order_id, &data.content_type));
        for content in &data.contents {
            black_box((&content.id, content.quantity, content.item_price));
        }
    }
    sum
}
