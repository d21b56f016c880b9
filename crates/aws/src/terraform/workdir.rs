//! A lab's own directory for terraform: where everything of it is, and how it is run.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use serde_json::{Map, Value, json};

use super::binary::Terraform;
use super::error::{Scene, TerraformError};
use super::redact::Redactor;
use super::survivors::Survivors;
use crate::files;

/// How long processes that a dead terraform left may take to vanish.
const ORPHANS_END_WITHIN: Duration = Duration::from_secs(10);

/// Where the state is.
#[derive(Debug, Clone, PartialEq)]
pub enum Backend {
    /// In the lab's directory. The root declares `backend "local" {}`.
    Local,
    /// Elsewhere. The root declares a backend of this kind, empty.
    Remote {
        /// `s3`.
        kind: String,
        /// Its settings; no secrets, terraform keeps them in plain text.
        settings: Map<String, Value>,
    },
}

/// How long runs may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// `init`: providers may have to be fetched.
    pub init: Duration,
    /// `plan`.
    pub plan: Duration,
    /// `apply` and `destroy`: MSK alone takes half an hour.
    pub apply: Duration,
    /// Everything that only reads.
    pub read: Duration,
    /// From being asked to stop to being killed. AWS's provider ends no step early, and what is killed
    /// while AWS makes it is missing from the state: so this is longer than the longest step.
    pub grace: Duration,
    /// Waiting for the state's lock, seconds.
    pub lock_s: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            init: Duration::from_secs(600),
            plan: Duration::from_secs(900),
            apply: Duration::from_secs(3 * 3600),
            read: Duration::from_secs(180),
            grace: Duration::from_secs(2 * 3600),
            lock_s: 10,
        }
    }
}

/// A terraform root, and a lab's directory to work on it in.
#[derive(Debug)]
pub struct Workdir {
    terraform: Terraform,
    root: PathBuf,
    dir: PathBuf,
    backend: Backend,
    environment: BTreeMap<String, OsString>,
    forgotten: Vec<String>,
    limits: Limits,
    redactor: Redactor,
    looks_only: bool,
}

/// The right to change this lab, held until dropped.
pub(super) struct Turn {
    lock: File,
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Closing is not enough: a process that is being started elsewhere may hold a copy for a moment.
        let _ = flock(&self.lock, FlockOperation::Unlock);
    }
}

impl Workdir {
    /// Opens `dir`, making it if need be, to work on the root in `root`.
    ///
    /// # Errors
    /// When there is no configuration in `root`, or the directory cannot be made.
    pub fn open(
        terraform: Terraform,
        root: &Path,
        dir: &Path,
        backend: Backend,
    ) -> Result<Self, TerraformError> {
        let root = root
            .canonicalize()
            .map_err(|_| TerraformError::NoRoot(root.to_owned()))?;
        let listing = std::fs::read_dir(&root).map_err(|e| TerraformError::io(&root, e))?;
        let configured = |name: &OsStr| {
            let name = name.to_string_lossy();
            name.ends_with(".tf") || name.ends_with(".tf.json")
        };
        if !listing
            .flatten()
            .any(|entry| configured(&entry.file_name()))
        {
            return Err(TerraformError::NoRoot(root));
        }
        files::make_private_dir(dir).map_err(|e| TerraformError::io(dir, e))?;
        let dir = dir.canonicalize().map_err(|e| TerraformError::io(dir, e))?;
        for inner in ["runs", "plans"] {
            let inner = dir.join(inner);
            files::make_private_dir(&inner).map_err(|e| TerraformError::io(&inner, e))?;
        }
        let data: OsString = dir.join("data").into();
        let fixed = [
            ("TF_DATA_DIR", data),
            ("TF_IN_AUTOMATION", "1".into()),
            ("TF_INPUT", "0".into()),
            // Asking for newer versions is no part of a run.
            ("CHECKPOINT_DISABLE", "1".into()),
        ];
        Ok(Self {
            terraform,
            root,
            dir,
            backend,
            environment: fixed.map(|(k, v)| (k.to_owned(), v)).into(),
            forgotten: Vec::new(),
            limits: Limits::default(),
            redactor: Redactor::default(),
            looks_only: false,
        })
    }

    /// Sets a variable of terraform's environment, such as `AWS_PROFILE` or `TF_CLI_CONFIG_FILE`. The
    /// rest is inherited, `TF_PLUGIN_CACHE_DIR` included.
    pub fn set_env(&mut self, name: &str, value: impl Into<OsString>) {
        self.environment.insert(name.to_owned(), value.into());
    }

    /// Keeps from terraform what our own environment says in variables that begin with `prefix`; what
    /// [`set_env`](Self::set_env) sets it still gets.
    pub fn forget_env(&mut self, prefix: &str) {
        self.forgotten.push(prefix.to_owned());
    }

    /// Has plans change nothing at all, not even the state's lock: what they tell may be old by the time
    /// that somebody else has applied, and nothing may be applied from them.
    pub fn look_only(&mut self) {
        self.looks_only = true;
    }

    pub(super) fn looks_only(&self) -> bool {
        self.looks_only
    }

    /// Sets how long runs may take.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Writes the root's variables to a file of mode 0600; they are never on a command line. Values
    /// named in `secret` are masked in all that is told.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set_variables(
        &mut self,
        variables: &Map<String, Value>,
        secret: &[&str],
    ) -> Result<(), TerraformError> {
        secret
            .iter()
            .filter_map(|name| variables.get(*name))
            .for_each(|v| self.redactor.learn(v));
        self.write_json(&self.variables(), variables)
    }

    /// Whether the root was ever told what is wanted.
    pub fn has_variables(&self) -> bool {
        self.variables().exists()
    }

    /// The lab's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn terraform(&self) -> &Terraform {
        &self.terraform
    }

    pub(super) fn environment(&self) -> &BTreeMap<String, OsString> {
        &self.environment
    }

    pub(super) fn forgotten(&self) -> &[String] {
        &self.forgotten
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// The state of a local backend.
    pub(super) fn local_state(&self) -> Option<PathBuf> {
        (self.backend == Backend::Local).then(|| self.dir.join("terraform.tfstate"))
    }

    pub(super) fn variables(&self) -> PathBuf {
        self.dir.join("terraform.tfvars.json")
    }

    pub(super) fn scene(&self) -> Scene {
        let ours = self.environment.get("AWS_PROFILE").cloned();
        let profile = ours.or_else(|| std::env::var_os("AWS_PROFILE"));
        Scene {
            root: self.root.clone(),
            data_dir: self.dir.join("data"),
            profile: profile.map(|p| p.to_string_lossy().into_owned()),
        }
    }

    pub(super) fn write_json(
        &self,
        path: &Path,
        value: &impl serde::Serialize,
    ) -> Result<(), TerraformError> {
        let io = |e| TerraformError::io(path, e);
        let bytes = serde_json::to_vec_pretty(value).map_err(|e| io(e.into()))?;
        files::write_durably(path, &bytes).map_err(io)
    }

    /// Kind and settings of the backend, for `init`.
    pub(super) fn backend_settings(&self) -> (&str, Value) {
        match &self.backend {
            Backend::Local => ("local", json!({ "path": self.local_state() })),
            Backend::Remote { kind, settings } => (kind, Value::Object(settings.clone())),
        }
    }

    /// Waits for nobody: whoever else changes this lab goes first. What a dead terraform left is ended.
    pub(super) async fn take_turn(&self) -> Result<Turn, TerraformError> {
        let path = self.dir.join("turn.lock");
        let lock = files::output_file(&path).map_err(|e| TerraformError::io(&path, e))?;
        let alone = flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok();
        let survivors = Survivors::of(&self.dir);
        if let Some(leader) = survivors.leader {
            let (pid, verb) = (leader.pid, leader.verb);
            return Err(TerraformError::Busy { pid, verb });
        }
        if !alone {
            return Err(TerraformError::Taken);
        }
        if let Some(pid) = Survivors::end_orphans(&self.dir, ORPHANS_END_WITHIN).await {
            let verb = "(what a dead one started)".into();
            return Err(TerraformError::Busy { pid, verb });
        }
        Ok(Turn { lock })
    }
}
