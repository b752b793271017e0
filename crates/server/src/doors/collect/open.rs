//! The tags of the configuration that holds at present.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use kopru_core::{Policy, WorkspaceId};
use sources::{Pixel, Tenant};

use super::{
    super::{bucket::Bucket, budget::Budget},
    rate::RequestRates,
    tag::Tag,
};

/// The tag of a site, and where its events go.
pub struct CollectDoor {
    /// The key in its address.
    pub key: String,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// The workspace's name, for the log.
    pub workspace_name: String,
    /// How it is configured.
    pub pixel: Pixel,
    /// Where its events go.
    pub dataset: String,
    /// What is known of the workspace.
    pub tenant: Tenant,
    /// What the workspace has decided.
    pub policy: Arc<Policy>,
}

/// A tag with its bounds.
pub(in super::super) struct OpenCollector {
    pub(super) door: CollectDoor,
    pub(super) tag: Tag,
    pub(super) bounds: Arc<CollectBounds>,
}

pub(super) struct CollectBounds {
    /// Its share of the budget for bodies.
    pub(super) share: Budget,
    /// How often browsers may send.
    pub(super) rates: RequestRates,
    /// How many events that Meta would refuse are kept.
    pub(super) kept: Bucket,
}

type Collectors = HashMap<String, OpenCollector>;

/// By key.
pub(in super::super) struct OpenCollectors(RwLock<Arc<Collectors>>);

impl OpenCollectors {
    pub(in super::super) fn new(doors: impl IntoIterator<Item = CollectDoor>) -> Self {
        Self(RwLock::new(Arc::new(open(doors, &Collectors::new()))))
    }

    pub(super) fn now(&self) -> Arc<Collectors> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whoever floods a key must not gain by a reload: its bounds stay.
    pub(in super::super) fn replace(&self, doors: impl IntoIterator<Item = CollectDoor>) {
        let collectors = Arc::new(open(doors, &self.now()));
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = collectors;
    }
}

fn open(doors: impl IntoIterator<Item = CollectDoor>, before: &Collectors) -> Collectors {
    let bounds =
        || CollectBounds { share: Budget::share(), rates: RequestRates::new(), kept: Bucket::full() };
    let opened = doors.into_iter().map(|door| {
        let known = before.get(&door.key).map(|known| Arc::clone(&known.bounds));
        let bounds = known.unwrap_or_else(|| Arc::new(bounds()));
        (door.key.clone(), OpenCollector { tag: Tag::of(&door), bounds, door })
    });
    opened.collect()
}
