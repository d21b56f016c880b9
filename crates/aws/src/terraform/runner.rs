//! Runs one verb of terraform and judges how it ended.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;

use super::diagnostic::Diagnostic;
use super::error::{Failed, TerraformError};
use super::event::Event;
use super::process::{self, Ended, Launch};
use super::redact::Redactor;
use super::stop::Stop;
use super::verbs::OnEvent;
use super::workdir::Workdir;

/// Files of earlier runs that are kept: two for each.
const FILES_KEPT: usize = 80;

/// One call of terraform.
pub(super) struct Run<'a> {
    pub verb: &'static str,
    pub arguments: Vec<OsString>,
    pub limit: Duration,
    /// Exit codes that are no failure.
    pub accepts: &'a [i32],
}

impl Workdir {
    /// Runs a verb whose stdout is a stream of messages; errors in it become a [`Failed`].
    pub(super) async fn stream(
        &self,
        run: Run<'_>,
        redactor: &Redactor,
        on: OnEvent<'_>,
        stop: &Stop,
    ) -> Result<i32, TerraformError> {
        let mut errors: Vec<Diagnostic> = Vec::new();
        let mut line = |line: &str| {
            let event = Event::parse(line, redactor);
            errors.extend(event.error().cloned());
            on(event);
        };
        let ended = process::run(self.launch(&run), &mut line, stop).await?;
        self.judge(&run, ended, errors, redactor)
    }

    /// Runs a verb that prints one document.
    pub(super) async fn read(&self, run: Run<'_>, stop: &Stop) -> Result<String, TerraformError> {
        let mut text = String::new();
        let mut line = |line: &str| {
            text.push_str(line);
            text.push('\n');
        };
        let launch = self.launch(&run);
        let output = launch.output.clone();
        let ended = process::run(launch, &mut line, stop).await;
        // A document may hold passwords, and nobody reads it twice.
        let _ = std::fs::remove_file(output);
        let told = ended?;
        self.judge(&run, told, Vec::new(), self.redactor())?;
        Ok(text)
    }

    fn judge(
        &self,
        run: &Run<'_>,
        ended: Ended,
        mut errors: Vec<Diagnostic>,
        redactor: &Redactor,
    ) -> Result<i32, TerraformError> {
        let code = ended.status.code().unwrap_or(-1);
        if run.accepts.contains(&code) {
            return Ok(code);
        }
        let stderr = redactor.text(&ended.stderr);
        if errors.is_empty() {
            errors = Diagnostic::errors_in(&stderr);
        }
        if errors.is_empty() {
            errors.push(Diagnostic {
                severity: "error".into(),
                summary: format!("ended with {}", ended.status),
                detail: stderr.trim().to_owned(),
                ..Diagnostic::default()
            });
        }
        let failed = Failed::new(run.verb, errors, self.scene());
        Err(TerraformError::Failed(Box::new(failed)))
    }

    fn launch(&self, run: &Run<'_>) -> Launch<'_> {
        let mut root = OsString::from("-chdir=");
        root.push(self.root());
        let mut arguments = vec![root];
        arguments.extend(run.arguments.iter().cloned());
        self.forget_old_runs();
        Launch {
            program: self.terraform().path().to_owned(),
            verb: run.verb,
            arguments,
            environment: self.environment(),
            forgotten: self.forgotten(),
            dir: self.dir().to_owned(),
            output: self
                .dir()
                .join("runs")
                .join(format!("{}-{}.jsonl", now(), run.verb)),
            limit: run.limit,
            grace: self.limits().grace,
        }
    }

    fn forget_old_runs(&self) {
        let listing = std::fs::read_dir(self.dir().join("runs"));
        let mut runs: Vec<PathBuf> = listing
            .into_iter()
            .flatten()
            .flatten()
            .map(|e| e.path())
            .collect();
        runs.sort();
        let surplus = runs.len().saturating_sub(FILES_KEPT);
        for old in &runs[..surplus] {
            let _ = std::fs::remove_file(old);
        }
    }
}

/// A name that sorts by time and is not used twice.
pub(super) fn now() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let count = NEXT.fetch_add(1, Ordering::Relaxed);
    let time = Timestamp::now().as_microsecond();
    format!("{time}-{}-{count}", std::process::id())
}
