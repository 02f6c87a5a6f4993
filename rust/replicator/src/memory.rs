//! Returns memory that an idle process does not need: the allocator's free blocks, and code that ran once.

use std::ffi::{c_int, c_void};

/// Detects that the process has become idle.
#[derive(Debug, Default)]
pub struct Quiet {
    last: Option<u64>,
    reported: bool,
}

impl Quiet {
    /// `activity`: a counter that grows with all work. True once for each time that it stays the same between two calls.
    pub fn begins(&mut self, activity: u64) -> bool {
        let still = self.last.replace(activity) == Some(activity);
        let begins = still && !self.reported;
        self.reported = still;
        begins
    }
}

/// Needed pages come back from the page cache, one by one.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: touches free memory only.
    unsafe {
        libc::malloc_trim(0);
    }
    #[cfg(target_os = "linux")]
    // SAFETY: the callback fits the declaration, and gets no data.
    unsafe {
        libc::dl_iterate_phdr(Some(give_back_code), std::ptr::null_mut());
    }
}

/// The read-only segments of the executable, which comes first. Dropped pages are read again from the file.
#[cfg(target_os = "linux")]
unsafe extern "C" fn give_back_code(object: *mut libc::dl_phdr_info, _: usize, _: *mut c_void) -> c_int {
    // SAFETY: the C library hands out an object whose headers are as many as it says.
    let (base, headers) = unsafe {
        let object = &*object;
        (object.dlpi_addr, std::slice::from_raw_parts(object.dlpi_phdr, usize::from(object.dlpi_phnum)))
    };
    // SAFETY: asks for a constant of the system.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64;
    for header in headers.iter().filter(|header| header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_W == 0) {
        let from = (base + header.p_vaddr).next_multiple_of(page);
        let to = (base + header.p_vaddr + header.p_memsz) / page * page;
        if from < to {
            // SAFETY: whole pages of a segment that is mapped from a file and not writable.
            unsafe { libc::madvise(from as *mut c_void, (to - from) as usize, libc::MADV_DONTNEED) };
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_begins_once_until_something_happens() {
        let mut quiet = Quiet::default();
        let calls = [1, 1, 1, 2, 2, 2, 3, 4, 4];
        let expected = [false, true, false, false, true, false, false, false, true];
        assert_eq!(calls.map(|activity| quiet.begins(activity)), expected);
    }

    #[test]
    fn released_memory_is_available_again() {
        let before = env!("CARGO_PKG_NAME").repeat(100);
        give_back();
        assert_eq!(before.len(), env!("CARGO_PKG_NAME").len() * 100);
        assert_eq!(format!("{:?}", Quiet::default()), "Quiet { last: None, reported: false }");
    }
}
