//! Has the plane run what a service wants, and tries again where that fails.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::definition::Definition;
use super::emulator::Place;
use super::prepare::{Obstacle, prepare};
use super::service::Phase;
use super::task::{Status, StopCode, Task};
use super::{books::Books, end_process, follow};
use crate::rehearsal::{Rehearsal, lock};

/// How long until a service whose tasks do not start is tried again; doubles up to [`MAX_PAUSE`]. ECS slows
/// down too, and does not say by how much.
const PAUSE: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// What the plane is to be asked for.
struct Wish {
    place: Place,
    name: String,
    deployment: String,
    definition: Arc<Definition>,
    count: u32,
    /// Ids of the tasks that wait for it.
    tasks: Vec<String>,
}

/// Begins to keep a service: to follow its processes and to have as many of them as it wants.
pub(super) fn keep(rehearsal: &Arc<Rehearsal>, arn: &str, name: &str) {
    let steps = rehearsal.processes.follow(name);
    let following = follow::service(Arc::clone(rehearsal), arn.to_owned(), steps);
    rehearsal.tasks.spawn(following);
    rehearsal
        .tasks
        .spawn(schedule(Arc::clone(rehearsal), arn.to_owned()));
}

async fn schedule(rehearsal: Arc<Rehearsal>, arn: String) {
    let handles = lock(&rehearsal.ecs)
        .services
        .get(&arn)
        .map(|service| (Arc::clone(&service.changed), service.gone.clone()));
    let Some((changed, gone)) = handles else {
        return;
    };
    let mut pause = PAUSE;
    loop {
        let wish = lock(&rehearsal.ecs).wish(&arn);
        let failed = match &wish {
            Some(wish) => fulfil(&rehearsal, &arn, wish).await.is_err(),
            None => false,
        };
        let again = async {
            match failed {
                true => tokio::time::sleep(pause).await,
                false => changed.notified().await,
            }
        };
        tokio::select! {
            () = again => {}
            () = gone.cancelled() => return,
            () = rehearsal.stop.cancelled() => return,
        }
        pause = match failed {
            true => (pause * 2).min(MAX_PAUSE),
            false => PAUSE,
        };
    }
}

/// Asks the plane for what is wanted, then ends what older deployments have running.
async fn fulfil(rehearsal: &Arc<Rehearsal>, arn: &str, wish: &Wish) -> Result<(), ()> {
    let asked = ask(rehearsal, wish).await;
    let outdated = {
        let mut books = lock(&rehearsal.ecs);
        match &asked {
            Ok(()) => books.asked(arn, wish),
            Err(obstacle) => {
                books.failed(arn, wish, obstacle);
                Vec::new()
            }
        }
    };
    for instance in outdated {
        end_process(rehearsal, &instance).await;
    }
    asked.map_err(drop)
}

async fn ask(rehearsal: &Rehearsal, wish: &Wish) -> Result<(), Obstacle> {
    let Wish {
        place, definition, ..
    } = wish;
    let container = definition
        .container(&serde_json::Value::Null)
        .map_err(|refusal| refusal.message)?;
    // What is to end needs neither image nor secrets.
    let container = match wish.count {
        0 => container,
        _ => prepare(rehearsal, place, definition, container, &wish.tasks).await?,
    };
    let asked = rehearsal
        .processes
        .scale(&wish.name, &container, wish.count);
    let asked = rehearsal.in_time(&wish.name, asked).await;
    asked.map_err(|error| error.to_string())
}

impl Books {
    /// What the plane has still to be asked for.
    fn wish(&self, arn: &str) -> Option<Wish> {
        let service = self.services.get(arn)?;
        let (count, primary) = (service.wanted(), service.primary());
        let lives = |task: &Task| task.instance.is_some() && task.status < Status::Deprovisioning;
        let runs = self.of(arn).any(lives);
        if service.is_asked() || count == 0 && service.asked.is_none() && !runs {
            return None;
        }
        let waiting = self
            .of(arn)
            .filter(|task| task.instance.is_none() && task.is_wanted());
        Some(Wish {
            place: service.place.clone(),
            name: service.name.clone(),
            deployment: primary.id.clone(),
            definition: Arc::clone(&primary.definition),
            count,
            tasks: waiting.map(|task| task.id().to_owned()).collect(),
        })
    }

    /// The plane was asked. Answers the instances of older deployments, which are wanted no longer.
    fn asked(&mut self, arn: &str, wish: &Wish) -> Vec<String> {
        let at = Timestamp::now();
        let Some(service) = self.services.get_mut(arn) else {
            return Vec::new();
        };
        service.asked = Some((wish.deployment.clone(), wish.count));
        let mut outdated = Vec::new();
        for task in &mut self.tasks {
            if task.origin.service.as_deref() != Some(arn) || !task.is_wanted() {
                continue;
            }
            if task.origin.started_by.as_ref() == Some(&wish.deployment) {
                task.prepared();
            } else if wish.count > 0 {
                let reason = format!(
                    "Scaling activity initiated by (deployment {})",
                    wish.deployment
                );
                task.end(StopCode::ServiceSchedulerInitiated, reason, at);
                match &task.instance {
                    Some(instance) => outdated.push(instance.clone()),
                    None => task.over(None, at),
                }
            }
        }
        self.settle(arn, at);
        outdated
    }

    /// The tasks that wait could not be started.
    fn failed(&mut self, arn: &str, wish: &Wish, obstacle: &str) {
        let at = Timestamp::now();
        let mut count = 0;
        for task in &mut self.tasks {
            let waits = task.instance.is_none() && task.is_wanted();
            if task.origin.service.as_deref() == Some(arn) && waits {
                task.failed(obstacle, at);
                count += 1;
            }
        }
        let Some(service) = self.services.get_mut(arn) else {
            return;
        };
        let primary = &mut service.deployments[0];
        if primary.id == wish.deployment {
            primary.failed += count;
        }
        if service.phase == Phase::Active {
            let why = format!("was unable to place a task. Reason: {obstacle}.");
            service.tell(&why, at);
        }
        self.settle(arn, at);
    }
}
