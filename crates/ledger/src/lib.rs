//! Accounts for every obligation from recorded histories and a snapshot, and names anomalies.
//!
//! The crate is pure: it reads what was recorded (what every client asked and was told, what
//! MySQL, Kafka and the read side held afterwards) and knows nothing of how the lab was started.
//! The same recording always gives the same [`Accounting`], whatever the order of its lines.
//!
//! * [`operation`], [`fact`]: the recorded lines, gathered in a [`Recording`]
//! * [`account`](mod@account): from a recording to an [`Accounting`]
//! * [`accounting`]: the counts and the named anomalies, with their [`samples`]
//! * [`control`]: falsified recordings that the judge must see through

pub mod account;
pub mod accounting;
pub mod anomaly;
pub mod control;
mod event;
mod events;
pub mod fact;
mod findings;
mod keys;
pub mod numbers;
mod obligations;
pub mod operation;
pub mod recording;
pub mod samples;
mod stale;

pub use account::{Terms, Window, account};
pub use accounting::{Accounting, LoadAccount, WindowAccount};
pub use anomaly::{Anomaly, Subject};
pub use control::{Control, ControlError, ControlKind};
pub use fact::{Fact, OutboxState, Published};
pub use numbers::NumberAccount;
pub use operation::{
    CommandAnswer, ConnectAnswer, Exchange, Operation, ReadAnswer, Served, Upgrade, UpgradeOutcome,
    WriteAnswer,
};
pub use recording::Recording;
pub use samples::Stage;
