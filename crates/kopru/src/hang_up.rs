//! SIGHUP and `kopru apply`: `kopru serve` reads its configuration again.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use server::{Applied, ApplyAnswer, ApplyRequest, GivenTime};
use tokio::sync::mpsc;

use crate::{Error, config::read_config, run::Reloading};

/// SIGHUP, where there are signals.
pub struct HangUps(#[cfg(unix)] Option<tokio::signal::unix::Signal>);

impl HangUps {
    /// Takes the signal; from here on it ends nothing.
    pub fn listen() -> Self {
        #[cfg(unix)]
        {
            let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup());
            let not_taken = |error: &std::io::Error| {
                let error = error as &dyn std::error::Error;
                tracing::warn!(
                    error,
                    "SIGHUP cannot be taken: a restart is needed to reload the configuration"
                );
            };
            Self(signal.inspect_err(not_taken).ok())
        }
        #[cfg(not(unix))]
        Self()
    }

    /// The next one.
    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.0
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}

/// Takes the configuration again.
pub struct Reloads {
    /// The file of the configuration.
    pub file: PathBuf,
    /// What takes another one.
    pub reloading: Arc<Reloading>,
}

impl Reloads {
    /// Takes it at each SIGHUP, and whenever somebody asks. A file that has problems changes nothing.
    pub async fn run(self, mut hang_ups: HangUps, mut requests: mpsc::Receiver<ApplyRequest>) {
        loop {
            let request = tokio::select! {
                () = hang_ups.next() => None,
                Some(request) = requests.recv() => Some(request),
            };
            match request {
                None => drop(self.reload(None).await),
                Some(ApplyRequest { file, since, dry_run, answer }) => {
                    let outcome = match self.is_other(file.as_deref()) {
                        Some(error) => Err(error),
                        None if dry_run => self.would_reload(since.as_ref()).await,
                        None => self.reload(since.as_ref()).await,
                    };
                    // Whoever asked may have gone.
                    let _ = answer.send(answer_of(outcome));
                }
            }
        }
    }

    /// Why a file is not the one that is read.
    fn is_other(&self, file: Option<&Path>) -> Option<Error> {
        let real = |file: &Path| file.canonicalize().unwrap_or_else(|_| file.to_owned());
        let (own, other) = (real(&self.file), real(file?));
        (own != other).then(|| Error::OtherFile { own: own.display().to_string() })
    }

    async fn would_reload(&self, since: Option<&GivenTime>) -> Result<Applied, Error> {
        self.reloading.would_reload(&read_config(&self.file)?, since).await
    }

    async fn reload(&self, since: Option<&GivenTime>) -> Result<Applied, Error> {
        let reloaded = async {
            let config = read_config(&self.file)?;
            for notice in &config.notices {
                tracing::warn!("{notice}");
            }
            let hooks = config.hook_addresses();
            let applied = self.reloading.reload(config, since).await?;
            tracing::info!(file = %self.file.display(), "the configuration is reloaded");
            log_hooks(hooks);
            Ok(applied)
        };
        reloaded.await.inspect_err(log_refusal)
    }
}

/// What has come of it, for whoever asked.
pub fn answer_of(outcome: Result<Applied, Error>) -> ApplyAnswer {
    match outcome {
        Ok(applied) => ApplyAnswer::Applied(applied),
        Err(Error::Config(problems)) => {
            ApplyAnswer::Refused(problems.iter().map(ToString::to_string).collect())
        }
        Err(error @ (Error::OtherFile { .. } | Error::UnknownFormerName { .. })) => {
            ApplyAnswer::Refused(vec![error.to_string()])
        }
        Err(error) => ApplyAnswer::Failed(error.to_string()),
    }
}

/// Says why the configuration that runs goes on, each problem in a line of its own.
fn log_refusal(error: &Error) {
    if let Error::Config(problems) = error {
        for problem in problems {
            tracing::error!("{problem}");
        }
    } else {
        tracing::error!(error = error as &dyn std::error::Error, "a configuration could not be applied");
    }
    tracing::error!("the configuration is not reloaded: Kopru goes on with the one that it has");
}

/// Says where webhooks come in.
pub fn log_hooks(hooks: Vec<(String, &'static str, String)>) {
    for (workspace, kind, address) in hooks {
        tracing::info!(workspace, kind, address, "incoming connection");
    }
}
