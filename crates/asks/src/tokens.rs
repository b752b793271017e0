//! The token with which an account is asked, renewed where it has to be.

use std::time::Duration;

use kopru_core::WorkspaceId;
use serde::{Deserialize, Serialize};
use sources::{Access, Concerns, Failure, NewTokens, OAuth, Upstream};
use store::{Clock, Tokens};

use crate::{
    error::Error,
    host::{Host, Patience},
};

/// An access token is renewed so long before it ends: a list of questions takes less.
const BEFORE_ITS_END_MS: i64 = 60 * 1000;
/// Longest answer to a renewal, bytes.
const RENEWAL_BYTES_MAX: usize = 64 * 1024;

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
pub(crate) struct Account<'a, S> {
    pub store: &'a S,
    pub workspace: WorkspaceId,
    pub upstream: &'a dyn Upstream,
    pub host: &'a Host,
    pub clock: &'a Clock,
}

impl<S: Tokens> Account<'_, S> {
    /// A token that is good by what is known; `refused` is one that the account no longer takes.
    pub(crate) async fn token(&self, refused: Option<&str>) -> Result<String, Error> {
        let oauth = match self.upstream.access() {
            Access::Token(token) => return Ok(token.to_owned()),
            Access::OAuth(oauth) => oauth,
        };
        let kept = self.kept(oauth).await?;
        // One that a wrong clock calls good is refused, and renewed then.
        let is_good = |kept: &Kept| {
            kept.until_ms > self.clock.now_ms() + BEFORE_ITS_END_MS && Some(kept.access.as_str()) != refused
        };
        match kept {
            Some(kept) if is_good(&kept) => Ok(kept.access),
            kept => self.renew(oauth, kept.as_ref()).await,
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

    async fn renew(&self, oauth: &dyn OAuth, kept: Option<&Kept>) -> Result<String, Error> {
        let first = oauth.first_refresh_token();
        let before = kept.cloned().unwrap_or_else(|| Kept {
            from: first.to_owned(),
            access: String::new(),
            refresh: first.to_owned(),
            until_ms: 0,
        });
        // A store that cannot keep the new tokens, on a full disk for example, must not cost the old one.
        self.keep(&before).await?;
        let call = oauth.renewal(&before.refresh);
        let fetched = self.host.call(&call, None, first, Patience::LIST, RENEWAL_BYTES_MAX).await;
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
                return Err(refused("the refresh token is not accepted (HTTP 400)").into());
            }
            status => {
                let judged = self.upstream.judge(status, &body);
                return Err(judged.err().unwrap_or(Failure::NOT_UNDERSTOOD).into());
            }
        }
        let NewTokens { access, refresh, good_for } = oauth.read(&body).ok_or(Failure::NOT_UNDERSTOOD)?;
        let until_ms = self.clock.now_ms().saturating_add(milliseconds(good_for));
        let kept = Kept { from: first.to_owned(), access, refresh, until_ms };
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
