//! What the rehearsal needs to run tasks: services that stay up, tasks that run once, and what they say.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use jiff::Timestamp;

use crate::data_plane::DataPlaneError;

/// The processes behind rehearsed tasks. The front starts, follows and ends them in no other way.
///
/// A service is known by its name in ECS. Each of its processes is an instance with an id of its own: what
/// is started in place of one that ended is another instance, so ids are never used twice. ECS's states,
/// counts and events are derived from [`TaskHappened`], so a plane tells a step only once it has proof of it.
pub trait TaskPlane: Send + Sync + 'static {
    /// What happens to the instances of a service, without end: first [`TaskStep::Started`], and
    /// [`TaskStep::Ready`] where it is so, of each that runs already, then whatever happens.
    ///
    /// An error says that an instance could not be started or that nothing can be told now. More may
    /// follow it. A stream that ends is taken for a plane that is gone.
    fn follow(&self, service: &str) -> TaskSteps;

    /// Most instances that a service can have here; none when there is no such service.
    fn limit(&self, service: &str) -> u32;

    /// Has `desired` instances of a service run, and replaces each that ends from now on. Answered when the
    /// plane has taken it in hand; how it comes about is told by [`TaskPlane::follow`].
    ///
    /// Instances that are started from now on are made of `container`; those that run stay as they are.
    /// Those that are too many are ended as by [`TaskPlane::stop`].
    ///
    /// # Errors
    /// When it was not taken in hand, as for a service that is not known or more instances than the
    /// [`TaskPlane::limit`].
    fn scale<'a>(
        &'a self,
        service: &'a str,
        container: &'a Container,
        desired: u32,
    ) -> BoxFuture<'a, Result<(), DataPlaneError>>;

    /// Starts a task that runs once. Its steps end with [`TaskStep::Ended`] or with an error; it is never
    /// started again. Lines wait in the plane until they are asked for, so none is lost.
    ///
    /// # Errors
    /// When it could not be started.
    fn run(&self, container: Container) -> BoxFuture<'_, Result<Running, DataPlaneError>>;

    /// Ends an instance: SIGTERM, and SIGKILL when its container's stop timeout is over. Answered when it
    /// was asked to end; that it did is told as a step. A service's instance is replaced.
    ///
    /// # Errors
    /// [`DataPlaneError::Unknown`] when there is no such instance now.
    fn stop<'a>(&'a self, instance: &'a str) -> BoxFuture<'a, Result<(), DataPlaneError>>;
}

/// What happens to instances, in order.
pub type TaskSteps = BoxStream<'static, Result<TaskHappened, DataPlaneError>>;

/// A task that runs once.
pub struct Running {
    /// Its id, as [`TaskPlane::stop`] takes it and its steps tell it.
    pub instance: String,
    /// What happens to it.
    pub steps: TaskSteps,
}

/// Something that truly happened to an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskHappened {
    /// When, by the clock of the machine.
    pub at: Timestamp,
    /// To which instance.
    pub instance: String,
    /// What.
    pub step: TaskStep,
}

/// A step in the life of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskStep {
    /// Its process runs.
    Started,
    /// It serves. Told of a service's instances; a task that runs once is only started.
    Ready,
    /// It wrote a line to its output or errors, told without the line's end. After [`TaskStep::Started`]
    /// and before [`TaskStep::Ended`].
    Said(String),
    /// Its process is gone, and every line that it wrote was told.
    Ended(Exit),
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl Exit {
    /// The code as containers tell it: a signal's number counts from 128.
    pub fn code(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal,
        }
    }
}

/// What an instance is made of. Its environment holds secrets and is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Container {
    /// Family of the task definition, for example `rlab-dev-runner`.
    pub family: String,
    /// Name of the container in it, for example `runner`.
    pub name: String,
    /// Image, as the task definition names it.
    pub image: String,
    /// Arguments; those of the image when there are none.
    pub command: Vec<String>,
    /// Environment, overrides and the text of secrets included.
    pub environment: BTreeMap<String, String>,
    /// How long it may take to end when it is asked to.
    pub stop_timeout: Duration,
}

impl fmt::Debug for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Container")
            .field("family", &self.family)
            .field("name", &self.name)
            .field("image", &self.image)
            .field("command", &self.command)
            .field("environment", &self.environment.keys())
            .field("stop_timeout", &self.stop_timeout)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_process_has_the_code_of_its_signal() {
        assert_eq!((Exit::Signal(9).code(), Exit::Code(3).code()), (137, 3));
    }

    #[test]
    fn secrets_are_not_shown() {
        let environment = [("CONFIG".to_owned(), "s3cret".to_owned())];
        let container = Container {
            family: "f".to_owned(),
            name: "n".to_owned(),
            image: "i".to_owned(),
            command: Vec::new(),
            environment: environment.into(),
            stop_timeout: Duration::from_secs(30),
        };
        let shown = format!("{container:?}");
        assert!(
            shown.contains("CONFIG") && !shown.contains("s3cret"),
            "{shown}"
        );
    }
}
