//! Where labs keep their files, and the paths inside one lab's directory.

use std::path::{Path, PathBuf};

use crate::error::LabError;

/// Name of a lab when none is given.
pub const DEFAULT_LAB: &str = "default";

/// The directory that holds every lab of this user.
#[derive(Debug, Clone)]
pub struct LabHome {
    root: PathBuf,
}

impl LabHome {
    /// `$RLAB_HOME`, else `$XDG_STATE_HOME/rlab-ops`, else `~/.local/state/rlab-ops`.
    ///
    /// # Errors
    /// When none of the three variables is set.
    pub fn from_environment() -> Result<Self, LabError> {
        let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
        let root = variable("RLAB_HOME")
            .map(PathBuf::from)
            .or_else(|| variable("XDG_STATE_HOME").map(|v| Path::new(&v).join("rlab-ops")))
            .or_else(|| variable("HOME").map(|v| Path::new(&v).join(".local/state/rlab-ops")))
            .ok_or(LabError::NoHome)?;
        let root = std::path::absolute(&root).map_err(|e| LabError::io(&root, e))?;
        Ok(Self { root })
    }

    /// A home at `root`.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory of lab `name`.
    ///
    /// # Errors
    /// When the name is not 1–32 of `a-z`, `0-9`, `-`, starting with a letter.
    pub fn lab(&self, name: &str) -> Result<LabDir, LabError> {
        let first = name.chars().next().is_some_and(|c| c.is_ascii_lowercase());
        let rest = name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !first || !rest || name.len() > 32 {
            return Err(LabError::BadLabName(name.to_owned()));
        }
        Ok(LabDir {
            name: name.to_owned(),
            path: self.root.join("labs").join(name),
        })
    }

    /// Names of the labs that have a directory, sorted.
    pub fn labs(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.root.join("labs")) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .flatten()
            .filter(|e| e.path().is_dir())
            .filter_map(|e| e.file_name().into_string().ok())
            .filter(|name| self.lab(name).is_ok())
            .collect();
        names.sort();
        names
    }
}

/// The files of one lab.
#[derive(Debug, Clone)]
pub struct LabDir {
    name: String,
    path: PathBuf,
}

impl LabDir {
    /// The lab whose directory is `path`, by whatever home.
    pub(crate) fn found_at(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default();
        Self {
            name: name.to_string_lossy().into_owned(),
            path: path.to_owned(),
        }
    }

    /// Lab name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Names of the labs beside this one, itself included when it exists.
    pub(crate) fn siblings(&self) -> Vec<String> {
        let root = self.path.ancestors().nth(2);
        root.map(|root| LabHome::at(root).labs())
            .unwrap_or_default()
    }

    /// Whether the lab was ever brought up.
    pub fn exists(&self) -> bool {
        self.spec().exists()
    }

    /// What the lab is made of, as resolved by `up`.
    pub fn spec(&self) -> PathBuf {
        self.path.join("lab.json")
    }

    /// Locked by `up` while it decides who starts the supervisor; beside the directory, which it may
    /// yet have to make.
    pub(crate) fn turn(&self) -> PathBuf {
        self.path.with_extension("lock")
    }

    /// Locked by the supervisor for as long as it lives.
    pub fn lock(&self) -> PathBuf {
        self.path.join("lock")
    }

    /// The supervisor's socket.
    pub fn socket(&self) -> PathBuf {
        self.path.join("supervisor.sock")
    }

    /// The supervisor's own log.
    pub fn supervisor_log(&self) -> PathBuf {
        self.path.join("supervisor.log")
    }

    /// Endpoint name → `ip:port`, for clients to resolve on every connect.
    pub fn address_map(&self) -> PathBuf {
        self.path.join("addresses.json")
    }

    /// Where MySQL stands and who is Redis's primary, once a failover changed it.
    pub fn roles(&self) -> PathBuf {
        self.path.join("roles.json")
    }

    /// Passwords and tokens, readable by their owner only.
    pub fn secrets(&self) -> PathBuf {
        self.path.join("secrets.json")
    }

    /// What happened to the nodes, one JSON document a line.
    pub fn events(&self) -> PathBuf {
        self.path.join("events.jsonl")
    }

    /// Undo steps of faults that are in force, one JSON document a line.
    pub fn undo_log(&self) -> PathBuf {
        self.path.join("undo.jsonl")
    }

    /// What was made on servers that are not the lab's own, one JSON document a line.
    pub fn made(&self) -> PathBuf {
        self.path.join("made.jsonl")
    }

    /// Files that `docker compose` is given.
    pub(crate) fn compose(&self) -> PathBuf {
        self.path.join("compose")
    }

    /// Locked by the drill that works on the lab, for as long as it lives.
    pub fn drill_lock(&self) -> PathBuf {
        self.path.join("drill.lock")
    }

    /// Files of one node.
    pub fn node(&self, node: &str) -> PathBuf {
        self.path.join("nodes").join(node)
    }

    /// Log of one node.
    pub fn node_log(&self, node: &str) -> PathBuf {
        self.node(node).join("log")
    }
}
