//! Schemas of the pipeline's events: put into a lab's registry, and compared with what is there.

use rlab_contract::compatibility::breaks;
use rlab_contract::envelope::SCHEMA_JSON;
use rlab_contract::registry::{RegistryClient, RegistryError, WriterSchema};
use rlab_contract::topics::value_subject;
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::LabError;
use crate::home::LabDir;
use crate::pipeline::registry;
use crate::servers::Site;

/// A schema and the subject it is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Registry subject; that of the lab's own topic when it is not given.
    pub subject: Option<String>,
    /// Avro JSON.
    pub schema: String,
}

impl Candidate {
    /// `schema`, without one the envelope of this version, for `subject`.
    ///
    /// # Errors
    /// [`LabError::Schema`] when it is no Avro schema.
    pub fn new(subject: Option<String>, schema: Option<String>) -> Result<Self, LabError> {
        let schema = schema.unwrap_or_else(|| SCHEMA_JSON.to_owned());
        WriterSchema::parse(&schema).map_err(LabError::Schema)?;
        Ok(Self { subject, schema })
    }

    fn subject_in(&self, site: &Site) -> String {
        let own = || value_subject(&site.spec.own_namespace().topic);
        self.subject.clone().unwrap_or_else(own)
    }
}

/// How a schema stands to what is registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SchemaCheck {
    /// Always `rlab/schema-check/v1`.
    pub schema: &'static str,
    /// Registry subject.
    pub subject: String,
    /// Newest version registered; none if nothing is.
    pub version: Option<u32>,
    /// Whether readers of the schema can read what was written under the newest version.
    pub compatible: bool,
    /// Where it breaks, as far as it can be told.
    pub breaks: Vec<String>,
}

/// What was registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SchemaRegistered {
    /// Always `rlab/schema-registered/v1`.
    pub schema: &'static str,
    /// Registry subject, whose compatibility is BACKWARD now.
    pub subject: String,
    /// The registry's id of the schema.
    pub id: u32,
    /// Newest version of the subject.
    pub version: Option<u32>,
}

/// Compares `candidate` with the registry of the lab in `dir`; changes nothing.
///
/// # Errors
/// When the registry cannot be asked.
pub async fn check(dir: &LabDir, candidate: &Candidate) -> Result<SchemaCheck, LabError> {
    let (client, site) = open(dir)?;
    let (endpoint, subject) = (registry(&site)?, &candidate.subject_in(&site));
    let schema = &candidate.schema;
    let latest = client.latest(&endpoint, subject).await.map_err(asked)?;
    let compatible = client
        .is_compatible(&endpoint, subject, schema)
        .await
        .map_err(asked)?;
    let breaks = match &latest {
        Some((_, old)) if !compatible => places(old, schema),
        _ => Vec::new(),
    };
    Ok(SchemaCheck {
        schema: "rlab/schema-check/v1",
        subject: subject.clone(),
        version: latest.map(|(version, _)| version),
        compatible,
        breaks,
    })
}

/// Registers `candidate` in the lab in `dir`, with compatibility BACKWARD.
///
/// # Errors
/// When the registry refuses, as it does what would break readers; then nothing is registered.
pub async fn register(dir: &LabDir, candidate: &Candidate) -> Result<SchemaRegistered, LabError> {
    let (client, site) = open(dir)?;
    let (endpoint, subject) = (registry(&site)?, &candidate.subject_in(&site));
    let schema = &candidate.schema;
    let registering = client.register(&endpoint, subject, schema);
    let id = registering.await.map_err(asked)?;
    let latest = client.latest(&endpoint, subject).await.map_err(asked)?;
    Ok(SchemaRegistered {
        schema: "rlab/schema-registered/v1",
        subject: subject.clone(),
        id,
        version: latest.map(|(version, _)| version),
    })
}

fn open(dir: &LabDir) -> Result<(RegistryClient, Site), LabError> {
    if !dir.exists() {
        return Err(crate::status::no_such_lab(dir));
    }
    let site = Site::load(dir.clone())?;
    Ok((RegistryClient::default(), site))
}

fn asked(error: RegistryError) -> LabError {
    LabError::Registry(error.to_string())
}

fn places(old: &str, new: &str) -> Vec<String> {
    match (serde_json::from_str(old), serde_json::from_str(new)) {
        (Ok(old), Ok(new)) => breaks(&old, &new),
        _ => Vec::new(),
    }
}
