//! The browsers of a site: what the tag in its pages tells of them.
//!
//! Anybody can call this door and claim anything, so nothing that comes by it joins people or changes what whoever has
//! a key reports ([`kopru_core::Activity::is_of_page`]), and its events have no key of an order. Apart from that they
//! go the way of [`crate::graph`]: the same check, the same hashing, the same privacy.
//!
//! It makes activities and no facts, and has an address of its own; at the address of a webhook there is nothing.

mod body;
mod bots;
mod events;
mod landing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use http::StatusCode;

use crate::{
    ConfigKey, Directory, HttpReply, Kind, Received, Request, Settings, Source, ValueForm, kind::PUBLIC_KEY,
};
pub use body::{CollectBody, NotCollected, PixelState};
pub use bots::is_bot;
pub use events::{CollectedEvents, PageVisit};

/// The key that names the hosts whose pages may send.
pub const SITES: &str = "sites";
/// The key that names the dataset.
pub const DATASET: &str = "dataset";
const HASH_IN_PAGE: &str = "hash_in_page";
const LEAVE_PIXEL_ALONE: &str = "leave_pixel_alone";

/// The kind `pixel`.
pub static KIND: Kind = Kind {
    name: "pixel",
    about: "page views and events of a site's browsers, by the tag {public_url}/kopru.js?key=KEY in its pages",
    key: PUBLIC_KEY,
    keys: &[
        ConfigKey {
            name: SITES,
            form: ValueForm::Hosts,
            needed: ": the hosts whose pages may send, for example [\"shop.example.com\"]",
            example: "shop.example.com",
            meaning: "hosts whose pages may send, each with what is below it",
        },
        ConfigKey {
            name: DATASET,
            form: ValueForm::Text,
            needed: "",
            example: "1234567890",
            meaning: "where its events go; needed where several datasets have the route \"website\"",
        },
        ConfigKey {
            name: HASH_IN_PAGE,
            form: ValueForm::Flag,
            needed: "",
            example: "true",
            meaning: "hashes e-mail addresses and phones before they leave the page",
        },
        ConfigKey {
            name: LEAVE_PIXEL_ALONE,
            form: ValueForm::Flag,
            needed: "",
            example: "true",
            meaning: "gives the Meta pixel of the page nothing",
        },
    ],
    build: |settings: &Settings| Arc::new(Pixel::of(settings)),
};

/// The tag of a site, as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixel {
    /// The hosts whose pages may send, in lower case.
    pub sites: Vec<String>,
    /// Where its events go; nothing where the workspace has only one place.
    pub dataset: Option<String>,
    /// Whether the tag hashes what tells who somebody is.
    pub hash_in_page: bool,
    /// Whether the tag gives the Meta pixel of the page nothing.
    pub leaves_pixel_alone: bool,
}

impl Pixel {
    fn of(settings: &Settings) -> Self {
        Self {
            sites: settings.list(SITES).to_vec(),
            dataset: settings.get(DATASET),
            hash_in_page: settings.is_set(HASH_IN_PAGE),
            leaves_pixel_alone: settings.is_set(LEAVE_PIXEL_ALONE),
        }
    }

    /// The site of a page's host: one of [`Self::sites`], or `None` for a host that may not send.
    pub fn site_of(&self, host: &str) -> Option<&str> {
        let host = host.strip_suffix('.').unwrap_or(host);
        let is_of = |site: &&String| {
            let above = host.len().checked_sub(site.len()).and_then(|at| host.split_at_checked(at));
            above.is_some_and(|(below, end)| {
                end.eq_ignore_ascii_case(site) && (below.is_empty() || below.ends_with('.'))
            })
        };
        self.sites.iter().find(is_of).map(String::as_str)
    }
}

impl Source for Pixel {
    fn receive(&self, _: &Request<'_>, _: &Directory) -> Received {
        let mut reply = HttpReply::default();
        *reply.status_mut() = StatusCode::NOT_FOUND;
        Received::Refused { reason: "no_webhook", reply }
    }

    fn pixel(&self) -> Option<&Pixel> {
        Some(self)
    }
}
