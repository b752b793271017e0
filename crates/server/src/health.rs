//! Which loops of the process have been stopped, which CRMs are not asked, which rules stand still, and what the store
//! has lost, for `/readyz` and the dashboard.

mod refused_sites;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, OnceLock, PoisonError},
};

use kopru_core::RuleProblem;
use sources::Drift;
use store::LostRecords;

pub use refused_sites::RefusedSite;
use refused_sites::RefusedSites;

/// How long it is said that the store has lost something: as long as what it holds back since then waits.
const LOSS_SAID_MS: i64 = 7 * 24 * 3600 * 1000;
/// How long after the last one it is said that events share ids: whoever mends it sees a day later that it is mended.
const SHARED_IDS_SAID_MS: i64 = 24 * 3600 * 1000;

/// A loop that kept failing and was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// The workspace to which it belongs.
    pub workspace: String,
    /// What it is, in few words.
    pub what: String,
    /// Since when, Unix milliseconds.
    pub since_ms: i64,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}, since {}", self.workspace, self.what, rfc3339(self.since_ms).unwrap_or_default())
    }
}

/// An account of a CRM that is not asked for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestingAccount {
    /// The workspace that asks.
    pub workspace: String,
    /// The account, as a system of record.
    pub origin: String,
    /// Since when it has not answered, Unix milliseconds.
    pub since_ms: i64,
    /// Until when it is not asked, Unix milliseconds.
    pub until_ms: i64,
    /// Why, and with whom.
    pub why: String,
}

impl fmt::Display for RestingAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |at_ms| rfc3339(at_ms).unwrap_or_default();
        let Self { workspace, origin, since_ms, until_ms, why } = self;
        write!(f, "{workspace}: {origin}, since {}, until {}: {why}", time(*since_ms), time(*until_ms))
    }
}

/// An account of a CRM that is not set up as it is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftedAccount {
    /// The workspace that asks.
    pub workspace: String,
    /// The account, as a system of record.
    pub origin: String,
    /// What is missing.
    pub drifts: Vec<Drift>,
}

/// A rule that does not fire as it was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftedRule {
    /// The workspace to which it belongs.
    pub workspace: String,
    /// The account whose stages it names, as a system of record.
    pub origin: String,
    /// Why.
    pub problem: RuleProblem,
}

/// For whoever may not know what a business calls its stages.
impl fmt::Display for DriftedRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workspace, origin, problem } = self;
        let rule = &problem.rule;
        write!(f, "{workspace}: \"{rule}\" with {origin}; the dashboard and `kopru check` say why")
    }
}

/// A dataset whose events come under ids that several of them share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedIds {
    /// The workspace that has it.
    pub workspace: String,
    /// Its id.
    pub dataset: String,
    /// How many events counted as repetitions of others.
    pub events: usize,
    /// When the last one came, Unix milliseconds.
    pub last_ms: i64,
}

/// A time as programs read it.
pub(crate) fn rfc3339(at_ms: i64) -> Option<String> {
    Some(jiff::Timestamp::from_millisecond(at_ms).ok()?.to_string())
}

/// What runs and what does not. Holds at most one entry a loop.
#[derive(Debug, Default)]
pub struct Health {
    stopped: Mutex<BTreeMap<(String, String), i64>>,
    /// By workspace and account.
    resting: Mutex<BTreeMap<(String, String), RestingAccount>>,
    drifted: Mutex<BTreeMap<(String, String), Vec<Drift>>>,
    /// By workspace.
    rules: Mutex<BTreeMap<String, Vec<DriftedRule>>>,
    loss: OnceLock<LostRecords>,
    /// By workspace and dataset.
    shared_ids: Mutex<BTreeMap<(String, String), SharedIds>>,
    refused_sites: RefusedSites,
}

impl Health {
    /// A loop of a workspace has been stopped at a time, Unix milliseconds.
    pub fn stopped(&self, workspace: &str, what: &str, since_ms: i64) {
        let mut stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        stopped.entry((workspace.to_owned(), what.to_owned())).or_insert(since_ms);
    }

    /// It runs again.
    pub fn running(&self, workspace: &str, what: &str) {
        let mut stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        stopped.remove(&(workspace.to_owned(), what.to_owned()));
    }

    /// An account is not asked for a while, or longer than it was said.
    pub fn rests(&self, account: RestingAccount) {
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        resting.insert((account.workspace.clone(), account.origin.clone()), account);
    }

    /// An account of a workspace is asked again.
    pub fn is_asked(&self, workspace: &str, origin: &str) {
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        resting.remove(&(workspace.to_owned(), origin.to_owned()));
    }

    /// All accounts that are not asked, by workspace and account.
    pub fn resting(&self) -> Vec<RestingAccount> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// What is missing of an account, as it was read last.
    pub fn drifts(&self, workspace: &str, origin: &str, drifts: Vec<Drift>) {
        let mut drifted = self.drifted.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (workspace.to_owned(), origin.to_owned());
        if drifts.is_empty() {
            drifted.remove(&key);
        } else {
            drifted.insert(key, drifts);
        }
    }

    /// All accounts of which something is missing, by workspace and account.
    pub fn drifted(&self) -> Vec<DriftedAccount> {
        let drifted = self.drifted.lock().unwrap_or_else(PoisonError::into_inner);
        let all = drifted.iter().map(|((workspace, origin), drifts)| DriftedAccount {
            workspace: workspace.clone(),
            origin: origin.clone(),
            drifts: drifts.clone(),
        });
        all.collect()
    }

    /// The rules of a workspace that do not fire as they were meant, as the CRM's stages were read last.
    pub fn rules(&self, workspace: &str, drifted: Vec<DriftedRule>) {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        rules.insert(workspace.to_owned(), drifted);
    }

    /// Forgets the rules of workspaces that are not among these.
    pub fn keep_rules_of(&self, workspaces: &[String]) {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        rules.retain(|workspace, _| workspaces.contains(workspace));
    }

    /// All rules that do not fire as they were meant, by workspace.
    pub fn drifted_rules(&self) -> Vec<DriftedRule> {
        let rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        rules.values().flatten().cloned().collect()
    }

    /// The store has lost records, at this opening or an earlier one.
    pub fn has_lost(&self, loss: LostRecords) {
        // It is opened once.
        let _ = self.loss.set(loss);
    }

    /// What the store has lost in the last days.
    pub fn loss(&self, now_ms: i64) -> Option<LostRecords> {
        self.loss.get().copied().filter(|loss| now_ms.saturating_sub(loss.found_ms) < LOSS_SAID_MS)
    }

    /// So many events of a dataset have come under ids that other events have.
    pub fn has_shared_ids(&self, workspace: &str, dataset: &str, events: usize, at_ms: i64) {
        let mut shared = self.shared_ids.lock().unwrap_or_else(PoisonError::into_inner);
        let known = shared.entry((workspace.to_owned(), dataset.to_owned())).or_insert_with(|| SharedIds {
            workspace: workspace.to_owned(),
            dataset: dataset.to_owned(),
            events: 0,
            last_ms: at_ms,
        });
        if at_ms.saturating_sub(known.last_ms) >= SHARED_IDS_SAID_MS {
            known.events = 0;
        }
        known.events = known.events.saturating_add(events);
        known.last_ms = known.last_ms.max(at_ms);
    }

    /// The datasets whose events have shared ids in the last day, by workspace and dataset.
    pub fn shared_ids(&self, now_ms: i64) -> Vec<SharedIds> {
        let shared = self.shared_ids.lock().unwrap_or_else(PoisonError::into_inner);
        let is_said = |one: &&SharedIds| now_ms.saturating_sub(one.last_ms) < SHARED_IDS_SAID_MS;
        shared.values().filter(is_said).cloned().collect()
    }

    /// A page of a host has sent that may not.
    pub fn refuses_site(&self, workspace: &str, host: &str, now_ms: i64) {
        self.refused_sites.add(workspace, host, now_ms);
    }

    /// Hosts whose pages send and may not, most requests first.
    pub fn refused_sites(&self) -> Vec<RefusedSite> {
        self.refused_sites.list()
    }

    /// All that are stopped, by workspace and name.
    pub fn list(&self) -> Vec<Stopped> {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let all = stopped.iter().map(|((workspace, what), since_ms)| Stopped {
            workspace: workspace.clone(),
            what: what.clone(),
            since_ms: *since_ms,
        });
        all.collect()
    }
}
