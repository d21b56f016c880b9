//! A file with defaults for options, `rlab.toml` of a project or the user's `config.toml`.

use std::io::ErrorKind;
use std::path::Path;

use rlab_document::read_toml;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::document::Format;

/// What a file may say; every key is the option of the same name.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Lab to work on.
    pub lab: Option<String>,
    /// How data is printed.
    pub format: Option<Format>,
    /// Profile that `up` follows: a built-in name or a TOML file.
    pub profile: Option<String>,
    /// What `up` moves every port by.
    pub port_offset: Option<u16>,
    /// Directory of run directories.
    pub evidence: Option<String>,
}

/// The file at `path`; none where there is none.
pub fn read(path: &Path) -> Result<Option<File>, Failure> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => {
            let message = format!("cannot read {}: {e}", path.display());
            return Err(Failure::new(Exit::Usage, message));
        }
    };
    let document = read_toml::<File>(&path.display().to_string(), &text)?;
    let dir = path.parent().unwrap_or(Path::new(""));
    let File {
        profile, evidence, ..
    } = document.value;
    Ok(Some(File {
        profile: profile.map(
            |profile| match profile.ends_with(".toml") || profile.contains('/') {
                true => below(dir, &profile),
                false => profile,
            },
        ),
        evidence: evidence.map(|evidence| below(dir, &evidence)),
        ..document.value
    }))
}

/// Paths in a file are meant from where it is.
fn below(dir: &Path, path: &str) -> String {
    dir.join(path).to_string_lossy().into_owned()
}
