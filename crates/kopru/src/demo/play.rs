//! Playing the week: moves deals in the sandbox's CRM, which sends its webhooks, and sends those that Meta would
//! send, and those of Kommo that come twice, over real HTTP.

use ::sandbox::{
    Click, Contact, Deal, Pipeline, Sandbox, Status,
    hooks::{
        KommoAction, KommoHook, KommoLead, Referral, WhatsappEntry, WhatsappKind, WhatsappMessage, kommo,
        sign, whatsapp,
    },
};

use super::{
    Keys,
    shop::{Began, Journey, Person},
};
use crate::Error;

pub const PIPELINE: u64 = 770_001;
const NEW: u64 = 880_001;
const QUALIFIED: u64 = 880_002;
const WON: u64 = 142;

/// Sends webhooks to Kopru's doors.
pub struct Player<'a> {
    pub sandbox: &'a Sandbox,
    pub client: reqwest::Client,
    pub keys: &'a Keys,
    /// `http://127.0.0.1:PORT`.
    pub doors: String,
}

impl Player<'_> {
    /// The CRM's pipeline, and the clicks that Meta knows.
    pub fn set_the_stage(&self, people: &[Person]) {
        let status = |id, name: &str, incoming| Status { id, name: name.to_owned(), incoming };
        self.sandbox.put_pipeline(Pipeline {
            id: PIPELINE,
            name: "Sales".to_owned(),
            statuses: vec![status(NEW, "New", true), status(QUALIFIED, "Qualified", false)],
        });
        for person in people.iter().filter(|person| person.is_known_to_meta()) {
            if let Some(ctwa_clid) = person.click_id() {
                let waba_id = self.keys.waba.to_owned();
                self.sandbox.add_click(Click {
                    ctwa_clid,
                    waba_id,
                    ad_id: person.ad_id(),
                    ..Click::default()
                });
            }
        }
    }

    /// The person's first messages.
    pub async fn writes(&self, person: &Person) -> Result<(), Error> {
        let by_username = person.began == Began::AdByUsername;
        let mut entries = vec![WhatsappEntry::of(
            self.keys.waba,
            WhatsappMessage {
                from: (!by_username).then(|| person.phone()),
                user_id: by_username.then(|| person.user_id()),
                name: person.name(),
                id: format!("wamid.first.{}", person.number),
                timestamp: person.wrote_s,
                referral: referral(person),
                kind: kind(person),
                ..WhatsappMessage::default()
            },
        )];
        if by_username {
            entries.push(WhatsappEntry::of(
                self.keys.waba,
                WhatsappMessage {
                    from: Some(person.phone()),
                    user_id: Some(person.user_id()),
                    name: person.name(),
                    id: format!("wamid.second.{}", person.number),
                    timestamp: person.wrote_s + 60,
                    ..WhatsappMessage::default()
                },
            ));
        }
        let body = whatsapp(&entries);
        let signature = sign(self.keys.app_secret, body.as_bytes());
        let request = self
            .client
            .post(format!("{}/hooks/{}", self.doors, self.keys.whatsapp_hook))
            .header("content-type", "application/json")
            .header("x-hub-signature-256", signature)
            .body(body);
        self.deliver(request, 1 + u8::from(person.twice)).await
    }

    /// The CRM makes the deal.
    pub async fn gets_a_deal(&self, person: &Person) -> Result<(), Error> {
        self.sandbox.put_contact(Contact {
            id: person.contact_id(),
            name: person.name(),
            phones: vec![person.typed_phone()],
            emails: vec![person.email()],
        });
        self.sandbox.put_deal(Deal {
            id: person.deal_id(),
            name: person.name(),
            pipeline_id: PIPELINE,
            status_id: NEW,
            price: None,
            contact_ids: vec![person.contact_id()],
            created_at: person.deal_made_s(),
        });
        let lead = KommoLead { status_id: NEW, ..lead(person, person.deal_made_s(), None) };
        let times = 1 + u8::from(person.twice);
        self.deliver(self.webhook(person, vec![(KommoAction::Add, lead)]), times).await
    }

    /// The deal is qualified. One that races is won before the webhook leaves.
    pub async fn is_qualified(&self, person: &Person) -> Result<(), Error> {
        if person.journey == Journey::Talked {
            return Ok(());
        }
        self.sandbox.move_deal(person.deal_id(), PIPELINE, QUALIFIED, person.qualified_s());
        let qualified = KommoLead {
            status_id: QUALIFIED,
            old_status_id: Some(NEW),
            ..lead(person, person.qualified_s(), None)
        };
        if person.journey != Journey::Raced {
            return self.repeat_webhook(person, moved(person, qualified)).await;
        }
        self.sandbox.set_price(person.deal_id(), Some(person.price()), person.qualified_s() + 1);
        self.sandbox.move_deal(person.deal_id(), PIPELINE, WON, person.won_s());
        self.repeat_webhook(person, moved(person, qualified)).await?;
        self.repeat_webhook(person, moved(person, won(person, Some(person.price())))).await
    }

    /// The deal is won, with its price or without.
    pub async fn is_won(&self, person: &Person) -> Result<(), Error> {
        let price = match person.journey {
            Journey::Won => Some(person.price()),
            Journey::WonPricedLater => None,
            _ => return Ok(()),
        };
        self.sandbox.set_price(person.deal_id(), price.or(Some(0)), person.won_s() - 1);
        self.sandbox.move_deal(person.deal_id(), PIPELINE, WON, person.won_s());
        self.repeat_webhook(person, moved(person, won(person, price))).await
    }

    /// Somebody types the price in.
    pub async fn gets_its_price(&self, person: &Person) -> Result<(), Error> {
        if person.journey != Journey::WonPricedLater {
            return Ok(());
        }
        self.sandbox.set_price(person.deal_id(), Some(person.price()), person.priced_s());
        let lead = KommoLead { status_id: WON, ..lead(person, person.priced_s(), Some(person.price())) };
        self.repeat_webhook(person, vec![(KommoAction::Update, lead)]).await
    }

    /// What the CRM has told already comes once more in another form, if it does for this person.
    async fn repeat_webhook(
        &self,
        person: &Person,
        leads: Vec<(KommoAction, KommoLead)>,
    ) -> Result<(), Error> {
        self.deliver(self.webhook(person, leads), u8::from(person.twice)).await
    }

    fn webhook(&self, person: &Person, leads: Vec<(KommoAction, KommoLead)>) -> reqwest::RequestBuilder {
        let body = kommo(&KommoHook {
            leads,
            account_first: person.number.is_multiple_of(2),
            percent_encoded: !person.number.is_multiple_of(5),
            ..KommoHook::default()
        });
        self.client
            .post(format!("{}/hooks/{}", self.doors, self.keys.kommo_hook))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
    }

    async fn deliver(&self, request: reqwest::RequestBuilder, times: u8) -> Result<(), Error> {
        for _ in 0..times {
            let copy = request.try_clone().ok_or(Error::WebhookNotCopied)?;
            let answer = copy.send().await.map_err(Error::WebhookLost)?;
            if answer.status() != 200 {
                return Err(Error::WebhookRefused(answer.status()));
            }
        }
        Ok(())
    }
}

fn referral(person: &Person) -> Option<Referral> {
    match person.began {
        Began::Organic => None,
        Began::StatusAd => Some(Referral { ctwa_clid: None, ..Referral::ad(&person.ad_id(), "") }),
        Began::Ad | Began::AdByUsername => {
            Some(Referral::ad(&person.ad_id(), &person.click_id().unwrap_or_default()))
        }
    }
}

/// Not every first message is a text.
fn kind(person: &Person) -> WhatsappKind {
    if person.number % 7 == 3 {
        let content = serde_json::json!({ "id": "1", "mime_type": "audio/ogg", "voice": true });
        return WhatsappKind::Other { name: "audio".to_owned(), content };
    }
    WhatsappKind::Text("Hello, is this still there?".to_owned())
}

fn lead(person: &Person, updated_at: i64, price: Option<i64>) -> KommoLead {
    KommoLead {
        id: person.deal_id(),
        name: person.name(),
        pipeline_id: PIPELINE,
        price: price.map(|price| price.to_string()).unwrap_or_default(),
        created_at: person.deal_made_s(),
        updated_at,
        ..KommoLead::default()
    }
}

fn won(person: &Person, price: Option<i64>) -> KommoLead {
    KommoLead { status_id: WON, old_status_id: Some(QUALIFIED), ..lead(person, person.won_s(), price) }
}

/// One move can arrive as `status`, as `update`, or as both in one body.
fn moved(person: &Person, lead: KommoLead) -> Vec<(KommoAction, KommoLead)> {
    match person.number % 3 {
        0 => vec![(KommoAction::Status, lead.clone()), (KommoAction::Update, lead)],
        1 => vec![(KommoAction::Update, lead.clone()), (KommoAction::Status, lead)],
        _ => vec![(KommoAction::Status, lead)],
    }
}
