//! The token with which an account is asked, renewed where it has to be.

use std::{sync::Arc, time::Duration};

use kopru_core::WorkspaceId;
use serde::{Deserialize, Serialize};
use sources::{Access, Call, Concerns, Failure, NewTokens, OAuth, Upstream};
use store::{AskStore, Clock};
use tokio::{sync::OwnedMutexGuard, time::timeout};

use crate::{
    error::Error,
    host::{Host, Patience},
};

/// An access token is renewed so long before it ends: a list of questions takes less.
const BEFORE_ITS_END_MS: i64 = 60 * 1000;
/// Longest answer to a renewal, bytes.
const RENEWAL_BYTES_MAX: usize = 64 * 1024;
/// How long a stop waits for a renewal that is under way. The whole process stops within nine seconds.
const RENEWAL_ENDS_WITHIN: Duration = Duration::from_secs(8);

/// Tokens as they are kept.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    /// The configured refresh token from which these come: a person who enters another one means it.
    from: String,
    access: String,
    refresh: String,
    /// Until when the access token is good, Unix milliseconds.
    until_ms: i64,
}

/// Whose token it is.
pub(crate) struct Account {
    pub store: Arc<dyn AskStore>,
    pub workspace: WorkspaceId,
    pub upstream: Arc<dyn Upstream>,
    pub host: Arc<Host>,
    pub clock: Clock,
}

impl Account {
    /// A token that is good by what is known; `refused` is one that the account no longer takes.
    pub(crate) async fn token(self, refused: Option<&str>) -> Result<String, Error> {
        let upstream = Arc::clone(&self.upstream);
        let oauth = match upstream.access() {
            Access::Token(token) => return Ok(token.to_owned()),
            Access::OAuth(oauth) => oauth,
        };
        // Whoever comes while somebody else renews finds what that one kept.
        let place = self.host.renewal_lock(self.workspace, upstream.origin()).lock_owned().await;
        let kept = self.kept(oauth).await?;
        // One that a wrong clock calls good is refused, and renewed then.
        let is_good = |kept: &Kept| {
            kept.until_ms > self.clock.now_ms() + BEFORE_ITS_END_MS && Some(kept.access.as_str()) != refused
        };
        match kept {
            Some(kept) if is_good(&kept) => Ok(kept.access),
            kept => self.renew(oauth, kept, place).await,
        }
    }

    /// Waits until no renewal is under way, but not for ever.
    pub(crate) async fn renewal_ends(&self) {
        let place = self.host.renewal_lock(self.workspace, self.upstream.origin());
        if timeout(RENEWAL_ENDS_WITHIN, place.lock()).await.is_err() {
            let origin = self.upstream.origin();
            tracing::warn!(origin, "the access token is being renewed, and the answer does not come in time");
        }
    }

    /// What was kept, if it comes from the refresh token that is configured.
    async fn kept(&self, oauth: &dyn OAuth) -> Result<Option<Kept>, store::Error> {
        let kept = self.store.token(self.workspace, self.upstream.origin()).await?;
        let kept: Option<Kept> = kept.and_then(|kept| serde_json::from_str(&kept).ok());
        Ok(kept.filter(|kept| kept.from == oauth.first_refresh_token()))
    }

    async fn keep(&self, kept: &Kept) -> Result<(), store::Error> {
        let text = serde_json::to_string(kept)?;
        self.store.keep_token(self.workspace, self.upstream.origin(), &text).await
    }

    async fn renew(
        self,
        oauth: &dyn OAuth,
        kept: Option<Kept>,
        place: OwnedMutexGuard<()>,
    ) -> Result<String, Error> {
        let first = oauth.first_refresh_token();
        let before = kept.unwrap_or_else(|| Kept {
            from: first.to_owned(),
            access: String::new(),
            refresh: first.to_owned(),
            until_ms: 0,
        });
        // A store that cannot keep the new tokens, on a full disk for example, must not cost the old one.
        self.keep(&before).await?;
        let call = oauth.renewal(&before.refresh);
        self.host.turn(first).await;
        // Once it leaves, the old refresh token may be used up: the new one is kept, whoever still waits.
        let renewal = tokio::spawn(async move {
            let renewed = self.renewed(&call).await;
            drop(place);
            renewed
        });
        renewal
            .await
            .unwrap_or_else(|_| Err(Failure::of_anybody("the renewal of the token broke off").into()))
    }

    async fn renewed(&self, call: &Call) -> Result<String, Error> {
        let Access::OAuth(oauth) = self.upstream.access() else { return Err(Failure::NOT_UNDERSTOOD.into()) };
        let fetched = self.host.send(call, None, Patience::LIST, RENEWAL_BYTES_MAX).await;
        let fetched = fetched.map_err(Failure::from)?;
        if let Some(said_ms) = fetched.date_ms {
            self.clock.hear(said_ms);
        }
        let body = fetched.body.map_err(Failure::from)?;
        // OAuth says 400 for a refresh token that is used up (RFC 6749, 5.2).
        let refused = |why| Failure { why, concerns: Concerns::NeedsYou, wait: fetched.retry_after };
        match fetched.status {
            200..=299 => {}
            400 if is_an_oauth_error(&body) => {
                return Err(refused(
                    "the refresh token is not accepted (HTTP 400); connect the account again",
                )
                .into());
            }
            status => {
                let judged = self.upstream.judge(status, &body);
                return Err(judged.err().unwrap_or(Failure::NOT_UNDERSTOOD).into());
            }
        }
        let NewTokens { access, refresh, good_for } = oauth.read(&body).ok_or(Failure::NOT_UNDERSTOOD)?;
        let until_ms = self.clock.now_ms().saturating_add(milliseconds(good_for));
        let kept = Kept { from: oauth.first_refresh_token().to_owned(), access, refresh, until_ms };
        self.keep(&kept).await?;
        tracing::info!(origin = self.upstream.origin(), "the access token was renewed");
        Ok(kept.access)
    }
}

/// A body that speaks OAuth: a page of a proxy says nothing of a token.
fn is_an_oauth_error(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    serde_json::from_slice::<Refusal>(body).is_ok_and(|refusal| refusal.error == "invalid_grant")
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
