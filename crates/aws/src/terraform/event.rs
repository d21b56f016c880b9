//! One line of terraform's machine-readable stream, typed. Nothing is lost: what is unknown is kept.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::diagnostic::Diagnostic;
use super::redact::Redactor;

/// What terraform says while it works.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The first line of a stream.
    Version {
        /// Version of terraform.
        terraform: String,
        /// Version of the stream's format.
        ui: String,
    },
    /// A resource will be changed.
    PlannedChange {
        /// The resource.
        resource: Resource,
        /// What will be done.
        action: String,
    },
    /// A resource is not as terraform left it.
    Drift {
        /// The resource.
        resource: Resource,
        /// What happened to it.
        action: String,
    },
    /// How much a plan would change, or an apply has changed.
    ChangeSummary(ChangeSummary),
    /// Work on a resource began, goes on or ended.
    Apply(Work),
    /// A provisioner of a resource began, said something or ended.
    Provision {
        /// The resource.
        resource: Resource,
        /// Kind of provisioner.
        provisioner: String,
        /// Where it is.
        stage: Stage,
        /// What it printed.
        output: Option<String>,
    },
    /// A warning or an error.
    Diagnostic(Diagnostic),
    /// The outputs, planned or as they are.
    Outputs(BTreeMap<String, Output>),
    /// A line for people.
    Log(String),
    /// A message this build does not know, or not in this shape.
    Other {
        /// Its type.
        kind: String,
        /// All of it.
        raw: Value,
    },
    /// A line that is no message.
    Text(String),
}

/// A resource in terraform's configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Resource {
    /// Full address.
    #[serde(rename = "addr")]
    pub address: String,
    /// Type, such as `aws_msk_cluster`.
    #[serde(rename = "resource_type")]
    pub kind: String,
}

/// Where something that takes time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It began.
    Start,
    /// It goes on.
    Progress,
    /// It ended well.
    Complete,
    /// It failed.
    Errored,
}

/// Work on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// The resource.
    pub resource: Resource,
    /// `create`, `update`, `delete`, `read`.
    pub action: String,
    /// Where it is.
    pub stage: Stage,
    /// How long it has taken, as far as told.
    pub elapsed: Duration,
}

/// Numbers of resources.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct ChangeSummary {
    /// Made.
    pub add: u64,
    /// Changed in place.
    pub change: u64,
    /// Removed.
    pub remove: u64,
    /// `plan`, `apply` or `destroy`.
    pub operation: String,
}

/// An output of the root module.
#[derive(Clone, PartialEq, Deserialize)]
pub struct Output {
    /// It must not be shown.
    #[serde(default)]
    pub sensitive: bool,
    /// Its value; `None` while planned, and in the stream when sensitive.
    #[serde(default)]
    pub value: Option<Value>,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.value, self.sensitive) {
            (_, true) => f.write_str("(sensitive)"),
            (value, false) => value.fmt(f),
        }
    }
}

impl Event {
    /// Reads one line. Values that `redactor` knows as sensitive are masked first.
    pub fn parse(line: &str, redactor: &Redactor) -> Self {
        let Ok(mut raw @ Value::Object(_)) = serde_json::from_str::<Value>(line) else {
            return Self::Text(redactor.text(line));
        };
        redactor.value(&mut raw);
        let Some(kind) = raw["type"].as_str().map(str::to_owned) else {
            return Self::Text(redactor.text(line));
        };
        known(&kind, &raw).unwrap_or(Self::Other { kind, raw })
    }

    /// The diagnostic, when this is an error.
    pub fn error(&self) -> Option<&Diagnostic> {
        match self {
            Self::Diagnostic(diagnostic) if diagnostic.is_error() => Some(diagnostic),
            _ => None,
        }
    }
}

fn known(kind: &str, raw: &Value) -> Option<Event> {
    let event = match kind {
        "version" => Event::Version {
            terraform: string(&raw["terraform"])?,
            ui: string(&raw["ui"])?,
        },
        "planned_change" => Event::PlannedChange {
            resource: resource(&raw["change"])?,
            action: string(&raw["change"]["action"])?,
        },
        "resource_drift" => Event::Drift {
            resource: resource(&raw["change"])?,
            action: string(&raw["change"]["action"])?,
        },
        "change_summary" => Event::ChangeSummary(typed(&raw["changes"])?),
        "diagnostic" => Event::Diagnostic(typed(&raw["diagnostic"])?),
        "outputs" => Event::Outputs(typed(&raw["outputs"])?),
        "log" | "init_output" => Event::Log(string(&raw["@message"])?),
        _ => return staged(kind, &raw["hook"]),
    };
    Some(event)
}

fn staged(kind: &str, hook: &Value) -> Option<Event> {
    let (what, stage) = kind.split_once('_')?;
    let stage = match stage {
        "start" => Stage::Start,
        "progress" => Stage::Progress,
        "complete" => Stage::Complete,
        "errored" => Stage::Errored,
        _ => return None,
    };
    let resource = resource(hook)?;
    match what {
        "apply" => Some(Event::Apply(Work {
            resource,
            stage,
            action: string(&hook["action"])?,
            elapsed: Duration::from_secs_f64(
                hook["elapsed_seconds"].as_f64().unwrap_or(0.0).max(0.0),
            ),
        })),
        "provision" => Some(Event::Provision {
            resource,
            stage,
            provisioner: string(&hook["provisioner"])?,
            output: string(&hook["output"]),
        }),
        _ => None,
    }
}

fn resource(holder: &Value) -> Option<Resource> {
    typed(&holder["resource"])
}

fn string(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn typed<T: serde::de::DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}
