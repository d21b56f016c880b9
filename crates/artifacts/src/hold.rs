//! One process at a time fills a cache; the others wait and know for whom.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

use crate::{ArtifactError, Event, Result};

const RETRY: Duration = Duration::from_millis(100);

/// The cache's lock, held until dropped. The kernel releases it when the holder dies, however it dies.
#[derive(Debug)]
pub(crate) struct Held {
    _file: File,
}

/// Waits for the lock at `path`, telling `on` once for whom.
pub(crate) async fn hold(path: &Path, on: &(dyn Fn(Event) + Send + Sync)) -> Result<Held> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(ArtifactError::io("open", path))?;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {
                if !told {
                    on(Event::Waiting {
                        pid: holder(&mut file),
                    });
                    told = true;
                }
                tokio::time::sleep(RETRY).await;
            }
            Err(TryLockError::Error(e)) => return Err(ArtifactError::io("lock", path)(e)),
        }
    }
    let write = |file: &mut File| {
        file.rewind()?;
        file.set_len(0)?;
        write!(file, "{}", std::process::id())
    };
    write(&mut file).map_err(ArtifactError::io("write", path))?;
    Ok(Held { _file: file })
}

fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[tokio::test]
    async fn the_second_waits_and_is_told_for_whom() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let first = Mutex::new(Some(hold(&path, &|_| ()).await.unwrap()));
        let seen = Mutex::new(Vec::new());
        // The first holder lets go only once the second has said that it waits.
        let on = |event| {
            seen.lock().unwrap().push(event);
            first.lock().unwrap().take();
        };
        hold(&path, &on).await.unwrap();
        assert_eq!(
            *seen.lock().unwrap(),
            [Event::Waiting {
                pid: Some(std::process::id())
            }]
        );
    }
}
