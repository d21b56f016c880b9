//! Why somebody may do something, or that nobody said they may.

use rlab_document::one_of;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cell::Cell;
use crate::matrix::matrix;
use crate::model::Model;

/// What the model says of an agent or of a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Explained {
    /// Always `rlab/iam-explanation/v1`.
    pub schema: &'static str,
    /// What was asked for: an agent, or the id of a cell.
    pub what: String,
    /// Of an agent what it may do, of a cell the answer to it.
    pub cells: Vec<Line>,
}

/// One cell with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Line {
    /// Its id.
    pub cell: String,
    /// The answer.
    pub allowed: bool,
    /// The lines of the model that allow it.
    pub because: Vec<Because>,
}

/// A line of the model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Because {
    /// Where, counted from 1.
    pub line: usize,
    /// Why.
    pub reason: String,
}

/// What `model` says of `what`, an agent's name or a cell's id.
///
/// # Errors
/// A suggestion, when it is neither.
pub fn explain(model: &Model, what: &str) -> Result<Explained, String> {
    let cells = matrix(model);
    let of_agent = model.file().agents.contains_key(what);
    let chosen: Vec<Line> = cells
        .iter()
        .filter(|cell| match of_agent {
            true => cell.agent == what && cell.allowed,
            false => cell.id() == what,
        })
        .map(|cell| line(model, cell))
        .collect();
    if chosen.is_empty() && !of_agent {
        let ids: Vec<String> = cells.iter().map(Cell::id).collect();
        return Err(match what.contains('/') {
            true => one_of("cells", what, nearest(&ids, what)),
            false => one_of(
                "agents",
                what,
                model.file().agents.keys().map(String::as_str),
            ),
        }
        .unwrap_or_default());
    }
    Ok(Explained {
        schema: "rlab/iam-explanation/v1",
        what: what.to_owned(),
        cells: chosen,
    })
}

/// The ids that begin like `what` as far as any does: there are thousands in all.
fn nearest<'a>(ids: &'a [String], what: &str) -> Vec<&'a str> {
    const MOST: usize = 8;
    let shared = |id: &str| {
        id.chars()
            .zip(what.chars())
            .take_while(|(a, b)| a == b)
            .count()
    };
    let best = ids.iter().map(|id| shared(id)).max().unwrap_or_default();
    let near = ids.iter().filter(|id| shared(id) == best);
    near.map(String::as_str).take(MOST).collect()
}

fn line(model: &Model, cell: &Cell) -> Line {
    let because = cell.grants.iter().filter_map(|&grant| {
        let reason = model.file().grant.get(grant)?.reason.clone();
        let line = model.line_of(grant);
        Some(Because { line, reason })
    });
    Line {
        cell: cell.id(),
        allowed: cell.allowed,
        because: because.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_explained_by_what_it_may_do_and_a_cell_by_its_answer() {
        let model = Model::built_in().unwrap();
        let relay = explain(&model, "outbox-relay").unwrap();
        assert!(
            relay
                .cells
                .iter()
                .all(|line| line.allowed && !line.because.is_empty())
        );
        let id = "kafka/outbox-relay/kafka-topic:valuation.events.main/delete";
        let denied = explain(&model, id).unwrap();
        assert!(!denied.cells[0].allowed && denied.cells[0].because.is_empty());
    }

    #[test]
    fn what_is_neither_is_answered_with_what_is_near() {
        let model = Model::built_in().unwrap();
        assert_eq!(
            explain(&model, "outbox-rely").unwrap_err(),
            "did you mean `outbox-relay`?"
        );
        let help = explain(
            &model,
            "kafka/outbox-relay/kafka-topic:valuation.events.main/delet",
        );
        assert!(help.unwrap_err().contains("main/delete"));
    }
}
