//! The places that connections take, and who gives way when there is none left.
//!
//! A connection is *idle* (no request has begun), *being told* (a request's body is arriving) or *at
//! work*. Idle ones give way first, the one that has been idle the longest before the others; then those
//! being told; one at work never does. At the bound of a peer one of that peer gives way, at the bound of
//! all one of the peer with most connections.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use crate::client::{Client, Peer};

/// The places of a listener.
pub(super) struct Places {
    taken: Mutex<Taken>,
    max: usize,
    per_peer_max: usize,
}

#[derive(Default)]
struct Taken {
    peers: HashMap<Client, OfPeer>,
    count: usize,
    /// Grows with every change, so that a smaller one is an older one.
    turn: u64,
}

#[derive(Default)]
struct OfPeer {
    count: usize,
    trusted: bool,
    /// Those that can give way, the first one first.
    ready: BTreeMap<(Stage, u64), oneshot::Sender<()>>,
}

/// How much would be lost if a connection gave way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Idle,
    BeingTold,
}

/// A place that a connection has; free again when this is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    peer: Client,
    now: Mutex<Now>,
}

/// Where a connection stands.
enum Now {
    /// It can give way, under this key.
    Ready((Stage, u64)),
    /// It cannot, and keeps the way to tell it so until it can again.
    AtWork(oneshot::Sender<()>),
    /// It was told to give way; its place is another's already.
    Gone,
}

/// A request that is under way on a connection; while the last one lives, the connection is not idle.
#[derive(Clone)]
pub(crate) struct UnderWay(Arc<Ends>);

struct Ends(Arc<Place>);

impl UnderWay {
    pub(super) fn begin(place: &Arc<Place>) -> Self {
        place.is(Stage::BeingTold);
        Self(Arc::new(Ends(Arc::clone(place))))
    }

    /// Says that the request is read to its end: from here on its connection gives way to nobody.
    pub(crate) fn is_read(&self) {
        self.0.0.is_at_work();
    }
}

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.is(Stage::Idle);
    }
}

impl Places {
    pub(super) fn new(max: usize, per_peer_max: usize) -> Arc<Self> {
        Arc::new(Self { taken: Mutex::default(), max, per_peer_max })
    }

    /// A place, and what tells its connection to give way. `None` where nobody can make room.
    pub(super) fn take(
        self: &Arc<Self>,
        peer: Peer,
        trusted: bool,
    ) -> Option<(Place, oneshot::Receiver<()>)> {
        let peer = Client::of(peer.0);
        let mut taken = self.taken();
        let of_peer = taken.peers.get(&peer).map_or(0, |of_peer| of_peer.count);
        if !trusted && of_peer >= self.per_peer_max && !taken.give_way(peer) {
            return None;
        }
        if taken.count >= self.max && !taken.largest().is_some_and(|largest| taken.give_way(largest)) {
            return None;
        }
        let (tell, gives_way) = oneshot::channel();
        let key = (Stage::Idle, taken.next_turn());
        taken.count += 1;
        let of_peer = taken.peers.entry(peer).or_default();
        of_peer.count += 1;
        of_peer.trusted = trusted;
        of_peer.ready.insert(key, tell);
        drop(taken);
        Some((Place { places: Arc::clone(self), peer, now: Mutex::new(Now::Ready(key)) }, gives_way))
    }

    /// Has a connection give way although no place is wanted: the system has none left.
    pub(super) fn make_room(&self) {
        let mut taken = self.taken();
        if let Some(largest) = taken.largest() {
            taken.give_way(largest);
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn next_turn(&mut self) -> u64 {
        self.turn += 1;
        self.turn
    }

    /// The peer with most connections of which one can give way. Behind a trusted proxy are many
    /// clients, so proxies come last.
    fn largest(&self) -> Option<Client> {
        let can = self.peers.iter().filter(|(_, of_peer)| !of_peer.ready.is_empty());
        can.max_by_key(|(_, of_peer)| (!of_peer.trusted, of_peer.count)).map(|(peer, _)| *peer)
    }

    /// Has one connection of a peer give way; its place is free from now on.
    fn give_way(&mut self, peer: Client) -> bool {
        let first = self.peers.get_mut(&peer).and_then(|of_peer| of_peer.ready.pop_first());
        let Some((_, tell)) = first else { return false };
        let _ = tell.send(());
        self.leave(peer);
        true
    }

    fn leave(&mut self, peer: Client) {
        self.count = self.count.saturating_sub(1);
        if let Some(of_peer) = self.peers.get_mut(&peer) {
            of_peer.count -= 1;
            if of_peer.count == 0 {
                self.peers.remove(&peer);
            }
        }
    }
}

impl Place {
    /// From now on the connection can give way, after all that could before it.
    fn is(&self, stage: Stage) {
        let mut now = self.now();
        let mut taken = self.places.taken();
        let Some(tell) = taken.take_back(self.peer, &mut now) else { return };
        let key = (stage, taken.next_turn());
        if let Some(of_peer) = taken.peers.get_mut(&self.peer) {
            of_peer.ready.insert(key, tell);
            *now = Now::Ready(key);
        }
    }

    /// From now on the connection cannot give way.
    fn is_at_work(&self) {
        let mut now = self.now();
        if let Some(tell) = self.places.taken().take_back(self.peer, &mut now) {
            *now = Now::AtWork(tell);
        }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// What tells a connection to give way, which is then nowhere else; `None` if it was told.
    fn take_back(&mut self, peer: Client, now: &mut Now) -> Option<oneshot::Sender<()>> {
        match std::mem::replace(now, Now::Gone) {
            Now::Ready(key) => self.peers.get_mut(&peer)?.ready.remove(&key),
            Now::AtWork(tell) => Some(tell),
            Now::Gone => None,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let now = self.now.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.take_back(self.peer, now).is_some() {
            taken.leave(self.peer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Held = (Arc<Place>, oneshot::Receiver<()>);

    fn peer(number: u8) -> Peer {
        Peer(std::net::IpAddr::from([192, 0, 2, number]))
    }

    fn take(places: &Arc<Places>, of: u8) -> Option<Held> {
        places.take(peer(of), false).map(|(place, gives_way)| (Arc::new(place), gives_way))
    }

    fn is_told(held: &mut Held) -> bool {
        held.1.try_recv().is_ok()
    }

    #[test]
    fn the_longest_idle_connection_of_the_peer_gives_way() {
        let places = Places::new(100, 3);
        let mut held: Vec<Held> = (0..3).filter_map(|_| take(&places, 1)).collect();
        let mut of_another = take(&places, 2).unwrap();
        // The first had a request just now, so the second has been idle the longest.
        drop(UnderWay::begin(&held[0].0));
        let fourth = take(&places, 1);
        assert!(fourth.is_some());
        assert_eq!([0, 1, 2].map(|at| is_told(&mut held[at])), [false, true, false]);
        assert!(!is_told(&mut of_another));
    }

    #[test]
    fn a_request_is_given_up_only_where_nothing_is_idle_and_never_once_it_is_read() {
        let places = Places::new(100, 2);
        let (mut first, mut second) = (take(&places, 1).unwrap(), take(&places, 1).unwrap());
        let at_work = UnderWay::begin(&first.0);
        at_work.is_read();
        let being_told = UnderWay::begin(&second.0);
        let third = take(&places, 1).unwrap();
        assert!(is_told(&mut second) && !is_told(&mut first));
        let also_at_work = UnderWay::begin(&third.0);
        also_at_work.is_read();
        assert!(take(&places, 1).is_none(), "everybody is at work");
        assert!(take(&places, 2).is_some(), "which is nothing to another peer");
        drop(at_work);
        assert!(take(&places, 1).is_some() && is_told(&mut first));
        drop((being_told, also_at_work));
    }

    #[test]
    fn at_the_bound_of_all_the_peer_with_most_connections_makes_room_and_proxies_last() {
        let places = Places::new(6, 100);
        let mut few = take(&places, 1).unwrap();
        let mut many: Vec<Held> = (0..2).filter_map(|_| take(&places, 2)).collect();
        let mut proxy: Vec<_> = (0..3).filter_map(|_| places.take(peer(3), true)).collect();
        let newcomer = take(&places, 4);
        assert!(newcomer.is_some());
        assert!(is_told(&mut many[0]) && !is_told(&mut few));
        assert!(proxy.iter_mut().all(|(_, gives_way)| gives_way.try_recv().is_err()));
    }

    #[test]
    fn a_proxy_has_as_many_as_it_needs() {
        let places = Places::new(10, 2);
        let mut held: Vec<_> = (0..10).filter_map(|_| places.take(peer(1), true)).collect();
        assert_eq!(held.len(), 10);
        assert!(held.iter_mut().all(|(_, gives_way)| gives_way.try_recv().is_err()));
    }

    #[test]
    fn whoever_leaves_frees_one_place_once() {
        let places = Places::new(100, 2);
        for _ in 0..10 {
            drop(take(&places, 1));
        }
        let held: Vec<Held> = (0..5).filter_map(|_| take(&places, 1)).collect();
        assert_eq!(places.taken().count, 2, "told ones have left already");
        drop(held);
        assert_eq!(places.taken().count, 0);
        assert!(places.taken().peers.is_empty());
    }
}
