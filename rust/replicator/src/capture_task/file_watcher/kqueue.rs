//! macOS and the BSDs: kqueue with one-shot filters on the open descriptors.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, AsRawFd, RawFd},
};

use nix::sys::{
    event::{EvFlags, EventFilter, FilterFlag, KEvent, Kqueue},
    time::TimeSpec,
};
use tokio::io::{Interest, unix::AsyncFd};

use super::Change;

/// The watched descriptor.
pub type Id = RawFd;

const AT_ONCE: usize = 64;

pub struct Queue {
    kqueue: AsyncFd<Descriptor>,
}

struct Descriptor(Kqueue);

impl AsRawFd for Descriptor {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

impl Queue {
    pub fn new() -> io::Result<Self> {
        let kqueue = Descriptor(Kqueue::new()?);
        // SAFETY: the descriptor belongs to the value that is passed on, and stays the same for the value's lifetime.
        let kqueue = unsafe { AsyncFd::register_with_interest(kqueue, Interest::READABLE) };
        Ok(Queue { kqueue: kqueue? })
    }

    /// `writes`: report writes, not only the file's removal.
    pub fn watch(&self, file: &File, writes: bool) -> io::Result<Id> {
        let id = file.as_raw_fd();
        let wanted = if writes { gone() | FilterFlag::NOTE_WRITE | FilterFlag::NOTE_EXTEND } else { gone() };
        self.change(id, EvFlags::EV_ADD | EvFlags::EV_ONESHOT, wanted)?;
        Ok(id)
    }

    pub fn forget(&self, id: Id) {
        // The filter may have fired and be gone already.
        let _ = self.change(id, EvFlags::EV_DELETE, FilterFlag::empty());
    }

    fn change(&self, id: Id, flags: EvFlags, wanted: FilterFlag) -> io::Result<()> {
        let change = KEvent::new(id as usize, EventFilter::EVFILT_VNODE, flags, wanted, 0, 0);
        self.kqueue.get_ref().0.kevent(&[change], &mut [], None)?;
        Ok(())
    }

    /// The changes since the last call. Waits for at least one.
    pub async fn next(&self) -> io::Result<Vec<(Option<Id>, Change)>> {
        let nothing = KEvent::new(0, EventFilter::EVFILT_VNODE, EvFlags::empty(), FilterFlag::empty(), 0, 0);
        loop {
            let mut ready = self.kqueue.readable().await?;
            let mut events = [nothing; AT_ONCE];
            let count = self.kqueue.get_ref().0.kevent(&[], &mut events, Some(*TimeSpec::new(0, 0).as_ref()))?;
            if count > 0 {
                return Ok(events[..count].iter().map(change).collect());
            }
            ready.clear_ready();
        }
    }
}

fn gone() -> FilterFlag {
    FilterFlag::NOTE_DELETE | FilterFlag::NOTE_RENAME
}

fn change(event: &KEvent) -> (Option<Id>, Change) {
    let change = if event.fflags().intersects(gone()) { Change::Replaced } else { Change::Written };
    (Some(event.ident() as RawFd), change)
}
