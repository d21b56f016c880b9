//! Where the defaults of options come from: flag, environment, project file, user file, the program.
//!
//! What the files say becomes the default of clap's options, so that flags and `RLAB_*` go before it
//! by clap's own rules, and `--help` shows what holds here.

mod file;
mod origin;

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use file::{File, read};
pub use origin::{Setting, settings};

/// Name of a project's file; the one in the nearest directory counts, from the current one upwards.
const PROJECT_FILE: &str = "rlab.toml";

/// An option whose default can be set: its name in files, in clap, and in the environment.
#[derive(Debug)]
struct Key {
    name: &'static str,
    argument: &'static str,
    variable: &'static str,
    of_file: fn(&File) -> Option<String>,
}

const KEYS: &[Key] = &[
    Key {
        name: "lab",
        argument: "lab",
        variable: "RLAB_LAB",
        of_file: |file| file.lab.clone(),
    },
    Key {
        name: "format",
        argument: "format",
        variable: "RLAB_FORMAT",
        of_file: |file| file.format.map(|format| format.word().to_owned()),
    },
    Key {
        name: "profile",
        argument: "profile",
        variable: "RLAB_PROFILE",
        of_file: |file| file.profile.clone(),
    },
    Key {
        name: "port_offset",
        argument: "port_offset",
        variable: "RLAB_PORT_OFFSET",
        of_file: |file| file.port_offset.map(|offset| offset.to_string()),
    },
    Key {
        name: "evidence",
        argument: "evidence",
        variable: "RLAB_EVIDENCE",
        of_file: |file| file.evidence.clone(),
    },
];

/// The files that were found, the first going before the second.
#[derive(Debug, Default)]
pub struct Config {
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    path: PathBuf,
    file: File,
}

impl Config {
    /// Reads the project's file and the user's, where they are.
    ///
    /// # Errors
    /// Every mistake in the first file that has one; a file that cannot be read.
    pub fn load() -> Result<Self, Failure> {
        let here = std::env::current_dir().ok();
        let project = here.as_deref().and_then(project_file);
        Self::of(project.into_iter().chain(user_file()))
    }

    fn of(paths: impl Iterator<Item = PathBuf>) -> Result<Self, Failure> {
        let mut layers = Vec::new();
        for path in paths {
            if let Some(file) = read(&path)? {
                layers.push(Layer { path, file });
            }
        }
        Ok(Self { layers })
    }

    /// What the files say of `key`, and which of them.
    fn told(&self, key: &Key) -> Option<(String, &Path)> {
        let said = self.layers.iter();
        said.filter_map(|layer| Some(((key.of_file)(&layer.file)?, layer.path.as_path())))
            .next()
    }

    /// The command line with the files' values for defaults.
    pub fn apply(&self, mut command: clap::Command) -> clap::Command {
        for key in KEYS {
            let has = |command: &clap::Command| {
                let mut arguments = command.get_arguments();
                arguments.any(|argument| argument.get_id() == key.argument)
            };
            if let Some((value, _)) = self.told(key) {
                command = with_default(command, key.argument, &value, &has);
            }
        }
        command
    }
}

fn with_default(
    command: clap::Command,
    argument: &'static str,
    value: &str,
    has: &dyn Fn(&clap::Command) -> bool,
) -> clap::Command {
    let command = match has(&command) {
        true => command.mut_arg(argument, |arg| arg.default_value(value.to_owned())),
        false => command,
    };
    command.mut_subcommands(|verb| with_default(verb, argument, value, has))
}

fn project_file(from: &Path) -> Option<PathBuf> {
    let candidates = from.ancestors().map(|dir| dir.join(PROJECT_FILE));
    candidates.into_iter().find(|path| path.is_file())
}

fn user_file() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let home = || Some(PathBuf::from(set("HOME")?).join(".config"));
    let base = set("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home)?;
    Some(base.join("rlab-ops/config.toml"))
}
