//! The model in memory: it keeps what every provider promises.

use std::sync::Arc;

use store::{Model, Store, conformance};

#[tokio::test]
async fn the_model_keeps_what_every_provider_promises() {
    let model = Model::new();
    conformance::run(async || Arc::new(model.clone()) as Arc<dyn Store>).await;
}
