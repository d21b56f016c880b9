//! What only looks at a lab: its state, its outputs, whether it differs; and breaking a dead lock.

use std::collections::BTreeMap;
use std::ffi::OsString;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::TerraformError;
use super::event::Output;
use super::stop::Stop;
use super::verbs::{PLANNED, SUCCESS, words};
use super::workdir::Workdir;

impl Workdir {
    /// Whether a plan would change anything.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub async fn differs(&self, stop: &Stop) -> Result<bool, TerraformError> {
        let _turn = self.take_turn().await?;
        let mut arguments = self.changing("plan");
        arguments.push("-detailed-exitcode".into());
        let run = self.run_for("plan", arguments, self.limits().plan, PLANNED);
        Ok(self.stream(run, self.redactor(), &|_| {}, stop).await? == 2)
    }

    /// Addresses of everything in the state, data sources left out; empty when there is no state.
    ///
    /// # Errors
    /// When the backend cannot be read.
    pub async fn resources(&self, stop: &Stop) -> Result<Vec<String>, TerraformError> {
        let run = self.run_for(
            "state",
            words(&["state", "list"]),
            self.limits().read,
            SUCCESS,
        );
        let text = match self.read(run, stop).await {
            Err(TerraformError::Failed(failed))
                if failed
                    .failures
                    .iter()
                    .any(|f| no_state(&f.diagnostic.text())) =>
            {
                String::new()
            }
            result => result?,
        };
        let managed = |address: &&str| !address.split('.').any(|part| part == "data");
        Ok(text
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty())
            .filter(managed)
            .map(str::to_owned)
            .collect())
    }

    /// The state as terraform shows it: every attribute, sensitive ones in the clear.
    ///
    /// # Errors
    /// When the backend cannot be read.
    pub async fn state(&self, stop: &Stop) -> Result<Value, TerraformError> {
        self.document("show", words(&["show", "-json", "-no-color"]), stop)
            .await
    }

    /// The root's outputs as one value of type `T`, sensitive ones in the clear.
    ///
    /// # Errors
    /// When they are not of that shape, or the backend cannot be read.
    pub async fn outputs<T: DeserializeOwned>(&self, stop: &Stop) -> Result<T, TerraformError> {
        let arguments = words(&["output", "-json", "-no-color"]);
        let told = self.document("output", arguments, stop).await?;
        let told: BTreeMap<String, Output> = typed("output", told)?;
        let values = told
            .into_iter()
            .filter_map(|(name, o)| Some((name, o.value?)));
        typed("output", Value::Object(values.collect()))
    }

    /// Breaks the lock `id`, which the caller was told by [`Cause::Locked`](super::Cause::Locked) and
    /// knows to be nobody's.
    ///
    /// # Errors
    /// When the state is not locked by `id`.
    pub async fn force_unlock(&self, id: &str, stop: &Stop) -> Result<(), TerraformError> {
        let _turn = self.take_turn().await?;
        let arguments = words(&["force-unlock", "-force", id]);
        let run = self.run_for("force-unlock", arguments, self.limits().read, SUCCESS);
        self.read(run, stop).await.map(drop)
    }

    pub(super) async fn document(
        &self,
        verb: &'static str,
        arguments: Vec<OsString>,
        stop: &Stop,
    ) -> Result<Value, TerraformError> {
        let run = self.run_for(verb, arguments, self.limits().read, SUCCESS);
        let text = self.read(run, stop).await?;
        serde_json::from_str(&text).map_err(|e| TerraformError::unreadable(verb, e))
    }
}

fn no_state(text: &str) -> bool {
    text.contains("No state file was found")
}

fn typed<T: DeserializeOwned>(verb: &'static str, value: Value) -> Result<T, TerraformError> {
    serde_json::from_value(value).map_err(|e| TerraformError::unreadable(verb, e))
}
