//! Folders and files that only their owner may use, independent of the umask and of the mode that an earlier version
//! set. A local user who can read a lock file can lock it, and so stop the backup.

use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions, create_dir_all},
    io::{self, ErrorKind},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Permissions of the group and of all other users.
const OTHERS: u32 = 0o077;

/// Creates a folder that only its owner may enter. An existing folder stays unchanged; see [`close`].
pub fn create_folder(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        create_dir_all(parent)?;
    }
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path)
}

/// Opens a file that only its owner may read or write. Creates it with that mode, or restricts the existing file.
pub fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let file = options.create(true).mode(FILE_MODE).open(path)?;
    close(&file, path)?;
    Ok(file)
}

/// Removes the permissions of group and others from an open file or folder. `path` is for the log. A file system
/// without permissions, or a file of another user, leads only to a warning.
pub fn close(file: &File, path: &Path) -> io::Result<()> {
    let mode = file.metadata()?.permissions().mode();
    if mode & OTHERS == 0 {
        return Ok(());
    }
    match file.set_permissions(Permissions::from_mode(mode & !OTHERS)) {
        Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::Unsupported) => {
            let (path, mode) = (path.display(), mode & 0o7777);
            tracing::warn!(%path, mode = format!("{mode:o}"), %error, "other users of this machine may use it");
            Ok(())
        }
        closed => closed,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn new_files_are_for_their_owner_and_existing_ones_are_closed_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let (state, file) = (folder.path().join("a/state"), folder.path().join("a/state/lock"));
        create_folder(&state).unwrap();
        open(OpenOptions::new().write(true), &file).unwrap();
        assert_eq!((mode(&state), mode(&file)), (0o700, 0o600));
        assert_ne!(mode(&folder.path().join("a")), 0o700, "the folders above are not ours");

        fs::set_permissions(&state, Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
        create_folder(&state).unwrap();
        assert_eq!(mode(&state), 0o755);
        close(&File::open(&state).unwrap(), &state).unwrap();
        open(OpenOptions::new().read(true).append(true), &file).unwrap();
        assert_eq!((mode(&state), mode(&file)), (0o700, 0o600));
    }
}
