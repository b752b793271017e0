//! Reports as bodies of webhooks.

use sandbox_hooks::{
    KommoAction, KommoContact, KommoEntry, KommoHook, KommoLead, Referral, WhatsappEntry, WhatsappMessage,
    kommo, sign, whatsapp,
};

use super::{
    life::Stage,
    phones::in_whatsapp,
    truth::{ContactReport, DealReport, DealRow, Report, ReportOf, Truth},
};

pub const APP_SECRET: &str = "a-secret-of-an-app";
pub const WABA: &str = "100200300400500";
const AD: &str = "120200000000001";
const KOMMO_ACCOUNT: u64 = 330_001;

/// A body, signed where it comes from Meta.
pub struct Body {
    pub body: String,
    pub signature: Option<String>,
}

/// Meta's id of a click.
pub fn click_id(click: usize) -> String {
    format!("ARAsimulated{click:06}")
}

pub fn body(truth: &Truth, report: &Report) -> Body {
    match &report.of {
        ReportOf::Message { person, click, written_ms, number } => {
            let message = WhatsappMessage {
                from: Some(in_whatsapp(*person)),
                name: "Somebody".to_owned(),
                id: format!("wamid.simulated.{number}"),
                timestamp: truth.seconds(*written_ms),
                referral: click.map(|click| Referral::ad(AD, &click_id(click))),
                ..WhatsappMessage::default()
            };
            let body = whatsapp(&[WhatsappEntry::of(WABA, message)]);
            Body { signature: Some(sign(APP_SECRET, body.as_bytes())), body }
        }
        ReportOf::Deal { deal, report, row, left } => {
            let rows = truth.deals.get(deal).map(Vec::as_slice).unwrap_or_default();
            let leads = rows.get(*row).map(|now| leads(truth, *deal, *report, now, *left, rows[0].at_ms));
            unsigned(&KommoHook { leads: leads.unwrap_or_default(), ..KommoHook::default() })
        }
        ReportOf::Contact { contact, report, row, deals } => {
            let rows = truth.contacts.get(contact).map(Vec::as_slice).unwrap_or_default();
            let entries = rows.get(*row).map(|now| {
                let entry: KommoEntry = KommoContact {
                    id: *contact,
                    name: "Somebody".to_owned(),
                    created_at: truth.seconds(rows[0].at_ms),
                    updated_at: truth.seconds(now.at_ms),
                    linked_leads: deals.clone(),
                    ..KommoContact::default()
                }
                .entry(contact_action(*report), KOMMO_ACCOUNT);
                vec![entry]
            });
            unsigned(&KommoHook { others: entries.unwrap_or_default(), ..KommoHook::default() })
        }
    }
}

fn unsigned(hook: &KommoHook) -> Body {
    Body { body: kommo(hook), signature: None }
}

fn leads(
    truth: &Truth,
    deal: u64,
    report: DealReport,
    now: &DealRow,
    left: Option<Stage>,
    made_ms: i64,
) -> Vec<(KommoAction, KommoLead)> {
    let old_pipeline = left.map(|left| left.pipeline).filter(|pipeline| *pipeline != now.stage.pipeline);
    let lead = KommoLead {
        id: deal,
        name: "Deal".to_owned(),
        status_id: now.stage.status,
        old_status_id: left.map(|left| left.status),
        pipeline_id: now.stage.pipeline,
        old_pipeline_id: old_pipeline,
        price: now.cents.map(|cents| (cents / 100).to_string()).unwrap_or_default(),
        created_at: truth.seconds(made_ms),
        updated_at: truth.seconds(now.at_ms),
        ..KommoLead::default()
    };
    let actions: &[KommoAction] = match report {
        DealReport::Add => &[KommoAction::Add],
        DealReport::Status => &[KommoAction::Status],
        DealReport::Update => &[KommoAction::Update],
        DealReport::StatusAndUpdate => &[KommoAction::Status, KommoAction::Update],
        DealReport::Delete => &[KommoAction::Delete],
    };
    actions.iter().map(|action| (*action, lead.clone())).collect()
}

fn contact_action(report: ContactReport) -> KommoAction {
    match report {
        ContactReport::Add => KommoAction::Add,
        ContactReport::Update => KommoAction::Update,
        ContactReport::Delete => KommoAction::Delete,
    }
}
