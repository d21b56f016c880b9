//! Prints one value as text or as a JSON document.

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::stream;
use crate::exit::Exit;
use crate::failure::Failure;

/// How data is printed on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Text and tables for people.
    Human,
    /// One indented JSON document.
    Json,
    /// One JSON document a line.
    Jsonl,
}

impl Format {
    /// The word for it in flags and files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
        }
    }

    /// Prints `value`, or for people what `human` makes of it.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn print<T: Serialize>(
        self,
        value: &T,
        human: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        let text = match self {
            Self::Human => human(),
            Self::Json => json(serde_json::to_string_pretty(value))?,
            Self::Jsonl => json(serde_json::to_string(value))?,
        };
        Ok(stream::data(&text)?)
    }

    /// Prints `value`, which `exit` was decided from, and ends with `exit`: a reader that left takes
    /// no decision back.
    ///
    /// # Errors
    /// When stdout cannot be written for another reason.
    pub fn conclude<T: Serialize>(
        self,
        value: &T,
        human: impl FnOnce() -> String,
        exit: Exit,
    ) -> Result<Exit, Failure> {
        match self.print(value, human) {
            Ok(()) | Err(Failure::ReaderGone) => Ok(exit),
            Err(failure) => Err(failure),
        }
    }
}

fn json(text: serde_json::Result<String>) -> Result<String, Failure> {
    text.map_err(|e| {
        Failure::new(
            Exit::Internal,
            format!("document cannot be written as JSON: {e}"),
        )
    })
}
