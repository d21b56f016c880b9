//! The end of a log file, and what is written to it afterwards.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Bytes read at a time when looking for the beginning of the last lines.
const BLOCK: u64 = 64 * 1024;
/// Most bytes taken from a followed file at one look, so that memory stays bounded.
const MOST_AT_ONCE: u64 = 4 * 1024 * 1024;

/// A log file that is read to its end and then followed.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    inode: u64,
    position: u64,
    /// Bytes after the last newline.
    unfinished: Vec<u8>,
}

impl Tail {
    /// The log at `path`, which need not exist yet.
    pub fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            open: None,
        }
    }

    /// Its last `count` lines.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn last(&mut self, count: usize) -> io::Result<Vec<String>> {
        let Some(mut open) = Open::at(&self.path)? else {
            return Ok(Vec::new());
        };
        let end = open.file.metadata()?.len();
        open.position = start_of_last(&mut open.file, end, count)?;
        let mut lines = open.take(end)?;
        self.open = Some(open);
        Ok(lines.split_off(lines.len().saturating_sub(count)))
    }

    /// The lines written since; after a rotation the rest of the old file, then the new one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next(&mut self) -> io::Result<Vec<String>> {
        let mut lines = Vec::new();
        if let Some(open) = &mut self.open {
            let length = open.file.metadata()?.len();
            if length < open.position {
                // Cut back to nothing and written anew.
                open.position = 0;
                open.unfinished.clear();
            }
            lines = open.take(length)?;
            let replaced = std::fs::metadata(&self.path).is_ok_and(|now| now.ino() != open.inode);
            if !replaced || open.position < length {
                return Ok(lines);
            }
            lines.extend(open.rest());
        }
        self.open = Open::at(&self.path)?;
        if let Some(open) = &mut self.open {
            let length = open.file.metadata()?.len();
            lines.extend(open.take(length)?);
        }
        Ok(lines)
    }
}

impl Open {
    fn at(path: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let inode = file.metadata()?.ino();
        Ok(Some(Self {
            file,
            inode,
            position: 0,
            unfinished: Vec::new(),
        }))
    }

    /// The complete lines between where we are and `end`.
    fn take(&mut self, end: u64) -> io::Result<Vec<String>> {
        let wanted = end.saturating_sub(self.position).min(MOST_AT_ONCE);
        self.file.seek(SeekFrom::Start(self.position))?;
        let read = (&self.file)
            .take(wanted)
            .read_to_end(&mut self.unfinished)?;
        self.position += read as u64;
        let Some(newline) = self.unfinished.iter().rposition(|byte| *byte == b'\n') else {
            return Ok(Vec::new());
        };
        let rest = self.unfinished.split_off(newline + 1);
        let complete = std::mem::replace(&mut self.unfinished, rest);
        let text = String::from_utf8_lossy(&complete);
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// What a file that is written no more ends with, without a newline.
    fn rest(&mut self) -> Option<String> {
        let rest = std::mem::take(&mut self.unfinished);
        (!rest.is_empty()).then(|| String::from_utf8_lossy(&rest).into_owned())
    }
}

/// Where the last `count` lines of the first `end` bytes begin, looking back at most
/// [`MOST_AT_ONCE`] bytes.
fn start_of_last(file: &mut File, end: u64, count: usize) -> io::Result<u64> {
    let floor = end.saturating_sub(MOST_AT_ONCE);
    let mut start = end;
    let mut newlines = 0;
    while start > floor && newlines <= count {
        let from = start.saturating_sub(BLOCK).max(floor);
        let mut block = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        (&*file).take(start - from).read_to_end(&mut block)?;
        newlines += block.iter().filter(|byte| **byte == b'\n').count();
        start = from;
    }
    Ok(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn append(path: &Path, text: &str) {
        let mut file = File::options()
            .append(true)
            .create(true)
            .open(path)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn the_last_lines_are_the_last_lines_however_long_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let text: String = (0..50_000).map(|i| format!("line {i}\n")).collect();
        append(&path, &text);
        assert_eq!(
            Tail::of(&path).last(2).unwrap(),
            ["line 49998", "line 49999"]
        );
        assert_eq!(Tail::of(&path).last(20_000).unwrap()[0], "line 30000");
        assert_eq!(Tail::of(&path).last(0).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_followed_file_gives_each_line_once_and_only_when_complete() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        append(&path, "old\n");
        let mut tail = Tail::of(&path);
        assert_eq!(tail.last(9).unwrap(), ["old"]);
        append(&path, "one\ntw");
        assert_eq!(tail.next().unwrap(), ["one"]);
        append(&path, "o\n");
        assert_eq!(tail.next().unwrap(), ["two"]);
        assert_eq!(tail.next().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn nothing_is_lost_when_the_file_is_rotated() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        append(&path, "a\n");
        let mut tail = Tail::of(&path);
        assert_eq!(tail.last(9).unwrap(), ["a"]);
        append(&path, "b\nc");
        std::fs::rename(&path, dir.path().join("log.1")).unwrap();
        append(&path, "d\n");
        assert_eq!(tail.next().unwrap(), ["b", "c", "d"]);
    }

    #[test]
    fn a_file_cut_back_is_read_from_its_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        append(&path, "a long line\n");
        let mut tail = Tail::of(&path);
        tail.last(9).unwrap();
        std::fs::write(&path, "new\n").unwrap();
        assert_eq!(tail.next().unwrap(), ["new"]);
    }

    #[test]
    fn a_file_that_appears_later_is_followed_from_its_beginning() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        let mut tail = Tail::of(&path);
        assert_eq!(tail.last(9).unwrap(), Vec::<String>::new());
        append(&path, "first\n");
        assert_eq!(tail.next().unwrap(), ["first"]);
    }
}
