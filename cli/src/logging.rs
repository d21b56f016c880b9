//! Where rlab-ops' own logs go: stderr, only as much as was asked for.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::args::Command;

/// Starts logging: `RLAB_LOG` decides when set, else `-v`; a supervisor, whose stderr is a file,
/// logs what it does.
pub fn start(verbose: u8, command: &Command) {
    let supervisor = matches!(command, Command::Supervise(_) | Command::ServeApi(_));
    let level = match verbose {
        0 if supervisor => LevelFilter::INFO,
        0 => LevelFilter::ERROR,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let filter = EnvFilter::builder()
        .with_default_directive(level.into())
        .with_env_var("RLAB_LOG")
        .from_env_lossy();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(anstream::stderr)
        .with_ansi(!supervisor)
        .init();
}
