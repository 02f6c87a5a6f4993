//! Waiting without the GVL. While a core future runs, other Ruby threads run too, and `Timeout`, `Thread#kill` and Ctrl-C
//! end it: Ruby's unblock function writes a byte to a socket that the future's own loop listens to. For a signal Ruby 3.1
//! calls that function only when no other Ruby thread lives, so the loop also asks for pending interrupts now and then.
//!
//! Each call has a runtime of its own on the calling thread. So loading the extension starts no thread, nothing is
//! shared between calls, and a fork finds nothing to repair.

use std::{
    ffi::c_void,
    io,
    os::{
        fd::{AsRawFd, RawFd},
        unix::net::UnixStream as StdStream,
    },
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    ptr,
    time::Duration,
};

use litestream_core::{
    Error, Result,
    panics::{self, Panic},
};
use magnus::Ruby;
use rb_sys::{RB_NOGVL_INTR_FAIL, RB_NOGVL_UBF_ASYNC_SAFE, VALUE, rb_nogvl, rb_thread_current, rb_thread_interrupted};
use tokio::{net::UnixStream, runtime, time};

use super::error::raise;

/// How long a finished or cancelled call waits for its helper threads (file writers, name resolution) to end.
const WIND_DOWN: Duration = Duration::from_millis(100);

/// How often the loop asks for interrupts that came without a wake-up.
const LOOK: Duration = Duration::from_millis(50);

/// Runs `work` to its end, or drops it when Ruby wants this thread for something else. `Send` keeps Ruby values out of
/// `work`: they must not be touched without the GVL. A panic becomes an InternalError.
pub fn wait<T: Send>(ruby: &Ruby, work: impl Future<Output = Result<T>> + Send) -> Result<T, magnus::Error> {
    let mut call = Call::new(work).map_err(|error| raise(ruby)(Error::io("start", "a runtime")(error)))?;
    let waker = call.waker.as_raw_fd();
    let thread = RubyThread::current(ruby);
    loop {
        match without_gvl(|| call.advance(&thread), waker) {
            Some(Ok(Some(outcome))) => return outcome.map_err(raise(ruby)),
            Some(Err(panic)) => return Err(raise(ruby)(Error::Internal(panics::message(&panic).to_owned()))),
            // Woken, or never begun because an interrupt was pending. Returns Ok after a mere `trap` handler.
            Some(Ok(None)) | None => ruby.thread_check_ints()?,
        }
    }
}

/// One future with its runtime. Dropping it cancels the future.
struct Call<F> {
    work: Option<Pin<Box<F>>>,
    runtime: Option<runtime::Runtime>,
    woken: UnixStream,
    waker: StdStream,
}

impl<F: Future> Call<F> {
    fn new(work: F) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let (waker, woken) = StdStream::pair()?;
        waker.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        let woken = {
            let _inside = runtime.enter();
            UnixStream::from_std(woken)?
        };
        Ok(Call { work: Some(Box::pin(work)), runtime: Some(runtime), woken, waker })
    }

    /// Goes on with the work; `None` when Ruby wants the thread before its end.
    fn advance(&mut self, thread: &RubyThread) -> Option<F::Output> {
        let (runtime, work) = (self.runtime.as_ref()?, self.work.as_mut()?);
        let woken = &self.woken;
        runtime.block_on(async {
            tokio::select! {
                biased;
                outcome = work => Some(outcome),
                () = drain(woken) => None,
                () = thread.interrupted() => None,
            }
        })
    }
}

impl<F> Drop for Call<F> {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else { return };
        let work = self.work.take();
        // A panic here would reach Ruby as the end of the process.
        let _ended = catch_unwind(AssertUnwindSafe(|| {
            let _inside = runtime.enter();
            drop(work);
        }));
        runtime.shutdown_timeout(WIND_DOWN);
    }
}

/// Ends when a wake-up has arrived, and takes it off the socket.
async fn drain(woken: &UnixStream) {
    let mut bytes = [0; 64];
    while woken.readable().await.is_ok() {
        match woken.try_read(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            _ => return,
        }
    }
}

/// The Ruby thread that waits.
struct RubyThread(VALUE);

// SAFETY: the value is only given to rb_thread_interrupted, which needs no GVL, while that thread is waiting here.
unsafe impl Send for RubyThread {}
// SAFETY: as for `Send`; shared references read the value and do nothing else.
unsafe impl Sync for RubyThread {}

impl RubyThread {
    fn current(_ruby: &Ruby) -> Self {
        // SAFETY: the GVL is held, as `_ruby` shows.
        RubyThread(unsafe { rb_thread_current() })
    }

    /// Ends once an interrupt is pending.
    async fn interrupted(&self) {
        // SAFETY: takes the thread's own interrupt lock and reads a flag.
        while unsafe { rb_thread_interrupted(self.0) } == 0 {
            time::sleep(LOOK).await;
        }
    }
}

struct Slot<C, R> {
    call: Option<C>,
    outcome: Option<std::thread::Result<R>>,
}

/// Calls `call` without the GVL; `None` when Ruby had an interrupt pending and did not call it. Never raises.
fn without_gvl<C, R>(call: C, waker: RawFd) -> Option<Result<R, Panic>>
where
    C: FnOnce() -> R + Send,
    R: Send,
{
    let mut slot = Slot { call: Some(call), outcome: None };
    // Plain rb_thread_call_without_gvl would raise by a long jump over Rust's frames; INTR_FAIL returns instead. Without
    // UBF_ASYNC_SAFE Ruby 3.1 holds a Ctrl-C back while another Ruby thread sleeps.
    // SAFETY: `slot` and `waker` outlive the call, and `run` and `wake` read them as the types given here.
    unsafe {
        rb_nogvl(
            Some(run::<C, R>),
            ptr::from_mut(&mut slot).cast(),
            Some(wake),
            ptr::from_ref(&waker).cast_mut().cast(),
            (RB_NOGVL_INTR_FAIL | RB_NOGVL_UBF_ASYNC_SAFE) as i32,
        );
    }
    slot.outcome
}

unsafe extern "C" fn run<C: FnOnce() -> R, R>(slot: *mut c_void) -> *mut c_void {
    // SAFETY: `without_gvl` passes its own slot, of these types, and waits.
    let slot = unsafe { &mut *slot.cast::<Slot<C, R>>() };
    slot.outcome = slot.call.take().map(|call| catch_unwind(AssertUnwindSafe(call)));
    ptr::null_mut()
}

/// May run inside a signal handler: nothing but write(2). A full socket is a wake-up already on its way.
unsafe extern "C" fn wake(descriptor: *mut c_void) {
    // SAFETY: `without_gvl` passes a descriptor that stays open until rb_nogvl has returned.
    unsafe { libc::write(*descriptor.cast::<RawFd>(), [1u8].as_ptr().cast(), 1) };
}
