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

mod control;
mod error;
mod handle;
mod left;
mod options;

pub use error::Error;
pub use handle::Sandbox;
pub use left::Left;
pub use options::Options;
pub use sandbox_hooks as hooks;
pub use sandbox_http::Running;
pub use sandbox_http::fault::{Fault, FaultRule, Side};
pub use sandbox_kommo::{
    Account, Change, ChatMessage, Contact, Deal, KommoDelivery, KommoIntegration, KommoRequest, LeadChange,
    LeadPrice, Pipeline, Status, WebhookStyle,
};
pub use sandbox_meta::{
    AcceptedEvent, Ad, AdAccount, AdClick, AdDay, App, Asset, AssetKind, By, Click, CopyOf, GraphRequest,
    Lead, Match, Origin, Person, ScopedId, Seeded, SeededAd, SeededDataset, Session, SimulatedDataset, Tally,
    Tier, Token, Written,
};
