//! The text of `SHA256SUMS`.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::files::plain;

const HEX: usize = 64;
const BETWEEN: &str = "  ";
const BEFORE_OWN: &str = "# sha256 of the lines above: ";

/// The listed files, in the order of their paths.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    /// Digest in hex, and path.
    pub lines: Vec<(String, String)>,
}

/// What was read of a text of sums.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub sums: Sums,
    /// Whether the last line is the digest of the others, so that no line was changed, taken away
    /// or put in.
    pub intact: bool,
    /// The first line, from 1, whose path does not come after the one before. It need not be the one
    /// that was changed.
    pub disorder: Option<u64>,
}

/// A line that no list of ours has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadLine {
    /// Which, from 1.
    pub line: u64,
    pub why: &'static str,
}

impl Sums {
    /// Adds a file; paths come in their order.
    pub fn add(&mut self, digest: String, path: String) {
        self.lines.push((digest, path));
    }

    /// The text as written.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (digest, path) in &self.lines {
            let _ = writeln!(text, "{digest}{BETWEEN}{path}");
        }
        let own = own_digest(text.as_bytes());
        let _ = writeln!(text, "{BEFORE_OWN}{own}");
        text
    }

    /// Reads a text of sums.
    pub fn read(text: &[u8]) -> Result<Read, BadLine> {
        let mut sums = Self::default();
        let mut above = 0;
        let mut disorder = None;
        for (number, line) in (1..).zip(text.split_inclusive(|byte| *byte == b'\n')) {
            let bad = |why| BadLine { line: number, why };
            let whole = line.strip_suffix(b"\n").ok_or(bad("it is cut short"))?;
            let whole = std::str::from_utf8(whole).map_err(|_| bad("it is not text"))?;
            if above + line.len() == text.len() {
                let own = whole
                    .strip_prefix(BEFORE_OWN)
                    .ok_or(bad("it should end the list with a digest of it"))?;
                let intact = own == own_digest(&text[..above]);
                return Ok(Read {
                    sums,
                    intact,
                    disorder,
                });
            }
            let (digest, path) = entry(whole).map_err(bad)?;
            let last = sums.lines.last();
            if last.is_some_and(|(_, before)| before.as_str() >= path) {
                disorder = disorder.or(Some(number));
            }
            sums.add(digest.to_owned(), path.to_owned());
            above += line.len();
        }
        Err(BadLine {
            line: 1,
            why: "the file is empty",
        })
    }
}

fn entry(line: &str) -> Result<(&str, &str), &'static str> {
    let hex = |digest: &str| {
        digest
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let (digest, rest) = line
        .split_at_checked(HEX)
        .filter(|(digest, _)| hex(digest))
        .ok_or("it does not begin with a SHA-256")?;
    let path = rest
        .strip_prefix(BETWEEN)
        .ok_or("two spaces should follow the digest")?;
    let inside = path
        .split('/')
        .all(|part| !part.is_empty() && part != "." && part != "..");
    if inside && plain(path) {
        Ok((digest, path))
    } else {
        Err("its path is not one within the run")
    }
}

fn own_digest(lines: &[u8]) -> String {
    hex::encode(Sha256::digest(lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Sums {
        let mut sums = Sums::default();
        sums.add("a".repeat(HEX), "arms/outbox/snapshot.jsonl.zst".into());
        sums.add("0".repeat(HEX), "plan.json".into());
        sums
    }

    fn refused(text: &str) -> (u64, &'static str) {
        let bad = Sums::read(text.as_bytes()).unwrap_err();
        (bad.line, bad.why)
    }

    #[test]
    fn a_list_is_read_back_as_written() {
        let read = Sums::read(two().text().as_bytes()).unwrap();
        assert_eq!((read.sums, read.intact), (two(), true));
    }

    #[test]
    fn a_line_of_another_form_is_refused_by_its_number() {
        let text = two().text();
        let zeros = "0".repeat(HEX);
        for (from, to, line, word) in [
            ("aaaa", "AAAA", 1, "SHA-256"),
            ("  plan", " *plan", 2, "two spaces"),
            ("plan.json", "../plan.json", 2, "within"),
            ("plan.json", "/plan.json", 2, "within"),
            ("# sha", "sha", 3, "digest of it"),
            (&zeros, "00", 2, "SHA-256"),
        ] {
            let (at, why) = refused(&text.replacen(from, to, 1));
            assert_eq!(at, line, "{from} to {to}: {why}");
            assert!(why.contains(word), "{from} to {to}: {why}");
        }
        assert_eq!(refused(text.trim_end()), (3, "it is cut short"));
        assert_eq!(refused(""), (1, "the file is empty"));
    }

    #[test]
    fn paths_out_of_order_are_told_by_the_line_where_it_shows() {
        let text = two().text().replacen("plan.json", "a.json", 1);
        let read = Sums::read(text.as_bytes()).unwrap();
        assert_eq!((read.intact, read.disorder), (false, Some(2)));
        assert_eq!(Sums::read(two().text().as_bytes()).unwrap().disorder, None);
    }

    #[test]
    fn a_removed_line_is_noticed() {
        let text = two().text();
        let without: Vec<&str> = text.split_inclusive('\n').skip(1).collect();
        assert!(!Sums::read(without.concat().as_bytes()).unwrap().intact);
    }
}
