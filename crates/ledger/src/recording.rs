//! What was recorded of a run, to be read as often as need be.

use crate::fact::Fact;
use crate::operation::Operation;

/// A history for each load, and one snapshot. Every reading gives the same lines.
pub trait Recording {
    /// Why a line could not be read.
    type Error: std::error::Error + 'static;

    /// Names of the loads.
    fn loads(&self) -> Vec<String>;

    /// What the clients of `load` asked and were told, in any order.
    ///
    /// # Errors
    /// When the history cannot be opened; a line that cannot be read is an error of its own.
    fn history(
        &self,
        load: &str,
    ) -> Result<impl Iterator<Item = Result<Operation, Self::Error>>, Self::Error>;

    /// What the stores held afterwards, in any order.
    ///
    /// # Errors
    /// When the snapshot cannot be opened; a line that cannot be read is an error of its own.
    fn facts(&self) -> Result<impl Iterator<Item = Result<Fact, Self::Error>>, Self::Error>;
}
