//! People with telling names and numbers, and what Meta and Kommo would send about them.

use sandbox::{
    Click, Contact, Deal, Pipeline, Sandbox, Status,
    hooks::{
        KommoAction, KommoHook, KommoLead, Referral, WhatsappEntry, WhatsappMessage, kommo, sign, whatsapp,
    },
};

pub const WABA: &str = "100200300400500";
pub const DATASET: &str = "1234567890";
pub const META_TOKEN: &str = "secret-meta-token-of-the-test";
pub const KOMMO_TOKEN: &str = "secret-kommo-token-of-the-test";
pub const APP_SECRET: &str = "secret-app-secret-of-the-test";
pub const WHATSAPP_KEY: &str = "whatsapp-hook-key-of-the-test";
pub const KOMMO_KEY: &str = "kommo-hook-key-of-the-test";
pub const PIPELINE: u64 = 770_001;
pub const NEW: u64 = 880_001;
pub const QUALIFIED: u64 = 880_002;
pub const WON: u64 = 142;

/// What phones, names, addresses and click ids of these people have in common: none of it may ever
/// be on a disk or in a log.
pub const PRIVATE: [&str; 5] = ["90531700", "(0531) 700", "gizem", "secretperson", "secretclick"];

/// Somebody who came from an ad.
#[derive(Clone, Copy)]
pub struct Person {
    pub number: u64,
    /// When the conversation began, Unix seconds.
    pub wrote_s: i64,
}

impl Person {
    pub fn phone(self) -> String {
        format!("90531700{:04}", self.number)
    }

    pub fn typed_phone(self) -> String {
        format!("+90 (0531) 700 {:04}", self.number)
    }

    pub fn email(self) -> String {
        format!("gizem.secretperson{}@mail.example.org", self.number)
    }

    pub fn name(self) -> String {
        format!("Gizem Secretperson {}", self.number)
    }

    pub fn click_id(self) -> String {
        format!("ARAsecretclick_{:04}-xYz", self.number)
    }

    pub fn wamid(self) -> String {
        // As Meta's: the customer's phone is in it.
        format!("wamid.{}.{}", self.phone(), self.number)
    }

    pub fn deal_id(self) -> u64 {
        5_550_000 + self.number
    }

    pub fn price(self) -> i64 {
        1000 + self.number as i64
    }

    pub fn qualified_s(self) -> i64 {
        self.wrote_s + 600
    }

    pub fn won_s(self) -> i64 {
        self.wrote_s + 1200
    }

    /// The first message, signed: body and signature.
    pub fn message(self) -> (String, String) {
        let body = whatsapp(&[WhatsappEntry::of(
            WABA,
            WhatsappMessage {
                from: Some(self.phone()),
                name: self.name(),
                id: self.wamid(),
                timestamp: self.wrote_s,
                referral: Some(Referral::ad("120200000000000001", &self.click_id())),
                ..WhatsappMessage::default()
            },
        )]);
        let signature = sign(APP_SECRET, body.as_bytes());
        (body, signature)
    }

    /// The webhook of a move.
    pub fn moved(self, from: u64, to: u64, at_s: i64) -> String {
        let lead = KommoLead {
            id: self.deal_id(),
            name: self.name(),
            status_id: to,
            old_status_id: Some(from),
            pipeline_id: PIPELINE,
            price: self.price().to_string(),
            created_at: self.wrote_s,
            updated_at: at_s,
            ..KommoLead::default()
        };
        kommo(&KommoHook {
            leads: vec![(KommoAction::Status, lead.clone()), (KommoAction::Update, lead)],
            ..KommoHook::default()
        })
    }

    /// Makes the deal in the CRM, and the click at Meta.
    pub fn exists(self, sandbox: &Sandbox) {
        sandbox.add_click(Click {
            ctwa_clid: self.click_id(),
            waba_id: WABA.into(),
            ad_id: "120200000000000001".into(),
            ..Click::default()
        });
        let contact_id = 660_000 + self.number;
        sandbox.put_contact(Contact {
            id: contact_id,
            name: self.name(),
            phones: vec![self.typed_phone()],
            emails: vec![self.email()],
        });
        sandbox.put_deal(Deal {
            id: self.deal_id(),
            name: self.name(),
            pipeline_id: PIPELINE,
            status_id: NEW,
            price: Some(self.price()),
            contact_ids: vec![contact_id],
            created_at: self.wrote_s,
        });
    }
}

/// A sandbox with the dataset and the pipeline of these tests.
pub fn upstream() -> Sandbox {
    let sandbox = Sandbox::new(sandbox::Options { kommo_token: KOMMO_TOKEN.into(), ..Default::default() });
    sandbox.add_dataset(sandbox::SimulatedDataset {
        id: DATASET.into(),
        token: META_TOKEN.into(),
        waba_id: Some(WABA.into()),
        ..Default::default()
    });
    let status = |id, name: &str| Status { id, name: name.to_owned(), incoming: false };
    sandbox.put_pipeline(Pipeline {
        id: PIPELINE,
        name: "Sales".to_owned(),
        statuses: vec![status(NEW, "New"), status(QUALIFIED, "Qualified")],
    });
    sandbox
}
