//! Writes a layer: a tar archive, compressed, that depends on nothing but what is in it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

use crate::AssembleError;
use crate::base::USER_ID;
use crate::digest::Hashed;
use crate::files::{Content, Entry, Files};

/// What the archive says it was made on; the value that says nothing.
const UNKNOWN_SYSTEM: u8 = 255;

/// A layer that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layer {
    /// Digest of the compressed archive.
    pub(crate) digest: String,
    /// Its bytes.
    pub(crate) bytes: u64,
    /// Digest of the archive before compression, which the configuration names.
    pub(crate) diff_id: String,
}

/// Writes `files` to `out`. `on` is told the bytes of content that were read since it was last told.
///
/// `at` is where `out` goes, for errors.
pub(crate) fn write<W: Write>(
    files: &Files,
    out: W,
    at: &Path,
    on: &mut dyn FnMut(u64),
) -> Result<(W, Layer), AssembleError> {
    let compressed = GzBuilder::new()
        .mtime(0)
        .operating_system(UNKNOWN_SYSTEM)
        .write(Hashed::new(out), Compression::default());
    let mut archive = Builder::new(Hashed::new(compressed));
    for (place, entry) in files.iter() {
        append(&mut archive, place, entry, at, on)?;
    }
    let io = |source| AssembleError::io("write", at, source);
    let (compressed, diff_id, _) = archive.into_inner().map_err(io)?.finish();
    let (out, digest, bytes) = compressed.finish().map_err(io)?.finish();
    let layer = Layer {
        digest,
        bytes,
        diff_id,
    };
    Ok((out, layer))
}

fn append(
    archive: &mut Builder<impl Write>,
    place: &str,
    entry: &Entry,
    at: &Path,
    on: &mut dyn FnMut(u64),
) -> Result<(), AssembleError> {
    let io = |source| AssembleError::io("write", at, source);
    let directory = |mode, owner| {
        (
            header(EntryType::Directory, mode, owner),
            format!("{place}/"),
        )
    };
    let (mut header, place) = match entry {
        Entry::Directory => directory(0o755, 0),
        Entry::Writable => directory(0o755, USER_ID),
        Entry::Scratch => directory(0o1777, 0),
        Entry::Link(target) => {
            let mut header = header(EntryType::Symlink, 0o777, 0);
            return archive.append_link(&mut header, place, target).map_err(io);
        }
        Entry::File {
            content,
            executable,
        } => {
            let mode = if *executable { 0o755 } else { 0o644 };
            let mut header = header(EntryType::Regular, mode, 0);
            header.set_size(content.bytes());
            return match content {
                Content::Held(data) => {
                    on(data.len() as u64);
                    archive
                        .append_data(&mut header, place, data.as_slice())
                        .map_err(io)
                }
                Content::At(path, bytes) => {
                    let source = Source::open(path, *bytes, on)?;
                    source.append_to(archive, &mut header, place, at)
                }
            };
        }
    };
    archive
        .append_data(&mut header, place, io::empty())
        .map_err(io)
}

fn header(kind: EntryType, mode: u32, owner: u32) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(owner.into());
    header.set_gid(owner.into());
    header.set_mtime(0);
    header.set_size(0);
    header
}

/// A file that must be as long as it was when it was looked at.
struct Source<'a> {
    path: &'a Path,
    file: File,
    left: u64,
    failed: Option<io::Error>,
    on: &'a mut dyn FnMut(u64),
}

impl<'a> Source<'a> {
    fn open(path: &'a Path, bytes: u64, on: &'a mut dyn FnMut(u64)) -> Result<Self, AssembleError> {
        Ok(Self {
            path,
            file: File::open(path).map_err(|e| AssembleError::io("read", path, e))?,
            left: bytes,
            failed: None,
            on,
        })
    }

    fn append_to(
        mut self,
        archive: &mut Builder<impl Write>,
        header: &mut Header,
        place: &str,
        at: &Path,
    ) -> Result<(), AssembleError> {
        let written = archive.append_data(header, place, &mut self);
        if let Some(error) = self.failed {
            return Err(AssembleError::io("read", self.path, error));
        }
        written.map_err(|e| AssembleError::io("write", at, e))?;
        let mut more = [0];
        let grown = self.file.read(&mut more);
        let grown = grown.map_err(|e| AssembleError::io("read", self.path, e))? > 0;
        if self.left > 0 || grown {
            return Err(AssembleError::Changed(self.path.into()));
        }
        Ok(())
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        match self.file.read(&mut buffer[..room]) {
            Ok(read) => {
                self.left -= read as u64;
                (self.on)(read as u64);
                Ok(read)
            }
            Err(error) => {
                let told = io::Error::from(error.kind());
                self.failed = Some(error);
                Err(told)
            }
        }
    }
}
