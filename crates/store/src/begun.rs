//! A transaction that was begun in the same round trip as its first statement.

use sqlx::mysql::MySqlConnection;
use sqlx::pool::PoolConnection;
use sqlx::{Executor, MySql};

use crate::StoreError;

/// A pooled connection that may have a transaction open. Dropped in the midst of it, the connection
/// is closed instead of returned: whoever got it next would work in that transaction.
pub(crate) struct Begun(Option<PoolConnection<MySql>>);

impl Begun {
    pub fn on(connection: PoolConnection<MySql>) -> Self {
        Self(Some(connection))
    }

    pub fn connection(&mut self) -> &mut MySqlConnection {
        // It is there until `give_back`, which takes this by value.
        self.0
            .as_mut()
            .expect("the connection of an open transaction")
    }

    /// Rolls back what was begun, if it was.
    ///
    /// # Errors
    /// When MySQL does not answer; it rolls back by itself then.
    pub async fn roll_back(&mut self) -> Result<(), StoreError> {
        self.connection().execute(sqlx::raw_sql("ROLLBACK")).await?;
        Ok(())
    }

    /// Gives the connection back: it was committed or rolled back.
    pub fn give_back(mut self) {
        self.0 = None;
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if let Some(connection) = &mut self.0 {
            connection.close_on_drop();
        }
    }
}
