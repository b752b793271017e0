//! Which part of how the account is set up is read next, and when.

use std::time::Duration;

use sources::SetupPart;
use tokio::time::Instant;

use crate::rest::Rest;

/// How far apart two readings are, at the least, that webhooks ask for.
const BETWEEN: Duration = Duration::from_mins(1);

/// Reads the parts of one account in turn.
pub(crate) struct SetupReader {
    pub due: Instant,
    /// From when on it is read because something was heard of since the last reading began.
    woken: Option<Instant>,
    /// When the last reading began that was asked for so.
    begun: Option<Instant>,
    /// What is still to be read now, the next one last.
    pub left: Vec<SetupPart>,
    pub rest: Rest,
}

impl SetupReader {
    pub fn new() -> Self {
        Self { due: Instant::now(), woken: None, begun: None, left: Vec::new(), rest: Rest::default() }
    }

    /// When it wants to read.
    pub fn due(&self) -> Instant {
        let woken = self.woken.map_or(self.due, |woken| woken.min(self.due));
        let due = if self.left.is_empty() { woken } else { Instant::now() };
        self.rest.until().map_or(due, |rest| rest.max(due))
    }

    pub fn next_part(&mut self) -> Option<SetupPart> {
        if self.left.is_empty() {
            self.begun = self.woken.take().map(|_| Instant::now()).or(self.begun);
            self.left = SetupPart::ALL.into_iter().rev().collect();
        }
        self.left.pop()
    }

    /// Something was heard of while webhooks are known to lack something: somebody may have mended them.
    pub fn wake(&mut self) {
        let now = Instant::now();
        let soon = self.begun.map_or(now, |begun| now.max(begun + BETWEEN));
        self.woken.get_or_insert(soon);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn webhooks_have_the_set_up_read_at_once_and_then_once_a_minute() {
        let begun = Instant::now();
        let mut reader = SetupReader::new();
        let mut readings = Vec::new();
        // A webhook each second, and each reading puts off the next one by far.
        for second in 0..300 {
            if second > 0 {
                reader.wake();
            }
            if reader.due() <= Instant::now() {
                readings.push(second);
                while reader.next_part().is_some() && !reader.left.is_empty() {
                    // It comes too late for this reading.
                    reader.wake();
                }
                reader.due = begun + Duration::from_hours(1);
            }
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(readings, [0, 1, 61, 121, 181, 241]);
        assert_eq!(reader.due() - begun, Duration::from_secs(301), "what was heard of is not forgotten");
    }
}
