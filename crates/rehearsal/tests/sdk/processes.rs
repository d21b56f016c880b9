//! Tasks in memory: what is asked of them, and what the test says happens to them.

use std::collections::BTreeMap;
use std::sync::Mutex;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use jiff::Timestamp;
use rlab_rehearsal::{
    Container, DataPlaneError, Running, TaskHappened, TaskPlane, TaskStep, TaskSteps,
};
use tokio::sync::mpsc;

use crate::plane::Plane;

type Told = mpsc::UnboundedSender<Result<TaskHappened, DataPlaneError>>;

/// What the front asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    Scale(String, Container, u32),
    /// The instance that it became.
    Run(String, Container),
    Stop(String),
}

/// The only service that there is, and how many instances it can have.
pub const SERVICE: &str = "outbox-relay";
pub const LIMIT: u32 = 2;

pub struct Processes {
    asked: mpsc::UnboundedSender<Asked>,
    questions: tokio::sync::Mutex<mpsc::UnboundedReceiver<Asked>>,
    /// By service, or by the instance of a task that runs once.
    listeners: Mutex<BTreeMap<String, Told>>,
}

impl Processes {
    pub fn new() -> Self {
        let (asked, questions) = mpsc::unbounded_channel();
        Self {
            asked,
            questions: tokio::sync::Mutex::new(questions),
            listeners: Mutex::default(),
        }
    }

    /// The next thing that the front asks for.
    pub async fn next(&self) -> Asked {
        let next = tokio::time::timeout(crate::DEADLINE, async {
            self.questions.lock().await.recv().await
        });
        next.await
            .expect("something is asked for")
            .expect("the plane lives")
    }

    /// Tells of an instance of `whose`, a service or a task that runs once.
    pub fn tell(&self, whose: &str, instance: &str, step: TaskStep) {
        let happened = TaskHappened {
            at: Timestamp::now(),
            instance: instance.to_owned(),
            step,
        };
        let listeners = self.listeners.lock().unwrap();
        listeners[whose]
            .send(Ok(happened))
            .expect("the front follows");
    }

    /// The plane falls silent about `whose`.
    pub fn fall_silent(&self, whose: &str) {
        self.listeners.lock().unwrap().remove(whose);
    }

    fn listen(&self, whose: &str) -> TaskSteps {
        let (told, mut steps) = mpsc::unbounded_channel();
        self.listeners
            .lock()
            .unwrap()
            .insert(whose.to_owned(), told);
        futures::stream::poll_fn(move |context| steps.poll_recv(context)).boxed()
    }

    fn ask(&self, asked: Asked) {
        self.asked.send(asked).expect("the plane lives");
    }
}

impl TaskPlane for Plane {
    fn follow(&self, service: &str) -> TaskSteps {
        self.processes.listen(service)
    }

    fn limit(&self, service: &str) -> u32 {
        match service {
            SERVICE => LIMIT,
            _ => 0,
        }
    }

    fn scale<'a>(
        &'a self,
        service: &'a str,
        container: &'a Container,
        desired: u32,
    ) -> BoxFuture<'a, Result<(), DataPlaneError>> {
        let asked = Asked::Scale(service.to_owned(), container.clone(), desired);
        self.processes.ask(asked);
        async { Ok(()) }.boxed()
    }

    fn run(&self, container: Container) -> BoxFuture<'_, Result<Running, DataPlaneError>> {
        let instance = format!("{}-{}", container.name, container.command.join("-"));
        let steps = self.processes.listen(&instance);
        self.processes.ask(Asked::Run(instance.clone(), container));
        async { Ok(Running { instance, steps }) }.boxed()
    }

    fn stop<'a>(&'a self, instance: &'a str) -> BoxFuture<'a, Result<(), DataPlaneError>> {
        self.processes.ask(Asked::Stop(instance.to_owned()));
        async { Ok(()) }.boxed()
    }
}
