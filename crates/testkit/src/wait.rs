//! Waiting for what is to become true, instead of sleeping for a guessed time.

use std::time::{Duration, Instant};

/// Far more than anything takes on which a test waits.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Waits until something holds; fails the test after [`PATIENCE`].
pub async fn until<A: Future<Output = bool>>(what: &str, holds: impl Fn() -> A) {
    let held = retry(async || holds().await.then_some(()).ok_or(())).await;
    assert!(held.is_ok(), "waited too long until {what}");
}

/// Tries something until it succeeds; the last failure after [`PATIENCE`].
///
/// It takes no `AsyncFn`, because the future of one cannot be shown to be `Send`, which spawned tests need.
pub async fn retry<T, E, A>(attempt: impl Fn() -> A) -> Result<T, E>
where
    A: Future<Output = Result<T, E>>,
{
    let begun = Instant::now();
    loop {
        let result = attempt().await;
        let elapsed = begun.elapsed();
        if result.is_ok() || elapsed > PATIENCE {
            return result;
        }
        // Whatever has taken long already may be asked less often.
        rest((elapsed / 10).clamp(PAUSE, PAUSE * 10)).await;
    }
}

const PAUSE: Duration = Duration::from_millis(5);

/// Gives the others a moment of ordinary time.
pub async fn breathe() {
    rest(PAUSE).await;
}

/// Waits in ordinary time, also where a test has stopped tokio's: there a timer would stand still.
#[expect(clippy::disallowed_methods, reason = "a timer of tokio's would stand still")]
async fn rest(time: Duration) {
    tokio::task::spawn_blocking(move || std::thread::sleep(time)).await.expect("sleeping does not panic");
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_condition_is_asked_until_it_holds() {
        let asked = AtomicU32::new(0);
        until("it was asked three times", async || asked.fetch_add(1, Ordering::Relaxed) == 2).await;
        assert_eq!(asked.load(Ordering::Relaxed), 3);
        assert_eq!(retry(async || Ok::<_, ()>("done")).await, Ok("done"));
    }
}
