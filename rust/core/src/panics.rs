//! Panics as values: the message of one, and a future that ends with it instead of unwinding.

use std::{
    any::Any,
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

/// The payload of a panic.
pub type Panic = Box<dyn Any + Send>;

/// The text that `panic!` was called with, or a placeholder for a payload without text.
pub fn message(panic: &Panic) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message")
}

/// Runs `work` to its end or its panic. After a panic, borrowed state may be half changed: the caller may reuse only
/// channels and locks.
pub async fn catch<T>(work: impl Future<Output = T>) -> Result<T, Panic> {
    let mut work = pin!(work);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
        Ok(Poll::Ready(done)) => Poll::Ready(Ok(done)),
        Ok(Poll::Pending) => Poll::Pending,
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

#[cfg(test)]
mod tests {
    use tokio::task::yield_now;

    use super::*;

    #[tokio::test]
    async fn a_panic_between_two_polls_ends_the_future_with_its_message() {
        let number = 7;
        let formatted = catch(async {
            yield_now().await;
            panic!("fault {number}")
        });
        let panic: Panic = formatted.await.expect_err("a panic");
        assert_eq!(message(&panic), "fault 7");
        let panic = catch(async { panic!("literal") }).await.expect_err("a panic");
        assert_eq!(message(&panic), "literal");
        assert_eq!(catch(async { number }).await.expect("no panic"), 7);
    }
}
