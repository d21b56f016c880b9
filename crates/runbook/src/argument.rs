//! Arguments: a value written out, or `$name` for a parameter or a case's value.

use std::borrow::Cow;
use std::num::{NonZeroU32, NonZeroU64};

use rlab_document::{HumanDuration, Rate};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

use crate::action::Rights;
use crate::cases::CaseValue;
use crate::format::{Acks, Retry};
use crate::parameter::ParameterValue;

/// A value, or the name of the parameter or of the case's value that holds it.
#[derive(Debug, Clone)]
pub(crate) enum Arg<T> {
    Literal(T),
    Parameter(String),
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Arg<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        if let Some(name) = value.as_str().and_then(|text| text.strip_prefix('$')) {
            return Ok(Self::Parameter(name.to_owned()));
        }
        serde_json::from_value(value)
            .map(Self::Literal)
            .map_err(D::Error::custom)
    }
}

impl<T: JsonSchema> JsonSchema for Arg<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("{}OrParameter", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                generator.subschema_for::<T>(),
                {
                    "type": "string",
                    "title": "parameter",
                    "pattern": "^\\$[a-z][a-z0-9_]*$",
                    "examples": ["$commands"],
                },
            ]
        })
    }
}

/// A type that a parameter or a case's value can stand for.
pub(crate) trait FromParameter: Sized {
    /// What the parameter must be, for messages.
    const WANTED: &'static str;

    fn from_parameter(value: ParameterValue) -> Option<Self>;

    /// Numbers of a case count as integer parameters do.
    fn from_case(value: &CaseValue) -> Option<Self> {
        match value {
            CaseValue::Integer(value) => {
                Self::from_parameter(ParameterValue::Integer(i64::from(*value)))
            }
            CaseValue::Bool(_) | CaseValue::Word(_) => None,
        }
    }
}

impl FromParameter for NonZeroU32 {
    const WANTED: &'static str = "an integer from 1 to 4294967295";

    fn from_parameter(value: ParameterValue) -> Option<Self> {
        value.integer()?.try_into().ok().and_then(Self::new)
    }
}

impl FromParameter for NonZeroU64 {
    const WANTED: &'static str = "an integer of at least 1";

    fn from_parameter(value: ParameterValue) -> Option<Self> {
        value.integer()?.try_into().ok().and_then(Self::new)
    }
}

impl FromParameter for Rate {
    const WANTED: &'static str = "an integer of at least 1 (events per second)";

    fn from_parameter(value: ParameterValue) -> Option<Self> {
        NonZeroU32::from_parameter(value).map(Self::each_second)
    }
}

impl FromParameter for HumanDuration {
    const WANTED: &'static str = "a duration";

    fn from_parameter(value: ParameterValue) -> Option<Self> {
        match value {
            ParameterValue::Duration(duration) => Some(duration),
            ParameterValue::Integer(_) | ParameterValue::Number(_) => None,
        }
    }
}

impl FromParameter for u32 {
    const WANTED: &'static str = "an integer from 0 to 4294967295";

    fn from_parameter(value: ParameterValue) -> Option<Self> {
        value.integer()?.try_into().ok()
    }
}

impl FromParameter for bool {
    const WANTED: &'static str = "true or false";

    fn from_parameter(_: ParameterValue) -> Option<Self> {
        None
    }

    fn from_case(value: &CaseValue) -> Option<Self> {
        match value {
            CaseValue::Bool(value) => Some(*value),
            CaseValue::Integer(_) | CaseValue::Word(_) => None,
        }
    }
}

impl FromParameter for Acks {
    const WANTED: &'static str = "`none`, `leader` or `all`";

    fn from_parameter(_: ParameterValue) -> Option<Self> {
        None
    }

    fn from_case(value: &CaseValue) -> Option<Self> {
        serde_json::from_value(serde_json::to_value(value).ok()?).ok()
    }
}

impl FromParameter for Retry {
    const WANTED: &'static str = "`immediate` or `full_jitter`";

    fn from_parameter(_: ParameterValue) -> Option<Self> {
        None
    }

    fn from_case(value: &CaseValue) -> Option<Self> {
        serde_json::from_value(serde_json::to_value(value).ok()?).ok()
    }
}

impl FromParameter for Rights {
    const WANTED: &'static str =
        "`as_generated`, `wildcard_added`, `right_dropped` or `grant_widened`";

    fn from_parameter(_: ParameterValue) -> Option<Self> {
        None
    }

    fn from_case(value: &CaseValue) -> Option<Self> {
        serde_json::from_value(serde_json::to_value(value).ok()?).ok()
    }
}
