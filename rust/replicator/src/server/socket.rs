//! The socket file: bound under a temporary name, restricted to its owner, then renamed over a stale one.

use std::{
    fs, io,
    os::unix::{
        fs::{FileTypeExt, MetadataExt, PermissionsExt},
        net::{UnixListener as StdListener, UnixStream as StdStream},
    },
    path::{Path, PathBuf},
};

use litestream_core::{Error, Result};
use tokio::net::{UnixListener, UnixStream};

/// Bytes that every supported system's `sun_path` holds, without the final zero (macOS has the smallest).
const PATH_LIMIT: usize = 103;

/// A listening socket and its file.
#[derive(Debug)]
pub(crate) struct BoundSocket {
    listener: UnixListener,
    path: PathBuf,
    inode: u64,
}

impl BoundSocket {
    pub(crate) fn bind(path: &Path) -> Result<BoundSocket> {
        refuse_too_long(path)?;
        refuse_unless_stale(path)?;
        let dir = match path.parent() {
            Some(dir) if !dir.as_os_str().is_empty() => dir,
            _ => Path::new("."),
        };
        // No client can connect under the temporary name before the mode is set. The rename replaces a stale file in
        // one step.
        let bound = tempfile::Builder::new()
            .prefix(".")
            .rand_bytes(8)
            .make_in(dir, |temporary| StdListener::bind(temporary))
            .map_err(Error::io("listen on", path))?;
        fs::set_permissions(bound.path(), fs::Permissions::from_mode(0o600)).map_err(Error::io("restrict", path))?;
        let inode = fs::metadata(bound.path()).map_err(Error::io("look at", path))?.ino();
        let listener = bound.persist(path).map_err(|error| Error::io("listen on", path)(error.error))?;
        listener.set_nonblocking(true).map_err(Error::io("listen on", path))?;
        let listener = UnixListener::from_std(listener).map_err(Error::io("listen on", path))?;
        Ok(BoundSocket { listener, path: path.to_owned(), inode })
    }

    pub(crate) async fn accept(&self) -> io::Result<UnixStream> {
        self.listener.accept().await.map(|(stream, _)| stream)
    }
}

impl Drop for BoundSocket {
    /// Keeps the file if a successor has put its own socket there.
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|found| found.ino() == self.inode) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Checked here because the bind itself sees only the temporary name.
fn refuse_too_long(path: &Path) -> Result<()> {
    if path.as_os_str().len() <= PATH_LIMIT {
        return Ok(());
    }
    let problem = format!("a socket's path holds at most {PATH_LIMIT} bytes; set a shorter socket.path");
    Err(Error::Config { place: format!("socket {}", path.display()), problem })
}

fn refuse_unless_stale(path: &Path) -> Result<()> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io("look at", path)(error)),
    };
    if !found.file_type().is_socket() {
        let problem = "exists and is not a socket; move it away or set another socket.path".into();
        return Err(Error::Config { place: format!("socket {}", path.display()), problem });
    }
    match StdStream::connect(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound) => Ok(()),
        _ => Err(Error::Conflict {
            what: format!("the control socket {}", path.display()),
            holder: "another replicator".into(),
        }),
    }
}
