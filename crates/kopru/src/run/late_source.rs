//! The source of an account that could not say at the start who it is: until it does, its webhooks are to come again.

use std::sync::{Arc, OnceLock};

use http::{HeaderValue, StatusCode, header};
use sources::{Directory, HttpReply, Received, Request, Source, Upstream};

/// What its webhooks are answered, seconds: they come again after that.
const COME_AGAIN_S: &str = "60";

/// A source whose account has not said yet who it is.
#[derive(Debug)]
pub(super) struct LateSource {
    pub(super) configured: Arc<dyn Source>,
    recognised: OnceLock<Arc<dyn Source>>,
}

impl LateSource {
    pub(super) fn of(configured: Arc<dyn Source>) -> Self {
        Self { configured, recognised: OnceLock::new() }
    }

    /// Takes over the source of the account that it has said it is. The first word counts.
    pub(super) fn is(&self, recognised: Arc<dyn Source>) {
        let _ = self.recognised.set(recognised);
    }
}

impl Source for LateSource {
    fn receive(&self, request: &Request<'_>, directory: &Directory) -> Received {
        if let Some(source) = self.recognised.get() {
            return source.receive(request, directory);
        }
        let mut reply = HttpReply::new(Vec::new());
        *reply.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        reply.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(COME_AGAIN_S));
        Received::Refused { reason: "account_unrecognised", reply }
    }

    fn if_forged(&self) -> &'static str {
        self.configured.if_forged()
    }

    fn consent_field(&self) -> Option<&str> {
        self.configured.consent_field()
    }

    fn record_url(&self, deal: &str) -> Option<String> {
        self.recognised.get()?.record_url(deal)
    }

    fn upstream(&self) -> Option<Arc<dyn Upstream>> {
        self.recognised.get()?.upstream()
    }
}
