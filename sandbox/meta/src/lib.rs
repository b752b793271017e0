//! Meta's side of the sandbox: the Graph API, the pixel of browsers, and what is known of people and ads.
//!
//! It is written from the documentation and from recorded live answers, on raw [`serde_json::Value`]. It
//! shows what Meta hides: which events were copies, whom they matched, why a request was refused and
//! which event was to blame.

mod control;
mod error;
mod graph;
mod handle;
mod pixel;
mod points;
mod records;
mod state;
mod values;
mod world;

pub use control::routes as control_routes;
pub use error::Error;
pub use graph::routes as graph_routes;
pub use pixel::routes as pixel_routes;
pub use points::Tier;
pub use records::dedup::{By, Origin};
pub use records::tally::Tally;
pub use records::{AcceptedEvent, CopyOf, GraphRequest, Left};
pub use state::{Meta, Options};
pub use world::{
    Ad, AdAccount, AdClick, AdDay, App, Asset, AssetKind, Click, Lead, Match, Person, ScopedId, Seeded,
    SeededAd, SeededDataset, Session, SimulatedDataset, Token, Written,
};
