//! Takes down what happens to processes, and stores what they say.

use std::collections::HashMap;
use std::sync::Arc;

use futures::StreamExt;
use jiff::Timestamp;

use super::logs::{Stream, Writer};
use super::plane::{TaskHappened, TaskStep, TaskSteps};
use super::task::StopCode;
use crate::rehearsal::{Rehearsal, lock};

/// What is known of a running instance besides its task.
struct Known {
    task: String,
    writer: Option<Writer>,
}

/// Follows the processes of a service until the service is gone.
pub(super) async fn service(rehearsal: Arc<Rehearsal>, arn: String, mut steps: TaskSteps) {
    let Some(gone) = lock(&rehearsal.ecs)
        .services
        .get(&arn)
        .map(|service| service.gone.clone())
    else {
        return;
    };
    let mut known: HashMap<String, Known> = HashMap::new();
    loop {
        let step = tokio::select! {
            step = steps.next() => step,
            () = gone.cancelled() => return,
            () = rehearsal.stop.cancelled() => return,
        };
        match step {
            Some(Ok(happened)) => apply(&rehearsal, &arn, &mut known, happened).await,
            Some(Err(error)) => {
                let mut books = lock(&rehearsal.ecs);
                if let Some(service) = books.services.get_mut(&arn) {
                    let why = format!("was unable to place a task. Reason: {error}.");
                    service.tell(&why, Timestamp::now());
                }
            }
            None => {
                let mut books = lock(&rehearsal.ecs);
                if let Some(service) = books.services.get_mut(&arn) {
                    service.silent = Some("the data plane has stopped telling of it".to_owned());
                }
                return;
            }
        }
    }
}

async fn apply(
    rehearsal: &Arc<Rehearsal>,
    service: &str,
    known: &mut HashMap<String, Known>,
    TaskHappened { at, instance, step }: TaskHappened,
) {
    match step {
        TaskStep::Started => {
            let begun = lock(&rehearsal.ecs).began(service, &instance, at);
            if let Some(task) = begun {
                let writer = writer(rehearsal, &task);
                known.insert(instance, Known { task, writer });
            }
        }
        TaskStep::Ready => {
            if let Some(Known { task, .. }) = known.get(&instance) {
                let mut books = lock(&rehearsal.ecs);
                if let Some(task) = books.task(task) {
                    task.serves();
                }
                books.settle(service, at);
            }
        }
        TaskStep::Said(line) => {
            let writer = known.get_mut(&instance);
            if let Some(writer) = writer.and_then(|known| known.writer.as_mut()) {
                writer.say(&line, at).await;
            }
        }
        TaskStep::Ended(exit) => {
            if let Some(Known { task, writer }) = known.remove(&instance) {
                lock(&rehearsal.ecs).exited(service, &task, exit, at);
                let (rehearsal, service) = (Arc::clone(rehearsal), service.to_owned());
                let tasks = rehearsal.tasks.clone();
                // Other instances go on while the last lines of this one are stored.
                tasks
                    .spawn(async move { conclude(&rehearsal, &task, writer, Some(service)).await });
            }
        }
    }
}

/// Follows a task that runs once to its end.
pub(super) async fn once(rehearsal: &Arc<Rehearsal>, task: &str, mut steps: TaskSteps) {
    let mut writer = writer(rehearsal, task);
    let mut ended = false;
    while !ended {
        let step = tokio::select! {
            step = steps.next() => step,
            () = rehearsal.stop.cancelled() => return,
        };
        match step {
            Some(Ok(TaskHappened { at, step, .. })) => match step {
                TaskStep::Started | TaskStep::Ready => {}
                TaskStep::Said(line) => {
                    if let Some(writer) = &mut writer {
                        writer.say(&line, at).await;
                    }
                }
                TaskStep::Ended(exit) => {
                    if let Some(task) = lock(&rehearsal.ecs).task(task) {
                        task.exited(exit, at);
                    }
                    ended = true;
                }
            },
            lost => {
                let why = match lost {
                    Some(Err(error)) => error.to_string(),
                    _ => "the data plane has stopped telling of it".to_owned(),
                };
                if let Some(task) = lock(&rehearsal.ecs).task(task) {
                    task.end(StopCode::EssentialContainerExited, why, Timestamp::now());
                }
                ended = true;
            }
        }
    }
    conclude(rehearsal, task, writer, None).await;
}

fn writer(rehearsal: &Arc<Rehearsal>, task: &str) -> Option<Writer> {
    let stream = {
        let mut books = lock(&rehearsal.ecs);
        let task = books.task(task)?;
        let account = task.arn.split(':').nth(4)?;
        Stream::of(&task.definition, account, task.id())?
    };
    Some(Writer::start(rehearsal, stream))
}

/// Ends the life of a task whose process is gone, once its last line is stored.
async fn conclude(
    rehearsal: &Rehearsal,
    task: &str,
    writer: Option<Writer>,
    service: Option<String>,
) {
    let complaint = match writer {
        Some(writer) => writer.finish().await,
        None => None,
    };
    let at = Timestamp::now();
    let mut books = lock(&rehearsal.ecs);
    if let Some(task) = books.task(task) {
        task.over(complaint, at);
    }
    if let Some(service) = service {
        books.settle(&service, at);
    }
}
