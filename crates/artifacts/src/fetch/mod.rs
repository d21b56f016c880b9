//! Fetching pinned files through the user's own package clients.

mod apt;
mod installed;
mod maven;
mod pip;

use std::fs;
use std::path::{Path, PathBuf};

use crate::cache::Cache;
use crate::lockfile::{Entry, Part, Source};
use crate::{ArtifactError, Event, Refusal, Result, accept};

pub use installed::installed;

/// Downloads `sources` into `dir`, each client called once for all of its own. Nothing is checked here.
///
/// Answers where each of them now lies, in the order asked. `look` is called several times a second with the
/// folder being filled.
///
/// # Errors
/// A client that is missing, fails, has no network, or does not deliver what it was asked for.
pub async fn download(
    sources: &[&Source],
    dir: &Path,
    look: &(dyn Fn() + Send + Sync),
) -> Result<Vec<PathBuf>> {
    let of = |wanted: fn(&Source) -> bool| -> Vec<&Source> {
        sources
            .iter()
            .copied()
            .filter(|source| wanted(source))
            .collect()
    };
    maven::fetch(&of(|s| matches!(s, Source::Maven { .. })), dir, look).await?;
    pip::fetch(&of(|s| matches!(s, Source::Pypi { .. })), dir, look).await?;
    apt::fetch(&of(|s| matches!(s, Source::Apt { .. })), dir, look).await?;
    sources
        .iter()
        .map(|source| {
            place(source, dir).ok_or_else(|| ArtifactError::NotDelivered {
                client: source.client(),
                what: source.to_string(),
            })
        })
        .collect()
}

/// Where the file of `source` lies below the folder that was filled, if it came.
fn place(source: &Source, dir: &Path) -> Option<PathBuf> {
    match source {
        Source::Maven { .. } => maven::place(source, dir),
        Source::Pypi { .. } => pip::place(source, dir),
        Source::Apt { .. } => apt::place(source, dir),
    }
}

/// Fetches `missing` into the cache, letting in only what matches the lock. The cache must be held.
pub(crate) async fn fill(
    cache: &Cache,
    missing: &[&Entry],
    on: &(dyn Fn(Event) + Send + Sync),
) -> Result<()> {
    let total: u64 = missing.iter().map(|entry| entry.size).sum();
    let mut done = 0;
    for client in ["mvn", "pip", "apt-get"] {
        let batch: Vec<&Entry> = missing
            .iter()
            .copied()
            .filter(|e| e.source.client() == client)
            .collect();
        if batch.is_empty() {
            continue;
        }
        let what = format!("{} through {client}", counted(batch.len()));
        on(Event::Resolving { what: what.clone() });
        let staged = cache.stage("fetch")?;
        let batch_bytes: u64 = batch.iter().map(|entry| entry.size).sum();
        let look = || {
            let bytes_done = done + bytes_under(staged.path()).min(batch_bytes);
            on(Event::Fetching {
                what: what.clone(),
                bytes_done,
                bytes_total: total,
            });
        };
        let sources: Vec<&Source> = batch.iter().map(|entry| &entry.source).collect();
        let files = match download(&sources, staged.path(), &look).await {
            Ok(files) => files,
            Err(error) => {
                keep_whole(cache, &batch, staged.path()).await?;
                return Err(for_libraries(error, &batch));
            }
        };
        done += batch_bytes;
        on(Event::Fetching {
            what: what.clone(),
            bytes_done: done,
            bytes_total: total,
        });
        on(Event::Verifying { what });
        let refusals = accept_all(cache, batch.into_iter().zip(files)).await?;
        if !refusals.is_empty() {
            return Err(ArtifactError::Refused(refusals));
        }
    }
    Ok(())
}

/// Lets in what a client delivered whole before it failed, so that it is not fetched again. What was cut off is
/// refused as ever, without a word: the client's failure is the one to tell.
async fn keep_whole(cache: &Cache, batch: &[&Entry], dir: &Path) -> Result<()> {
    let arrived = batch
        .iter()
        .filter_map(|entry| Some((*entry, place(&entry.source, dir)?)));
    accept_all(cache, arrived).await.map(drop)
}

/// Moves into the cache what is as locked; answers what is not.
async fn accept_all(
    cache: &Cache,
    arrived: impl Iterator<Item = (&Entry, PathBuf)>,
) -> Result<Vec<Refusal>> {
    let jobs: Vec<(Entry, PathBuf, PathBuf)> = arrived
        .map(|(entry, file)| (entry.clone(), file, cache.blob(entry)))
        .collect();
    crate::tree::blocking(move || {
        let judged = jobs
            .iter()
            .map(|(entry, file, blob)| accept::accept(file, entry, blob));
        judged.filter_map(Result::transpose).collect()
    })
    .await
}

/// A failed fetch of MySQL's libraries is better met by installing them than by mending the client.
fn for_libraries(error: ArtifactError, batch: &[&Entry]) -> ArtifactError {
    let client_is_at_fault = matches!(
        error,
        ArtifactError::ClientFailed { .. } | ArtifactError::ClientMissing { .. }
    );
    if client_is_at_fault && batch.iter().all(|entry| entry.part == Part::MysqlLibraries) {
        let libraries = batch
            .iter()
            .map(|entry| entry.source.to_string())
            .collect::<Vec<_>>()
            .join(", ");
        return ArtifactError::Libraries {
            libraries,
            why: error.to_string(),
        };
    }
    error
}

fn counted(files: usize) -> String {
    if files == 1 {
        "1 file".into()
    } else {
        format!("{files} files")
    }
}

/// Bytes of all files below `dir`; files that vanish meanwhile count for nothing.
fn bytes_under(dir: &Path) -> u64 {
    let Ok(list) = fs::read_dir(dir) else {
        return 0;
    };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => bytes_under(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    list.flatten().map(size).sum()
}

/// The one file in `dir` whose name begins with `prefix` and ends with `suffix`.
fn delivered(dir: &Path, prefix: &str, suffix: &str) -> Option<PathBuf> {
    fs::read_dir(dir)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|n| n.starts_with(prefix) && n.ends_with(suffix))
        })
}

fn create(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).map_err(ArtifactError::io("create", dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(artifact: &str, content: &[u8]) -> Entry {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(artifact);
        fs::write(&file, content).unwrap();
        Entry {
            part: Part::Kafka,
            source: format!("maven:io.x:{artifact}:1").parse().unwrap(),
            file: format!("{artifact}-1.jar"),
            sha256: crate::sha256_of(&file).unwrap(),
            size: content.len() as u64,
            license: "MIT".into(),
        }
    }

    fn arrive(dir: &Path, artifact: &str, content: &[u8]) {
        let folder = dir.join(format!("repository/io/x/{artifact}/1"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{artifact}-1.jar")), content).unwrap();
    }

    #[tokio::test]
    async fn what_came_whole_before_a_client_failed_is_kept_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("blobs")).unwrap();
        let cache = Cache::open(Some(dir.path())).unwrap();
        let batch = ["whole", "cut", "absent"].map(|name| entry(name, name.as_bytes()));
        let staged = dir.path().join("staged");
        arrive(&staged, "whole", b"whole");
        arrive(&staged, "cut", b"c");
        let batch: Vec<&Entry> = batch.iter().collect();
        keep_whole(&cache, &batch, &staged).await.unwrap();
        let kept = [0, 1, 2].map(|n: usize| cache.blob(batch[n]).exists());
        assert_eq!(kept, [true, false, false]);
    }

    #[tokio::test]
    async fn a_file_that_did_not_come_is_named_with_its_client() {
        let source: Source = "maven:io.x:app:1.2".parse().unwrap();
        assert_eq!(place(&source, Path::new("/nowhere")), None);
        let error = ArtifactError::NotDelivered {
            client: source.client(),
            what: source.to_string(),
        };
        assert_eq!(error.to_string(), "mvn did not deliver maven:io.x:app:1.2");
    }
}
