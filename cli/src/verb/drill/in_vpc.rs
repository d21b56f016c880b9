//! Drills on a lab whose servers only its own VPC reaches: the same words, said to a task there.

use super::Drill;
use super::choose::Chosen;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::verb::runner;

impl Drill {
    /// Runs `chosen` there, once it is clear that AWS has a call for each of their steps.
    pub(super) async fn in_vpc(
        &self,
        context: &Context,
        chosen: &[Chosen],
    ) -> Result<Exit, Failure> {
        for one in chosen {
            rlab_cloud::fits_vpc(&context.dir, &one.drill)?;
        }
        let command = self.in_words(chosen)?;
        runner::beside_the_servers(context, self.root.path(), &command).await
    }

    fn in_words(&self, chosen: &[Chosen]) -> Result<Vec<String>, Failure> {
        let mut words = vec!["drill".to_owned()];
        for one in chosen {
            if one.given != one.drill.id {
                let failure = format!("{} is a file of this machine", one.given);
                let failure = Failure::usage(failure);
                return Err(failure.hint("name a drill of rlab-ops: rlab-ops runbook list"));
            }
            words.push(one.given.clone());
        }
        for (key, value) in &self.set {
            words.extend(["--set".to_owned(), format!("{key}={value}")]);
        }
        for arm in &self.arms {
            words.extend(["--arm".to_owned(), arm.clone()]);
        }
        if let Some(seed) = self.seed {
            words.extend(["--seed".to_owned(), seed.to_string()]);
        }
        words.extend(["--repeat".to_owned(), self.repeat.to_string()]);
        Ok(words)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        drill: Drill,
    }

    fn drill(words: &[&str]) -> Drill {
        let words = ["drill"].iter().chain(words);
        Line::try_parse_from(words).unwrap().drill
    }

    fn said(words: &[&str]) -> Result<String, Failure> {
        let drill = drill(words);
        let chosen = drill.choose().ok().unwrap();
        drill.in_words(&chosen).map(|words| words.join(" "))
    }

    #[test]
    fn a_task_is_told_everything_but_where_evidence_lies_here() {
        let told = said(&[
            "E-045",
            "--set",
            "outage=5m",
            "--arm",
            "correct",
            "--seed",
            "7",
            "--evidence",
            "/here",
        ]);
        assert_eq!(
            told.ok().unwrap(),
            "drill E-045 --set outage=5m --arm correct --seed 7 --repeat 1"
        );
    }

    #[test]
    fn a_runbook_that_only_this_machine_has_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("mine.yaml");
        let book = rlab_runbook::find("E-001").unwrap();
        std::fs::write(&file, book.source_text()).unwrap();
        let refused = said(&[file.to_str().unwrap()]);
        assert!(
            refused.is_err_and(|failure| format!("{failure:?}").contains("file of this machine"))
        );
    }
}
