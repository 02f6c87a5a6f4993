//! The `litestream` executable.

use std::process::ExitCode;

fn main() -> ExitCode {
    give_memory_back();
    litestream_replicator::cli::main(std::env::args_os())
}

/// A replicator idles for weeks after its first backup. Left alone, glibc raises the size from which a buffer goes back
/// to the system with the largest buffer freed so far, and keeps an arena for each thread.
fn give_memory_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const LARGE_BYTES: libc::c_int = 1 << 20;
        // SAFETY: sets two numbers before any thread is started.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE_BYTES);
            libc::mallopt(libc::M_ARENA_MAX, 2);
        }
    }
}
