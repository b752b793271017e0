//! The model in memory: it keeps what every provider promises, and SQLite agrees with it whatever happens.

mod activities;
mod pair;
mod seen;
mod steps;

use std::sync::Arc;

use proptest::prelude::*;
use store::{Model, Store, conformance};

use crate::open;
use pair::Pair;

#[tokio::test]
async fn the_model_keeps_what_every_provider_promises() {
    let model = Model::new();
    conformance::run(async || Arc::new(model.clone()) as Arc<dyn Store>).await;
}

/// Few, since each case writes to a disk; whoever looks for what is rare says how many.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_and_the_model_show_the_same(
        stories in prop::collection::vec(prop::collection::vec(steps::step(), 20..80), 2),
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let (sqlite, model) = (open(folder.path()), Model::new());
            for (number, steps) in stories.into_iter().enumerate() {
                let mut pair = Pair::open(&sqlite, &model, &format!("story {number}")).await;
                for step in steps {
                    let played = format!("{step:?}");
                    pair.play(step).await;
                    pair.agrees(&played).await;
                }
            }
        });
    }
}
