//! The recorder of what `/metrics` shows.

use std::{sync::OnceLock, time::Duration};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::sync::watch;

use crate::Error;

/// Upper bounds of the commit times that are told apart, seconds.
const COMMIT_SECONDS: [f64; 10] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0];
/// How often samples that nobody has asked for are added up, so that they do not gather.
const ADD_UP_EVERY: Duration = Duration::from_secs(30);

/// One per process, as the facade wants it.
static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// The process's recorder; installed at the first call.
///
/// # Errors
/// Another recorder is installed, or the buckets are refused.
pub fn recorder() -> Result<PrometheusHandle, Error> {
    if let Some(recorder) = RECORDER.get() {
        return Ok(recorder.clone());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full("kopru_commit_seconds".into()), &COMMIT_SECONDS)
        .and_then(PrometheusBuilder::install_recorder)
        .map_err(Error::Metrics)?;
    Ok(RECORDER.get_or_init(|| recorder).clone())
}

/// Adds samples up from time to time until asked to stop.
pub async fn keep_short(mut stopping: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(ADD_UP_EVERY) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
        if let Some(recorder) = RECORDER.get() {
            recorder.run_upkeep();
        }
    }
}
