//! A business of a story: its names and keys, and what Meta and Kommo would post about its customers.
//!
//! Everything follows from numbers. A customer's number is the deal's id, its price and its contact.

use std::time::{SystemTime, UNIX_EPOCH};

use sandbox::hooks::{
    KommoAction, KommoHook, KommoLead, Referral, WhatsappEntry, WhatsappMessage, kommo, sign, whatsapp,
};

use super::crm::{PIPELINE, WON};

pub const APP_SECRET: &str = "secret-app-secret-of-the-stories";

/// One workspace with a dataset, a WhatsApp door and a Kommo account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Shop(pub usize);

impl Shop {
    pub fn name(self) -> String {
        format!("shop-{}", self.0)
    }

    pub fn dataset(self) -> String {
        format!("9000{}", self.0)
    }

    pub fn waba(self) -> String {
        format!("8000{}", self.0)
    }

    /// As an app's own token looks: a bar, and few letters behind it.
    pub fn meta_token(self) -> String {
        format!("70007{}|secretMetaTokenOfShop{:06}", self.0, self.0)
    }

    pub fn kommo_token(self) -> String {
        format!("secret-kommo-token-{}", self.0)
    }

    pub fn whatsapp_key(self) -> String {
        format!("whatsapp-hook-key-{}", self.0)
    }

    pub fn kommo_key(self) -> String {
        format!("kommo-hook-key-of-shop-{}", self.0)
    }

    /// What customers write who came from an ad: body and signature.
    pub fn clicks(self, customers: impl IntoIterator<Item = u64>) -> (String, String) {
        self.clicks_at(&self.waba(), customers)
    }

    /// The same in the chats of another account.
    pub fn clicks_at(self, account: &str, customers: impl IntoIterator<Item = u64>) -> (String, String) {
        let wrote_s = now_s() - 3600;
        let message = |customer: u64| {
            WhatsappEntry::of(
                account,
                WhatsappMessage {
                    from: Some(phone(customer)),
                    name: format!("Gizem Secretperson {customer}"),
                    id: format!("wamid.{}.{customer}", self.0),
                    timestamp: wrote_s,
                    referral: Some(Referral::ad("120200000000000001", &format!("ARAsecretclick{customer}"))),
                    ..WhatsappMessage::default()
                },
            )
        };
        let body = whatsapp(&customers.into_iter().map(message).collect::<Vec<_>>());
        let signature = sign(APP_SECRET, body.as_bytes());
        (body, signature)
    }
}

/// The phone of a customer, in international digits.
pub fn phone(customer: u64) -> String {
    format!("90531{customer:07}")
}

pub fn now_s() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}

/// That deals were won.
pub fn wins(deals: impl IntoIterator<Item = u64>) -> String {
    moves(deals.into_iter().map(|deal| (deal, WON)))
}

/// That deals have come into stages.
pub fn moves(deals: impl IntoIterator<Item = (u64, u64)>) -> String {
    moves_at(deals, now_s() - 60)
}

/// The same, at a time.
pub fn moves_at(deals: impl IntoIterator<Item = (u64, u64)>, won_s: i64) -> String {
    let lead = |(id, stage): (u64, u64)| {
        let lead = KommoLead {
            id,
            name: format!("Gizem Secretperson {id}"),
            status_id: stage,
            old_status_id: Some(880_001),
            pipeline_id: PIPELINE,
            price: id.to_string(),
            created_at: won_s - 600,
            updated_at: won_s,
            ..KommoLead::default()
        };
        (KommoAction::Status, lead)
    };
    kommo(&KommoHook { leads: deals.into_iter().map(lead).collect(), ..KommoHook::default() })
}
