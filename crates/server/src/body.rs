//! Reading a request's body into one piece, within bounds: its own, and one for all bodies that are
//! in memory at the same time.

use std::{sync::Arc, time::Duration};

use axum::body::Body;
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The unit in which room is taken.
const UNIT_BYTES: usize = 16 * 1024;
/// How long a client may take to send its body.
const BODY_WITHIN: Duration = Duration::from_secs(15);

/// The room for all bodies that are in memory at the same time.
pub(crate) struct Room(Arc<Semaphore>);

impl Room {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes / UNIT_BYTES)))
    }
}

/// A body in one piece; gives its room back when it is dropped.
pub(crate) struct Whole {
    bytes: Vec<u8>,
    room: Vec<OwnedSemaphorePermit>,
}

impl Whole {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes as much room as so many bytes need.
    fn grow(&mut self, bytes: usize, room: &Room) -> Result<(), NotRead> {
        while self.room.len() * UNIT_BYTES < bytes {
            self.room.push(Arc::clone(&room.0).try_acquire_owned().map_err(|_| NotRead::Busy)?);
        }
        Ok(())
    }
}

/// Why a body was not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotRead {
    TooLarge,
    TooSlow,
    BrokenOff,
    Busy,
}

/// Reads a body. Room is taken as bytes arrive: a client that only announces them, or sends them
/// one by one, takes none from the others. They are copied together, because a body in a million
/// pieces takes many times its length.
pub(crate) async fn read_whole(mut body: Body, bytes_max: usize, room: &Room) -> Result<Whole, NotRead> {
    let mut whole = Whole { bytes: Vec::new(), room: Vec::new() };
    let reading = async {
        while let Some(frame) = body.frame().await {
            let Ok(piece) = frame.map_err(|_| NotRead::BrokenOff)?.into_data() else { continue };
            let length = whole.bytes.len() + piece.len();
            if length > bytes_max {
                return Err(NotRead::TooLarge);
            }
            whole.grow(length, room)?;
            whole.bytes.extend_from_slice(&piece);
        }
        Ok(())
    };
    tokio::time::timeout(BODY_WITHIN, reading).await.map_err(|_| NotRead::TooSlow)??;
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_takes_room_for_what_has_arrived_and_gives_it_back() {
        let room = Room::new(4 * UNIT_BYTES);
        let bytes = vec![7; 3 * UNIT_BYTES];
        let first = read_whole(Body::from(bytes.clone()), bytes.len(), &room).await.ok().unwrap();
        assert_eq!(first.bytes(), bytes);
        assert_eq!(room.0.available_permits(), 1);
        let second = read_whole(Body::from(bytes.clone()), bytes.len(), &room).await;
        assert_eq!(second.err(), Some(NotRead::Busy));
        drop(first);
        assert_eq!(room.0.available_permits(), 4);
        let short = read_whole(Body::from(bytes.clone()), bytes.len() - 1, &room).await;
        assert_eq!(short.err(), Some(NotRead::TooLarge));
    }
}
