//! The body of `POST /commands`: read strictly, and every mistake named at once.

use rlab_contract::envelope::Outcome;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const KIND: &str = "upgrade";
const LONGEST_ITEM_ID: usize = 64;
const FIELDS: [&str; 5] = ["command_id", "item_id", "kind", "outcome", "cost"];

/// A well-formed command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub command_id: Uuid,
    pub item_id: String,
    pub outcome: Outcome,
    pub cost: u32,
}

/// A mistake in the body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub field: String,
    pub problem: String,
}

impl Command {
    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, Vec<Problem>> {
        let object: Map<String, Value> = serde_json::from_slice(body)
            .map_err(|e| vec![problem("body", format!("is not a JSON object: {e}"))])?;
        let mut reader = Reader {
            object: &object,
            problems: Vec::new(),
        };
        let command_id = reader.field("command_id", "a uuid", |v| v.as_str()?.parse().ok());
        let item_id = reader.field(
            "item_id",
            "1 to 64 characters out of A-Z a-z 0-9 . _ : -",
            |v| item_id(v.as_str()?),
        );
        let kind = reader.field("kind", "\"upgrade\"", |v| {
            (v.as_str()? == KIND).then_some(())
        });
        let outcome = reader.field("outcome", "success, keep, drop or destroy", |v| {
            Outcome::named(v.as_str()?)
        });
        let cost = reader.field("cost", "an integer from 0 to 4294967295", |v| {
            u32::try_from(v.as_u64()?).ok()
        });
        reader.refuse_unknown();
        match (command_id, item_id, kind, outcome, cost) {
            (Some(command_id), Some(item_id), Some(()), Some(outcome), Some(cost))
                if reader.problems.is_empty() =>
            {
                Ok(Self {
                    command_id,
                    item_id,
                    outcome,
                    cost,
                })
            }
            _ => Err(reader.problems),
        }
    }

    /// Digest of what is asked, the same however the JSON was written.
    pub fn fingerprint(&self) -> [u8; 32] {
        // Parts are separated by a byte that none of them can hold.
        Sha256::new()
            .chain_update(self.item_id.as_bytes())
            .chain_update([0])
            .chain_update(KIND)
            .chain_update([0])
            .chain_update(self.outcome.name())
            .chain_update([0])
            .chain_update(self.cost.to_be_bytes())
            .finalize()
            .into()
    }
}

struct Reader<'a> {
    object: &'a Map<String, Value>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn field<T>(
        &mut self,
        name: &str,
        wanted: &str,
        read: impl FnOnce(&Value) -> Option<T>,
    ) -> Option<T> {
        let Some(value) = self.object.get(name) else {
            self.problems
                .push(problem(name, format!("is missing; wanted {wanted}")));
            return None;
        };
        let read = read(value);
        if read.is_none() {
            self.problems
                .push(problem(name, format!("is not {wanted}")));
        }
        read
    }

    fn refuse_unknown(&mut self) {
        for name in self.object.keys() {
            if !FIELDS.contains(&name.as_str()) {
                let shown: String = name.chars().take(64).collect();
                self.problems
                    .push(problem(&shown, "is not a known field".into()));
            }
        }
    }
}

fn item_id(text: &str) -> Option<String> {
    let fits = (1..=LONGEST_ITEM_ID).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b));
    fits.then(|| text.to_owned())
}

fn problem(field: &str, problem: String) -> Problem {
    Problem {
        field: field.to_owned(),
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"command_id":"00000000-0000-0000-0000-000000000007","item_id":"a-1",
        "kind":"upgrade","outcome":"success","cost":5}"#;

    fn fields(body: &str) -> Vec<String> {
        let problems = Command::parse(body.as_bytes()).unwrap_err();
        problems.into_iter().map(|p| p.field).collect()
    }

    #[test]
    fn a_good_body_is_read() {
        let command = Command::parse(GOOD.as_bytes()).unwrap();
        assert_eq!(command.command_id, Uuid::from_u128(7));
        assert_eq!((command.item_id.as_str(), command.cost), ("a-1", 5));
    }

    #[test]
    fn all_mistakes_are_named_at_once() {
        let body = r#"{"command_id":7,"item_id":"a b","outcome":"maybe","cost":-1,"tip":1}"#;
        let expected = ["command_id", "item_id", "kind", "outcome", "cost", "tip"];
        assert_eq!(fields(body), expected);
    }

    #[test]
    fn what_is_not_an_object_is_a_mistake_of_the_body() {
        let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        let nested = format!("{{\"a\":{deep}}}");
        for body in ["", "7", "[]", "{", "\u{0}", deep.as_str(), nested.as_str()] {
            assert_eq!(fields(body), ["body"], "{body:.20}");
        }
    }

    #[test]
    fn the_fingerprint_tells_requests_apart_and_not_their_spelling() {
        let print = |body: &str| Command::parse(body.as_bytes()).unwrap().fingerprint();
        let reordered = r#"{ "cost": 5, "outcome": "success", "kind": "upgrade", "item_id": "a-1",
            "command_id": "00000000-0000-0000-0000-000000000007" }"#;
        assert_eq!(print(GOOD), print(reordered));
        assert_ne!(print(GOOD), print(&GOOD.replace(":5", ":6")));
        assert_ne!(print(GOOD), print(&GOOD.replace("success", "keep")));
        assert_ne!(print(GOOD), print(&GOOD.replace("a-1", "a-2")));
    }
}
