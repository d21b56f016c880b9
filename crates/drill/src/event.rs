//! What a drill tells while it runs.

use std::fmt;

use crate::load::LoadProgress;

/// One line of progress.
#[derive(Debug, Clone, PartialEq)]
pub enum DrillEvent {
    /// Something is done or begins.
    Note(String),
    /// A phase waits for its end.
    Waiting {
        /// Arm.
        arm: String,
        /// Phase.
        phase: String,
        /// What it waits for and how that last looked.
        until: String,
        /// The loads of commands so far.
        load: LoadProgress,
        /// Commands in all; a load that lasts until a phase sends more.
        commands: u64,
    },
}

impl fmt::Display for DrillEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Note(text) => f.write_str(text),
            Self::Waiting {
                arm,
                phase,
                until,
                load,
                commands,
            } => {
                let LoadProgress { sent, answered, .. } = load;
                write!(f, "{arm}/{phase}: {until}; {sent} ")?;
                if sent < commands {
                    write!(f, "of {commands} ")?;
                }
                write!(f, "commands sent, {answered} acknowledged")
            }
        }
    }
}
