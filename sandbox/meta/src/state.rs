//! The handle: what this Meta knows, and what it has seen.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use sandbox_http::{Shared, lock};

use crate::points::{Scores, Tier};
use crate::records::Records;
use crate::world::{Token, World};

/// How a Meta behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Accept click ids and page-scoped user ids that nobody registered.
    pub any_id: bool,
    /// Refuse also what Meta's documentation requires but Meta was seen to take.
    pub strict_docs: bool,
    /// Keep only counts and event ids of what is accepted.
    pub discard: bool,
    /// The Marketing API's limit; `None` is no limit.
    pub tier: Option<Tier>,
    /// Most records kept in each list.
    pub keep: usize,
    /// Most bytes of records kept in each list.
    pub keep_bytes: usize,
    /// Most keys kept to recognise copies, and most event ids kept when events are discarded.
    pub keep_ids: usize,
}

struct State {
    options: Options,
    shared: Shared,
    world: Arc<RwLock<World>>,
    records: Mutex<Records>,
    scores: Mutex<Scores>,
}

/// A Meta. Clones share the same state.
#[derive(Clone)]
pub struct Meta {
    state: Arc<State>,
}

impl fmt::Debug for Meta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meta").finish_non_exhaustive()
    }
}

impl Meta {
    /// Nothing is there until a caller puts it in.
    pub fn new(options: Options, shared: Shared) -> Self {
        let world = Arc::new(RwLock::<World>::default());
        shared.weigh_with({
            let world = Arc::clone(&world);
            move || read(&world).weight()
        });
        let records = Mutex::new(Records::new(&options));
        let state = State { world, records, scores: Mutex::default(), shared, options };
        Self { state: Arc::new(state) }
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.state.shared
    }

    pub(crate) fn options(&self) -> &Options {
        &self.state.options
    }

    pub(crate) fn world(&self) -> RwLockReadGuard<'_, World> {
        read(&self.state.world)
    }

    pub(crate) fn world_mut(&self) -> RwLockWriteGuard<'_, World> {
        self.state.world.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn records(&self) -> MutexGuard<'_, Records> {
        lock(&self.state.records)
    }

    /// Counts a call of this token against the Marketing API's limit, if there is one, and says
    /// how many percent of it are used. The error is how long it is blocked.
    pub(crate) fn charge(&self, token: &Token, write: bool) -> Result<Option<u8>, Duration> {
        let Some(tier) = self.options().tier else { return Ok(None) };
        let who = token.app_id.as_ref().unwrap_or(&token.value);
        lock(&self.state.scores).charge(tier, who, write, Instant::now()).map(Some)
    }
}

/// A panic in another thread leaves plain data behind, which stays readable.
fn read(world: &RwLock<World>) -> RwLockReadGuard<'_, World> {
    world.read().unwrap_or_else(PoisonError::into_inner)
}
