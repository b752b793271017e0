//! Why a rule cannot fire as it was meant: it names a stage or a pipeline that the CRM does not have, or not any
//! more, or whose name is another's now.

use std::fmt;

use crate::{
    Catalogue, Meaning, Rule, StageId, StageName, Trigger,
    policy::{distinct, names_pipeline, same_name},
};

/// Why a rule cannot fire as it was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleProblem {
    /// The rule's id.
    pub rule: String,
    /// Whether the pipeline is not there, and not only the stage.
    pub is_of_pipeline: bool,
    /// What the rule names, by name or id.
    pub wanted: String,
    /// In which pipeline it was looked for, if the rule says so of a stage.
    pub pipeline: Option<String>,
    /// What became of it.
    pub became: Became,
    /// The names of all that there are.
    pub has: Vec<String>,
}

/// What became of a stage or pipeline that a rule names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// Nobody knows that it ever was.
    Unknown,
    /// It has this name now.
    Renamed(String),
    /// It was made anew.
    Anew {
        /// Its name, then as now.
        name: String,
        /// The id of the new one.
        id: String,
    },
    /// It was deleted.
    Gone,
    /// Its name is another's now: the rule fires for neither.
    Moved {
        /// What was meant: its id, and the names that it has now.
        meant: String,
        /// The same of what has the name now.
        other: String,
    },
    /// It was deleted, and its name is another's now: the rule does not fire.
    Replaced {
        /// The id of what was meant.
        meant: String,
        /// The id and the names of what has the name now.
        other: String,
    },
    /// Another has its name as well: the rule fires for what was meant.
    Shared {
        /// The id and the names of what was meant.
        meant: String,
        /// The same of the other.
        other: String,
    },
    /// One of several that were meant has another name now: the rule fires for the others.
    OneRenamed {
        /// Its id, and the names that it has now.
        meant: String,
    },
    /// One of several that were meant was deleted: the rule fires for the others.
    OneGone {
        /// Its id.
        meant: String,
    },
}

impl Became {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Renamed(_) => "renamed",
            Self::Anew { .. } => "anew",
            Self::Gone => "gone",
            Self::Moved { .. } => "moved",
            Self::Replaced { .. } => "replaced",
            Self::Shared { .. } => "shared",
            Self::OneRenamed { .. } => "one_renamed",
            Self::OneGone { .. } => "one_gone",
        }
    }

    /// Whether a name in the rule does not say any more what was meant, so that only an id does.
    pub fn needs_id(&self) -> bool {
        match self {
            Self::Unknown | Self::Renamed(_) | Self::Anew { .. } | Self::Gone => false,
            Self::Moved { .. }
            | Self::Replaced { .. }
            | Self::Shared { .. }
            | Self::OneRenamed { .. }
            | Self::OneGone { .. } => true,
        }
    }
}

impl RuleProblem {
    /// What to write for the end of a pipeline, `won` or `lost`, where the name of a stage that is not there says
    /// that this is meant.
    pub fn end(&self) -> Option<&'static str> {
        if self.is_of_pipeline || self.became != Became::Unknown {
            return None;
        }
        let says = |end: &str| {
            let mut words = self.wanted.split(|letter: char| !letter.is_alphanumeric());
            words.any(|word| same_name(word, end))
        };
        ["won", "lost"].into_iter().find(|end| says(end))
    }
}

impl Rule {
    /// Why the rule cannot fire as it was meant with these pipelines, with the nearest thing there is; `None` when
    /// it can.
    pub fn problem(&self, catalogue: &Catalogue) -> Option<RuleProblem> {
        let now = self.named(catalogue);
        if !now.is_empty() {
            let meaning = catalogue.meaning(self)?;
            return self.drifted(meaning, &now, catalogue);
        }
        let meant = catalogue.meaning(self).and_then(|meaning| meaning.stages.first());
        if let Some(wanted) = &self.pipeline
            && !catalogue.stages.iter().any(|known| names_pipeline(known, wanted))
        {
            let is_meant = |former: &&StageName| {
                names_pipeline(former, wanted)
                    && meant.is_none_or(|meant| meant.pipeline == former.stage.pipeline)
            };
            let former = catalogue.former.iter().find(is_meant);
            return Some(RuleProblem {
                rule: self.id.clone(),
                is_of_pipeline: true,
                wanted: wanted.clone(),
                pipeline: None,
                became: former.map_or(Became::Unknown, |former| pipeline_now(former, catalogue)),
                has: distinct(catalogue.stages.iter().map(|known| known.pipeline_name.as_str())),
            });
        }
        let Trigger::Named(wanted) = &self.trigger else { return None };
        let in_pipeline = |known: &&StageName| {
            self.pipeline.as_deref().is_none_or(|pipeline| names_pipeline(known, pipeline))
        };
        let is_meant = |former: &&StageName| {
            (former.stage.status == *wanted || same_name(&former.stage_name, wanted))
                && meant.is_none_or(|meant| *meant == former.stage)
        };
        let former = catalogue.former.iter().filter(in_pipeline).find(is_meant);
        let stages = catalogue.stages.iter().filter(in_pipeline);
        Some(RuleProblem {
            rule: self.id.clone(),
            is_of_pipeline: false,
            wanted: wanted.clone(),
            pipeline: self.pipeline.clone(),
            became: former.map_or(Became::Unknown, |former| stage_now(former, catalogue)),
            has: distinct(stages.map(|known| known.stage_name.as_str())),
        })
    }

    /// What is otherwise than when the names in the rule were first read, if something has them now.
    fn drifted(&self, meaning: &Meaning, now: &[&StageName], catalogue: &Catalogue) -> Option<RuleProblem> {
        let is_of_pipeline = meaning.stage.is_none();
        let lost = meaning.lost(now, catalogue).into_iter().next();
        let other = now.iter().find(|known| !meaning.has(&known.stage));
        let place = |stage: &StageId| place_of(stage, is_of_pipeline, catalogue);
        let is_there = |stage: &StageId| {
            let is_it = |known: &StageName| {
                if is_of_pipeline { known.stage.pipeline == stage.pipeline } else { known.stage == *stage }
            };
            catalogue.stages.iter().any(is_it)
        };
        let became = match (lost, other) {
            (None, None) => return None,
            (Some(lost), None) if is_there(lost) => Became::OneRenamed { meant: place(lost) },
            (Some(lost), None) => Became::OneGone { meant: place(lost) },
            (Some(lost), Some(other)) if is_there(lost) => {
                Became::Moved { meant: place(lost), other: place(&other.stage) }
            }
            (Some(lost), Some(other)) => Became::Replaced { meant: place(lost), other: place(&other.stage) },
            (None, Some(other)) => {
                let meant = meaning.stages.first().map(place).unwrap_or_default();
                Became::Shared { meant, other: place(&other.stage) }
            }
        };
        let has = catalogue.stages.iter().map(|known| {
            if is_of_pipeline { known.pipeline_name.as_str() } else { known.stage_name.as_str() }
        });
        Some(RuleProblem {
            rule: self.id.clone(),
            is_of_pipeline,
            wanted: meaning.stage.as_ref().or(meaning.pipeline.as_ref()).cloned().unwrap_or_default(),
            pipeline: self.pipeline.clone(),
            became,
            has: distinct(has),
        })
    }
}

/// The id of a stage or of its pipeline with the names that it has, in no language: `880 (Sales / Hot)`.
fn place_of(stage: &StageId, is_of_pipeline: bool, catalogue: &Catalogue) -> String {
    let StageId { pipeline, status } = stage;
    if is_of_pipeline {
        let known = catalogue.stages.iter().find(|known| known.stage.pipeline == *pipeline);
        return known
            .map_or_else(|| pipeline.clone(), |known| format!("{pipeline} ({})", known.pipeline_name));
    }
    // Kommo gives the two ends of all pipelines the same ids.
    let same_status = catalogue.stages.iter().filter(|known| known.stage.status == *status);
    let is_of_many = same_status.filter(|known| known.stage.pipeline != *pipeline).count() > 0;
    let id = if is_of_many { format!("{pipeline}/{status}") } else { status.clone() };
    match catalogue.stages.iter().find(|known| known.stage == *stage) {
        Some(StageName { pipeline_name, stage_name, .. }) => format!("{id} ({pipeline_name} / {stage_name})"),
        None => id,
    }
}

/// What became of a stage that the CRM had.
fn stage_now(former: &StageName, catalogue: &Catalogue) -> Became {
    let stages = &catalogue.stages;
    let renamed = stages.iter().find(|known| known.stage == former.stage);
    let anew = || stages.iter().find(|known| same_name(&known.stage_name, &former.stage_name));
    match renamed {
        Some(known) => Became::Renamed(known.stage_name.clone()),
        None => anew().map_or(Became::Gone, |known| Became::Anew {
            name: former.stage_name.clone(),
            id: known.stage.status.clone(),
        }),
    }
}

/// What became of a pipeline that the CRM had.
fn pipeline_now(former: &StageName, catalogue: &Catalogue) -> Became {
    let stages = &catalogue.stages;
    let renamed = stages.iter().find(|known| known.stage.pipeline == former.stage.pipeline);
    let anew = || stages.iter().find(|known| same_name(&known.pipeline_name, &former.pipeline_name));
    match renamed {
        Some(known) => Became::Renamed(known.pipeline_name.clone()),
        None => anew().map_or(Became::Gone, |known| Became::Anew {
            name: former.pipeline_name.clone(),
            id: known.stage.pipeline.clone(),
        }),
    }
}

/// For a log, in English.
impl fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, wanted, pipeline, .. } = self;
        let what = if self.is_of_pipeline { "pipeline" } else { "stage" };
        write!(f, "rule \"{rule}\" names the {what} \"{wanted}\", ")?;
        match (&self.became, pipeline) {
            (Became::Unknown, Some(pipeline)) => {
                write!(f, "which the pipeline \"{pipeline}\" does not have")
            }
            (Became::Unknown, None) => f.write_str("which the CRM does not have"),
            (Became::Renamed(name), _) => write!(f, "which the CRM calls \"{name}\" now"),
            (Became::Anew { name, id }, _) => {
                write!(f, "which the CRM has made anew: \"{name}\" has the id {id} now")
            }
            (Became::Gone, _) => f.write_str("which the CRM does not have any more"),
            (Became::Moved { meant, other }, _) => write!(
                f,
                "by which {meant} was meant; today the name means another {what}, {other}: it fires for neither"
            ),
            (Became::Replaced { meant, other }, _) => write!(
                f,
                "by which {meant} was meant, which is deleted; today the name means another {what}, {other}: it \
                 does not fire"
            ),
            (Became::Shared { meant, other }, _) => write!(
                f,
                "by which {meant} was meant; another {what}, {other}, has that name as well: it fires for the \
                 first only"
            ),
            (Became::OneRenamed { meant }, _) => {
                write!(f, "by which {meant} was meant as well: it does not fire for that any more")
            }
            (Became::OneGone { meant }, _) => {
                write!(f, "by which {meant} was meant as well, which is deleted")
            }
        }?;
        write!(f, "; it has: {}", self.has.join(", "))?;
        match self.end() {
            Some(end) => write!(f, "; for the stage of deals that are {end} write stage = \"{end}\""),
            None => Ok(()),
        }
    }
}
