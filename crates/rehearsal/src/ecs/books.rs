//! The services and tasks that ECS knows of, and what follows from what happens to processes.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::plane::Exit;
use super::service::{Counts, Phase, Service};
use super::task::{Origin, Status, StopCode, Task};

/// Most stopped tasks that are remembered.
const MAX_STOPPED: usize = 1_000;

/// Everything ECS knows.
#[derive(Debug, Default)]
pub(crate) struct Books {
    /// By ARN.
    pub(super) services: BTreeMap<String, Service>,
    /// Oldest first.
    pub(super) tasks: Vec<Task>,
}

impl Books {
    pub(super) fn task(&mut self, arn: &str) -> Option<&mut Task> {
        self.tasks.iter_mut().find(|task| task.arn == arn)
    }

    /// A new task. The oldest stopped ones are forgotten for it.
    pub(super) fn add(&mut self, task: Task) {
        let stopped = |task: &Task| task.status == Status::Stopped;
        let mut surplus = self
            .tasks
            .iter()
            .filter(|task| stopped(task))
            .count()
            .saturating_sub(MAX_STOPPED);
        self.tasks.retain(|task| {
            let forgotten = surplus > 0 && stopped(task);
            surplus -= usize::from(forgotten);
            !forgotten
        });
        self.tasks.push(task);
    }

    /// The tasks of a service, oldest first.
    pub(super) fn of<'a>(&'a self, service: &'a str) -> impl Iterator<Item = &'a Task> {
        let is_its = move |task: &&Task| task.origin.service.as_deref() == Some(service);
        self.tasks.iter().filter(is_its)
    }

    fn of_mut<'a>(&'a mut self, service: &'a str) -> impl Iterator<Item = &'a mut Task> {
        let is_its = move |task: &&mut Task| task.origin.service.as_deref() == Some(service);
        self.tasks.iter_mut().filter(is_its)
    }

    /// Counts tasks as ECS does.
    pub(super) fn count(&self, which: impl Fn(&Task) -> bool) -> Counts {
        let mut counts = Counts::default();
        for task in self.tasks.iter().filter(|task| which(task)) {
            match task.status {
                Status::Running => counts.running += 1,
                Status::Provisioning | Status::Pending | Status::Activating
                    if task.stop.is_none() =>
                {
                    counts.pending += 1;
                }
                _ => {}
            }
        }
        counts
    }

    /// A process of a service runs: the task that waited for it longest has it. One that nobody waited
    /// for is a task too. Answers the task's ARN.
    pub(super) fn began(&mut self, service: &str, instance: &str, at: Timestamp) -> Option<String> {
        let waits = |task: &&mut Task| task.instance.is_none() && task.is_wanted();
        if self.of_mut(service).find(waits).is_none() {
            let task = wanted_by(self.services.get(service)?, at);
            self.add(task);
        }
        // While a new deployment cannot start, the plane replaces what ends by what it was last asked for.
        let known = self.services.get(service)?;
        let asked = known.asked.as_ref().map(|(deployment, _)| deployment);
        let made_of = known.deployments.iter().find(|of| Some(&of.id) == asked);
        let made_of = made_of.map(|of| (of.id.clone(), of.definition.clone()));
        let task = self.of_mut(service).find(waits)?;
        task.began(instance, at);
        if let Some((deployment, definition)) = made_of {
            task.origin.started_by = Some(deployment);
            task.definition = definition;
        }
        let (arn, id) = (task.arn.clone(), task.id().to_owned());
        let known = self.services.get_mut(service)?;
        known.tell(&format!("has started 1 tasks: (task {id})."), at);
        self.settle(service, at);
        Some(arn)
    }

    /// A process of a service is gone.
    pub(super) fn exited(&mut self, service: &str, arn: &str, exit: Exit, at: Timestamp) {
        let wanted = self.of(service).filter(|task| task.is_wanted()).count();
        let Some(known) = self.services.get_mut(service) else {
            return;
        };
        let too_many = wanted > known.wanted() as usize;
        let scaled = scaled(known);
        let Some(task) = self.task(arn) else {
            return;
        };
        if too_many {
            task.end(StopCode::ServiceSchedulerInitiated, scaled, at);
        }
        task.exited(exit, at);
        let stopped = format!("has stopped 1 running tasks: (task {}).", task.id());
        if let Some(known) = self.services.get_mut(service) {
            known.tell(&stopped, at);
        }
        self.settle(service, at);
    }

    /// Brings the tasks of a service to the number that is wanted, as far as that is ECS's to decide, and
    /// concludes what has come about.
    pub(super) fn settle(&mut self, arn: &str, at: Timestamp) {
        let Some(service) = self.services.get(arn) else {
            return;
        };
        let (wanted, reason) = (service.wanted() as usize, scaled(service));
        let prepared = service.is_asked();
        let there = self.of(arn).filter(|task| task.is_wanted()).count();
        for _ in there..wanted {
            let Some(service) = self.services.get(arn) else {
                return;
            };
            let mut task = wanted_by(service, at);
            if prepared {
                task.prepared();
            }
            self.add(task);
        }
        let mut surplus = there.saturating_sub(wanted);
        for task in self.of_mut(arn).filter(|task| task.is_wanted()) {
            let waits = task.instance.is_none();
            if surplus > 0 && (waits || wanted == 0) {
                surplus -= 1;
                task.end(StopCode::ServiceSchedulerInitiated, reason.as_str(), at);
                if waits {
                    task.over(None, at);
                }
            }
        }
        self.conclude(arn, at);
    }

    fn conclude(&mut self, arn: &str, at: Timestamp) {
        let left = self
            .of(arn)
            .filter(|task| task.status < Status::Stopped)
            .count();
        let Some(service) = self.services.get(arn) else {
            return;
        };
        let primary = &service.primary().id;
        let of_primary = |task: &Task| task.origin.started_by.as_ref() == Some(primary);
        let current = |task: &&Task| of_primary(task) && task.status == Status::Running;
        let running = self
            .of(arn)
            .filter(current)
            .filter(|task| task.is_wanted())
            .count();
        let steady = left == running && running == service.wanted() as usize;
        let Some(service) = self.services.get_mut(arn) else {
            return;
        };
        match service.phase {
            Phase::Active if steady => service.settled(at),
            Phase::Active => service.steady = false,
            // Until the plane has been asked for none, it replaces what ends.
            Phase::Draining
                if left == 0 && service.asked.as_ref().is_none_or(|asked| asked.1 == 0) =>
            {
                service.phase = Phase::Inactive;
                service.gone.cancel();
            }
            Phase::Draining | Phase::Inactive => {}
        }
        service.changed.notify_one();
    }
}

impl Service {
    /// Tasks that it wants now.
    pub(super) fn wanted(&self) -> u32 {
        match self.phase {
            Phase::Active => self.desired,
            Phase::Draining | Phase::Inactive => 0,
        }
    }

    /// Whether the plane has been asked for what is wanted.
    pub(super) fn is_asked(&self) -> bool {
        let asked = self.asked.as_ref();
        asked.is_some_and(|(id, count)| *id == self.primary().id && *count == self.wanted())
    }
}

fn scaled(service: &Service) -> String {
    let id = &service.primary().id;
    format!("Scaling activity initiated by (deployment {id})")
}

fn wanted_by(service: &Service, at: Timestamp) -> Task {
    let primary = service.primary();
    let origin = Origin {
        cluster: service.cluster.clone(),
        service: Some(service.arn.clone()),
        group: format!("service:{}", service.name),
        started_by: Some(primary.id.clone()),
        overrides: serde_json::json!({ "containerOverrides": [] }),
        ..Origin::default()
    };
    Task::new(origin, primary.definition.clone(), at)
}

#[cfg(test)]
mod tests {
    use super::super::emulator::Place;
    use super::super::task::tests::task;
    use super::*;
    use proptest::prelude::*;

    const ARN: &str = "arn:aws:ecs:r:1:service/lab/s";

    fn books(desired: u32) -> Books {
        let place = Place {
            account: "1".to_owned(),
            region: "r".to_owned(),
        };
        let cluster = "arn:aws:ecs:r:1:cluster/lab";
        let (definition, at) = (task(None).definition, Timestamp::UNIX_EPOCH);
        let service = Service::new((ARN, "s", cluster), place, definition, desired, at);
        let mut books = Books::default();
        books.services.insert(ARN.to_owned(), service);
        books.settle(ARN, at);
        books
    }

    fn asked(books: &mut Books) {
        let service = books.services.get_mut(ARN).unwrap();
        service.asked = Some((service.primary().id.clone(), service.wanted()));
    }

    #[test]
    fn a_process_that_came_while_a_deployment_could_not_start_is_of_the_old_one() {
        let (mut books, at) = (books(1), Timestamp::UNIX_EPOCH);
        asked(&mut books);
        let first = books.began(ARN, "p-1", at).unwrap();
        books.task(&first).unwrap().serves();
        let old = books.services[ARN].primary().id.clone();
        let definition = task(None).definition;
        books.services.get_mut(ARN).unwrap().deploy(definition, at);
        books.exited(ARN, &first, Exit::Signal(9), at);
        let second = books.began(ARN, "p-2", at).unwrap();
        let second = books.task(&second).unwrap();
        assert_eq!(second.origin.started_by, Some(old));
    }

    proptest! {
        #[test]
        fn counts_are_those_of_processes_and_what_lacks_is_pending(
            steps in prop::collection::vec((0_u8..4, 0_u32..3), 0..40),
        ) {
            let (mut books, at) = (books(1), Timestamp::UNIX_EPOCH);
            let (mut started, mut serving) = (Vec::new(), Vec::new());
            for (number, (step, which)) in steps.into_iter().enumerate() {
                match step {
                    0 => {
                        books.services.get_mut(ARN).unwrap().scale(which, at);
                        books.settle(ARN, at);
                        asked(&mut books);
                    }
                    1 => started.push(books.began(ARN, &format!("p-{number}"), at).unwrap()),
                    2 if !started.is_empty() => {
                        let arn = started.remove(0);
                        books.task(&arn).unwrap().serves();
                        books.settle(ARN, at);
                        serving.push(arn);
                    }
                    3 if !serving.is_empty() => {
                        let arn = serving.remove(0);
                        books.exited(ARN, &arn, Exit::Code(0), at);
                        books.task(&arn).unwrap().over(None, at);
                        books.settle(ARN, at);
                    }
                    _ => {}
                }
                let wanted = books.services[ARN].wanted() as usize;
                let there = books.of(ARN).filter(|task| task.is_wanted()).count();
                prop_assert!(there >= wanted);
                let waits = |task: &&Task| task.is_wanted() && task.instance.is_none();
                let waiting = books.of(ARN).filter(waits).count();
                prop_assert!(waiting == 0 || there == wanted);
                let counts = books.count(|_| true);
                prop_assert!(counts.running as usize <= serving.len());
                if books.services[ARN].steady {
                    prop_assert_eq!((counts.running as usize, counts.pending), (wanted, 0));
                }
            }
        }
    }
}
