//! The lab that a command finds when it runs beside the servers: engine `external` on them, with agents that are
//! processes of the task. It lives as long as the command.

mod profile;

use std::path::Path;

use rlab_lab::protocol::Wanted;
use rlab_lab::{LabDir, LabHome, UpEvent, UpOptions};
use tokio_util::sync::CancellationToken;

use crate::beside::Beside;
use crate::error::CloudError;
use crate::in_vpc::RunnerConfig;

/// Whoever is told what happens.
pub(crate) type Tell<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// A lab within a task.
#[derive(Debug)]
pub(crate) struct TaskLab {
    home: LabHome,
    dir: LabDir,
}

impl TaskLab {
    /// Brings it up, with its files in `scratch`. Cancelled or failing, it stops what it started.
    ///
    /// # Errors
    /// When a server cannot be reached or refuses, or an agent does not become ready.
    pub async fn up(
        config: &RunnerConfig,
        scratch: &Path,
        tell: Tell<'_>,
        cancel: CancellationToken,
    ) -> Result<Self, CloudError> {
        let home = LabHome::at(scratch.join("home"));
        let dir = home.lab(&config.lab)?;
        let options = UpOptions {
            dir: dir.clone(),
            profile: profile::of(config, scratch)?,
            port_offset: config.port_offset,
            wanted: Wanted::All,
        };
        let beside = Beside {
            region: config.region.clone(),
            rehearsed: config.rehearsed,
            deployed: config.deployed.clone(),
        };
        beside.save(&dir)?;
        tell("brings up agents beside the servers");
        let said = |event| {
            if let UpEvent::Note(text) = event {
                tell(&text);
            }
        };
        let lab = Self { home, dir };
        if let Err(error) = rlab_lab::up(&options, &said, cancel).await {
            // Agents that came up would go on without anybody, and what they made on the servers would stay.
            if let Err(left) = lab.down().await {
                tell(&format!("left behind: {left}"));
            }
            return Err(error.into());
        }
        Ok(lab)
    }

    /// Directory of its home, for commands.
    pub fn home(&self) -> &Path {
        self.home.root()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.dir.name()
    }

    /// Takes it down, and removes what it made on the servers.
    ///
    /// # Errors
    /// With what is left.
    pub async fn down(self) -> Result<(), CloudError> {
        rlab_lab::down(&self.dir, true, &|_| {}).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task_lab::profile::tests::told;

    #[tokio::test]
    async fn a_lab_that_does_not_come_up_leaves_nothing() {
        let scratch = tempfile::tempdir().unwrap();
        let never = CancellationToken::new();
        let config = told();
        let up = TaskLab::up(&config, scratch.path(), &|_| {}, never);
        up.await.unwrap_err();
        assert!(!scratch.path().join("home/labs/one").exists());
    }
}
