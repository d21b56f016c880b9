//! The two streams: data on stdout, everything said about it on stderr.

use std::io::{self, Write};

/// Writes `text` and a newline to stdout.
///
/// # Errors
/// When nobody reads any more, or the disk behind a redirection is full.
pub fn data(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Writes a line of progress, explanation or hint to stderr. A closed stderr is no reason to stop.
pub fn note(text: &str) {
    let mut err = anstream::stderr().lock();
    let _ = err
        .write_all(text.as_bytes())
        .and_then(|()| err.write_all(b"\n"));
}

/// Writes `error: …` to stderr, the first word in red where colours are shown.
pub fn error(text: &str) {
    note(&format!("\u{1b}[1;31merror:\u{1b}[0m {text}"));
}
