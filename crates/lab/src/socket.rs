//! Unix sockets whose path may be longer than the 108 bytes that the system allows.

use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

/// Connects to the socket at `path`.
///
/// # Errors
/// When nobody listens there.
pub async fn connect(path: &Path) -> std::io::Result<UnixStream> {
    let (_directory, short) = shortened(path)?;
    UnixStream::connect(short).await
}

/// Listens at `path`, in place of whatever socket file was left there.
///
/// # Errors
/// When the file cannot be replaced.
pub fn listen(path: &Path) -> std::io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let (_directory, short) = shortened(path)?;
    UnixListener::bind(short)
}

/// The same file, reached through a descriptor of its directory; the descriptor must outlive the use.
fn shortened(path: &Path) -> std::io::Result<(std::fs::File, PathBuf)> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().ok_or(std::io::ErrorKind::InvalidInput)?;
    let directory = std::fs::File::open(parent)?;
    let short = Path::new("/proc/self/fd")
        .join(directory.as_raw_fd().to_string())
        .join(name);
    Ok((directory, short))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_deeper_than_the_system_limit_is_reached() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("d".repeat(120));
        std::fs::create_dir(&deep).unwrap();
        let path = deep.join("supervisor.sock");
        std::fs::write(&path, "left over").unwrap();
        let listener = listen(&path).unwrap();
        let (client, accepted) = tokio::join!(connect(&path), listener.accept());
        assert!(client.is_ok() && accepted.is_ok());
    }
}
