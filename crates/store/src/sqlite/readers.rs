//! Readers: few connections that are used again and again, and a fair queue for each kind of read.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::file;
use crate::Error;

/// How many reads of the hot path run at a time.
const HOT_MAX: usize = 4;
/// How many reads of pages run at a time. They never take the place of a hot one.
const PAGES_MAX: usize = 2;
/// How long one read of a page may take, so that it does not hold on to the write-ahead log.
const PAGE_TIME_MAX: Duration = Duration::from_secs(10);
/// How often a page's read looks at the time, in steps of SQLite's virtual machine.
const STEPS_PER_LOOK: i32 = 10_000;

/// The readers of a store.
pub(super) struct Readers {
    pub(super) hot: Pool,
    pub(super) pages: Pool,
}

impl Readers {
    /// Opens all connections, so that no read needs to open a file later, when there may be none left.
    pub(super) fn new(file: &Path) -> Result<Self, Error> {
        let pool = |places, time_max| -> Result<Pool, Error> {
            let idle = (0..places).map(|_| file::reader(file)).collect::<Result<_, _>>()?;
            Ok(Pool {
                file: file.to_owned(),
                places: Arc::new(Semaphore::new(places)),
                idle: Arc::new(Mutex::new(idle)),
                time_max,
            })
        };
        Ok(Self { hot: pool(HOT_MAX, None)?, pages: pool(PAGES_MAX, Some(PAGE_TIME_MAX))? })
    }
}

/// Connections for one kind of read. One is made anew after a read that panicked.
pub(super) struct Pool {
    file: PathBuf,
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
    time_max: Option<Duration>,
}

impl Pool {
    /// Runs a read on a thread of its own, once there is a place.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| Error::Closed)?;
        let (file, idle, time_max) = (self.file.clone(), Arc::clone(&self.idle), self.time_max);
        let read = tokio::task::spawn_blocking(move || {
            // Given back when the read has ended, even if nobody waits for its answer any more.
            let _place = place;
            let known = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut connection = match known {
                Some(connection) => connection,
                None => file::reader(&file)?,
            };
            if let Some(time_max) = time_max {
                let until = Instant::now() + time_max;
                connection.progress_handler(STEPS_PER_LOOK, Some(move || Instant::now() > until))?;
            }
            // One transaction, so that everything read belongs together.
            let snapshot = connection.unchecked_transaction()?;
            let answer = question(&snapshot);
            drop(snapshot);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            answer
        });
        read.await.map_err(|error| {
            if error.is_panic() { Error::database("a read panicked") } else { Error::Closed }
        })?
    }
}
