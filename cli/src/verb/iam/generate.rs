//! `rlab-ops iam generate`.

use clap::Args;
use rlab_access::{generate, write_folder};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Sources, refused};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Make of iam/access.toml what IAM, Kafka, MySQL and Redis understand
///
/// Writes iam/generated, and removes what is there besides. A model with mistakes changes nothing.
#[derive(Debug, Args)]
pub struct Generate {
    #[command(flatten)]
    sources: Sources,
}

/// What was generated.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document {
    /// Always `rlab/iam-generated/v1`.
    schema: &'static str,
    /// Where it lies.
    folder: String,
    /// Files in all.
    files: usize,
    /// Those that were not so before.
    changed: Vec<String>,
}

impl Generate {
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let files = generate(&self.sources.model()?);
        let folder = self.sources.generated();
        let changed = write_folder(&folder, &files).map_err(|e| refused(&folder, &e))?;
        let document = Document {
            schema: "rlab/iam-generated/v1",
            folder: folder.display().to_string(),
            files: files.len(),
            changed,
        };
        context.format.print(&document, || sentence(&document))?;
        Ok(Exit::Held)
    }
}

fn sentence(document: &Document) -> String {
    let Document {
        folder,
        files,
        changed,
        ..
    } = document;
    match changed.is_empty() {
        true => format!("{folder}: all {files} files are as they were"),
        false => format!("{folder}: changed {}", changed.join(", ")),
    }
}
