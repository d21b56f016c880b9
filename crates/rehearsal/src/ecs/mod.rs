//! ECS: services and tasks whose truth is what runs.

mod plane;

pub use plane::{Container, Exit, Running, TaskHappened, TaskPlane, TaskStep, TaskSteps};
