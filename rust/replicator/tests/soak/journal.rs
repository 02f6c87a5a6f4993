//! The events of one database, printed only if its story fails.
#![allow(clippy::unwrap_used)]

use std::{cell::RefCell, fmt, path::Path, process::Command, thread, time::Instant};

use litestream_testkit::random::SEED_VARIABLE;

use crate::support::Fixture;

pub struct Journal<'a> {
    seed: u64,
    folder: &'a Path,
    began: Instant,
    lines: RefCell<Vec<String>>,
}

impl<'a> Journal<'a> {
    pub fn new(seed: u64, fixture: &'a Fixture) -> Self {
        Journal { seed, folder: fixture.folder.path(), began: Instant::now(), lines: RefCell::default() }
    }

    pub fn note(&self, what: impl fmt::Display) {
        self.lines.borrow_mut().push(format!("{:7.3} s  {what}", self.began.elapsed().as_secs_f64()));
    }
}

impl Drop for Journal<'_> {
    fn drop(&mut self) {
        if !thread::panicking() {
            return;
        }
        for line in self.lines.borrow().iter() {
            println!("{line}");
        }
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("soak-{}", self.seed));
        let copied = Command::new("cp").arg("-a").args([self.folder, &kept]).status();
        println!("replay with {SEED_VARIABLE}={}; its files are kept in {} ({copied:?})", self.seed, kept.display());
    }
}
