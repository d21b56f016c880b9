//! What can go wrong between us and MySQL, sorted by what the caller can do about it.

/// A statement or transaction that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// MySQL is away, starting, stopping, read-only or out of connections. Worth another try.
    #[error("mysql unavailable: {0}")]
    Unavailable(String),
    /// Rolled back in favour of another transaction (deadlock or lock wait timeout).
    #[error("mysql gave way to another transaction: {0}")]
    Contended(String),
    /// A row with this unique key exists.
    #[error("duplicate key: {0}")]
    DuplicateKey(String),
    /// A name that no namespace may have.
    #[error("namespace name `{name}` {problem}")]
    NamespaceName {
        /// The name.
        name: String,
        /// Which rule it breaks.
        problem: &'static str,
    },
    /// The caller could not make the row it wanted to store.
    #[error("row refused: {0}")]
    Row(String),
    /// Anything else: a statement, a right or the schema is wrong.
    #[error("mysql: {0}")]
    Sql(#[source] sqlx::Error),
    /// Migrations failed.
    #[error("mysql migration: {0}")]
    Migration(#[source] Box<sqlx::migrate::MigrateError>),
}

/// Too many connections, shutdown in progress, read-only, server going offline.
const AWAY: [u16; 7] = [1040, 1053, 1077, 1290, 1792, 1836, 3032];
const LOCK_WAIT_TIMEOUT: u16 = 1205;
const DEADLOCK: u16 = 1213;
const DUPLICATE_ENTRY: u16 = 1062;

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        let number = match &error {
            E::Database(db) => db
                .try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
                .map(sqlx::mysql::MySqlDatabaseError::number),
            _ => None,
        };
        match (number, &error) {
            (Some(DUPLICATE_ENTRY), _) => Self::DuplicateKey(error.to_string()),
            (Some(DEADLOCK | LOCK_WAIT_TIMEOUT), _) => Self::Contended(error.to_string()),
            (Some(n), _) if AWAY.contains(&n) => Self::Unavailable(error.to_string()),
            (_, E::Io(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::Protocol(_)) => {
                Self::Unavailable(error.to_string())
            }
            // A connection cut during its handshake; nothing was asked yet.
            (_, E::Tls(_)) => Self::Unavailable(error.to_string()),
            _ => Self::Sql(error),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Migration(Box::new(error))
    }
}

impl StoreError {
    /// Whether the same call may succeed later without anyone changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Contended(_))
    }
}
