//! Linux: inotify with one-shot watches. Written by hand because one-shot watches are the reason for zero idle cost.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, AsRawFd, RawFd},
    path::PathBuf,
};

use nix::{
    errno::Errno,
    sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor},
};
use tokio::io::{Interest, unix::AsyncFd};

use super::Change;

pub type Id = WatchDescriptor;

pub struct Queue {
    inotify: AsyncFd<Descriptor>,
}

struct Descriptor(Inotify);

impl AsRawFd for Descriptor {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

impl Queue {
    pub fn new() -> io::Result<Self> {
        let inotify = Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC)?;
        // SAFETY: the descriptor belongs to the value that is passed on, and stays the same for the value's lifetime.
        let inotify = unsafe { AsyncFd::register_with_interest(Descriptor(inotify), Interest::READABLE) };
        Ok(Queue { inotify: inotify? })
    }

    /// `writes`: report writes, not only the file's removal.
    pub fn watch(&self, file: &File, writes: bool) -> io::Result<Id> {
        let mut flags = AddWatchFlags::IN_ONESHOT | gone();
        flags.set(AddWatchFlags::IN_MODIFY, writes);
        // Names the open file itself, wherever its path leads by now.
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        Ok(self.inotify.get_ref().0.add_watch(&path, flags)?)
    }

    pub fn forget(&self, id: Id) {
        // The watch may have fired and be gone already.
        let _ = self.inotify.get_ref().0.rm_watch(id);
    }

    /// The changes since the last call, of a known watch or (`None`) of any. Waits for at least one.
    pub async fn next(&self) -> io::Result<Vec<(Option<Id>, Change)>> {
        loop {
            let mut ready = self.inotify.readable().await?;
            match self.inotify.get_ref().0.read_events() {
                Ok(events) => return Ok(events.into_iter().filter_map(|event| change(event.wd, event.mask)).collect()),
                Err(Errno::EAGAIN) => ready.clear_ready(),
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The link count of an open file changes when it is unlinked; the file is deleted once it is closed.
fn gone() -> AddWatchFlags {
    AddWatchFlags::IN_ATTRIB | AddWatchFlags::IN_MOVE_SELF | AddWatchFlags::IN_DELETE_SELF
}

fn change(id: Id, mask: AddWatchFlags) -> Option<(Option<Id>, Change)> {
    if mask.contains(AddWatchFlags::IN_Q_OVERFLOW) {
        return Some((None, Change::Written));
    }
    if mask.intersects(gone()) {
        return Some((Some(id), Change::Replaced));
    }
    mask.contains(AddWatchFlags::IN_MODIFY).then_some((Some(id), Change::Written))
}
