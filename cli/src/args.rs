//! The command line: verbs, and the options that every verb takes.

use std::ffi::OsString;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::color::ColorChoice;
use crate::config::{self, Config, Setting};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::document::Format;
use crate::verb;

/// Provision a Kafka, MySQL and Redis pipeline, break it on purpose, hand over evidence
///
/// A lab is a set of real servers and agents that run in the background on this machine. A drill
/// breaks a lab as its runbook says, shows that the wrong variant fails and the right one holds,
/// and writes a report that can be checked again.
#[derive(Debug, Parser)]
#[command(
    name = "rlab-ops",
    version,
    propagate_version = false,
    max_term_width = 100
)]
#[command(after_help = "Begin with: rlab-ops doctor, then rlab-ops up", after_long_help = long_footer())]
pub struct Cli {
    /// Options of every verb.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every verb.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every verb")]
pub struct Global {
    /// Work on the lab of this name
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "RLAB_LAB",
        hide_env_values = true
    )]
    #[arg(default_value = rlab_lab::home::DEFAULT_LAB)]
    pub lab: String,
    /// Print data in this format
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        env = "RLAB_FORMAT",
        hide_env_values = true
    )]
    #[arg(value_enum, default_value_t = Format::Human, hide_possible_values = true)]
    #[arg(help = "Print data as human, json or jsonl")]
    pub format: Format,
    /// Colour the output: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = ColorChoice::Auto)]
    #[arg(hide_possible_values = true)]
    pub color: ColorChoice,
    /// Log more to stderr; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Never ask; fail where an answer would be needed
    #[arg(long, global = true)]
    pub no_input: bool,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    Doctor(verb::doctor::Doctor),
    Up(verb::up::Up),
    Status(verb::status::Status),
    Logs(verb::logs::Logs),
    #[command(subcommand)]
    Node(verb::node::Node),
    Smoke(verb::smoke::Smoke),
    Drill(verb::drill::Drill),
    Recover(verb::recover::Recover),
    #[command(subcommand)]
    Evidence(verb::evidence::Evidence),
    #[command(subcommand)]
    Runbook(verb::runbook::Runbook),
    #[command(subcommand)]
    Iam(verb::iam::Iam),
    #[command(subcommand)]
    Compat(verb::compat::Compat),
    Runner(verb::runner::Runner),
    Extend(verb::extend::Extend),
    Down(verb::down::Down),
    Schema(verb::schema::Schema),
    #[command(subcommand)]
    Config(verb::config::Config),
    Completions(verb::completions::Completions),
    Man(verb::man::Man),
    #[command(hide = true)]
    Supervise(verb::supervise::Supervise),
    #[command(hide = true)]
    ServeApi(verb::serve_api::ServeApi),
    #[command(hide = true)]
    RunTask(verb::runner::RunTask),
    #[command(hide = true)]
    PrepareServers(verb::runner::PrepareServers),
}

impl Command {
    /// Does what was asked.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Doctor(verb) => verb.run(context).await,
            Self::Up(verb) => verb.run(context).await,
            Self::Status(verb) => verb.run(context).await,
            Self::Logs(verb) => verb.run(context).await,
            Self::Node(verb) => verb.run(context).await,
            Self::Smoke(verb) => verb.run(context).await,
            Self::Drill(verb) => verb.run(context).await,
            Self::Recover(verb) => verb.run(context).await,
            Self::Evidence(verb) => verb.run(context),
            Self::Runbook(verb) => verb.run(context),
            Self::Iam(verb) => verb.run(context),
            Self::Compat(verb) => verb.run(context),
            Self::Runner(verb) => verb.run(context).await,
            Self::Extend(verb) => verb.run(context).await,
            Self::Down(verb) => verb.run(context).await,
            Self::Schema(verb) => verb.run(context).await,
            Self::Config(verb) => verb.run(context),
            Self::Completions(verb) => verb.run(),
            Self::Man(verb) => verb.run(),
            Self::Supervise(verb) => verb.run(context).await,
            Self::ServeApi(verb) => verb.run(context).await,
            Self::RunTask(verb) => verb.run().await,
            Self::PrepareServers(verb) => verb.run().await,
        }
    }
}

/// Reads the arguments, and says what holds for the options that `config` may speak of.
///
/// # Errors
/// Wrong usage, or help that was asked for; clap's error shows either.
pub fn parse(
    args: impl Iterator<Item = OsString>,
    config: &Config,
) -> Result<(Cli, Vec<Setting>), clap::Error> {
    let command = config.apply(command());
    let matches = command.clone().try_get_matches_from(args)?;
    let settings = config::settings(config, &command, &matches);
    Ok((Cli::from_arg_matches(&matches)?, settings))
}

/// The command line as clap sees it.
pub fn command() -> clap::Command {
    Cli::command().color(crate::color::for_clap())
}

fn long_footer() -> String {
    format!(
        "Begin with:
  rlab-ops doctor          what this machine lacks, and the fix for each
  rlab-ops up              a lab in the background
  rlab-ops smoke           is it fit for drills?
  rlab-ops drill E-002     break it, and read the report
  rlab-ops down            stop it; the data stays

Environment:
  RLAB_LAB, RLAB_PROFILE, RLAB_PORT_OFFSET, RLAB_FORMAT, RLAB_EVIDENCE
                           defaults of the options of the same name; rlab.toml may hold them
                           too (rlab-ops config show --origin)
  RLAB_HOME                where labs live, else $XDG_STATE_HOME/rlab-ops
  RLAB_CACHE               where servers are kept, else $XDG_CACHE_HOME/rlab-ops
  NO_COLOR, CLICOLOR_FORCE, TERM=dumb, CI
                           honoured as everywhere

{}",
        Exit::table()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn the_reference_is_the_one_on_record() {
        let mut reference = String::new();
        describe(command().term_width(100), &mut Vec::new(), &mut reference);
        insta::assert_snapshot!(reference);
    }

    /// The long help of a command and, below it, of each of its verbs.
    fn describe(mut command: clap::Command, path: &mut Vec<String>, out: &mut String) {
        command.build();
        path.push(command.get_name().to_owned());
        let help = command.clone().bin_name(path.join(" ")).render_long_help();
        out.push_str(&format!("# {}\n\n{help}\n", path.join(" ")));
        let verbs: Vec<_> = command.get_subcommands().cloned().collect();
        for verb in verbs {
            if verb.get_name() != "help" && !verb.is_hide_set() {
                describe(verb, path, out);
            }
        }
        path.pop();
    }
}
