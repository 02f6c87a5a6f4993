//! Installs a finished database under its final name. Never overwrites (G5): an existing set of files is refused, or
//! moved aside under a name with a time stamp, and moved back if the installation fails.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

use tempfile::TempPath;

use super::temporary;
use crate::{Error, Result, failpoint};

/// Suffixes of SQLite's files beside a database; each is part of it.
const SIDE_FILES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Resolves a target: a database is often a symbolic link to a volume, which must survive.
pub(super) fn resolve(target: &Path) -> PathBuf {
    let mut resolved = target.to_path_buf();
    // As many links as the kernel follows.
    for _ in 0..40 {
        let Ok(link) = fs::read_link(&resolved) else { break };
        resolved = resolved.parent().unwrap_or(Path::new("")).join(link);
    }
    resolved
}

/// The existing files at a target, the database itself first. An empty file is no database, as in official Litestream.
pub(super) fn existing(target: &Path) -> Vec<PathBuf> {
    let is_there = |path: &PathBuf| fs::symlink_metadata(path).is_ok() && !(path == target && is_empty_file(path));
    set(target).into_iter().filter(is_there).collect()
}

fn is_empty_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0)
}

/// The paths of the database and of every file that belongs to it, existing or not.
fn set(database: &Path) -> Vec<PathBuf> {
    let beside = SIDE_FILES.iter().map(|suffix| with_suffix(database, suffix));
    [database.to_path_buf()].into_iter().chain(beside).collect()
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Moves the finished file to `target` and makes that durable. Returns the new path of the former set, if there was
/// one. Without `force` a file that appeared in the meantime wins.
pub(super) fn place(database: TempPath, target: &Path, force: bool) -> Result<Option<PathBuf>> {
    let (directory, _) = temporary::parts(target)?;
    if !force {
        if let Some(path) = existing(target).into_iter().next() {
            return Err(Error::TargetExists { path });
        }
        put(database, target)?;
        sync_directory(&directory)?;
        return Ok(None);
    }
    let aside = Aside::move_away(target)?;
    let placed =
        aside.keep_mode(&database).and_then(|()| put(database, target)).and_then(|()| sync_directory(&directory));
    match placed {
        Ok(()) => Ok(aside.kept),
        Err(error) => {
            aside.put_back();
            Err(error)
        }
    }
}

fn put(database: TempPath, target: &Path) -> Result<()> {
    if is_empty_file(target) {
        fs::remove_file(target).map_err(Error::io("remove the empty file", target))?;
    }
    failpoint!("restore: before the rename");
    database.persist_noclobber(target).map_err(|failed| match failed.error.kind() {
        io::ErrorKind::AlreadyExists => Error::TargetExists { path: target.to_path_buf() },
        _ => Error::io("rename the restored database to", target)(failed.error),
    })?;
    failpoint!("restore: after the rename");
    Ok(())
}

/// Removes, on drop, the files that an integrity check may leave next to a private database.
pub(super) struct SideFiles {
    pub(super) database: PathBuf,
}

impl Drop for SideFiles {
    fn drop(&mut self) {
        for path in set(&self.database).iter().skip(1) {
            let _ = fs::remove_file(path);
        }
    }
}

pub(super) fn sync_directory(directory: &Path) -> Result<()> {
    fs::File::open(directory).and_then(|file| file.sync_all()).map_err(Error::io("sync", directory))?;
    failpoint!("restore: after the fsync of the folder");
    Ok(())
}

/// A set of files under another name.
struct Aside {
    /// Former and new path of each file, in the order moved.
    moves: Vec<(PathBuf, PathBuf)>,
    /// The path of the former database itself.
    kept: Option<PathBuf>,
}

impl Aside {
    /// Moves the database first: a crash in between must not leave a database without its WAL.
    fn move_away(target: &Path) -> Result<Self> {
        let mut aside = Aside { moves: Vec::new(), kept: None };
        let there = existing(target);
        if there.is_empty() {
            return Ok(aside);
        }
        let kept = free_name(target);
        for (from, to) in set(target).into_iter().zip(set(&kept)).filter(|(from, _)| there.contains(from)) {
            failpoint!("restore: before a rename aside");
            if let Err(error) = fs::rename(&from, &to) {
                aside.put_back();
                return Err(Error::io("move aside", from)(error));
            }
            failpoint!("restore: after a rename aside");
            aside.moves.push((from, to));
        }
        aside.kept = Some(kept);
        Ok(aside)
    }

    /// Gives the new database the readers of the former one, and no others.
    fn keep_mode(&self, database: &Path) -> Result<()> {
        let former = self.kept.as_ref().and_then(|kept| fs::metadata(kept).ok()).filter(fs::Metadata::is_file);
        match former {
            Some(former) => fs::set_permissions(database, fs::Permissions::from_mode(former.permissions().mode()))
                .map_err(Error::io("set the mode of", database)),
            None => Ok(()),
        }
    }

    /// Moves the files back in reverse order, as far as possible: the error that led here is the one to report.
    fn put_back(&self) {
        for (from, to) in self.moves.iter().rev() {
            let moved = if from.exists() { Err(io::ErrorKind::AlreadyExists.into()) } else { fs::rename(to, from) };
            if let Err(error) = moved {
                tracing::error!(path = %to.display(), %error, "cannot be moved back");
            }
        }
    }
}

/// Returns `app.sqlite3.before-restore-20261122T195715Z`, numbered if that is taken.
fn free_name(target: &Path) -> PathBuf {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let now = ltx::Timestamp::from_millis(now.as_secs() as i64 * 1000).to_string();
    let stamp: String = now.chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let name = with_suffix(target, &format!(".before-restore-{stamp}"));
    let numbered = (2..).map(|n| with_suffix(&name, &format!("-{n}")));
    let free = |candidate: &PathBuf| existing(candidate).is_empty();
    [name.clone()].into_iter().chain(numbered).find(free).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_that_appears_between_looking_and_renaming_stays() {
        let directory = tempfile::tempdir().unwrap();
        let target = directory.path().join("db");
        fs::write(&target, "theirs").unwrap();
        let ours = tempfile::NamedTempFile::new_in(directory.path()).unwrap().into_temp_path();
        let error = put(ours, &target).unwrap_err();
        assert!(matches!(error, Error::TargetExists { .. }), "{error}");
        assert_eq!(fs::read_to_string(&target).unwrap(), "theirs");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
