//! `rlab-ops logs`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use rlab_lab::LabError;
use rlab_lab::home::LabDir;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::document::Format;
use crate::output::stream;
use crate::output::tail::Tail;

/// How often a followed log is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// The supervisor's log, offered beside those of the nodes.
const SUPERVISOR: &str = "supervisor";

/// Show the logs of a node, or of all nodes
///
/// Without a node the logs of all of them and of the supervisor are shown, each line behind its
/// node's name. Logs outlive the nodes and the lab's last `down`. Following goes on through
/// restarts and rotation.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rlab-ops logs kafka-1
  rlab-ops logs -f
  rlab-ops logs supervisor -n 200")]
pub struct Logs {
    /// Node, as `rlab-ops status` names it, or `supervisor`
    node: Option<String>,
    /// Go on with what is written from now on
    #[arg(short, long)]
    follow: bool,
    /// Lines of each log to begin with
    #[arg(short = 'n', long, value_name = "N", default_value_t = 40)]
    lines: usize,
}

/// One line of a log.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document<'a> {
    schema: &'static str,
    node: &'a str,
    line: &'a str,
}

/// One log that is shown.
struct Source {
    node: String,
    prefix: String,
    tail: Tail,
}

impl Logs {
    /// Prints the lines, and with `--follow` goes on until it is ended.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let mut sources = self.sources(context)?;
        for source in &mut sources {
            let lines = source.tail.last(self.lines)?;
            source.print(&lines, context.format)?;
        }
        if self.follow {
            follow(&mut sources, context.format).await?;
        }
        Ok(Exit::Held)
    }

    fn sources(&self, context: &Context) -> Result<Vec<Source>, Failure> {
        let known = known(&context.dir);
        if known.is_empty() {
            let (name, known) = (context.dir.name().to_owned(), context.home.labs());
            return Err(LabError::NoSuchLab { name, known }.into());
        }
        let names: Vec<&String> = known.iter().map(|(node, _)| node).collect();
        let width = names.iter().map(|name| name.len()).max().unwrap_or(0);
        let wanted: Vec<&(String, PathBuf)> = match &self.node {
            None => known.iter().collect(),
            Some(node) => known.iter().filter(|(name, _)| name == node).collect(),
        };
        if let (Some(node), []) = (&self.node, wanted.as_slice()) {
            let list: Vec<&str> = names.iter().map(|name| name.as_str()).collect();
            let lab = context.dir.name();
            return Err(
                Failure::usage(format!("lab `{lab}` has no log of `{node}`"))
                    .hint(format!("logs of this lab: {}", list.join(", "))),
            );
        }
        let sources = wanted.into_iter().map(|(node, path)| Source {
            node: node.clone(),
            prefix: match self.node {
                None => format!("{node:width$} | "),
                Some(_) => String::new(),
            },
            tail: Tail::of(path),
        });
        Ok(sources.collect())
    }
}

impl Source {
    fn print(&self, lines: &[String], format: Format) -> Result<(), Failure> {
        for line in lines {
            match format {
                Format::Human => stream::data(&format!("{}{line}", self.prefix))?,
                // A stream has no end to close an array at: every line is its own document.
                Format::Json | Format::Jsonl => Format::Jsonl.print(
                    &Document {
                        schema: "rlab/log-line/v1",
                        node: &self.node,
                        line,
                    },
                    String::new,
                )?,
            }
        }
        Ok(())
    }
}

/// Prints what is written from now on, until the process is ended or nobody reads any more.
async fn follow(sources: &mut [Source], format: Format) -> Result<(), Failure> {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        for source in &mut *sources {
            let lines = source.tail.next()?;
            source.print(&lines, format)?;
        }
    }
}

/// Every log of the lab that exists, by node, the supervisor's last.
fn known(dir: &LabDir) -> Vec<(String, PathBuf)> {
    let nodes = std::fs::read_dir(dir.path().join("nodes"));
    let mut known: Vec<(String, PathBuf)> = nodes
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .map(|node| (node.clone(), dir.node_log(&node)))
        .filter(|(_, path)| path.exists())
        .collect();
    known.sort();
    if dir.supervisor_log().exists() {
        known.push((SUPERVISOR.to_owned(), dir.supervisor_log()));
    }
    known
}
