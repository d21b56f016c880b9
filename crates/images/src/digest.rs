//! SHA-256 of what passes through.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

/// A writer that hashes and counts what it hands on.
pub(crate) struct Hashed<W> {
    inner: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Hashed<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self {
            inner,
            hash: Sha256::new(),
            bytes: 0,
        }
    }

    /// What it wrote to, the digest (`sha256:…`) and the bytes.
    pub(crate) fn finish(self) -> (W, String, u64) {
        (self.inner, named(self.hash), self.bytes)
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(data)?;
        self.hash.update(&data[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Digest (`sha256:…`) of `data`.
pub(crate) fn of_bytes(data: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(data);
    named(hash)
}

/// Digest (`sha256:…`) and bytes of the file at `path`.
pub(crate) fn of_file(path: &Path) -> io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut bytes = 0;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((named(hash), bytes));
        }
        hash.update(&buffer[..read]);
        bytes += read as u64;
    }
}

fn named(hash: Sha256) -> String {
    format!("sha256:{}", hex::encode(hash.finalize()))
}
