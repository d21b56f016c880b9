//! What every verb works with: the options resolved once, before any work starts.

use std::io::IsTerminal;

use rlab_lab::home::{LabDir, LabHome};

use crate::args::Global;
use crate::config::Setting;
use crate::failure::Failure;
use crate::output::document::Format;

/// The resolved options of every verb.
#[derive(Debug)]
pub struct Context {
    /// Where labs live.
    pub home: LabHome,
    /// The lab that was named.
    pub dir: LabDir,
    /// How data is printed.
    pub format: Format,
    /// Somebody is there to answer questions.
    pub may_ask: bool,
    /// Options that can be set in files, and who set them.
    pub settings: Vec<Setting>,
    /// Progress may be drawn over itself on stderr.
    pub animate: bool,
}

impl Context {
    /// Resolves the options.
    ///
    /// # Errors
    /// When there is no place for labs, or the name is none.
    pub fn new(global: &Global, settings: Vec<Setting>) -> Result<Self, Failure> {
        let home = LabHome::from_environment()?;
        let dir = home.lab(&global.lab)?;
        let terminal = std::io::stderr().is_terminal();
        Ok(Self {
            home,
            dir,
            format: global.format,
            settings,
            may_ask: !global.no_input && terminal && std::io::stdin().is_terminal(),
            animate: terminal
                && !is_set("CI")
                && std::env::var_os("TERM").is_none_or(|t| t != "dumb"),
        })
    }

    /// The words to put before a verb in a hint: `rlab-ops`, with the lab where it is not the usual one.
    pub fn command(&self) -> String {
        match self.dir.name() {
            rlab_lab::home::DEFAULT_LAB => "rlab-ops".into(),
            name => format!("rlab-ops --lab {name}"),
        }
    }
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty() && value != "false")
}
