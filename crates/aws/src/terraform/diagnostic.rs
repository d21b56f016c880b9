//! A warning or an error of terraform, from its stream or from its text for people.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What terraform complains of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// `error` or `warning`.
    pub severity: String,
    /// One line.
    pub summary: String,
    /// The rest, often several lines; empty when there is none.
    #[serde(default)]
    pub detail: String,
    /// The resource it is about.
    #[serde(default)]
    pub address: Option<String>,
    /// Where in the configuration.
    #[serde(default)]
    pub range: Option<Range>,
}

/// A place in a file of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// File, relative to the root.
    pub filename: String,
    /// Where it starts.
    pub start: Position,
}

/// A line and a column, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Line.
    pub line: u64,
    /// Column.
    pub column: u64,
}

impl Diagnostic {
    /// Whether it made terraform fail.
    pub fn is_error(&self) -> bool {
        self.severity == "error"
    }

    /// Summary and detail as one text, in which the cause is looked for.
    pub fn text(&self) -> String {
        format!("{}\n{}", self.summary, self.detail)
    }

    /// The errors in what terraform printed for people, in a frame or without.
    pub fn errors_in(text: &str) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for line in text.lines() {
            let line = line.trim_start_matches(['│', '╷', '╵']).trim();
            match (line.strip_prefix("Error: "), found.last_mut()) {
                (Some(summary), _) => found.push(Self {
                    severity: "error".into(),
                    summary: summary.into(),
                    ..Self::default()
                }),
                (None, Some(open)) => {
                    open.detail.push_str(line);
                    open.detail.push('\n');
                }
                (None, None) => {}
            }
        }
        found
            .iter_mut()
            .for_each(|d| d.detail = d.detail.trim().to_owned());
        found
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(address) = &self.address {
            write!(f, "{address}: ")?;
        }
        f.write_str(&self.summary)?;
        let detail = self.detail.trim();
        if !detail.is_empty() {
            write!(f, ": {detail}")?;
        }
        if let Some(range) = &self.range {
            write!(f, " ({}:{})", range.filename, range.start.line)?;
        }
        Ok(())
    }
}
