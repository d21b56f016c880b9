//! `rlab-ops man`.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::stream;

/// Write the manual pages, one for each verb
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rlab-ops man ~/.local/share/man/man1
  man rlab-ops-drill")]
pub struct Man {
    /// Directory to write them to; made when it is not there
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

impl Man {
    /// Writes the pages.
    pub fn run(self) -> Result<Exit, Failure> {
        let written = write(&self.directory)
            .map_err(|e| Failure::usage(format!("{}: {e}", self.directory.display())))?;
        stream::note(&format!("{written} pages in {}", self.directory.display()));
        Ok(Exit::Held)
    }
}

fn write(directory: &Path) -> std::io::Result<usize> {
    std::fs::create_dir_all(directory)?;
    let mut command = args::command();
    command.build();
    let mut pages = Vec::new();
    collect(&command, "rlab-ops", &mut pages);
    for (name, page) in &pages {
        std::fs::write(directory.join(format!("{name}.1")), page)?;
    }
    Ok(pages.len())
}

fn collect(command: &clap::Command, name: &str, pages: &mut Vec<(String, Vec<u8>)>) {
    let mut page = Vec::new();
    let titled = command
        .clone()
        .name(name.to_owned())
        .display_name(name.to_owned());
    // Writing into memory does not fail.
    if clap_mangen::Man::new(titled).render(&mut page).is_ok() {
        pages.push((name.to_owned(), page));
    }
    for verb in command.get_subcommands() {
        if verb.get_name() != "help" && !verb.is_hide_set() {
            collect(verb, &format!("{name}-{}", verb.get_name()), pages);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_has_a_page_that_names_it() {
        let directory = tempfile::tempdir().unwrap();
        let count = write(directory.path()).unwrap();
        let page = |name: &str| {
            std::fs::read_to_string(directory.path().join(format!("{name}.1"))).unwrap()
        };
        assert!(page("rlab-ops").contains("Exit codes"));
        assert!(page("rlab-ops-drill").contains("E\\-002"));
        assert!(page("rlab-ops-runbook-plan").contains("rlab\\-ops\\-runbook\\-plan"));
        assert!(!directory.path().join("rlab-ops-supervise.1").exists());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), count);
    }
}
