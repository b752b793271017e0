//! Whether the running service holds delivery up, or takes sales for others. Meta may take a token here that it refused there, so a pause is
//! said whatever the probes find.

use reqwest::Method;
use serde::Deserialize;

use crate::{
    config::Config,
    control::{call, service_runs},
    logging::out,
};

#[derive(Deserialize)]
struct LedgerAnswer {
    paused: Vec<PausedDelivery>,
    #[serde(default)]
    numbers_again: Vec<NumbersAgain>,
}

#[derive(Deserialize)]
struct NumbersAgain {
    dataset: String,
    sales: i64,
    since: Option<String>,
}

#[derive(Deserialize)]
struct PausedDelivery {
    dataset: String,
    route: String,
    since: Option<String>,
    needs_you: bool,
    why: String,
}

/// Says which deliveries the running service has paused, and why.
pub(super) async fn say_what_is_paused(config: &Config) {
    if !service_runs(config) {
        return;
    }
    for name in config.workspaces.iter().map(|workspace| &workspace.name) {
        let query: String =
            form_urlencoded::Serializer::new(String::new()).append_pair("workspace", name).finish();
        let answer = call(config, Method::GET, &format!("/api/v1/ledger?{query}"), None).await;
        // A business that the service does not have yet has no delivery there.
        let Ok(LedgerAnswer { paused, numbers_again }) = answer.and_then(|answer| answer.json()) else {
            continue;
        };
        for one in &paused {
            out!("note  {name}: {}", one.said());
        }
        for NumbersAgain { dataset, sales, since } in numbers_again {
            let since = since.unwrap_or_default();
            out!(
                "note  {name}: {sales} sale(s) reported to dataset {dataset} since {since} had the number of an earlier \
                 sale of another day and amount, were taken for repetitions and not sent; number each sale anew, for \
                 example with the date before its number"
            );
        }
    }
}

impl PausedDelivery {
    fn said(&self) -> String {
        let Self { dataset, route, since, needs_you, why } = self;
        let since = since.as_deref().unwrap_or_default();
        let what =
            if *needs_you { "is paused and needs you" } else { "waits because Meta asked for fewer calls" };
        format!("delivery to dataset {dataset} ({route}) by the running service {what}, since {since}: {why}")
    }
}
