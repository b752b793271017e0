//! Reading a request's body into one piece, within bounds of bytes, budget and time.

use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

use super::budget::{Budget, Exhausted, Reservation, SMALL_BYTES_MAX};

/// How long a small body may take.
const SMALL_WITHIN: Duration = Duration::from_secs(15);
/// How long any body may take.
const BODY_WITHIN: Duration = Duration::from_mins(1);
/// A large body must go on arriving: at least [`BYTES_A_SECOND_MIN`], measured over so long.
const RATE_OVER: Duration = Duration::from_secs(3);
/// The slowest that a large body may arrive.
const BYTES_A_SECOND_MIN: usize = 16 * 1024;

/// A body in one piece; gives its budget back when it is dropped.
pub(super) struct WholeBody {
    bytes: Vec<u8>,
    budget: Reservation,
}

impl WholeBody {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Why a body was not read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotRead {
    TooLarge,
    TooSlow,
    BrokenOff,
    Busy,
}

impl From<Exhausted> for NotRead {
    fn from(Exhausted: Exhausted) -> Self {
        Self::Busy
    }
}

/// How large a body is at most.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub bytes_max: usize,
    /// What its sender says.
    pub announced: Option<usize>,
}

/// Reads a body. Small bodies take budget as bytes arrive, so that announcing or dripping them takes none
/// from the others; one that turns out to be large takes all it will need. The pieces are copied
/// together, because a body in a million pieces takes many times its length.
pub(super) async fn read_whole(
    mut body: Body,
    size: Size,
    whole: &Budget,
    share: &Budget,
) -> Result<WholeBody, NotRead> {
    if size.announced.is_some_and(|announced| announced > size.bytes_max) {
        return Err(NotRead::TooLarge);
    }
    let mut read = WholeBody { bytes: Vec::new(), budget: Reservation::default() };
    let mut pace = ArrivalRate::new();
    loop {
        let Ok(frame) = timeout_at(pace.look_at, body.frame()).await else {
            pace.look(read.bytes.len())?;
            continue;
        };
        let Some(frame) = frame else { return Ok(read) };
        let Ok(piece) = frame.map_err(|_| NotRead::BrokenOff)?.into_data() else { continue };
        let length = read.bytes.len() + piece.len();
        if length > size.bytes_max {
            return Err(NotRead::TooLarge);
        }
        if length <= SMALL_BYTES_MAX {
            read.budget.grow(length, whole, share).await?;
        } else if !read.budget.is_large() {
            let bytes = size.announced.unwrap_or(size.bytes_max).max(length);
            read.budget.become_large(bytes, whole, share).await?;
            read.bytes.reserve_exact(bytes - read.bytes.len());
            pace.go_on(read.bytes.len());
        }
        read.bytes.extend_from_slice(&piece);
    }
}

/// How fast a body arrives.
struct ArrivalRate {
    begun: Instant,
    look_at: Instant,
    /// How many bytes were there at the last look.
    had: usize,
}

impl ArrivalRate {
    fn new() -> Self {
        let begun = Instant::now();
        Self { begun, look_at: begun + RATE_OVER, had: 0 }
    }

    fn look(&mut self, has: usize) -> Result<(), NotRead> {
        let taken = self.begun.elapsed();
        let arrives = (has - self.had) as u64 >= BYTES_A_SECOND_MIN as u64 * RATE_OVER.as_secs();
        let may_drip = has <= SMALL_BYTES_MAX && taken < SMALL_WITHIN;
        if taken >= BODY_WITHIN || !(arrives || may_drip) {
            return Err(NotRead::TooSlow);
        }
        self.go_on(has);
        Ok(())
    }

    fn go_on(&mut self, has: usize) {
        self.had = has;
        self.look_at = (Instant::now() + RATE_OVER).min(self.begun + BODY_WITHIN);
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::channel::Channel;

    use super::*;

    const MAX: usize = 4 * 1024 * 1024;

    fn size(bytes_max: usize, announced: Option<usize>) -> Size {
        Size { bytes_max, announced }
    }

    #[tokio::test]
    async fn a_body_is_read_to_its_last_byte_and_no_further_than_it_may() {
        let (budget, share) = (Budget::whole(), Budget::share());
        for length in [0, 1, SMALL_BYTES_MAX, SMALL_BYTES_MAX + 1, MAX] {
            let bytes = vec![7; length];
            for announced in [None, Some(length)] {
                let body = Body::from(bytes.clone());
                let read = read_whole(body, size(length, announced), &budget, &share).await.ok().unwrap();
                assert_eq!(read.bytes(), bytes);
            }
            if length > 0 {
                for announced in [None, Some(length)] {
                    let body = Body::from(bytes.clone());
                    let read = read_whole(body, size(length - 1, announced), &budget, &share).await;
                    assert_eq!(read.err(), Some(NotRead::TooLarge));
                }
            }
        }
    }

    /// What becomes of a body of which `piece` bytes come every so often, `times` times.
    async fn arriving(piece: usize, every: Duration, times: usize) -> (Option<NotRead>, Duration) {
        let (mut sender, body) = Channel::<axum::body::Bytes>::new(1);
        let sending = async move {
            for _ in 0..times {
                if sender.send_data(vec![0; piece].into()).await.is_err() {
                    return;
                }
                tokio::time::sleep(every).await;
            }
        };
        let begun = Instant::now();
        let (budget, share) = (Budget::whole(), Budget::share());
        tokio::spawn(sending);
        let read = read_whole(Body::new(body), size(MAX, None), &budget, &share).await;
        (read.err(), begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_large_body_has_to_go_on_arriving() {
        let second = Duration::from_secs(1);
        let hour = Duration::from_hours(1);
        for (what, piece, every, times, expected, within) in [
            ("a tiny one, slowly", 1, second, 12, None, SMALL_WITHIN),
            ("a tiny one, too slowly", 1, second, 100, Some(NotRead::TooSlow), SMALL_WITHIN + RATE_OVER),
            ("a large one, as it should", 100_000, second, 30, None, BODY_WITHIN),
            ("all but the end", MAX - 10, hour, 2, Some(NotRead::TooSlow), 2 * RATE_OVER),
            ("a large one, by drips", 70_000, 5 * second, 50, Some(NotRead::TooSlow), 4 * RATE_OVER),
            ("just fast enough, without end", 17_000, second, 200, Some(NotRead::TooSlow), BODY_WITHIN),
        ] {
            let (ended, took) = arriving(piece, every, times).await;
            assert_eq!(ended, expected, "{what}");
            assert!(took <= within, "{what}: {took:?}");
        }
    }
}
