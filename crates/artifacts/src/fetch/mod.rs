//! Fetching pinned files through the user's own package clients.

mod apt;
mod installed;
mod maven;
mod pip;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cache::Cache;
use crate::lockfile::{Entry, Part, Source};
use crate::{ArtifactError, Event, Result, accept};

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
    let mut found: HashMap<String, PathBuf> = HashMap::new();
    found.extend(maven::fetch(&of(|s| matches!(s, Source::Maven { .. })), dir, look).await?);
    found.extend(pip::fetch(&of(|s| matches!(s, Source::Pypi { .. })), dir, look).await?);
    found.extend(apt::fetch(&of(|s| matches!(s, Source::Apt { .. })), dir, look).await?);
    Ok(sources
        .iter()
        .filter_map(|source| found.remove(&source.to_string()))
        .collect())
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
        let files = download(&sources, staged.path(), &look)
            .await
            .map_err(|e| for_libraries(e, &batch))?;
        done += batch_bytes;
        on(Event::Fetching {
            what: what.clone(),
            bytes_done: done,
            bytes_total: total,
        });
        on(Event::Verifying { what });
        accept_all(cache, batch, files).await?;
    }
    Ok(())
}

async fn accept_all(cache: &Cache, batch: Vec<&Entry>, files: Vec<PathBuf>) -> Result<()> {
    let jobs: Vec<(Entry, PathBuf, PathBuf)> = batch
        .into_iter()
        .zip(files)
        .map(|(entry, file)| (entry.clone(), file, cache.blob(entry)))
        .collect();
    let refusals = crate::tree::blocking(move || {
        let judged = jobs
            .iter()
            .map(|(entry, file, blob)| accept::accept(file, entry, blob));
        judged
            .filter_map(Result::transpose)
            .collect::<Result<Vec<_>>>()
    })
    .await?;
    if refusals.is_empty() {
        Ok(())
    } else {
        Err(ArtifactError::Refused(refusals))
    }
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
