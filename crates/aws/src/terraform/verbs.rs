//! What changes a lab: init, plan, apply, destroy.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;

use super::error::TerraformError;
use super::event::{ChangeSummary, Event};
use super::plan::{Plan, PlanFile};
use super::runner::{Run, now};
use super::stop::Stop;
use super::workdir::Workdir;
use crate::intent::Recorded;
use crate::progress::Graph;

/// Is handed every line of a stream as it appears.
pub type OnEvent<'a> = &'a (dyn Fn(Event) + Send + Sync);

pub(super) const SUCCESS: &[i32] = &[0];
/// `-detailed-exitcode`: 2 says that something would change.
pub(super) const PLANNED: &[i32] = &[0, 2];

/// An apply that ended well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// What it changed.
    pub summary: ChangeSummary,
}

/// A destroy after which the state was seen to be empty. Only [`Workdir::destroy`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destroyed {
    /// What it removed.
    pub summary: ChangeSummary,
}

impl Workdir {
    /// Makes the directory ready: backend and providers, exactly those that the root's lock file names.
    ///
    /// # Errors
    /// When the root's backend is of another kind, so that the state would land somewhere else;
    /// as [`TerraformError::Failed`] otherwise.
    pub async fn init(&self, on: OnEvent<'_>, stop: &Stop) -> Result<(), TerraformError> {
        let _turn = self.take_turn().await?;
        let (kind, settings) = self.backend_settings();
        let file = self.dir().join("backend.tfbackend.json");
        self.write_json(&file, &settings)?;
        let fixed = [
            "init",
            "-json",
            "-input=false",
            "-reconfigure",
            "-lockfile=readonly",
        ];
        let mut arguments = words(&fixed);
        arguments.push(option("-backend-config=", &file));
        let run = self.run_for("init", arguments, self.limits().init, SUCCESS);
        self.stream(run, self.redactor(), on, stop).await?;
        let found = self.initialized_backend();
        match found.as_deref() == Some(kind) {
            true => Ok(()),
            false => Err(TerraformError::WrongBackend {
                root: self.root().to_owned(),
                found: found.map_or("no backend".into(), |k| format!("backend \"{k}\"")),
                wanted: kind.to_owned(),
            }),
        }
    }

    fn initialized_backend(&self) -> Option<String> {
        let bytes = std::fs::read(self.dir().join("data/terraform.tfstate")).ok()?;
        let told: Value = serde_json::from_slice(&bytes).ok()?;
        told["backend"]["type"].as_str().map(str::to_owned)
    }

    /// Plans, changing nothing. After an interrupted apply this plans the rest.
    ///
    /// # Errors
    /// [`TerraformError::Busy`] while another run lives, [`TerraformError::Failed`] with causes.
    pub async fn plan(&self, on: OnEvent<'_>, stop: &Stop) -> Result<Plan, TerraformError> {
        let _turn = self.take_turn().await?;
        if !self.looks_only() {
            self.push_rescued(stop).await?;
        }
        let file = PlanFile(self.dir().join("plans").join(format!("{}.tfplan", now())));
        let mut arguments = self.changing("plan");
        arguments.push("-detailed-exitcode".into());
        arguments.push(option("-out=", &file.0));
        let run = self.run_for("plan", arguments, self.limits().plan, PLANNED);
        let differs = self.stream(run, self.redactor(), on, stop).await? == 2;
        let mut show = words(&["show", "-json", "-no-color"]);
        show.push(file.0.clone().into());
        let raw = self.document("show", show, stop).await?;
        let run = self.run_for("graph", words(&["graph"]), self.limits().read, SUCCESS);
        let graph = Graph::parse(&self.read(run, stop).await?);
        Plan::read(raw, graph, differs, file, self.redactor().clone())
    }

    /// Carries out `plan`. `intent` proves that what is about to exist is on record.
    ///
    /// # Errors
    /// [`TerraformError::Interrupted`] when stopped: planning and applying again goes on from there.
    pub async fn apply(
        &self,
        plan: &Plan,
        intent: &Recorded,
        on: OnEvent<'_>,
        stop: &Stop,
    ) -> Result<Applied, TerraformError> {
        if !intent.is_in(self.dir()) {
            return Err(TerraformError::Unrecorded(self.dir().to_owned()));
        }
        let _turn = self.take_turn().await?;
        self.note_names(plan)?;
        let mut arguments = words(&["apply", "-json", "-input=false"]);
        arguments.push(self.lock_timeout());
        arguments.push(plan.path().into());
        let summary = Mutex::new(ChangeSummary::default());
        let on = noting(on, &summary, "apply");
        let run = self.run_for("apply", arguments, self.limits().apply, SUCCESS);
        let result = self.stream(run, &plan.redactor, &on, stop).await;
        self.rescue_state()?;
        result?;
        drop(on);
        let summary = summary.into_inner().unwrap_or_else(|e| e.into_inner());
        Ok(Applied { summary })
    }

    /// Removes everything, from whatever an earlier run left, and sees that nothing is left in the
    /// state.
    ///
    /// # Errors
    /// [`TerraformError::Residual`] when something stayed although terraform reported no error.
    pub async fn destroy(&self, on: OnEvent<'_>, stop: &Stop) -> Result<Destroyed, TerraformError> {
        let _turn = self.take_turn().await?;
        self.push_rescued(stop).await?;
        let mut arguments = self.changing("destroy");
        arguments.push("-auto-approve".into());
        let summary = Mutex::new(ChangeSummary::default());
        let on = noting(on, &summary, "destroy");
        let run = self.run_for("destroy", arguments, self.limits().apply, SUCCESS);
        let result = self.stream(run, self.redactor(), &on, stop).await;
        self.rescue_state()?;
        result?;
        drop(on);
        let left = self.resources(stop).await?;
        if !left.is_empty() {
            return Err(TerraformError::Residual(left));
        }
        let summary = summary.into_inner().unwrap_or_else(|e| e.into_inner());
        Ok(Destroyed { summary })
    }

    pub(super) fn run_for<'a>(
        &self,
        verb: &'static str,
        arguments: Vec<OsString>,
        limit: Duration,
        accepts: &'a [i32],
    ) -> Run<'a> {
        Run {
            verb,
            arguments,
            limit,
            accepts,
        }
    }

    pub(super) fn changing(&self, verb: &str) -> Vec<OsString> {
        let mut arguments = words(&[verb, "-json", "-input=false"]);
        arguments.push(self.lock_timeout());
        let variables = self.variables();
        if variables.exists() {
            arguments.push(option("-var-file=", &variables));
        }
        arguments
    }

    fn lock_timeout(&self) -> OsString {
        match self.looks_only() {
            true => "-lock=false".into(),
            false => format!("-lock-timeout={}s", self.limits().lock_s).into(),
        }
    }
}

fn noting<'a>(
    on: OnEvent<'a>,
    summary: &'a Mutex<ChangeSummary>,
    operation: &'a str,
) -> impl Fn(Event) + Send + Sync + 'a {
    move |event| {
        if let Event::ChangeSummary(told) = &event
            && told.operation == operation
        {
            *summary.lock().unwrap_or_else(|e| e.into_inner()) = told.clone();
        }
        on(event);
    }
}

pub(super) fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn option(name: &str, path: &Path) -> OsString {
    let mut option = OsString::from(name);
    option.push(path);
    option
}
