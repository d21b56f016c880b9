//! The journal: what was done, one line each, synced before the next step and hash-chained.
//!
//! A line is `{"hash":"<64 hex>","entry":{"seq":1,"at":"…","kind":"…","data":…}}`, where `hash`
//! is SHA-256 over the previous line's hash and the exact bytes of `entry`. The first line
//! chains to a fixed start. Whoever holds the hash of the last line (the *head*, which the
//! verdict repeats) can tell whether any byte before it was changed or any line removed.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

const BEFORE_HASH: &[u8] = b"{\"hash\":\"";
const BEFORE_ENTRY: &[u8] = b"\",\"entry\":";
const HEX: usize = 64;

type Hash = [u8; 32];

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The line's number, from 1.
    pub seq: u64,
    /// When it was written, RFC 3339 UTC.
    pub at: jiff::Timestamp,
    /// What kind of step it tells of.
    pub kind: String,
    /// The step's own facts.
    pub data: serde_json::Value,
}

/// What a verified journal amounts to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Whole entries.
    pub entries: u64,
    /// Hash of the last whole line, in hex.
    pub head: String,
    /// Bytes after the last whole line: a write that a crash cut short.
    pub torn_bytes: u64,
}

/// A journal that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} was altered: line {line}: {why}", .path.display())]
pub struct TamperError {
    /// The journal.
    pub path: PathBuf,
    /// The first line that does not fit, from 1.
    pub line: u64,
    /// What does not fit.
    pub why: &'static str,
}

/// Why a journal could not be written or read.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The file system refused.
    #[error("cannot {doing} journal {}: {source}", .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The journal.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// An entry could not be turned into JSON.
    #[error("cannot write a {kind} entry as JSON: {source}")]
    Json {
        /// The entry's kind.
        kind: String,
        /// Why not.
        source: serde_json::Error,
    },
    /// An earlier write failed and could not be taken back.
    #[error("journal {} is closed: an earlier entry could not be written", .path.display())]
    Closed {
        /// The journal.
        path: PathBuf,
    },
    /// The journal was altered.
    #[error(transparent)]
    Tampered(#[from] TamperError),
}

/// A journal open for appending.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    bytes: u64,
    entries: u64,
    head: Hash,
    closed: bool,
}

impl Journal {
    /// Starts an empty journal.
    ///
    /// # Errors
    /// When the file exists already or cannot be made.
    pub fn create(path: &Path) -> Result<Self, JournalError> {
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(path)
            .map_err(io_error("create", path))?;
        crate::atomic::sync_parent(path).map_err(io_error("sync", path))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            bytes: 0,
            entries: 0,
            head: start(),
            closed: false,
        })
    }

    /// Continues a journal after a crash; a torn last line is cut off, since its step never began.
    ///
    /// # Errors
    /// When the journal was altered or cannot be read.
    pub fn reopen(path: &Path) -> Result<Self, JournalError> {
        let text = std::fs::read(path).map_err(io_error("read", path))?;
        let chain = follow(path, &text)?;
        let file = OpenOptions::new()
            .append(true)
            .open(path)
            .map_err(io_error("open", path))?;
        file.set_len(chain.whole_bytes)
            .map_err(io_error("repair", path))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            bytes: chain.whole_bytes,
            entries: chain.entries.len() as u64,
            head: chain.head,
            closed: false,
        })
    }

    /// Appends one entry; when this returns, the entry is on the disk.
    ///
    /// # Errors
    /// When the entry cannot be expressed as JSON, or not be written (disk full). What was
    /// written of it is then taken back; if even that fails, the journal accepts nothing more.
    pub fn append(&mut self, kind: &str, data: &impl Serialize) -> Result<u64, JournalError> {
        if self.closed {
            return Err(JournalError::Closed {
                path: self.path.clone(),
            });
        }
        let json_error = |source| JournalError::Json {
            kind: kind.to_owned(),
            source,
        };
        let entry = Entry {
            seq: self.entries + 1,
            at: jiff::Timestamp::now(),
            kind: kind.to_owned(),
            data: serde_json::to_value(data).map_err(json_error)?,
        };
        let body = serde_json::to_vec(&entry).map_err(json_error)?;
        let head = chain(&self.head, &body);
        let mut line = Vec::with_capacity(body.len() + HEX + 32);
        line.extend_from_slice(BEFORE_HASH);
        line.extend_from_slice(hex::encode(head).as_bytes());
        line.extend_from_slice(BEFORE_ENTRY);
        line.extend_from_slice(&body);
        line.extend_from_slice(b"}\n");
        let written = self.file.write_all(&line);
        if let Err(source) = written.and_then(|()| self.file.sync_data()) {
            self.closed = self.file.set_len(self.bytes).is_err();
            return Err(io_error("append to", &self.path)(source));
        }
        self.bytes += line.len() as u64;
        self.entries = entry.seq;
        self.head = head;
        Ok(entry.seq)
    }

    /// The journal as it stands.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary {
            entries: self.entries,
            head: hex::encode(self.head),
            torn_bytes: 0,
        }
    }
}

/// Checks every byte of a journal. A torn last line is reported in the summary, not refused.
///
/// # Errors
/// [`JournalError::Tampered`] with the line, or an unreadable file.
pub fn verify(path: &Path) -> Result<Summary, JournalError> {
    read(path).map(|(_, summary)| summary)
}

/// Checks a journal against the summary that the verdict repeats, so that removed lines and a
/// chain computed anew are seen too. Lines appended later are accepted.
///
/// # Errors
/// [`JournalError::Tampered`] with the line, or an unreadable file.
pub fn verify_sealed(path: &Path, sealed: &Summary) -> Result<Summary, JournalError> {
    let text = std::fs::read(path).map_err(io_error("read", path))?;
    let chain = follow(path, &text)?;
    let tampered = |line, why| TamperError {
        path: path.to_owned(),
        line,
        why,
    };
    match usize::try_from(sealed.entries)
        .ok()
        .and_then(|n| n.checked_sub(1))
    {
        None => {}
        Some(last) => match chain.hashes.get(last) {
            None => Err(tampered(
                chain.entries.len() as u64 + 1,
                "lines are missing that the verdict counts",
            ))?,
            Some(hash) if hex::encode(hash) != sealed.head => Err(tampered(
                sealed.entries,
                "its hash is not the one the verdict repeats",
            ))?,
            Some(_) => {}
        },
    }
    Ok(chain.summary(&text))
}

/// Checks a journal and returns its whole entries.
///
/// # Errors
/// As [`verify`].
pub fn read(path: &Path) -> Result<(Vec<Entry>, Summary), JournalError> {
    let text = std::fs::read(path).map_err(io_error("read", path))?;
    let chain = follow(path, &text)?;
    let summary = chain.summary(&text);
    Ok((chain.entries, summary))
}

struct Chain {
    entries: Vec<Entry>,
    hashes: Vec<Hash>,
    head: Hash,
    whole_bytes: u64,
}

impl Chain {
    fn summary(&self, text: &[u8]) -> Summary {
        Summary {
            entries: self.entries.len() as u64,
            head: hex::encode(self.head),
            torn_bytes: text.len() as u64 - self.whole_bytes,
        }
    }
}

fn follow(path: &Path, text: &[u8]) -> Result<Chain, TamperError> {
    let mut found = Chain {
        entries: Vec::new(),
        hashes: Vec::new(),
        head: start(),
        whole_bytes: 0,
    };
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let seq = found.entries.len() as u64 + 1;
        let tampered = |why| TamperError {
            path: path.to_owned(),
            line: seq,
            why,
        };
        let Some(whole) = line.strip_suffix(b"\n") else {
            if can_be_torn(&found.head, line) {
                break;
            }
            return Err(tampered("the last line is not cut short, it is another"));
        };
        let (entry, hash) = check(&found.head, whole).map_err(tampered)?;
        if entry.seq != seq {
            return Err(tampered("its number is out of turn"));
        }
        found.head = hash;
        found.hashes.push(hash);
        found.entries.push(entry);
        found.whole_bytes += line.len() as u64;
    }
    Ok(found)
}

fn check(previous: &Hash, line: &[u8]) -> Result<(Entry, Hash), &'static str> {
    const SHAPE: &str = "it has not the form of a journal line";
    let rest = line.strip_prefix(BEFORE_HASH).ok_or(SHAPE)?;
    let (told, rest) = rest.split_at_checked(HEX).ok_or(SHAPE)?;
    let rest = rest.strip_prefix(BEFORE_ENTRY).ok_or(SHAPE)?;
    let body = rest.strip_suffix(b"}").ok_or(SHAPE)?;
    let hash = chain(previous, body);
    if hex::encode(hash).as_bytes() != told {
        return Err("its hash does not follow from the line before and its entry");
    }
    let entry = serde_json::from_slice(body).map_err(|_| "its entry is not a journal entry")?;
    Ok((entry, hash))
}

/// A torn line is the beginning of a line: the fixed parts it has are right, and nothing
/// follows a complete one.
fn can_be_torn(previous: &Hash, line: &[u8]) -> bool {
    let begins = |text: &[u8], with: &[u8]| {
        let common = text.len().min(with.len());
        text[..common] == with[..common]
    };
    let after_hash = BEFORE_HASH.len() + HEX;
    begins(line, BEFORE_HASH)
        && line
            .get(after_hash..)
            .is_none_or(|rest| begins(rest, BEFORE_ENTRY))
        && line
            .split_last()
            .is_none_or(|(_, shorter)| check(previous, shorter).is_err())
}

fn start() -> Hash {
    Sha256::digest(b"rlab/journal/v1").into()
}

fn chain(previous: &Hash, body: &[u8]) -> Hash {
    Sha256::new()
        .chain_update(previous)
        .chain_update(body)
        .finalize()
        .into()
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> JournalError {
    move |source| JournalError::Io {
        doing,
        path: path.to_owned(),
        source,
    }
}
