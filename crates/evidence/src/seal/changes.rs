//! What is no longer as `SHA256SUMS` says.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde::de::IgnoredAny;

use super::files::{Files, digest};
use super::sums::{BadLine, Read, Sums};
use super::{Flaw, Place, SealError};
use crate::journal::{self, JournalError};
use crate::jsonl::{JsonlError, JsonlReader};
use crate::verdict::VerdictDocument;

/// Every difference between the list and the directory.
pub(super) fn since(root: &Path, text: &[u8], found: &Files) -> Result<Vec<Flaw>, SealError> {
    let Read {
        sums,
        intact,
        disorder,
    } = match Sums::read(text) {
        Ok(read) => read,
        Err(BadLine { line, why }) => return Ok(vec![Flaw::Sums { line, why }]),
    };
    let disordered = |line| Flaw::Sums {
        line,
        why: "its path is out of order",
    };
    if let Some(line) = disorder.filter(|_| intact) {
        return Ok(vec![disordered(line)]);
    }
    let there: BTreeSet<&str> = found.files.iter().map(String::as_str).collect();
    let mut flaws = Vec::new();
    for (n, (listed, path)) in sums.lines.iter().enumerate() {
        let changed = match there.contains(path.as_str()) {
            true if digest(&root.join(path))? == *listed => continue,
            is_there => is_there,
        };
        let path = path.clone();
        flaws.push(match (intact, changed) {
            (false, _) => Flaw::Sums {
                line: n as u64 + 1,
                why: "the run does not have what it lists",
            },
            (true, true) => Flaw::Changed {
                place: place(root, &path),
                path,
            },
            (true, false) => Flaw::Missing { path },
        });
    }
    if intact {
        flaws.extend(unlisted(&sums, there));
        flaws.retain(|flaw| !is_link(flaw, found));
        flaws.extend(found.flaws.iter().cloned());
    } else if flaws.is_empty() {
        flaws.push(disorder.map_or(
            Flaw::Sums {
                line: sums.lines.len() as u64 + 1,
                why: "it is not the digest of the lines above",
            },
            disordered,
        ));
    }
    Ok(flaws)
}

/// A file that was replaced by a link is not missing as well.
fn is_link(flaw: &Flaw, found: &Files) -> bool {
    matches!(flaw, Flaw::Missing { path } if found.flaws.iter().any(|f| f.path() == path))
}

fn unlisted(sums: &Sums, mut there: BTreeSet<&str>) -> Vec<Flaw> {
    for (_, path) in &sums.lines {
        there.remove(path.as_str());
    }
    let added = there.into_iter().map(|path| Flaw::Unlisted {
        path: path.to_owned(),
    });
    added.collect()
}

/// Where a changed file was changed, if its own form tells.
fn place(root: &Path, path: &str) -> Option<Place> {
    let file = root.join(path);
    if path == "journal.jsonl" {
        return first_unchained(root, &file).map(Place::Line);
    }
    if path.ends_with(".jsonl.zst") {
        return first_unreadable(&file).map(Place::Record);
    }
    None
}

/// The verdict tells of lines that were taken off the end, which the chain alone does not.
fn first_unchained(root: &Path, journal: &Path) -> Option<u64> {
    let verdict = fs::read(root.join("verdict.json")).ok();
    let verdict = verdict.and_then(|text| serde_json::from_slice::<VerdictDocument>(&text).ok());
    let checked = match verdict {
        Some(verdict) => journal::verify_sealed(journal, &verdict.journal),
        None => journal::verify(journal),
    };
    match checked {
        Err(JournalError::Tampered(error)) => Some(error.line),
        _ => None,
    }
}

fn first_unreadable(path: &Path) -> Option<u64> {
    let damaged = |error| match error {
        JsonlError::Io { record, .. } | JsonlError::Record { record, .. } => record,
    };
    let mut reader = match JsonlReader::<IgnoredAny>::open(path) {
        Ok(reader) => reader,
        Err(error) => return Some(damaged(error)),
    };
    if let Some(error) = reader.by_ref().find_map(Result::err) {
        return Some(damaged(error));
    }
    reader.truncated().then(|| reader.records() + 1)
}
