//! A Meta Graph API and a Kommo to develop and test against, in one process and on one listener.
//!
//! It is an oracle of its own: written from the documentation and from recorded live answers, on raw
//! [`serde_json::Value`], and without any check, normaliser or rule of the other crates. When Kopru and
//! this crate agree on an event, two readings of the facts agree.
//!
//! ```text
//! /{version}/{object}/{edge}         Graph: events, datasets, subscriptions, tokens, insights, leads
//! /tr, /{locale}/fbevents.js         the pixel of browsers
//! /api/v4/..., /oauth2/...           Kommo: leads, contacts, notes, tasks, audit log, webhooks, tokens
//! /sandbox, /sandbox/...             a page to look at, what was accepted, and what should be known
//! ```
//!
//! The same control is the [`Sandbox`] handle for use in process. Webhooks that are subscribed to by
//! Kommo's API are sent as Kommo sends them; [`hooks`] makes the bodies that Meta and Kommo would send to
//! a webhook, and tries a door with them.
//!
//! It shows what Meta hides: which events were copies, whom they matched, why a request was refused and
//! which event was to blame. It keeps nothing on disk, and only so much in memory: the oldest records
//! leave first, and [`Left`] says how many.

mod chance;
mod clock;
mod control;
mod dedup;
mod diagnostics;
mod fault;
mod graph;
pub mod hooks;
mod http;
mod kept;
mod kommo;
mod letters;
mod options;
mod orders;
mod page;
mod pieces;
mod points;
mod records;
mod room;
mod serve;
mod state;
mod tally;
mod values;
mod wire;
mod world;

pub use dedup::{By, Origin};
pub use fault::{Fault, FaultRule, Side};
pub use kommo::{
    Account, Change, ChatMessage, Contact, Deal, KommoDelivery, KommoIntegration, LeadChange, Pipeline,
    Status, WebhookStyle,
};
pub use options::Options;
pub use points::Tier;
pub use records::{AcceptedEvent, CopyOf, GraphRequest, KommoRequest, Left};
pub use serve::Running;
pub use state::Sandbox;
pub use tally::Tally;
pub use world::{
    Ad, AdAccount, AdClick, AdDay, App, Asset, AssetKind, Click, Dataset, Lead, Match, Person, ScopedId,
    Seeded, SeededAd, SeededDataset, Session, Token, Written,
};
