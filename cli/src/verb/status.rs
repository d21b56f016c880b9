//! `rlab-ops status`.

use clap::Args;
use rlab_cloud::CloudStatus;
use rlab_drill::Holder;
use rlab_lab::LabDir;
use rlab_lab::protocol::LabStatus;
use schemars::JsonSchema;
use serde::Serialize;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{cloud, connect, status, stream};

/// Show the state of a lab and of every node
///
/// Tells the truth also when the supervisor is gone: processes are looked for, not remembered.
/// MEMORY is the proportional set size (PSS). Exits with 0 whenever the state could be told;
/// `ready` in the JSON document says whether the lab is fit for work.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rlab-ops status
  rlab-ops --lab second status
  rlab-ops status --format json")]
pub struct Status {}

/// The state of a lab, and what is being done to it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document {
    #[serde(flatten)]
    lab: LabStatus,
    /// What is made of it in AWS, or rehearsed.
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud: Option<CloudStatus>,
    /// Who works on it: a drill, or what mends after one.
    at_work: Option<Holder>,
    /// What a drill did and has not undone, the next step first; none if that cannot be told.
    to_undo: Option<Vec<String>>,
}

impl Status {
    /// Prints the state.
    pub async fn run(self, context: &Context) -> Result<Exit, Failure> {
        let cloud = match rlab_cloud::Record::find(&context.dir)? {
            Some(_) => Some(rlab_cloud::status(&context.dir)?),
            None => None,
        };
        if let Some(status) = cloud.as_ref().filter(|_| !context.dir.exists()) {
            context.format.print(status, || cloud::status(status))?;
            return Ok(Exit::Held);
        }
        let lab = rlab_lab::status(&context.dir).await?;
        let to_undo = match rlab_drill::pending(&context.dir) {
            Ok(steps) => Some(steps.iter().map(ToString::to_string).collect()),
            // The state of the nodes is worth telling all the same.
            Err(error) => {
                stream::error(&error.to_string());
                None
            }
        };
        let document = Document {
            lab,
            cloud,
            at_work: rlab_drill::at_work(&context.dir)?,
            to_undo,
        };
        context
            .format
            .print(&document, || document.text(&context.dir))?;
        Ok(Exit::Held)
    }
}

impl Document {
    fn text(&self, dir: &LabDir) -> String {
        let steps = self.to_undo.as_deref().unwrap_or_default().len();
        let drill = match (&self.at_work, steps) {
            (Some(holder), _) => format!(
                "\n{holder} works on it, until {} at the latest",
                holder.until.strftime("%H:%M:%SZ")
            ),
            (None, 0) => String::new(),
            (None, steps) => {
                format!("\na drill ended early; steps to undo: {steps} (rlab-ops recover)")
            }
        };
        let cloud = self
            .cloud
            .as_ref()
            .map(|status| format!("{}\n", cloud::status(status)));
        format!(
            "{}{}\n{}{drill}",
            cloud.unwrap_or_default(),
            status::render(&self.lab),
            connect::login(&self.lab, dir)
        )
    }
}

#[cfg(test)]
mod tests {
    use rlab_lab::LabHome;

    use super::*;
    use crate::output::status::tests::sample;

    fn last_line(at_work: Option<Holder>, to_undo: Option<Vec<String>>) -> String {
        let document = Document {
            lab: sample(),
            cloud: None,
            at_work,
            to_undo,
        };
        let dir = LabHome::at("/home/me/labs").lab("one").unwrap();
        let text = document.text(&dir);
        text.lines().last().unwrap().to_owned()
    }

    #[test]
    fn a_drill_at_work_is_named_and_one_that_left_something_leads_to_recover() {
        let holder = Holder {
            name: "drill E-002".to_owned(),
            pid: 77,
            started: 1,
            until: "2026-01-02T03:04:05Z".parse().unwrap(),
        };
        let steps = Some(vec!["start kafka-2".to_owned()]);
        insta::assert_snapshot!(last_line(Some(holder), steps.clone()));
        insta::assert_snapshot!(last_line(None, steps));
        let nothing = last_line(None, Some(Vec::new()));
        let login = "log in as rlab_admin (Kafka: security.protocol=SASL_PLAINTEXT \
                     sasl.mechanism=SCRAM-SHA-512); passwords: ";
        assert!(nothing.starts_with(login), "{nothing}");
    }
}
