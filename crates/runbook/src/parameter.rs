//! Parameters: what a runbook declares, and what one drill sets.

use std::fmt;

use indexmap::IndexMap;
use rlab_document::{HumanDuration, one_of};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;

/// A parameter as a runbook declares it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameter {
    #[serde(rename = "type")]
    pub kind: ParameterKind,
    pub default: Written,
    /// Least allowed value.
    pub min: Option<Written>,
    /// Greatest allowed value.
    pub max: Option<Written>,
}

/// What a parameter holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ParameterKind {
    Integer,
    Number,
    Duration,
}

/// A parameter's value as a document writes it: a number, or text for a duration.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(transparent)]
pub(crate) struct Written(#[schemars(schema_with = "written_schema")] serde_json::Value);

fn written_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": ["number", "string"],
        "title": "number or duration",
        "examples": [4000, 0.5, "30s"],
    })
}

/// The value of a parameter in one drill.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ParameterValue {
    /// A whole number.
    Integer(i64),
    /// Any finite number.
    Number(f64),
    /// A length of time.
    Duration(HumanDuration),
}

impl ParameterValue {
    /// As expressions see it: durations in milliseconds.
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Integer(value) => value as f64,
            Self::Number(value) => value,
            Self::Duration(value) => value.as_millis() as f64,
        }
    }

    pub(crate) fn integer(self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(value),
            Self::Number(_) | Self::Duration(_) => None,
        }
    }
}

impl fmt::Display for ParameterValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(value) => value.fmt(f),
            Self::Number(value) => value.fmt(f),
            Self::Duration(value) => value.fmt(f),
        }
    }
}

impl Serialize for ParameterValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Number(value) => serializer.serialize_f64(*value),
            Self::Duration(value) => value.serialize(serializer),
        }
    }
}

impl ParameterKind {
    /// Reads `text` as a value of this kind, or says what was wanted.
    pub fn read(self, text: &str) -> Result<ParameterValue, &'static str> {
        match self {
            Self::Integer => text
                .parse()
                .map(ParameterValue::Integer)
                .map_err(|_| "an integer"),
            Self::Number => text
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite())
                .map(ParameterValue::Number)
                .ok_or("a number"),
            Self::Duration => text
                .parse()
                .map(ParameterValue::Duration)
                .map_err(|_| "a duration, for example 30s"),
        }
    }

    pub fn read_written(self, written: &Written) -> Result<ParameterValue, &'static str> {
        match &written.0 {
            serde_json::Value::String(text) if self == Self::Duration => self.read(text),
            serde_json::Value::String(_) => self.read(""),
            other => self.read(&other.to_string()),
        }
    }
}

impl Parameter {
    /// Why `value` is not allowed, if it is not.
    pub fn out_of_bounds(&self, value: ParameterValue) -> Option<String> {
        let bound = |written: &Option<Written>| self.kind.read_written(written.as_ref()?).ok();
        if let Some(min) = bound(&self.min).filter(|min| value.as_f64() < min.as_f64()) {
            return Some(format!("{value} is below the minimum {min}"));
        }
        let max = bound(&self.max).filter(|max| value.as_f64() > max.as_f64())?;
        Some(format!("{value} is above the maximum {max}"))
    }
}

/// Every override that cannot be used, one line each.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", problems.join("\n"))]
pub struct ParameterErrors {
    /// What is wrong with each, with the parameter's name.
    pub problems: Vec<String>,
}

/// The defaults with `overrides` (name, text) put over them.
pub(crate) fn with_overrides(
    declared: &IndexMap<String, Parameter>,
    overrides: &[(String, String)],
) -> Result<IndexMap<String, ParameterValue>, ParameterErrors> {
    let mut values: IndexMap<String, ParameterValue> = declared
        .iter()
        .filter_map(|(name, parameter)| {
            let value = parameter.kind.read_written(&parameter.default).ok()?;
            Some((name.clone(), value))
        })
        .collect();
    let mut problems = Vec::new();
    for (name, text) in overrides {
        let Some(parameter) = declared.get(name) else {
            let help = one_of("parameters", name, declared.keys().map(String::as_str))
                .unwrap_or_else(|| "this runbook has none".to_owned());
            problems.push(format!("unknown parameter `{name}`: {help}"));
            continue;
        };
        match parameter.kind.read(text) {
            Err(wanted) => problems.push(format!("{name}: `{text}` is not {wanted}")),
            Ok(value) => match parameter.out_of_bounds(value) {
                Some(why) => problems.push(format!("{name}: {why}")),
                None => {
                    values.insert(name.clone(), value);
                }
            },
        }
    }
    if problems.is_empty() {
        Ok(values)
    } else {
        Err(ParameterErrors { problems })
    }
}
