//! Accounts for every obligation from recorded history and snapshots, and names anomalies.
//!
//! The crate is pure: it reads what was recorded (what every client asked and was told, what
//! MySQL and Kafka held afterwards) and knows nothing of how the lab was started. The same
//! history and the same snapshot always give the same [`Accounting`].
//!
//! * [`record`]: the recorded lines, [`Operation`] and [`Fact`]
//! * [`account`](mod@account): from lines to an [`Accounting`]
//! * [`accounting`]: the counts and the named anomalies
//! * [`control`]: mutations of a snapshot that the judge must notice

pub mod account;
pub mod accounting;
pub mod control;
mod events;
pub mod record;

pub use account::{Window, account, account_watching};
pub use accounting::{Accounting, Anomaly, Lost, Sample, Stage, WindowAccount};
pub use control::{Control, ControlError, ControlKind};
pub use record::{Fact, Operation, Outcome};
