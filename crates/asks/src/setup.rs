//! How an account is set up, read from time to time: no webhook says that a webhook is switched off, that a
//! field is gone, or that whoever asks has lost a right.

use kopru_core::Wanted;
use sources::{AnswerMax, Concerns, Drift, Failure, Page, SetupPart, Upstream};
use store::Clock;

use crate::{
    drift::HookKey,
    fetch::Fetching,
    host::{Host, Patience},
};

/// Most of the pages of one part.
const PART_MAX: AnswerMax = AnswerMax { pages: 8, bytes: 4 * 1024 * 1024 };

/// Why a part cannot be read that has no address.
const NOTHING_THERE: &str = "there is nothing at its address (HTTP 404)";

/// Who reads how an account is set up.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    /// Where the account lives.
    pub host: &'a Host,
    /// What its bytes mean.
    pub upstream: &'a dyn Upstream,
    /// By what it knows who asks.
    pub token: &'a str,
    /// The secret part of the address to which its webhooks go.
    pub hook_key: &'a HookKey,
    /// The fields that rules name.
    pub wanted: &'a Wanted,
    /// What one answer may take.
    pub patience: Patience,
    /// Hears the time of every answer.
    pub clock: &'a Clock,
}

impl Setup<'_> {
    /// What is needed of the account and a part does not show.
    ///
    /// # Errors
    /// There is no answer that can be read; it says whom that concerns. An account that does not show the part
    /// to whoever asks is no error.
    pub async fn drifts(&self, part: SetupPart) -> Result<Vec<Drift>, Failure> {
        let calls = self.upstream.setup_calls(part, self.wanted);
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        let pages = match self.fetching().pages_of(calls, PART_MAX).await {
            Ok(pages) => pages,
            Err(Failure { concerns: Concerns::Rights, .. }) => {
                return Ok(vec![match part {
                    SetupPart::Hooks => Drift::HooksHidden,
                    SetupPart::Fields => Drift::FieldsHidden,
                }]);
            }
            // Whether all of the account is refused so is known from what else is asked of it.
            Err(Failure { why, concerns: concerns @ (Concerns::Path | Concerns::NeedsYou), .. }) => {
                let why = if concerns == Concerns::Path { NOTHING_THERE } else { why };
                return Ok(vec![match part {
                    SetupPart::Hooks => Drift::HooksUnread(why),
                    SetupPart::Fields => Drift::FieldsUnread(why),
                }]);
            }
            Err(failure) => return Err(failure),
        };
        let drifts = self.upstream.drifts(part, &read(&pages), &self.hook_key.0, self.wanted);
        drifts.map_err(|_| Failure::NOT_UNDERSTOOD)
    }

    /// What keeps the account's audit log from being read, if something does: it is hidden from whoever asks, or
    /// what comes back is no log.
    ///
    /// # Errors
    /// The account cannot be asked at all, or not now.
    pub async fn drift_of_history(&self) -> Result<Option<Drift>, Failure> {
        let now_s = self.clock.now_ms().div_euclid(1000);
        let Some(call) = self.upstream.audit_log(now_s, None) else { return Ok(None) };
        let read = self.fetching().page(&call, PART_MAX.bytes).await.and_then(|(status, body)| {
            let entries = self.upstream.audit_entries(&Page { status, body: &body });
            entries.and_then(|_| self.upstream.next(&call, &body)).map_err(|_| Failure::NOT_UNDERSTOOD)
        });
        match read {
            Ok(_) => Ok(None),
            Err(Failure { concerns: Concerns::Rights, .. }) => Ok(Some(Drift::HistoryHidden)),
            Err(Failure { concerns: Concerns::Anybody, .. }) => Ok(Some(Drift::HistoryUnread)),
            Err(failure) => Err(failure),
        }
    }

    /// Has the account's webhooks tell us of everything that is needed, at `address` if it has none to us.
    ///
    /// # Errors
    /// It refuses, or there is no answer that can be read.
    pub async fn mend_hooks(&self, address: &str) -> Result<(), Failure> {
        let calls = self.upstream.setup_calls(SetupPart::Hooks, self.wanted);
        let pages = self.fetching().pages_of(calls, PART_MAX).await?;
        let call = self.upstream.mend_hooks(&read(&pages), &self.hook_key.0, address);
        match call.map_err(|_| Failure::NOT_UNDERSTOOD)? {
            Some(call) => self.fetching().page(&call, PART_MAX.bytes).await.map(|_| ()),
            None => Err(Failure::of_anybody("it has no call for that")),
        }
    }

    fn fetching(&self) -> Fetching<'_> {
        let Self { host, upstream, token, patience, clock, .. } = *self;
        Fetching { host, upstream, token, patience, clock }
    }
}

fn read(pages: &[(u16, Vec<u8>)]) -> Vec<Page<'_>> {
    pages.iter().map(|(status, body)| Page { status: *status, body }).collect()
}
