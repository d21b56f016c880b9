//! What came of trying a cell.

use rlab_access::Cell;
use serde::{Deserialize, Serialize};

/// What came of trying.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// It was let through.
    Allowed,
    /// It was denied as such.
    Denied,
    /// Neither can be told, for this reason.
    Unknown(String),
}

/// A cell that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answered {
    /// Its id.
    pub cell: String,
    /// The model's answer.
    pub may: bool,
    /// The server's.
    pub answer: Answer,
}

impl Answered {
    /// What came of trying `cell`.
    pub fn of(cell: &Cell, answer: Answer) -> Self {
        Self {
            cell: cell.id(),
            may: cell.allowed,
            answer,
        }
    }

    /// The same for all of `cells`.
    pub fn all(cells: &[Cell], answer: &Answer) -> Vec<Self> {
        let all = cells.iter().map(|cell| Self::of(cell, answer.clone()));
        all.collect()
    }
}

impl Answer {
    /// Of a question that was answered, or why it was not.
    pub fn told<E: ToString>(told: Result<bool, E>) -> Self {
        match told {
            Ok(true) => Self::Allowed,
            Ok(false) => Self::Denied,
            Err(why) => Self::Unknown(why.to_string()),
        }
    }
}
