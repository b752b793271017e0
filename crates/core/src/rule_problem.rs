//! Why a rule can never fire: it names a stage or a pipeline that the CRM does not have, or not any more.

use std::fmt;

use crate::{
    Catalogue, Rule, StageName, Trigger,
    policy::{distinct, names_pipeline, same_name},
};

/// Why a rule can never fire.
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
}

impl Became {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Renamed(_) => "renamed",
            Self::Anew { .. } => "anew",
            Self::Gone => "gone",
        }
    }
}

impl Rule {
    /// Why the rule can never fire with these pipelines, with the nearest thing there is; `None` when it can.
    pub fn problem(&self, catalogue: &Catalogue) -> Option<RuleProblem> {
        let is_tag = matches!(self.trigger, Trigger::Tag(_));
        let mut stages = catalogue.stages.iter().map(|known| &known.stage);
        if stages.any(
            |stage| if is_tag { self.is_about(stage, catalogue) } else { self.matches(stage, catalogue) },
        ) {
            return None;
        }
        if let Some(wanted) = &self.pipeline
            && !catalogue.stages.iter().any(|known| names_pipeline(known, wanted))
        {
            let is_meant = |former: &&StageName| names_pipeline(former, wanted);
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
        let is_meant =
            |former: &&StageName| former.stage.status == *wanted || same_name(&former.stage_name, wanted);
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
        write!(f, "rule \"{rule}\" names the {what} \"{wanted}\", which ")?;
        match (&self.became, pipeline) {
            (Became::Unknown, Some(pipeline)) => write!(f, "the pipeline \"{pipeline}\" does not have"),
            (Became::Unknown, None) => f.write_str("the CRM does not have"),
            (Became::Renamed(name), _) => write!(f, "the CRM calls \"{name}\" now"),
            (Became::Anew { name, id }, _) => {
                write!(f, "the CRM has made anew: \"{name}\" has the id {id} now")
            }
            (Became::Gone, _) => f.write_str("the CRM does not have any more"),
        }?;
        write!(f, "; it has: {}", self.has.join(", "))
    }
}
