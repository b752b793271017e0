//! What a running service says of a backup while it makes it: a line of JSON at a time.

use server::BackupLine;
use store::BackupMade;

use crate::{Error, progress::ProgressLine};

/// What a backup is asked for, and what the service has said of it.
pub struct ServiceAnswer<'a> {
    line: &'a mut ProgressLine,
    rest: Vec<u8>,
    outcome: Option<Result<BackupMade, Error>>,
}

impl<'a> ServiceAnswer<'a> {
    /// Nothing was said yet.
    pub fn new(line: &'a mut ProgressLine) -> Self {
        Self { line, rest: Vec::new(), outcome: None }
    }

    /// Takes in what came, and shows how far it is.
    pub fn hear(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.rest.extend_from_slice(bytes);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            match serde_json::from_slice(&line).map_err(Error::Summary)? {
                BackupLine::Progress(progress) => self.line.show(progress),
                BackupLine::Made(made) => self.outcome = Some(Ok(made)),
                BackupLine::Failed { error: message, is_wrong_use } => {
                    self.outcome = Some(Err(Error::Refused { is_wrong_use, message }));
                }
            }
        }
        Ok(())
    }

    /// What has come of it. A service that ends in between has made none.
    pub fn outcome(self) -> Result<BackupMade, Error> {
        self.outcome.unwrap_or(Err(Error::BackupBrokeOff))
    }
}
