//! Where rlab-ops' own logs go: stderr, only as much as was asked for.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::args::Command;

/// What these say beyond is made of what they sign, and a supervisor's log is a file.
const UNWRITTEN: [&str; 2] = ["aws_sigv4=info", "aws_smithy_runtime=info"];

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
    let mut filter = EnvFilter::builder()
        .with_default_directive(level.into())
        .with_env_var("RLAB_LOG")
        .from_env_lossy();
    if supervisor {
        for directive in UNWRITTEN.iter().filter_map(|text| text.parse().ok()) {
            filter = filter.add_directive(directive);
        }
    }
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(anstream::stderr)
        .with_ansi(!supervisor)
        .init();
}
