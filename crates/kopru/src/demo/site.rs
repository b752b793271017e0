//! The shop's site: its server posts what visitors do, as it would post it to Meta, with an API key of Kopru.
//!
//! Some visitors are people who chat as well. They give the site their phone number once; what they buy there is told
//! with nothing but the browser's cookie, and Kopru adds the e-mail address that the CRM has of them.

use serde_json::{Value, json};

use super::{Keys, shop::Person};
use crate::Error;

/// How many visitors never chat.
const STRANGERS: u64 = 40;
/// The number of the first of them.
const FIRST_STRANGER: u64 = 100_000;
/// How many events a request has at most.
const EVENTS_PER_REQUEST: usize = 25;
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const HOUR_S: i64 = 3600;

/// Somebody who visits the shop's site.
pub struct Visitor {
    number: u64,
    /// The phone number and the SHA-256 of the e-mail address in the CRM, of somebody who chats as well.
    known: Option<(String, String)>,
    /// When the visit begins, Unix seconds.
    came_s: i64,
}

/// One event that Meta must have taken of the site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WebExpected {
    /// Its name.
    pub event_name: String,
    /// Its id, which the shop's server gives it.
    pub event_id: String,
    /// The SHA-256 of the e-mail address that Kopru has to add.
    pub added_email: Option<String>,
}

/// What the site's visitors do, one after the other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum WebStep {
    /// They look at a page.
    Looks,
    /// They ask to be called.
    Asks,
    /// They buy.
    Buys,
}

/// What the doors have answered to the shop's server.
#[derive(Default)]
pub struct SiteReport {
    /// Events in all requests.
    pub posted: u64,
    /// Those that were received before.
    pub doubles: u64,
    /// Those that Meta would refuse.
    pub refused: u64,
}

/// Everybody who visits the site, of whom some chat as well.
pub fn visitors(people: &[Person], now_s: i64) -> Vec<Visitor> {
    let chatting = people.iter().filter(|person| person.number % 4 == 1).map(|person| {
        let email = capi::sha256_hex(person.email().to_lowercase().as_bytes());
        (person.number, Some((format!("+{}", person.phone()), email)))
    });
    let strangers = (0..STRANGERS).map(|number| (FIRST_STRANGER + number, None));
    chatting
        .chain(strangers)
        .map(|(number, known)| Visitor { number, known, came_s: now_s - HOUR_S + (number % 600) as i64 })
        .collect()
}

impl Visitor {
    /// What Meta must have taken of this visitor.
    pub fn expected(&self) -> Vec<WebExpected> {
        let all =
            [WebStep::Looks, WebStep::Asks, WebStep::Buys].into_iter().filter(|visit| self.does(*visit));
        all.map(|visit| WebExpected {
            event_name: name(visit).to_owned(),
            event_id: self.event_id(visit),
            added_email: self
                .known
                .as_ref()
                .filter(|_| visit == WebStep::Buys)
                .map(|(_, email)| email.clone()),
        })
        .collect()
    }

    fn does(&self, visit: WebStep) -> bool {
        match visit {
            WebStep::Looks => true,
            WebStep::Asks => self.known.is_some(),
            WebStep::Buys => self.number.is_multiple_of(3),
        }
    }

    fn event_id(&self, visit: WebStep) -> String {
        format!("{}-{}", name(visit).to_lowercase(), self.number)
    }

    /// The event as the shop's server sends it.
    fn event(&self, visit: WebStep) -> Value {
        let made_ms = (self.came_s - 24 * HOUR_S) * 1000 + self.number as i64 % 1000;
        let mut user = json!({
            "fbp": format!("fb.1.{made_ms}.{}", 1_000_000_000 + self.number), "client_user_agent": BROWSER,
        });
        let (after_s, mut custom) = match visit {
            WebStep::Looks => (0, json!({})),
            WebStep::Asks => (60, json!({})),
            WebStep::Buys => {
                let price = 40 + (self.number * 7) % 300;
                (600, json!({ "value": price, "currency": "TRY", "order_id": format!("W-{}", self.number) }))
            }
        };
        match (&self.known, visit) {
            (Some((phone, _)), WebStep::Asks) => user["ph"] = json!([phone]),
            (None, WebStep::Buys) => user["em"] = json!([format!("visitor.{}@example.com", self.number)]),
            _ => {}
        }
        if visit == WebStep::Looks {
            custom["content_type"] = json!("product");
        }
        json!({
            "event_name": name(visit), "event_id": self.event_id(visit), "event_time": self.came_s + after_s,
            "action_source": "website", "event_source_url": "https://shop.example.com/rugs",
            "user_data": user, "custom_data": custom,
        })
    }
}

fn name(visit: WebStep) -> &'static str {
    match visit {
        WebStep::Looks => "PageView",
        WebStep::Asks => "Lead",
        WebStep::Buys => "Purchase",
    }
}

/// The shop's server.
pub struct ShopServer<'a> {
    /// With what it posts.
    pub client: &'a reqwest::Client,
    /// Names and secrets.
    pub keys: &'a Keys,
    /// Kopru's doors: `http://127.0.0.1:PORT`.
    pub doors: &'a str,
}

impl ShopServer<'_> {
    /// Posts what all visitors do at this point. Some of it is posted twice, and one purchase has no value.
    pub async fn post(
        &self,
        visitors: &[Visitor],
        visit: WebStep,
        sum: &mut SiteReport,
    ) -> Result<(), Error> {
        let doing: Vec<&Visitor> = visitors.iter().filter(|visitor| visitor.does(visit)).collect();
        let mut events: Vec<Value> = doing.iter().map(|visitor| visitor.event(visit)).collect();
        events.extend(
            doing.iter().filter(|one| one.number.is_multiple_of(5)).map(|visitor| visitor.event(visit)),
        );
        if visit == WebStep::Buys
            && let Some(first) = doing.first()
        {
            let mut broken = first.event(visit);
            broken["event_id"] = json!("purchase-without-a-value");
            broken["custom_data"] = json!({});
            events.push(broken);
        }
        for part in events.chunks(EVENTS_PER_REQUEST) {
            self.request(part, sum).await?;
        }
        Ok(())
    }

    async fn request(&self, events: &[Value], sum: &mut SiteReport) -> Result<(), Error> {
        let url = format!("{}/v26.0/{}/events", self.doors, self.keys.dataset);
        let request = self.client.post(url).bearer_auth(self.keys.shop_key);
        let request = request.header("content-type", "application/json");
        let answer =
            request.body(json!({ "data": events }).to_string()).send().await.map_err(Error::WebhookLost)?;
        if answer.status() != 200 {
            return Err(Error::WebhookRefused(answer.status()));
        }
        let answer = answer.text().await.map_err(Error::WebhookLost)?;
        let answer: Value = serde_json::from_str(&answer).map_err(Error::Summary)?;
        sum.posted += events.len() as u64;
        sum.doubles += answer["kopru"]["duplicates"].as_u64().unwrap_or_default();
        sum.refused += answer["kopru"]["refused"].as_array().map_or(0, |refused| refused.len() as u64);
        Ok(())
    }
}
