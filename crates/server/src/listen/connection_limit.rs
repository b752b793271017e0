//! The places that connections take, and who gives way when there is none left.
//!
//! A connection is *idle* (no request has begun), *receiving* (a request's body is arriving) or *at
//! work*. Idle ones give way first, the one that has been idle the longest before the others; then those
//! receiving; one at work never does. At the bound of a peer one of that peer gives way, at the bound of
//! all one of the peer with most connections.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::task::AbortHandle;

use crate::client::{Client, Peer};

/// The places of a listener.
pub(super) struct ConnectionLimit {
    taken: Mutex<Occupancy>,
    /// Grows with every change of a connection, so that a smaller one is an older one.
    turn: AtomicU64,
    max: usize,
    per_peer_max: usize,
}

#[derive(Default)]
struct Occupancy {
    peers: HashMap<Client, PeerConnections>,
    count: usize,
}

#[derive(Default)]
struct PeerConnections {
    trusted: bool,
    /// By a number that each place has for itself.
    connections: HashMap<u64, Connected>,
}

/// A connection as those see it who want its place.
struct Connected {
    now: Arc<ConnectionState>,
    task: AbortHandle,
}

/// A place that a connection has; free again when this is dropped.
pub(super) struct ConnectionPermit {
    limit: Arc<ConnectionLimit>,
    peer: Client,
    number: u64,
    now: Arc<ConnectionState>,
}

/// Where a connection stands: its stage in the highest bits, so that who gives way first is the
/// smallest, and below them the turn in which it came to stand there. Requests change it without a lock.
struct ConnectionState(AtomicU64);

const IDLE: u64 = 0;
const RECEIVING: u64 = 1 << 62;
const AT_WORK: u64 = 2 << 62;
/// It gives way; its place is another's already.
const GONE: u64 = u64::MAX;

impl ConnectionState {
    /// How early it gives way; `None` where it does not.
    fn rank(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Acquire)).filter(|now| *now < AT_WORK)
    }

    fn is_gone(&self) -> bool {
        self.0.load(Ordering::Acquire) == GONE
    }

    /// It is at this stage from now on, unless it has to give way.
    fn is(&self, stage: u64, turn: u64) {
        let change = |now| (now != GONE).then_some(stage | turn);
        // A connection that has given way stays so: its task is stopped.
        let _ = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, change);
    }

    /// It is gone from now on, if it is still of this rank.
    fn gives_way_at(&self, rank: u64) -> bool {
        self.0.compare_exchange(rank, GONE, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// A request that is under way on a connection; the connection is idle again when this is dropped.
pub(super) struct RequestGuard(Arc<ConnectionPermit>);

impl RequestGuard {
    pub(super) fn begin(permit: &Arc<ConnectionPermit>) -> Self {
        permit.is(RECEIVING);
        Self(Arc::clone(permit))
    }
}

impl Drop for RequestGuard {
    fn drop(&mut self) {
        self.0.is(IDLE);
    }
}

impl ConnectionLimit {
    pub(super) fn new(max: usize, per_peer_max: usize) -> Arc<Self> {
        Arc::new(Self { taken: Mutex::default(), turn: AtomicU64::default(), max, per_peer_max })
    }

    /// Takes a place for a connection and starts the task that serves it. Returns whether there was one,
    /// or a connection that could make room.
    pub(super) fn take(
        self: &Arc<Self>,
        peer: Peer,
        trusted: bool,
        serve: impl FnOnce(Arc<ConnectionPermit>) -> AbortHandle,
    ) -> bool {
        let peer = Client::of(peer.0);
        if !self.has_room(peer, trusted) {
            return false;
        }
        let number = self.next_turn();
        let now = Arc::new(ConnectionState(AtomicU64::new(IDLE | number)));
        let permit = ConnectionPermit { limit: Arc::clone(self), peer, number, now: Arc::clone(&now) };
        // Not under the lock: where the runtime ends, the task and its permit are dropped within this call.
        let task = serve(Arc::new(permit));
        let mut taken = self.taken();
        if !now.is_gone() {
            taken.count += 1;
            let of_peer = taken.peers.entry(peer).or_default();
            of_peer.trusted = trusted;
            of_peer.connections.insert(number, Connected { now, task });
        }
        true
    }

    /// Whether there is a place, if need be of a connection that gives way.
    fn has_room(&self, peer: Client, trusted: bool) -> bool {
        let mut taken = self.taken();
        let of_peer = taken.peers.get(&peer).map_or(0, |of_peer| of_peer.connections.len());
        if !trusted && of_peer >= self.per_peer_max && !taken.give_way(peer) {
            return false;
        }
        taken.count < self.max || taken.largest().is_some_and(|largest| taken.give_way(largest))
    }

    /// Has a connection give way although no place is wanted: the system has none left.
    pub(super) fn make_room(&self) {
        let mut taken = self.taken();
        if let Some(largest) = taken.largest() {
            taken.give_way(largest);
        }
    }

    fn taken(&self) -> MutexGuard<'_, Occupancy> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_turn(&self) -> u64 {
        self.turn.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Occupancy {
    /// The peer with most connections of which one can give way. Behind a trusted proxy are many
    /// clients, so proxies come last.
    fn largest(&self) -> Option<Client> {
        let can = self.peers.iter().filter(|(_, of_peer)| of_peer.one_can_give_way());
        can.max_by_key(|(_, of_peer)| (!of_peer.trusted, of_peer.connections.len())).map(|(peer, _)| *peer)
    }

    /// Has one connection of a peer give way; its place is free from now on.
    fn give_way(&mut self, peer: Client) -> bool {
        let Some(of_peer) = self.peers.get_mut(&peer) else { return false };
        while let Some((rank, number)) = of_peer.first() {
            // One that began a request meanwhile is asked again in its new turn.
            if of_peer.connections.get(&number).is_some_and(|connection| connection.now.gives_way_at(rank)) {
                if let Some(connection) = self.leave(peer, number) {
                    connection.task.abort();
                }
                return true;
            }
        }
        false
    }

    fn leave(&mut self, peer: Client, number: u64) -> Option<Connected> {
        let of_peer = self.peers.get_mut(&peer)?;
        let left = of_peer.connections.remove(&number)?;
        if of_peer.connections.is_empty() {
            self.peers.remove(&peer);
        }
        self.count = self.count.saturating_sub(1);
        Some(left)
    }
}

impl PeerConnections {
    fn one_can_give_way(&self) -> bool {
        self.connections.values().any(|connection| connection.now.rank().is_some())
    }

    /// The connection that gives way first, with its rank.
    fn first(&self) -> Option<(u64, u64)> {
        let can = self.connections.iter();
        can.filter_map(|(number, connection)| Some((connection.now.rank()?, *number))).min()
    }
}

impl ConnectionPermit {
    /// A request was read to its end.
    pub(super) fn is_at_work(&self) {
        self.is(AT_WORK);
    }

    fn is(&self, stage: u64) {
        self.now.is(stage, self.limit.next_turn());
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        // Before the lock is taken: whoever has not entered the connection yet sees that it has ended.
        self.now.0.store(GONE, Ordering::Release);
        self.limit.taken().leave(self.peer, self.number);
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinHandle;

    use super::*;

    type Held = (Arc<ConnectionPermit>, JoinHandle<()>);

    fn take_as(limit: &Arc<ConnectionLimit>, of: u8, trusted: bool) -> Option<Held> {
        let mut held = None;
        limit.take(Peer(std::net::IpAddr::from([192, 0, 2, of])), trusted, |permit| {
            let task = tokio::spawn(std::future::pending());
            let handle = task.abort_handle();
            held = Some((permit, task));
            handle
        });
        held
    }

    fn take(limit: &Arc<ConnectionLimit>, of: u8) -> Option<Held> {
        take_as(limit, of, false)
    }

    async fn gave_way((_, task): &Held) -> bool {
        tokio::task::yield_now().await;
        task.is_finished()
    }

    #[tokio::test]
    async fn the_longest_idle_connection_of_the_peer_gives_way() {
        let limit = ConnectionLimit::new(100, 3);
        let held: Vec<Held> = (0..3).filter_map(|_| take(&limit, 1)).collect();
        let of_another = take(&limit, 2).unwrap();
        // The first had a request just now, so the second has been idle the longest.
        drop(RequestGuard::begin(&held[0].0));
        let fourth = take(&limit, 1);
        assert!(fourth.is_some());
        for (held, gives_way) in held.iter().chain([&of_another]).zip([false, true, false, false]) {
            assert_eq!(gave_way(held).await, gives_way);
        }
    }

    #[tokio::test]
    async fn a_request_is_given_up_only_where_nothing_is_idle_and_never_once_it_is_read() {
        let limit = ConnectionLimit::new(100, 2);
        let (first, second) = (take(&limit, 1).unwrap(), take(&limit, 1).unwrap());
        let at_work = RequestGuard::begin(&first.0);
        first.0.is_at_work();
        let receiving = RequestGuard::begin(&second.0);
        let third = take(&limit, 1).unwrap();
        assert!(gave_way(&second).await && !gave_way(&first).await);
        let also_at_work = RequestGuard::begin(&third.0);
        third.0.is_at_work();
        assert!(take(&limit, 1).is_none(), "everybody is at work");
        assert!(take(&limit, 2).is_some(), "which is nothing to another peer");
        drop(at_work);
        assert!(take(&limit, 1).is_some() && gave_way(&first).await);
        drop((receiving, also_at_work));
    }

    #[tokio::test]
    async fn at_the_bound_of_all_the_peer_with_most_connections_makes_room_and_proxies_last() {
        let limit = ConnectionLimit::new(6, 100);
        let few = take(&limit, 1).unwrap();
        let many: Vec<Held> = (0..2).filter_map(|_| take(&limit, 2)).collect();
        let proxy: Vec<_> = (0..3).filter_map(|_| take_as(&limit, 3, true)).collect();
        let newcomer = take(&limit, 4);
        assert!(newcomer.is_some());
        assert!(gave_way(&many[0]).await && !gave_way(&few).await);
        assert!(proxy.iter().all(|(_, task)| !task.is_finished()));
    }

    #[tokio::test]
    async fn a_proxy_has_as_many_as_it_needs() {
        let limit = ConnectionLimit::new(10, 2);
        let held: Vec<_> = (0..10).filter_map(|_| take_as(&limit, 1, true)).collect();
        assert_eq!(held.len(), 10);
        assert!(!gave_way(&held[0]).await && held.iter().all(|(_, task)| !task.is_finished()));
    }

    #[tokio::test]
    async fn a_connection_that_ends_before_it_is_known_takes_no_place() {
        let limit = ConnectionLimit::new(100, 2);
        for _ in 0..10 {
            let taken = limit.take(Peer(std::net::IpAddr::from([192, 0, 2, 1])), false, |permit| {
                drop(permit);
                tokio::spawn(async {}).abort_handle()
            });
            assert!(taken);
        }
        assert_eq!(limit.taken().count, 0);
        assert!(limit.taken().peers.is_empty());
    }

    #[tokio::test]
    async fn whoever_leaves_frees_one_place_once() {
        let limit = ConnectionLimit::new(100, 2);
        for _ in 0..10 {
            drop(take(&limit, 1));
        }
        let held: Vec<Held> = (0..5).filter_map(|_| take(&limit, 1)).collect();
        assert_eq!(limit.taken().count, 2, "those that gave way have left already");
        drop(held);
        assert_eq!(limit.taken().count, 0);
        assert!(limit.taken().peers.is_empty());
    }
}
