//! Bodies of webhooks as WhatsApp, Messenger, Instagram, Meta's lead forms and Kommo send them.
//!
//! The makers are plain functions over data and send nothing: a test or a demo posts the body itself.
//! The catalogue ([`shapes`], [`make`]) has the known shapes by name, and [`post`] and [`handshake`]
//! try a door with one of them.

mod catalogue;
pub mod click_id;
mod control;
mod deliver;
mod error;
mod kommo;
mod leadgen;
mod messaging;
mod referral;
mod whatsapp;
mod wire;

pub use catalogue::{Door, Hook, Parameters, Shape, make, shapes};
pub use control::routes as control_routes;
pub use deliver::{Answer, Handshake, Signing, check_address, handshake, post};
pub use error::Error;
pub use kommo::{
    KommoAction, KommoContact, KommoEntry, KommoHook, KommoLead, KommoMessage, KommoNote, KommoTalk,
    KommoTask, KommoUnsorted, kommo, kommo_digital_pipeline,
};
pub(crate) use leadgen::{LeadgenEntry, LeadgenLead, leadgen};
pub(crate) use messaging::{
    AdContext, ChatEntry, ChatEvent, ChatKind, ChatMessage, ChatReferral, Postback, instagram, messenger,
};
pub use referral::Referral;
pub(crate) use whatsapp::message as whatsapp_message;
pub use whatsapp::{
    WhatsappAutomaticEvent, WhatsappChange, WhatsappEntry, WhatsappKind, WhatsappMessage, WhatsappStatus,
    whatsapp,
};
pub use wire::{sign, sign_sha1};
