//! Histories and snapshots: one JSON document a line, streamed through zstd.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

const LEVEL: i32 = 3;
/// A record of ours takes a few hundred bytes; a longer line is not one of ours.
const MAX_LINE_BYTES: u64 = 1 << 20;

/// Why a recording could not be written or read.
#[derive(Debug, Error)]
pub enum JsonlError {
    /// The file system refused, or the compressed data is damaged.
    #[error("cannot {doing} {}, near record {record}: {source}", .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The recording.
        path: PathBuf,
        /// The record it happened at, from 1.
        record: u64,
        /// Why not.
        source: io::Error,
    },
    /// A record is not what it should be.
    #[error("{}: record {record}: {source}", .path.display())]
    Record {
        /// The recording.
        path: PathBuf,
        /// Which record, from 1.
        record: u64,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// Writes records of one kind to one file.
pub struct JsonlWriter<T> {
    path: PathBuf,
    encoder: zstd::Encoder<'static, BufWriter<File>>,
    line: Vec<u8>,
    records: u64,
    kind: PhantomData<fn(T)>,
}

impl<T: Serialize> JsonlWriter<T> {
    /// Starts a new file.
    ///
    /// # Errors
    /// When the file exists already or cannot be made.
    pub fn create(path: &Path) -> Result<Self, JsonlError> {
        let encoder = File::create_new(path)
            .and_then(|file| zstd::Encoder::new(BufWriter::new(file), LEVEL))
            .and_then(|mut encoder| encoder.include_checksum(true).map(|()| encoder))
            .map_err(io_error("create", path, 1))?;
        Ok(Self {
            path: path.to_owned(),
            encoder,
            line: Vec::new(),
            records: 0,
            kind: PhantomData,
        })
    }

    /// Appends one record.
    ///
    /// # Errors
    /// When it cannot be expressed as JSON or not be written.
    pub fn write(&mut self, record: &T) -> Result<(), JsonlError> {
        self.line.clear();
        let number = self.records + 1;
        serde_json::to_writer(&mut self.line, record).map_err(|source| JsonlError::Record {
            path: self.path.clone(),
            record: number,
            source,
        })?;
        self.line.push(b'\n');
        self.encoder
            .write_all(&self.line)
            .map_err(io_error("write", &self.path, number))?;
        self.records = number;
        Ok(())
    }

    /// Hands what was written so far to the operating system, so that a killed process leaves it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn flush(&mut self) -> Result<(), JsonlError> {
        self.encoder
            .flush()
            .map_err(io_error("write", &self.path, self.records))
    }

    /// Completes the file, makes it durable and returns the number of records.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> Result<u64, JsonlError> {
        let Self {
            path,
            encoder,
            records,
            ..
        } = self;
        encoder
            .finish()
            .and_then(|buffer| buffer.into_inner().map_err(io::IntoInnerError::into_error))
            .and_then(|file| file.sync_all())
            .map_err(io_error("finish", &path, records))?;
        Ok(records)
    }
}

/// Reads records of one kind, one after the other.
///
/// A file whose writer was killed ends early: the whole records are read, then the iterator
/// ends and [`Self::truncated`] says so. Damage inside is an error that names the record.
pub struct JsonlReader<T> {
    path: PathBuf,
    lines: BufReader<zstd::Decoder<'static, BufReader<File>>>,
    line: Vec<u8>,
    records: u64,
    ended: bool,
    truncated: bool,
    kind: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> JsonlReader<T> {
    /// Opens a recording.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(path: &Path) -> Result<Self, JsonlError> {
        let decoder = File::open(path)
            .and_then(zstd::Decoder::new)
            .map_err(io_error("open", path, 1))?;
        Ok(Self {
            path: path.to_owned(),
            lines: BufReader::new(decoder),
            line: Vec::new(),
            records: 0,
            ended: false,
            truncated: false,
            kind: PhantomData,
        })
    }

    /// Records read so far.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Whether the recording ended before its writer finished it. Known once the iterator ended.
    #[must_use]
    pub fn truncated(&self) -> bool {
        self.truncated
    }

    fn read_line(&mut self) -> io::Result<Option<T>> {
        self.line.clear();
        let limited = &mut io::Read::take(&mut self.lines, MAX_LINE_BYTES);
        match limited.read_until(b'\n', &mut self.line) {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.truncated = true;
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        if self.line.last() != Some(&b'\n') {
            if self.line.len() as u64 == MAX_LINE_BYTES {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "line too long"));
            }
            self.truncated = true;
            return Ok(None);
        }
        serde_json::from_slice(&self.line)
            .map(Some)
            .map_err(io::Error::other)
    }
}

impl<T: DeserializeOwned> Iterator for JsonlReader<T> {
    type Item = Result<T, JsonlError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.read_line() {
            Ok(Some(record)) => {
                self.records += 1;
                Some(Ok(record))
            }
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = true;
                Some(Err(self.explain(error)))
            }
        }
    }
}

impl<T> JsonlReader<T> {
    fn explain(&self, error: io::Error) -> JsonlError {
        let record = self.records + 1;
        match error.downcast::<serde_json::Error>() {
            Ok(source) => JsonlError::Record {
                path: self.path.clone(),
                record,
                source,
            },
            Err(source) => io_error("read", &self.path, record)(source),
        }
    }
}

fn io_error(doing: &'static str, path: &Path, record: u64) -> impl FnOnce(io::Error) -> JsonlError {
    move |source| JsonlError::Io {
        doing,
        path: path.to_owned(),
        record,
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(records: u64, finish: bool) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("history.jsonl.zst");
        let mut writer = JsonlWriter::create(&path).unwrap();
        for n in 0..records {
            writer.write(&n).unwrap();
        }
        writer.flush().unwrap();
        if finish {
            assert_eq!(writer.finish().unwrap(), records);
        }
        (dir, path)
    }

    #[test]
    fn records_are_read_back_in_order() {
        let (_dir, path) = written(10_000, true);
        let mut reader = JsonlReader::<u64>::open(&path).unwrap();
        for (expected, read) in reader.by_ref().enumerate() {
            assert_eq!(read.unwrap(), expected as u64);
        }
        assert_eq!((reader.records(), reader.truncated()), (10_000, false));
    }

    #[test]
    fn a_recording_whose_writer_was_killed_is_read_and_reported_as_cut_off() {
        let (_dir, path) = written(1_000, false);
        let mut reader = JsonlReader::<u64>::open(&path).unwrap();
        assert!(reader.by_ref().all(|read| read.is_ok()));
        assert_eq!((reader.records(), reader.truncated()), (1_000, true));
    }

    #[test]
    fn a_cut_anywhere_never_invents_a_record() {
        let (_dir, path) = written(3_000, true);
        let bytes = std::fs::read(&path).unwrap();
        for keep in (0..bytes.len()).step_by(97) {
            std::fs::write(&path, &bytes[..keep]).unwrap();
            let mut reader = JsonlReader::<u64>::open(&path).unwrap();
            for (expected, read) in reader.by_ref().enumerate() {
                assert_eq!(read.unwrap(), expected as u64);
            }
            assert!(reader.truncated(), "{keep} bytes kept");
        }
    }

    #[test]
    fn damage_is_an_error_that_names_the_record() {
        let (_dir, path) = written(3_000, true);
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x40;
        std::fs::write(&path, &bytes).unwrap();
        let failed = JsonlReader::<u64>::open(&path)
            .unwrap()
            .find_map(Result::err);
        assert!(failed.unwrap().to_string().contains("record "));
    }

    #[test]
    fn a_record_of_another_kind_is_refused_by_number() {
        let (_dir, path) = written(3, true);
        let error = JsonlReader::<String>::open(&path)
            .unwrap()
            .next()
            .unwrap()
            .unwrap_err();
        assert!(
            matches!(error, JsonlError::Record { record: 1, .. }),
            "{error}"
        );
    }

    #[test]
    fn an_existing_recording_is_never_overwritten() {
        let (_dir, path) = written(3, true);
        assert!(JsonlWriter::<u64>::create(&path).is_err());
    }
}
