//! Supervision of endless tasks: an early end of one, by a panic or an error, is logged and reported, and the task is
//! started again after a pause.

use std::{
    convert::Infallible,
    future,
    ops::ControlFlow,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use litestream_core::{Error, Result, backoff::Backoff, panics};
use tokio::time::sleep;

/// The pause before the first restart; every further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// After a run of this length the pauses are short again.
const HEALTHY_RUN: Duration = Duration::from_secs(60);

/// An endless task. A run takes over nothing from the one before it but what the task itself keeps.
pub trait Task: Send {
    /// The task's name in the log and in errors.
    fn name(&self) -> &'static str;

    /// The database that the task works for, if it works for one.
    fn database(&self) -> Option<&Path> {
        None
    }

    /// Runs until the process ends, and returns `Ok` then. An error is an early end, as a panic is.
    fn run(&mut self) -> impl Future<Output = Result<()>> + Send;

    /// Reports an early end; the log has it already.
    fn failed(&mut self, _problem: &Arc<Error>) {}

    /// Waits before the next run. `Break`: the process is ending, and there is no next run.
    fn pause(&mut self, pause: Duration, _problem: &Arc<Error>) -> impl Future<Output = ControlFlow<()>> + Send {
        async move {
            sleep(pause).await;
            ControlFlow::Continue(())
        }
    }
}

/// Runs the task until the process ends. An error means that the task was not running at that moment, so that its last
/// work was not done.
pub async fn supervise(mut task: impl Task) -> Result<(), Arc<Error>> {
    let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    loop {
        let began = Instant::now();
        let Err(problem) = run_once(&mut task).await else { return Ok(()) };
        if began.elapsed() >= HEALTHY_RUN {
            backoff.reset();
        }
        let pause = backoff.pause();
        log(&task, &problem, pause);
        let problem = Arc::new(problem);
        task.failed(&problem);
        if task.pause(pause, &problem).await.is_break() {
            return Err(problem);
        }
    }
}

/// Supervises a task that ends by being dropped.
pub async fn supervise_until_dropped(task: impl Task) -> Infallible {
    // It has been logged, if there was a failure.
    let _ended = supervise(task).await;
    future::pending().await
}

async fn run_once(task: &mut impl Task) -> Result<()> {
    let name = task.name();
    let ended = panics::catch(task.run()).await;
    ended.unwrap_or_else(|panic| Err(Error::Internal(format!("{name} panicked: {}", panics::message(&panic)))))
}

fn log(task: &impl Task, error: &Error, pause: Duration) {
    let path = task.database().map(|path| tracing::field::display(path.display()));
    let seconds = pause.as_secs_f32();
    tracing::error!(kind = "task_failed", path, %error, "{} failed; it is started again in {seconds:.1} s", task.name());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Fails as often as `ends` says, then ends as the process does.
    #[derive(Default)]
    struct Scripted {
        ends: Vec<fn() -> Result<()>>,
        reported: Vec<String>,
        pauses: Vec<Duration>,
        process_ends: bool,
    }

    impl Task for &mut Scripted {
        fn name(&self) -> &'static str {
            "the test"
        }

        async fn run(&mut self) -> Result<()> {
            tokio::task::yield_now().await;
            self.ends.pop().map_or(Ok(()), |end| end())
        }

        fn failed(&mut self, problem: &Arc<Error>) {
            self.reported.push(problem.to_string());
        }

        async fn pause(&mut self, pause: Duration, _: &Arc<Error>) -> ControlFlow<()> {
            self.pauses.push(pause);
            if self.process_ends { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }

    #[tokio::test]
    async fn a_task_that_panics_or_fails_is_reported_and_runs_again() {
        let mut task = Scripted {
            ends: vec![|| Err(Error::Internal("early".to_owned())), || panic!("a fault")],
            ..Default::default()
        };
        supervise(&mut task).await.unwrap();
        let reported = ["the test panicked: a fault", "early"];
        assert_eq!(task.reported, reported.map(|problem| format!("internal error: {problem}; please report it")));
        assert!(task.pauses[0] < task.pauses[1] && task.pauses[1] <= 2 * FIRST_PAUSE, "{:?}", task.pauses);
    }

    #[tokio::test]
    async fn a_panic_while_the_process_ends_is_an_error() {
        let mut task = Scripted { ends: vec![|| panic!("a fault")], process_ends: true, ..Default::default() };
        let problem = supervise(&mut task).await.unwrap_err();
        assert!(problem.to_string().contains("the test panicked: a fault"), "{problem}");
        assert_eq!(task.pauses.len(), 1);
    }
}
