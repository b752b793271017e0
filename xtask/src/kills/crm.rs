//! Everything that changes while the service is killed: people, deals, prices, consents, and Meta.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sandbox_hooks::{
    KommoAction, KommoContact, KommoEntry, KommoHook, KommoLead, Referral, WhatsappEntry, WhatsappMessage,
    kommo, sign, whatsapp,
};
use serde_json::json;
use testkit::Random;
use tokio::sync::{mpsc, watch};

use super::{
    configuration::{APP_SECRET, KOMMO_KEY, WHATSAPP_KEY},
    story::{Person, draw_consent, draw_price},
    upstream::{AD, PIPELINE, Upstream, WABA},
};
use crate::service::{Failure, now_ms, webhook::Webhook};

/// The account that Kommo's webhooks name.
const ACCOUNT: u64 = 330_001;
/// Between two things that happen.
const BETWEEN: Duration = Duration::from_millis(55);
/// Prices and consents of so many of the newest people change; those of all others rest.
const YOUNG: usize = 60;
/// What goes wrong at Meta, each for a moment.
const FAULTS: [&str; 10] = [
    "error:2,rate=0.5,seconds=2",
    "error:1,times=2",
    "html:503,times=1",
    "reset,rate=0.5,seconds=2",
    "close-before,times=2",
    "close-after,times=2",
    "timeout-before,times=1",
    "timeout-after,times=1",
    "latency:700,seconds=3",
    "outage:1",
];

/// All people, oldest first.
#[derive(Clone, Default)]
pub struct People(Arc<Mutex<Vec<Person>>>);

impl People {
    pub fn all(&self) -> MutexGuard<'_, Vec<Person>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Those who work in the CRM, and those who write.
pub struct Life {
    pub upstream: Arc<Upstream>,
    pub people: People,
    pub webhooks: mpsc::UnboundedSender<Webhook>,
    pub random: Random,
    /// How many things were done; it says who in the CRM does the next one.
    pub done: u64,
}

impl Life {
    /// Goes on until told to stop.
    pub async fn live(mut self, stop: watch::Receiver<bool>) -> Result<(), Failure> {
        let mut turns = tokio::time::interval(BETWEEN);
        turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !*stop.borrow() {
            turns.tick().await;
            self.done += 1;
            match self.random.below(100) {
                0..12 => self.arrive().await?,
                12..40 => self.move_on().await?,
                40..68 => self.change_price().await?,
                68..92 => self.change_consents().await?,
                _ => {
                    let fault = self.random.pick(&FAULTS);
                    self.upstream.order("/sandbox/faults", &json!(fault)).await?;
                }
            }
        }
        Ok(())
    }

    /// Somebody writes, from an ad or not; the CRM makes a contact and a deal.
    async fn arrive(&mut self) -> Result<(), Failure> {
        let number = self.people.all().len() as u64 + 1;
        let person = Person::draw(number, now_ms(), &mut self.random);
        let click = json!({ "ctwa_clid": person.click_id(), "waba_id": WABA, "ad_id": AD });
        self.upstream.order("/sandbox/clicks", &click).await?;
        let contact = json!({
            "id": person.contact(), "name": format!("Customer {number}"), "phones": [person.phone()],
        });
        self.upstream.order("/sandbox/kommo/contacts", &contact).await?;
        self.upstream.set_consents(self.done, &[(person.contact(), person.consent())]).await?;
        let deal = json!({
            "id": person.deal(), "name": "Deal", "pipeline_id": PIPELINE, "status_id": person.stage,
            "price": person.price(), "contact_ids": [person.contact()], "at": person.made_s,
        });
        self.upstream.order("/sandbox/kommo/leads", &deal).await?;
        self.send_message(&person);
        self.send_deal(KommoAction::Add, &person, None, person.made_s);
        self.people.all().push(person);
        Ok(())
    }

    /// A deal goes to its next stage.
    async fn move_on(&mut self) -> Result<(), Failure> {
        let Some(place) = self.draw_young() else { return Ok(()) };
        let person = self.people.all()[place].clone();
        let Some(stage) = person.next_stage(&mut self.random) else { return Ok(()) };
        let at = now_ms() / 1000;
        let change = json!({ "id": person.deal(), "pipeline_id": PIPELINE, "status_id": stage, "at": at });
        let moved = {
            let mut people = self.people.all();
            let moved = &mut people[place];
            moved.stage = stage;
            moved.was_qualified |= stage == super::upstream::QUALIFIED;
            moved.clone()
        };
        self.upstream.order("/sandbox/kommo/leads", &change).await?;
        // Kommo reports a move in one way or in two.
        self.send_deal(KommoAction::Status, &moved, Some(person.stage), at);
        if self.random.chance(50) {
            self.send_deal(KommoAction::Update, &moved, Some(person.stage), at);
        }
        Ok(())
    }

    async fn change_price(&mut self) -> Result<(), Failure> {
        let Some(place) = self.draw_young() else { return Ok(()) };
        let price = draw_price(&mut self.random);
        // It counts from before the CRM has it: nobody can see it earlier.
        let person = {
            let mut people = self.people.all();
            people[place].prices.push(price);
            people[place].clone()
        };
        let at = now_ms() / 1000;
        let change = json!({ "id": person.deal(), "price": price, "at": at });
        self.upstream.order("/sandbox/kommo/leads", &change).await?;
        self.send_deal(KommoAction::Update, &person, None, at);
        Ok(())
    }

    /// One to three contacts say something else about consent.
    async fn change_consents(&mut self) -> Result<(), Failure> {
        let mut said = std::collections::BTreeMap::new();
        for _ in 0..=self.random.below(3) {
            if let Some(place) = self.draw_young() {
                said.insert(place, draw_consent(&mut self.random));
            }
        }
        if said.is_empty() {
            return Ok(());
        }
        let now = now_ms();
        let contacts: Vec<_> = {
            let mut people = self.people.all();
            said.iter()
                .map(|(place, consent)| {
                    people[*place].consents.push((now, *consent));
                    (people[*place].clone(), *consent)
                })
                .collect()
        };
        let changes: Vec<_> = contacts.iter().map(|(person, said)| (person.contact(), *said)).collect();
        self.upstream.set_consents(self.done, &changes).await?;
        for (person, _) in contacts {
            self.send_contact(&person, now_ms() / 1000);
        }
        Ok(())
    }

    /// One of the newest people.
    fn draw_young(&mut self) -> Option<usize> {
        let many = self.people.all().len();
        let young = many.min(YOUNG);
        (young > 0).then(|| many - young + self.random.below(young))
    }

    fn send_message(&self, person: &Person) {
        let body = whatsapp(&[WhatsappEntry::of(
            WABA,
            WhatsappMessage {
                from: Some(person.phone()),
                name: "Customer".to_owned(),
                id: format!("wamid.kills.{}", person.number),
                timestamp: person.made_s,
                referral: person.has_click.then(|| Referral::ad(AD, &person.click_id())),
                ..WhatsappMessage::default()
            },
        )]);
        let signature = sign(APP_SECRET, body.as_bytes());
        self.send(Webhook::of_meta(WHATSAPP_KEY, &signature, body));
    }

    fn send_deal(&self, action: KommoAction, person: &Person, from: Option<u64>, at_s: i64) {
        let lead = KommoLead {
            id: person.deal(),
            name: "Deal".to_owned(),
            status_id: person.stage,
            old_status_id: from,
            pipeline_id: PIPELINE,
            price: person.price().map(|price| price.to_string()).unwrap_or_default(),
            created_at: person.made_s,
            updated_at: at_s,
            ..KommoLead::default()
        };
        self.send_kommo(&KommoHook { leads: vec![(action, lead)], ..KommoHook::default() });
    }

    fn send_contact(&self, person: &Person, at_s: i64) {
        let contact = KommoContact {
            id: person.contact(),
            name: format!("Customer {}", person.number),
            created_at: person.made_s,
            updated_at: at_s,
            linked_leads: vec![person.deal()],
            ..KommoContact::default()
        };
        let entry: KommoEntry = contact.entry(KommoAction::Update, ACCOUNT);
        self.send_kommo(&KommoHook { others: vec![entry], ..KommoHook::default() });
    }

    fn send_kommo(&self, hook: &KommoHook) {
        self.send(Webhook::of_kommo(KOMMO_KEY, kommo(hook)));
    }

    fn send(&self, webhook: Webhook) {
        // Whoever would have received it ends only after this.
        let _ = self.webhooks.send(webhook);
    }
}
