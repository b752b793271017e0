//! What every source can do.

use std::{fmt, sync::Arc};

use crate::{Directory, Pixel, Received, Request, Upstream};

/// A door through which facts come in, as it is configured. What all of them hold to is in
/// `conformance`.
pub trait Source: fmt::Debug + Send + Sync + 'static {
    /// Reads a request: is it authentic, what does it say, what is answered. It never panics and is
    /// never quadratic, whatever comes; no raw personal data is in what it returns.
    fn receive(&self, request: &Request<'_>, directory: &Directory) -> Received;

    /// What a person does about requests that are forged, in half a sentence.
    fn if_forged(&self) -> &'static str {
        "whoever sends them does not have the secret of this source"
    }

    /// The field in which the CRM says whether the business may report a person, if one is configured.
    fn consent_field(&self) -> Option<&str> {
        None
    }

    /// Where a person looks at a record that an event came from, if it has a page.
    fn record_url(&self, _deal: &str) -> Option<String> {
        None
    }

    /// The same account, as what its records are kept under where it had another name before; `None` for what
    /// has no account that could get another one.
    fn known_as(&self, _origin: &str) -> Option<Arc<dyn Source>> {
        None
    }

    /// The tag of a site, for what comes by that in place of webhooks.
    fn pixel(&self) -> Option<&Pixel> {
        None
    }

    /// What can be asked about its facts.
    fn upstream(&self) -> Option<Arc<dyn Upstream>> {
        None
    }
}
