//! Client of the schema registry, in the dialect that Confluent's and Apicurio's servers share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use apache_avro::Schema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const BASE_PATH: &str = "/apis/ccompat/v7";
const TIMEOUT: Duration = Duration::from_secs(5);

/// Why the registry gave no answer we can use.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// No connection, or no whole answer in time. Worth another try.
    #[error("schema registry at {endpoint} unreachable: {reason}")]
    Unreachable {
        /// `ip:port` asked.
        endpoint: String,
        /// What the connection said.
        reason: String,
    },
    /// The schema would break readers of the subject's earlier versions.
    #[error("schema for subject {subject} refused as incompatible: {reason}")]
    Incompatible {
        /// Subject it was meant for.
        subject: String,
        /// The registry's words.
        reason: String,
    },
    /// No schema has this id, at least not yet where it was asked for.
    #[error("schema id {id} is not in the registry")]
    UnknownId {
        /// The id asked for.
        id: u32,
    },
    /// The schema behind the id is not Avro.
    #[error("schema id {id} is not valid Avro: {reason}")]
    NotAvro {
        /// The id asked for.
        id: u32,
        /// What the parser said.
        reason: String,
    },
    /// Any other answer.
    #[error("schema registry answered {status} to {request}: {reason}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Method and path.
        request: String,
        /// The registry's words.
        reason: String,
    },
}

impl RegistryError {
    /// Whether the record or schema is at fault, so that asking again cannot help.
    pub fn is_permanent(&self) -> bool {
        matches!(
            self,
            Self::Incompatible { .. } | Self::UnknownId { .. } | Self::NotAvro { .. }
        )
    }
}

/// A parsed schema under which a record was written.
#[derive(Debug)]
pub struct WriterSchema(Schema);

impl WriterSchema {
    /// Parses the JSON text of an Avro schema.
    ///
    /// # Errors
    /// What the Avro parser says.
    pub fn parse(json: &str) -> Result<Self, String> {
        Schema::parse_str(json).map(Self).map_err(|e| e.to_string())
    }

    pub(crate) fn schema(&self) -> &Schema {
        &self.0
    }
}

/// Registers schemas and looks them up. Schemas registered or looked up are kept, since an id never
/// changes its meaning. The endpoint (`ip:port`) is given with each call, so that it may move.
#[derive(Debug)]
pub struct RegistryClient {
    http: reqwest::Client,
    by_id: Mutex<HashMap<u32, Arc<WriterSchema>>>,
}

#[derive(Deserialize)]
struct Registered {
    id: u32,
}

#[derive(Deserialize)]
struct Compatible {
    is_compatible: bool,
}

#[derive(Deserialize)]
struct Version {
    version: u32,
    schema: String,
}

#[derive(Deserialize)]
struct Found {
    schema: String,
}

impl Default for RegistryClient {
    fn default() -> Self {
        Self {
            // The registry is a server of the lab: a proxy from the environment has no part in it.
            http: reqwest::Client::builder()
                .no_proxy()
                .build()
                .expect("a client without TLS needs nothing of the system"),
            by_id: Mutex::default(),
        }
    }
}

impl RegistryClient {
    /// Registers `schema` (Avro JSON) under `subject` with compatibility BACKWARD; returns its id,
    /// the same id when it is registered already.
    ///
    /// # Errors
    /// [`RegistryError::Incompatible`] when it would break readers, else see the variants.
    pub async fn register(
        &self,
        endpoint: &str,
        subject: &str,
        schema: &str,
    ) -> Result<u32, RegistryError> {
        // Compatibility first, so that the check applies to this very schema. A subject that does
        // not exist yet cannot be configured: there is nothing to break, so it is set afterwards.
        let configured = self.set_backward(endpoint, subject).await;
        let path = format!("/subjects/{subject}/versions");
        let body = json!({ "schema": schema, "schemaType": "AVRO" });
        let registered: Registered = match self.post(endpoint, &path, &body).await {
            Err(RegistryError::Refused {
                status: 409,
                reason,
                ..
            }) => {
                return Err(RegistryError::Incompatible {
                    subject: subject.to_owned(),
                    reason,
                });
            }
            other => other?,
        };
        if configured.is_err() {
            self.set_backward(endpoint, subject).await?;
        }
        self.keep(registered.id, schema)?;
        Ok(registered.id)
    }

    /// Whether `schema` (Avro JSON) could be registered under `subject` without breaking readers of its
    /// newest version; true also where nothing is registered yet.
    ///
    /// # Errors
    /// See the variants.
    pub async fn is_compatible(
        &self,
        endpoint: &str,
        subject: &str,
        schema: &str,
    ) -> Result<bool, RegistryError> {
        let path = format!("/compatibility/subjects/{subject}/versions/latest");
        let body = json!({ "schema": schema, "schemaType": "AVRO" });
        let answer: Result<Compatible, _> = self.post(endpoint, &path, &body).await;
        match answer {
            Err(RegistryError::Refused { status: 404, .. }) => Ok(true),
            other => Ok(other?.is_compatible),
        }
    }

    /// Number and JSON text of the newest schema under `subject`; none if nothing is registered.
    ///
    /// # Errors
    /// See the variants.
    pub async fn latest(
        &self,
        endpoint: &str,
        subject: &str,
    ) -> Result<Option<(u32, String)>, RegistryError> {
        let path = format!("/subjects/{subject}/versions/latest");
        let request = self.http.get(url(endpoint, &path));
        match self.send::<Version>(endpoint, "GET", &path, request).await {
            Err(RegistryError::Refused { status: 404, .. }) => Ok(None),
            other => other.map(|found| Some((found.version, found.schema))),
        }
    }

    /// The schema with this id, from memory when it was asked for before.
    ///
    /// # Errors
    /// [`RegistryError::UnknownId`] when there is none, else see the variants.
    pub async fn schema_by_id(
        &self,
        endpoint: &str,
        id: u32,
    ) -> Result<Arc<WriterSchema>, RegistryError> {
        if let Some(known) = self.cache().get(&id) {
            return Ok(Arc::clone(known));
        }
        let path = format!("/schemas/ids/{id}");
        let request = self.http.get(url(endpoint, &path));
        let found: Found = match self.send(endpoint, "GET", &path, request).await {
            Err(RegistryError::Refused { status: 404, .. }) => {
                return Err(RegistryError::UnknownId { id });
            }
            other => other?,
        };
        self.keep(id, &found.schema)
    }

    /// Deletes `subject` for good; one that does not exist is passed over. The two steps are the
    /// registry's own: a subject is retired first and erased afterwards.
    ///
    /// # Errors
    /// See the variants.
    pub async fn delete_subject(&self, endpoint: &str, subject: &str) -> Result<(), RegistryError> {
        for query in ["", "?permanent=true"] {
            let path = format!("/subjects/{subject}{query}");
            let request = self.http.delete(url(endpoint, &path));
            match self.send::<Value>(endpoint, "DELETE", &path, request).await {
                Ok(_) | Err(RegistryError::Refused { status: 404, .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn set_backward(&self, endpoint: &str, subject: &str) -> Result<(), RegistryError> {
        let path = format!("/config/{subject}");
        let body = json!({ "compatibility": "BACKWARD" }).to_string();
        let request = self
            .http
            .put(url(endpoint, &path))
            .header("content-type", "application/json")
            .body(body);
        self.send::<Value>(endpoint, "PUT", &path, request)
            .await
            .map(drop)
    }

    async fn post<T: DeserializeOwned>(
        &self,
        endpoint: &str,
        path: &str,
        body: &Value,
    ) -> Result<T, RegistryError> {
        let request = self.http.post(url(endpoint, path)).json(body);
        self.send(endpoint, "POST", path, request).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        endpoint: &str,
        method: &str,
        path: &str,
        request: reqwest::RequestBuilder,
    ) -> Result<T, RegistryError> {
        let unreachable = |e: reqwest::Error| RegistryError::Unreachable {
            endpoint: endpoint.to_owned(),
            reason: innermost(&e),
        };
        let answer = request.timeout(TIMEOUT).send().await.map_err(unreachable)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(unreachable)?;
        let refused = |reason: String| RegistryError::Refused {
            status: status.as_u16(),
            request: format!("{method} {path}"),
            reason,
        };
        if !status.is_success() {
            return Err(refused(message_of(&body)));
        }
        serde_json::from_slice(&body).map_err(|e| refused(format!("unreadable answer: {e}")))
    }

    fn keep(&self, id: u32, json: &str) -> Result<Arc<WriterSchema>, RegistryError> {
        let schema = WriterSchema::parse(json)
            .map(Arc::new)
            .map_err(|reason| RegistryError::NotAvro { id, reason })?;
        self.cache().insert(id, Arc::clone(&schema));
        Ok(schema)
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, HashMap<u32, Arc<WriterSchema>>> {
        self.by_id
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn url(endpoint: &str, path: &str) -> String {
    format!("http://{endpoint}{BASE_PATH}{path}")
}

/// The registry's own message, or the start of whatever it sent instead.
fn message_of(body: &[u8]) -> String {
    serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|v| v.get("message")?.as_str().map(str::to_owned))
        .unwrap_or_else(|| String::from_utf8_lossy(body).chars().take(200).collect())
}

/// reqwest's own text repeats the URL; the cause is what a reader needs.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::SCHEMA_JSON;

    #[tokio::test]
    async fn a_kept_schema_is_found_without_the_registry() {
        let client = RegistryClient::default();
        client.keep(7, SCHEMA_JSON).unwrap();
        assert!(client.schema_by_id("127.0.0.1:1", 7).await.is_ok());
        let other = client.schema_by_id("127.0.0.1:1", 8).await;
        assert!(matches!(other, Err(RegistryError::Unreachable { .. })));
    }
}
