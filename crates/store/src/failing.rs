//! How long a loop bears a store that fails.

use std::time::Duration;

use tokio::time::Instant;

use crate::Error;

/// How long a loop bears failures that nobody else reports.
const BORNE_MAX: Duration = Duration::from_secs(5);

/// Whether the store fails a loop, and since when.
#[derive(Debug, Default)]
pub struct Failing {
    since: Option<Instant>,
}

/// What a loop does about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bear {
    /// It says so and tries again after [`Failing::LEFT_ALONE`].
    Say,
    /// It tries again, and has said so before.
    Wait,
    /// It ends. Somebody else has taken over, the store is closed, or this will not mend itself: a loop
    /// that keeps ending is shown as stopped, so that a person sees it.
    End,
}

impl Failing {
    /// How long a failing store is left alone.
    pub const LEFT_ALONE: Duration = Duration::from_secs(1);

    /// Takes note of a failure. A full or failing disk is borne for as long as it lasts, because the
    /// store itself reports it.
    pub fn fails(&mut self, error: &Error) -> Bear {
        let of_the_disk = match error {
            Error::Fenced(_) | Error::Closed => return Bear::End,
            Error::Full(_) | Error::Unwritable(_) => true,
            _ => false,
        };
        let Some(since) = self.since else {
            self.since = Some(Instant::now());
            return Bear::Say;
        };
        if !of_the_disk && since.elapsed() > BORNE_MAX { Bear::End } else { Bear::Wait }
    }

    /// Takes note of a success; returns whether the store had failed before.
    pub fn works(&mut self) -> bool {
        self.since.take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn after_an_hour(error: Error) -> [Bear; 3] {
        let mut failing = Failing::default();
        let first = [failing.fails(&error), failing.fails(&error)];
        tokio::time::advance(Duration::from_hours(1)).await;
        let [first, second] = first;
        [first, second, failing.fails(&error)]
    }

    #[tokio::test(start_paused = true)]
    async fn a_disk_is_borne_and_damage_is_not() {
        use Bear::{End, Say, Wait};
        assert_eq!(after_an_hour(Error::full("")).await, [Say, Wait, Wait]);
        assert_eq!(after_an_hour(Error::unwritable("")).await, [Say, Wait, Wait]);
        assert_eq!(after_an_hour(Error::corrupt("")).await, [Say, Wait, End]);
        assert_eq!(after_an_hour(Error::database("")).await, [Say, Wait, End]);
        assert_eq!(after_an_hour(Error::Closed).await, [End, End, End]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_works_in_between_begins_anew() {
        let (mut failing, error) = (Failing::default(), Error::database(""));
        assert!(!failing.works());
        failing.fails(&error);
        tokio::time::advance(BORNE_MAX * 2).await;
        assert!(failing.works());
        assert_eq!(failing.fails(&error), Bear::Say);
    }
}
