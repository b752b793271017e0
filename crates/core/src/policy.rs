//! What a workspace has decided: rules, datasets, consent.

use capi::Rules;
use serde::{Deserialize, Serialize};

use crate::{
    AmountFrom, Appending, Catalogue, ConsentAnswer, Reason, Route, RouteKind, StageId, StageName, Wanted,
    WorkspaceId, Worth,
};

/// Status id of "Closed - won" in every pipeline of Kommo, after Kommo's own SDK.
const WON: &str = "142";
/// Status id of "Closed - lost" in every pipeline of Kommo.
const LOST: &str = "143";

/// Everything that decisions need to know of a workspace's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The workspace; part of every event id.
    pub workspace: WorkspaceId,
    /// Currency of the prices where the CRM account names none.
    pub currency: Option<String>,
    /// What the workspace says about consent.
    pub consent: Consent,
    /// What happened before this, Unix seconds, needs a person's yes all the same: another policy held
    /// then.
    pub consent_since_s: Option<i64>,
    /// What to send when.
    pub rules: Vec<Rule>,
    /// Where to send it.
    pub datasets: Vec<Dataset>,
    /// Between when the store does not know what left, if there is such a time.
    pub restored: Option<Restored>,
}

/// A store was restored from a backup, or has lost its newest part: it does not know what left in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// When the backup was made, or of when the store still knew everything, Unix seconds.
    pub backup_s: i64,
    /// When the store was restored from it, or the loss was found, Unix seconds.
    pub restored_s: i64,
}

/// What a workspace says about consent. There is no default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// Only people of whom the CRM says that they agreed.
    Required,
    /// The business has a legal ground that it documents elsewhere; who refused is left out.
    Elsewhere,
}

/// When this happens, send this event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The rule's id.
    pub id: String,
    /// The pipeline, by name or id; `None` for any.
    pub pipeline: Option<String>,
    /// What fires the rule.
    pub trigger: Trigger,
    /// The event, under its general name: `Lead`, `Purchase`.
    pub send: String,
    /// What the event is worth; `None` if it carries no value.
    pub worth: Option<Worth>,
    /// How often a deal fires it.
    pub repeat: Repeat,
    /// What happened before this, Unix seconds, does not fire it: the rule was made or changed later.
    pub since_s: Option<i64>,
}

/// What fires a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// Entering closed - won, in any pipeline.
    Won,
    /// Entering closed - lost, in any pipeline.
    Lost,
    /// Entering a stage, by name or id.
    Named(String),
    /// A tag, by name or id.
    Tag(String),
}

/// How often a deal fires a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// Once.
    #[default]
    Once,
    /// Each time that it is won, after the win before was undone.
    EachWin,
}

/// A dataset as far as decisions care.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Meta's id.
    pub id: String,
    /// The WhatsApp Business Account that it is linked to.
    pub waba_id: Option<String>,
    /// Accounts that it was linked to by mistake: Meta never took an event of theirs.
    pub mistaken_accounts: Vec<String>,
    /// The routes that are on.
    pub routes: Vec<RouteKind>,
    /// What happens with its events.
    pub mode: Mode,
    /// The modes before, the oldest first, each with until when it held, Unix seconds.
    pub earlier_modes: Vec<(Mode, i64)>,
    /// With what its events are marked in [`Mode::Test`].
    pub test: Option<TestRun>,
    /// By which of Meta's readings identifiers are hashed.
    pub rules: Rules,
    /// When something is appended to a web purchase that comes again.
    pub appending: Appending,
}

/// What happens with a dataset's events; the later, the less of them Meta gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// They are sent.
    Live,
    /// They are sent with a test code until that ends, and recorded from then on.
    Test,
    /// They are recorded and not sent.
    Shadow,
    /// Nothing is sent.
    Off,
}

/// A test of a dataset: Meta shows events with its code apart. It counts them all the same, so that a test that
/// somebody forgot ends by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestRun {
    /// The code, as Events Manager gives it: `TEST12345`.
    pub code: String,
    /// Since when it is used, Unix seconds; `None` until a configuration with it is taken.
    pub since_s: Option<i64>,
}

impl TestRun {
    /// How long a code is used, seconds.
    pub const LASTS_S: i64 = 24 * 60 * 60;

    /// When it ends, Unix seconds; `None` while it has not begun.
    pub fn until_s(&self) -> Option<i64> {
        self.since_s.map(|since_s| since_s.saturating_add(Self::LASTS_S))
    }

    /// Whether events are sent with its code at a time, Unix seconds.
    pub fn runs_at(&self, now_s: i64) -> bool {
        self.until_s().is_none_or(|until_s| now_s < until_s)
    }
}

impl Policy {
    /// The dataset with this id.
    pub fn dataset(&self, id: &str) -> Option<&Dataset> {
        self.datasets.iter().find(|dataset| dataset.id == id)
    }

    /// Whether web events come in, which are enriched by what else is known of their people.
    pub fn enriches(&self) -> bool {
        self.datasets.iter().any(|dataset| dataset.routes.contains(&RouteKind::Website))
    }

    /// The fields and tags of deals that the rules name.
    pub fn wanted(&self) -> Wanted {
        let mut wanted = Wanted { match_keys: self.enriches(), ..Wanted::default() };
        for rule in &self.rules {
            if let Some(AmountFrom::Field(name)) = rule.worth.as_ref().map(|worth| &worth.from) {
                add(&mut wanted.fields, name);
            }
            if let Trigger::Tag(name) = &rule.trigger {
                add(&mut wanted.tags, name);
            }
        }
        wanted
    }

    /// Whether what is said about consent lets an event of this time be told.
    ///
    /// # Errors
    /// Why it does not.
    pub fn agrees(&self, said: Option<ConsentAnswer>, event_s: i64) -> Result<(), Reason> {
        let needs_yes = self.consent == Consent::Required
            || self.consent_since_s.is_some_and(|since_s| event_s < since_s);
        match said {
            Some(ConsentAnswer::No) => Err(Reason::ConsentRefused),
            Some(ConsentAnswer::Unclear) => Err(Reason::NoConsent),
            None if needs_yes => Err(Reason::NoConsent),
            Some(ConsentAnswer::Yes) | None => Ok(()),
        }
    }
}

impl Restored {
    /// Whether an event of this time may have left since the backup, so that Meta would count it twice when
    /// it leaves at `again_ms`, Unix milliseconds.
    pub(crate) fn may_double(self, route: Route, event_s: i64, again_ms: i64) -> bool {
        // At the earliest it left right after the backup, and after it had happened. A clock that is behind
        // the restoring is wrong.
        let taken_ms = self.backup_s.max(event_s).saturating_mul(1000);
        let again_ms = again_ms.max(self.restored_s.saturating_mul(1000));
        event_s <= self.restored_s && route.may_count_twice(taken_ms, again_ms)
    }
}

impl Dataset {
    /// Whether chats of this account are its business.
    pub fn hears(&self, account: &str) -> bool {
        self.waba_id.as_deref() == Some(account)
            || self.mistaken_accounts.iter().any(|known| known == account)
    }

    /// What happens with an event of this time: no switch sends what happened before it, nor keeps back for good what
    /// happened while the dataset was live.
    pub fn mode_at(&self, event_s: i64) -> Mode {
        self.earlier_mode(event_s).filter(|_| self.sends()).unwrap_or(self.mode)
    }

    /// The mode before that held at a time, Unix seconds; `None` since the present one holds.
    fn earlier_mode(&self, event_s: i64) -> Option<Mode> {
        self.earlier_modes.iter().find(|(_, until_s)| event_s < *until_s).map(|(mode, _)| *mode)
    }

    /// Whether it was live at a time before its present mode, Unix seconds: what happened then leaves once it is live
    /// again.
    pub fn was_live_at(&self, event_s: i64) -> bool {
        self.earlier_mode(event_s) == Some(Mode::Live)
    }

    /// Whether its events are sent, marked or not, as long as no test is over.
    pub fn sends(&self) -> bool {
        matches!(self.mode, Mode::Live | Mode::Test)
    }

    /// The test that its events are part of, running or over.
    pub fn testing(&self) -> Option<&TestRun> {
        self.test.as_ref().filter(|_| self.mode == Mode::Test)
    }

    /// Whether an event of this time is one of its test, though the dataset was in another mode since.
    fn tested(&self, event_s: i64) -> bool {
        self.testing().and_then(|test| test.since_s).is_some_and(|since_s| since_s <= event_s)
    }

    /// Whether an event of this time may leave now; both in Unix seconds.
    ///
    /// # Errors
    /// Why it does not.
    pub fn permits(&self, event_s: i64, now_s: i64) -> Result<(), Reason> {
        if self.testing().is_some_and(|test| !test.runs_at(now_s)) {
            return Err(Reason::TestOver);
        }
        let is_of_before = self.earlier_mode(event_s).is_some();
        match self.mode_at(event_s) {
            // What is owed since it was live leaves with the code: Meta counts it all the same.
            Mode::Live => Ok(()),
            Mode::Test if self.mode == Mode::Test && (!is_of_before || self.tested(event_s)) => Ok(()),
            Mode::Test => Err(Reason::TestOver),
            Mode::Shadow => Err(Reason::Shadow),
            Mode::Off => Err(Reason::DatasetOff),
        }
    }
}

impl Trigger {
    /// Whether it is that a deal is won, in whatever pipeline, by the word or by the id.
    pub fn is_won(&self) -> bool {
        match self {
            Self::Won => true,
            Self::Named(stage) => stage == WON,
            Self::Lost | Self::Tag(_) => false,
        }
    }
}

impl Rule {
    /// Whether entering this stage is what the rule means: it has the names in the rule, and they are not those
    /// of another stage that had them before.
    pub fn matches(&self, stage: &StageId, catalogue: &Catalogue) -> bool {
        self.names_stage(stage, catalogue) && self.means(stage, catalogue)
    }

    /// Whether getting a tag is what the rule means, of a deal that stands in this stage.
    pub(crate) fn matches_tag(&self, tag: &str, within: &StageId, catalogue: &Catalogue) -> bool {
        matches!(&self.trigger, Trigger::Tag(wanted) if wanted == tag)
            && self.names_pipeline_of(within, catalogue)
            && self.means(within, catalogue)
    }

    fn means(&self, stage: &StageId, catalogue: &Catalogue) -> bool {
        catalogue.meaning(self).is_none_or(|meaning| meaning.has(stage))
    }

    /// Whether a stage has the names in the rule now.
    pub(crate) fn names_stage(&self, stage: &StageId, catalogue: &Catalogue) -> bool {
        let named = catalogue.stages.iter().find(|known| known.stage == *stage);
        self.names_pipeline_of(stage, catalogue)
            && match &self.trigger {
                Trigger::Won => stage.status == WON,
                Trigger::Lost => stage.status == LOST,
                Trigger::Named(wanted) => {
                    wanted == &stage.status || named.is_some_and(|known| same_name(&known.stage_name, wanted))
                }
                Trigger::Tag(_) => false,
            }
    }

    /// Whether the pipeline of a stage has the name in the rule now.
    pub(crate) fn names_pipeline_of(&self, stage: &StageId, catalogue: &Catalogue) -> bool {
        self.pipeline.as_deref().is_none_or(|wanted| {
            let named = || catalogue.stages.iter().find(|known| known.stage == *stage);
            wanted == stage.pipeline || named().is_some_and(|known| same_name(&known.pipeline_name, wanted))
        })
    }
}

pub(crate) fn names_pipeline(known: &StageName, wanted: &str) -> bool {
    known.stage.pipeline == wanted || same_name(&known.pipeline_name, wanted)
}

/// Whether a status means that a deal ended, so that its closing time is the time of entry.
pub(crate) fn is_closed(stage: &StageId) -> bool {
    is_won(stage) || is_lost(stage)
}

/// Whether a status means that a deal was won.
pub(crate) fn is_won(stage: &StageId) -> bool {
    stage.status == WON
}

/// Whether a status means that a deal was lost.
pub(crate) fn is_lost(stage: &StageId) -> bool {
    stage.status == LOST
}

/// Whether two names are one: people type them with other capitals and stray spaces.
pub fn same_name(a: &str, b: &str) -> bool {
    folded(a).eq(folded(b))
}

/// Turkish has two letters i, and their capitals (İ and I) do not go back to them under the
/// general rules of Unicode: here all four are one letter.
fn folded(name: &str) -> impl Iterator<Item = char> + '_ {
    const DOT_ABOVE: char = '\u{307}';
    name.trim()
        .chars()
        .flat_map(char::to_lowercase)
        .filter(|letter| *letter != DOT_ABOVE)
        .map(|letter| if letter == 'ı' { 'i' } else { letter })
}

/// Keeps a name once, in the order of the alphabet.
fn add(names: &mut Vec<String>, name: &str) {
    if let Err(place) = names.binary_search_by(|known| known.as_str().cmp(name)) {
        names.insert(place, name.to_owned());
    }
}

/// Each name once, in the order in which they come.
pub(crate) fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for name in names {
        if !seen.iter().any(|known| known == name) {
            seen.push(name.to_owned());
        }
    }
    seen
}
