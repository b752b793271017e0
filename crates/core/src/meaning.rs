//! What the names in a rule mean. People rename stages, and a name may come to another stage: so what had the
//! names when they were first read stays what the rule means.

use serde::{Deserialize, Serialize};

use crate::{Catalogue, Rule, StageId, StageName, Trigger};

/// What had the names of a rule when they were first read in an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meaning {
    /// The pipeline as the rule has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<String>,
    /// The stage as the rule has it; `None` where any stage of the pipeline is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// What is meant; where any stage of a pipeline is, one stands for them.
    pub stages: Vec<StageId>,
}

impl Meaning {
    /// Whether it is this stage that is meant.
    pub(crate) fn has(&self, stage: &StageId) -> bool {
        self.stages.iter().any(|meant| self.is_same(meant, stage))
    }

    fn is_same(&self, a: &StageId, b: &StageId) -> bool {
        if self.stage.is_some() { a == b } else { a.pipeline == b.pipeline }
    }

    /// What is meant and is not among what has the names now, although its pipeline is there or nothing else is.
    pub(crate) fn lost<'a>(&'a self, now: &[&StageName], catalogue: &Catalogue) -> Vec<&'a StageId> {
        let has_names = |meant: &StageId| now.iter().any(|known| self.is_same(meant, &known.stage));
        let all_lost = !self.stages.iter().any(has_names);
        let has_pipeline =
            |meant: &StageId| catalogue.stages.iter().any(|known| known.stage.pipeline == meant.pipeline);
        let lost = self.stages.iter().filter(|meant| !has_names(meant));
        lost.filter(|meant| all_lost || has_pipeline(meant)).collect()
    }

    /// The same with what else has come to have the names: a rule that is about every pipeline is about a new one
    /// as well. Where a name has left what was meant, nobody knows.
    fn widened(self, now: &[&StageName], catalogue: &Catalogue) -> Self {
        if self.pipeline.is_some() || !self.lost(now, catalogue).is_empty() {
            return self;
        }
        let is_known =
            |known: &StageName| self.stages.iter().any(|meant| meant.pipeline == known.stage.pipeline);
        let came = now.iter().filter(|known| self.has(&known.stage) || !is_known(known));
        let stages = came.map(|known| known.stage.clone()).collect();
        Self { stages, ..self }
    }
}

impl Rule {
    /// The names in it, of a pipeline and of a stage.
    fn names(&self) -> (Option<&str>, Option<&str>) {
        let stage = match &self.trigger {
            Trigger::Named(stage) => Some(stage.as_str()),
            Trigger::Won | Trigger::Lost | Trigger::Tag(_) => None,
        };
        (self.pipeline.as_deref(), stage)
    }

    /// What has the names of the rule now.
    pub(crate) fn named<'a>(&self, catalogue: &'a Catalogue) -> Vec<&'a StageName> {
        let is_any = matches!(self.trigger, Trigger::Tag(_));
        let has_names = |known: &&StageName| {
            if is_any {
                self.names_pipeline_of(&known.stage, catalogue)
            } else {
                self.names_stage(&known.stage, catalogue)
            }
        };
        catalogue.stages.iter().filter(has_names).collect()
    }
}

impl Catalogue {
    /// What the names of a rule mean, if it has any and they were read before.
    pub fn meaning(&self, rule: &Rule) -> Option<&Meaning> {
        let names = rule.names();
        self.meanings.iter().find(|known| (known.pipeline.as_deref(), known.stage.as_deref()) == names)
    }

    /// The same with what the names in these rules mean, and in no others: what is known stays, and a name that is
    /// new means what has it now.
    #[must_use]
    pub fn with_meanings(mut self, rules: &[Rule]) -> Self {
        let mut meanings: Vec<Meaning> = Vec::new();
        for rule in rules {
            let (pipeline, stage) = rule.names();
            let is_known = meanings
                .iter()
                .any(|known| (known.pipeline.as_deref(), known.stage.as_deref()) == (pipeline, stage));
            if is_known || (pipeline, stage) == (None, None) {
                continue;
            }
            let now = rule.named(&self);
            let meaning = match self.meaning(rule) {
                Some(known) => known.clone().widened(&now, &self),
                None => Meaning {
                    pipeline: pipeline.map(str::to_owned),
                    stage: stage.map(str::to_owned),
                    stages: now.iter().map(|known| known.stage.clone()).collect(),
                },
            };
            if !meaning.stages.is_empty() {
                meanings.push(meaning);
            }
        }
        self.meanings = meanings;
        self
    }
}
