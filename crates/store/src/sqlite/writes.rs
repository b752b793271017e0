//! Where changes are handed to the writer.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Weak},
};

use tokio::sync::oneshot;

use super::{
    health::WriterHealth,
    writer::{BROKEN, Done, Job, Outbox, Txn},
};
use crate::Error;

/// What a change is to the writer.
#[derive(Clone, Copy)]
pub(super) struct ChangeTraits {
    pub(super) fails_alone: bool,
    pub(super) from_door: bool,
    pub(super) bytes: usize,
}

/// The writer, as everybody else sees it. It ends when this is dropped.
pub(super) struct Writes {
    pub(super) jobs: Outbox,
    pub(super) health: WriterHealth,
}

impl Writes {
    /// Runs a change on the writer thread; returns when it is durable.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Txn<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.enqueue(ChangeTraits { fails_alone: true, from_door: false, bytes: 0 }, change).await
    }

    pub(super) async fn enqueue<T: Send + 'static>(
        &self,
        ChangeTraits { fails_alone, from_door, bytes }: ChangeTraits,
        change: impl FnOnce(&mut Txn<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        if self.health.is_broken() {
            return Err(Error::unwritable(BROKEN));
        }
        let (answer, answered) = oneshot::channel();
        let run = Box::new(move |txn: Result<&mut Txn<'_>, Error>| {
            let changed = txn.and_then(|txn| {
                catch_unwind(AssertUnwindSafe(|| change(txn)))
                    .unwrap_or_else(|_| Err(Error::database("a change panicked")))
            });
            match changed {
                Ok(value) => Done::Kept(Box::new(move |committed| {
                    let _ = answer.send(committed.map(|()| value));
                })),
                Err(error) => {
                    let _ = answer.send(Err(error.clone()));
                    Done::Undone(error)
                }
            }
        });
        self.jobs.send(Job { run, fails_alone, from_door, bytes }).await?;
        answered.await.map_err(|_| Error::Closed)?
    }
}

/// For whoever works beside the store's callers: it keeps no store open.
pub(super) struct BackgroundWriter(Weak<Writes>);

impl BackgroundWriter {
    pub(super) fn of(writes: &Arc<Writes>) -> Self {
        Self(Arc::downgrade(writes))
    }

    /// As [`Writes::write`].
    ///
    /// # Errors
    /// [`Error::Closed`] once the store is closed.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Txn<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let writes = self.0.upgrade().ok_or(Error::Closed)?;
        writes.write(change).await
    }
}
