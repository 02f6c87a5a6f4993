//! `verifications.jsonl` in a database's state folder: the newest verifications, one JSON object per line, oldest
//! first. Whole lines are appended under a file lock; a line that a crash cut off is skipped.

use std::{
    fs::{File, OpenOptions},
    io::{self, ErrorKind, Read, Seek, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::{Error, Result, private};

const NAME: &str = "verifications.jsonl";

/// Most entries that are kept.
const KEPT: usize = 200;

/// The result of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerificationOutcome {
    /// The replica restores to the live database.
    Passed,
    /// The replica differs from the database, or cannot be restored.
    Failed,
    /// No verdict: the verification could not be completed.
    Error,
}

/// One finished verification. Carries no secret: errors redact theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// Id chosen by the caller; `None` without one.
    pub id: Option<String>,
    /// Start of the verification, RFC 3339, UTC.
    pub started: String,
    /// End of the verification, RFC 3339, UTC.
    pub finished: String,
    /// Verdict on the replica.
    pub outcome: VerificationOutcome,
    /// 16 hexadecimal digits. After a failure, the transaction that failed. The fields below belong to a success.
    pub txid: Option<String>,
    /// In bytes.
    pub page_size: Option<u32>,
    /// Size of the database in pages.
    pub pages: Option<u32>,
    /// Files read from the replica.
    pub files: Option<usize>,
    /// Compressed bytes of those files.
    pub downloaded_bytes: Option<u64>,
    /// [`Error::code`] of the failure; `None` after a success.
    pub code: Option<String>,
    /// Sentence for the operator; `None` after a success.
    pub message: Option<String>,
}

/// The journal of one database.
#[derive(Clone, Debug)]
pub struct Journal {
    path: PathBuf,
}

impl Journal {
    /// The journal in a database's state folder, which need not exist.
    pub fn of(meta_path: &Path) -> Journal {
        Journal { path: meta_path.join(NAME) }
    }

    /// Entries, newest first; empty before the first verification.
    pub fn entries(&self) -> Result<Vec<JournalEntry>> {
        let mut text = Vec::new();
        let read = match File::open(&self.path) {
            Ok(mut file) => file.read_to_end(&mut text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        };
        read.map_err(Error::io("read", &self.path))?;
        Ok(parse(&text).rev().take(KEPT).collect())
    }

    pub(super) fn append(&self, entry: &JournalEntry) -> Result<()> {
        let line = serde_json::to_vec(entry).map_err(|error| Error::Internal(error.to_string()))?;
        self.append_line(line).map_err(Error::io("write", &self.path))
    }

    fn append_line(&self, mut line: Vec<u8>) -> io::Result<()> {
        line.push(b'\n');
        let mut file = self.lock()?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        if text.split(|byte| *byte == b'\n').count() > KEPT {
            return self.replace(&text, &line);
        }
        if text.last().is_some_and(|last| *last != b'\n') {
            line.insert(0, b'\n');
        }
        file.write_all(&line)
    }

    /// The lock, held until the file is closed. After a wait the path may lead to another file.
    fn lock(&self) -> io::Result<File> {
        loop {
            if let Some(directory) = self.path.parent() {
                private::create_folder(directory)?;
            }
            let mut file = private::open(OpenOptions::new().read(true).append(true), &self.path)?;
            file.lock()?;
            let (ours, theirs) = (file.metadata()?, self.path.metadata());
            if theirs.is_ok_and(|theirs| (ours.dev(), ours.ino()) == (theirs.dev(), theirs.ino())) {
                file.rewind()?;
                return Ok(file);
            }
        }
    }

    /// Replaces the old file by a new one, so that readers see one of the two.
    fn replace(&self, text: &[u8], line: &[u8]) -> io::Result<()> {
        let mut kept: Vec<_> = parse(text).rev().take(KEPT - 1).collect();
        kept.reverse();
        let directory = self.path.parent().unwrap_or(Path::new("."));
        let mut file = NamedTempFile::new_in(directory)?;
        for entry in &kept {
            serde_json::to_writer(&mut file, entry)?;
            file.write_all(b"\n")?;
        }
        file.write_all(line)?;
        file.persist(&self.path)?;
        Ok(())
    }
}

fn parse(text: &[u8]) -> impl DoubleEndedIterator<Item = JournalEntry> {
    text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{fs, os::unix::fs::PermissionsExt, thread};

    use tempfile::TempDir;

    use super::*;

    fn entry(id: usize) -> JournalEntry {
        JournalEntry {
            id: Some(id.to_string()),
            started: "2026-11-25T19:00:00Z".into(),
            finished: "2026-11-25T19:00:01Z".into(),
            outcome: VerificationOutcome::Passed,
            txid: Some("000000000000000a".into()),
            page_size: Some(4096),
            pages: Some(3),
            files: Some(2),
            downloaded_bytes: Some(700),
            code: None,
            message: None,
        }
    }

    fn ids(journal: &Journal) -> Vec<usize> {
        journal.entries().unwrap().iter().map(|entry| entry.id.as_ref().unwrap().parse().unwrap()).collect()
    }

    #[test]
    fn begins_empty_in_a_folder_that_is_not_there_and_is_read_by_its_owner_only() {
        let directory = TempDir::new().unwrap();
        let journal = Journal::of(&directory.path().join("state"));
        assert_eq!(journal.entries().unwrap(), []);
        journal.append(&entry(1)).unwrap();
        assert_eq!(journal.entries().unwrap(), [entry(1)]);
        assert_eq!(journal.path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn is_closed_to_other_users_where_it_was_open() {
        let directory = TempDir::new().unwrap();
        let journal = Journal::of(directory.path());
        fs::write(&journal.path, "").unwrap();
        fs::set_permissions(&journal.path, fs::Permissions::from_mode(0o644)).unwrap();
        journal.append(&entry(1)).unwrap();
        assert_eq!(journal.path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn keeps_the_newest() {
        let directory = TempDir::new().unwrap();
        let journal = Journal::of(directory.path());
        (0..KEPT + 5).for_each(|id| journal.append(&entry(id)).unwrap());
        assert_eq!(ids(&journal), (5..KEPT + 5).rev().collect::<Vec<_>>());
        assert_eq!(fs::read_to_string(&journal.path).unwrap().lines().count(), KEPT);
        assert_eq!(journal.path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_torn_line_is_skipped_and_harms_no_other() {
        let directory = TempDir::new().unwrap();
        let journal = Journal::of(directory.path());
        journal.append(&entry(1)).unwrap();
        let whole = fs::read(&journal.path).unwrap();
        fs::write(&journal.path, [&whole[..], &whole[..whole.len() / 2]].concat()).unwrap();
        journal.append(&entry(2)).unwrap();
        assert_eq!(ids(&journal), [2, 1]);
    }

    #[test]
    fn writers_beside_each_other_lose_nothing() {
        let directory = TempDir::new().unwrap();
        let journal = Journal::of(directory.path());
        thread::scope(|scope| {
            for writer in 0..8 {
                let journal = &journal;
                scope.spawn(move || (0..40).for_each(|id| journal.append(&entry(writer * 40 + id)).unwrap()));
            }
        });
        let mut last = ids(&journal);
        assert_eq!(last.len(), KEPT);
        last.sort_unstable();
        last.dedup();
        assert_eq!(last.len(), KEPT);
    }
}
