//! Waits for the next replicator. After one ends (a crash, a takeover by another worker, a restart of the server), the
//! socket is silent for a second or two.

use std::time::Duration;

use tokio::time::{self, Instant};

use crate::Result;

/// Longest wait for the next replicator.
const LONGEST: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(100);

/// Repeats the request while no replicator answers. `ask` receives the remaining time of `timeout`.
pub async fn through_handover<T, Asking>(timeout: Duration, mut ask: impl FnMut(Duration) -> Asking) -> Result<T>
where
    Asking: Future<Output = Result<T>>,
{
    let began = Instant::now();
    loop {
        match ask(timeout.saturating_sub(began.elapsed())).await {
            // A replicator that is shutting down replies with the same code.
            Err(error) if error.is_not_running() && began.elapsed() + PAUSE <= timeout.min(LONGEST) => {
                time::sleep(PAUSE).await
            }
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::cell::Cell;

    use super::*;
    use crate::Error;

    fn not_running() -> Error {
        Error::NotRunning { socket: "socket".into() }
    }

    #[tokio::test]
    async fn asks_until_the_next_replicator_answers() {
        let asked = Cell::new(0);
        let answer = through_handover(Duration::from_secs(10), |left| {
            asked.set(asked.get() + 1);
            let again = asked.get() < 3;
            async move { if again { Err(not_running()) } else { Ok(left) } }
        });
        let left = answer.await.unwrap();
        assert!(left <= Duration::from_millis(9800) && asked.get() == 3, "{left:?}");
    }

    #[tokio::test]
    async fn waits_no_longer_than_its_timeout() {
        let asked = Cell::new(0);
        let outcome = through_handover::<(), _>(Duration::from_millis(250), |_| {
            asked.set(asked.get() + 1);
            async { Err(not_running()) }
        });
        assert!(matches!(outcome.await, Err(Error::NotRunning { .. })));
        assert!((1..=3).contains(&asked.get()), "{} times with pauses of 100 ms", asked.get());
    }
}
