//! `rlab-ops completions`.

use clap::Args;
use clap_complete::Shell;

use crate::args;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::stream;

/// Print shell completions
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rlab-ops completions bash > ~/.local/share/bash-completion/completions/rlab-ops
  rlab-ops completions zsh > ~/.zfunc/_rlab-ops
  rlab-ops completions fish > ~/.config/fish/completions/rlab-ops.fish")]
pub struct Completions {
    /// Shell to print them for
    shell: Shell,
}

impl Completions {
    /// Prints the script.
    pub fn run(self) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut args::command(), "rlab-ops", &mut script);
        stream::data(String::from_utf8_lossy(&script).trim_end())?;
        Ok(Exit::Held)
    }
}
