//! The shapes of Kommo.

use super::{Recipe, Values};
use crate::{KommoAction, KommoHook, KommoLead, kommo};

/// The first stage of the pipeline that `kopru sandbox` has.
const FIRST_STAGE: u64 = 880_001;

pub(super) const RECIPES: &[Recipe] = &[
    Recipe {
        name: "stage-move",
        meaning: "A lead moved to another stage.",
        body: |it| body(vec![(KommoAction::Status, moved(it))]),
    },
    Recipe {
        name: "stage-move-raw",
        meaning: "The same with brackets and spaces as they are, and the account last.",
        body: |it| {
            let leads = vec![(KommoAction::Status, moved(it))];
            kommo(&KommoHook { leads, account_first: false, percent_encoded: false, ..KommoHook::default() })
        },
    },
    Recipe {
        name: "stage-move-twice",
        meaning: "The move comes as status and as update.",
        body: |it| body(vec![(KommoAction::Status, moved(it)), (KommoAction::Update, moved(it))]),
    },
    Recipe {
        name: "pipeline-move",
        meaning: "A lead moved to another pipeline.",
        body: |it| {
            let lead = KommoLead { old_pipeline_id: Some(it.pipeline.saturating_add(1)), ..moved(it) };
            body(vec![(KommoAction::Status, lead)])
        },
    },
    Recipe {
        name: "update",
        meaning: "A lead was changed and stayed in its stage.",
        body: |it| body(vec![(KommoAction::Update, lead(it))]),
    },
    Recipe { name: "add", meaning: "A lead was made.", body: |it| body(vec![(KommoAction::Add, lead(it))]) },
];

fn lead(it: &Values) -> KommoLead {
    KommoLead {
        id: it.lead,
        name: it.name.clone(),
        status_id: it.stage,
        pipeline_id: it.pipeline,
        price: it.price.clone(),
        created_at: it.time,
        updated_at: it.time,
        ..KommoLead::default()
    }
}

fn moved(it: &Values) -> KommoLead {
    KommoLead { old_status_id: Some(FIRST_STAGE), ..lead(it) }
}

fn body(leads: Vec<(KommoAction, KommoLead)>) -> String {
    kommo(&KommoHook { leads, ..KommoHook::default() })
}
