//! The matrix of a runbook: named lists of values, and every combination of them as a case.

use std::fmt;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A value that a case gives to one of its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum CaseValue {
    /// True or false.
    Bool(bool),
    /// A whole number, not below zero.
    Integer(#[schemars(range(min = 0, max = 1_000_000_000))] u32),
    /// A word in snake case.
    Word(#[schemars(schema_with = "word_schema")] String),
}

fn word_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "string",
        "title": "word",
        "pattern": "^[a-z][a-z0-9_]*$",
    })
}

impl CaseValue {
    /// What kind of value it is, in words.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Bool(_) => "true or false",
            Self::Integer(_) => "an integer",
            Self::Word(_) => "a word",
        }
    }
}

impl fmt::Display for CaseValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Word(value) => value.fmt(f),
        }
    }
}

/// Named lists of values.
pub(crate) type Matrix = IndexMap<String, Vec<CaseValue>>;

/// What a case gives to each name of the matrix.
pub(crate) type CaseValues = IndexMap<String, CaseValue>;

/// The first value of every list, for checks where there are no combinations.
pub(crate) fn first_of_each(matrix: &Matrix) -> CaseValues {
    let lists = matrix.iter();
    lists
        .filter_map(|(name, values)| Some((name.clone(), values.first()?.clone())))
        .collect()
}

/// A drill of more cases takes longer than anybody waits.
const MOST_CASES: usize = 100;

/// With the id, the arm and a mark beside it a name must fit into a schema's 64 characters.
const LONGEST_NAME: usize = 40;

/// Every combination of the matrix by its name, the last list turning fastest; one of nothing where
/// there is no matrix.
///
/// A name is made of `a-z`, `0-9` and `_`, for example `acks_all_min_isr_2`, so that it fits into
/// topics, schemas and directories. The error says why there are no such names.
pub(crate) fn combinations(matrix: &Matrix) -> Result<IndexMap<String, CaseValues>, String> {
    let count = matrix
        .values()
        .fold(1, |count: usize, values| count.saturating_mul(values.len()));
    if count > MOST_CASES {
        return Err(format!("{count} cases, but at most {MOST_CASES} are run"));
    }
    let mut combinations = vec![CaseValues::new()];
    for (name, values) in matrix {
        let longer = combinations.iter().flat_map(|shorter| {
            values.iter().map(move |value| {
                let mut longer = shorter.clone();
                longer.insert(name.clone(), value.clone());
                longer
            })
        });
        combinations = longer.collect();
    }
    let mut cases = IndexMap::new();
    for values in combinations {
        let parts: Vec<String> = values
            .iter()
            .map(|(name, value)| format!("{name}_{value}"))
            .collect();
        let name = parts.join("_");
        if name.len() > LONGEST_NAME {
            return Err(format!(
                "`{name}`, the name of a case, is longer than {LONGEST_NAME} characters"
            ));
        }
        if cases.contains_key(&name) {
            return Err(format!("two cases would both be called `{name}`"));
        }
        cases.insert(name, values);
    }
    Ok(cases)
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::{CaseValue, combinations};

    fn words(list: &[&str]) -> Vec<CaseValue> {
        list.iter()
            .map(|word| CaseValue::Word((*word).to_owned()))
            .collect()
    }

    #[test]
    fn every_combination_is_a_case_with_a_name_that_tells_its_values() {
        let matrix = IndexMap::from([
            ("acks".to_owned(), words(&["none", "all"])),
            (
                "min_isr".to_owned(),
                vec![CaseValue::Integer(1), CaseValue::Integer(2)],
            ),
        ]);
        let cases = combinations(&matrix).unwrap();
        assert!(cases.keys().eq([
            "acks_none_min_isr_1",
            "acks_none_min_isr_2",
            "acks_all_min_isr_1",
            "acks_all_min_isr_2",
        ]));
        assert_eq!(cases[3]["acks"], CaseValue::Word("all".to_owned()));
    }

    #[test]
    fn two_cases_of_one_name_are_refused() {
        let matrix = IndexMap::from([
            ("a".to_owned(), words(&["x", "x_b_y"])),
            ("b".to_owned(), words(&["z", "y_b_z"])),
        ]);
        let why = combinations(&matrix).unwrap_err();
        assert_eq!(why, "two cases would both be called `a_x_b_y_b_z`");
    }
}
