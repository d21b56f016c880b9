//! Reads a file that somebody else still writes, line by line.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// A reader of whole lines.
pub(super) struct Follower {
    file: File,
    rest: Vec<u8>,
}

impl Follower {
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            file: File::open(path)?,
            rest: Vec::new(),
        })
    }

    /// Hands on the lines that are complete by now.
    pub fn read(&mut self, line: &mut (dyn FnMut(&str) + Send)) -> io::Result<()> {
        self.file.read_to_end(&mut self.rest)?;
        let Some(end) = self.rest.iter().rposition(|b| *b == b'\n') else {
            return Ok(());
        };
        let complete: Vec<u8> = self.rest.drain(..=end).collect();
        String::from_utf8_lossy(&complete).lines().for_each(line);
        Ok(())
    }

    /// Hands on everything that is left, when the writer is gone.
    pub fn finish(&mut self, line: &mut (dyn FnMut(&str) + Send)) -> io::Result<()> {
        self.read(line)?;
        let cut = std::mem::take(&mut self.rest);
        if !cut.is_empty() {
            line(&String::from_utf8_lossy(&cut));
        }
        Ok(())
    }
}
