//! Namespaces: one schema per isolated run, with its tables and the rights on them.

use sqlx::Executor;
use sqlx::migrate::Migrator;
use sqlx::mysql::MySqlConnection;

use crate::accounts;
use crate::{StoreError, processed_event};

static MIGRATOR: Migrator = sqlx::migrate!();

const PREFIX: &str = "rlab_";
const LONGEST: usize = 60;

/// As [`create_without_grants`], and gives each agent, whose user comes from `host`, its rights.
///
/// # Errors
/// As [`create_without_grants`].
pub async fn create(
    admin: &mut MySqlConnection,
    database: &str,
    host: &str,
) -> Result<(), StoreError> {
    create_without_grants(admin, database).await?;
    for grant in accounts::grants_on(database, host) {
        admin.execute(grant.as_str()).await?;
    }
    Ok(())
}

/// Creates `database` if it is missing and brings its tables up to date; whoever does so is the only one who
/// works in it. Leaves the connection in that database.
///
/// # Errors
/// [`StoreError::NamespaceName`] for a name outside `rlab_[a-z0-9_]+` or over 60 characters.
pub async fn create_without_grants(
    admin: &mut MySqlConnection,
    database: &str,
) -> Result<(), StoreError> {
    check_name(database)?;
    let statement = format!("CREATE DATABASE IF NOT EXISTS `{database}` CHARACTER SET utf8mb4");
    admin.execute(statement.as_str()).await?;
    enter(admin, database).await?;
    MIGRATOR.run_direct(&mut *admin).await?;
    processed_event::provide_partitions(admin).await
}

/// Makes `database` the one that `connection` is in.
///
/// # Errors
/// As [`create`], or when there is none.
pub async fn enter(connection: &mut MySqlConnection, database: &str) -> Result<(), StoreError> {
    check_name(database)?;
    connection
        .execute(format!("USE `{database}`").as_str())
        .await?;
    Ok(())
}

/// Drops `database` and takes back the rights on it, which MySQL would keep. Does nothing when it
/// is gone already.
///
/// # Errors
/// As [`create`].
pub async fn drop(admin: &mut MySqlConnection, database: &str) -> Result<(), StoreError> {
    check_name(database)?;
    for revoke in accounts::revokes_on(database) {
        admin.execute(revoke.as_str()).await?;
    }
    drop_without_grants(admin, database).await
}

/// Drops `database`, made by [`create_without_grants`]. Does nothing when it is gone already.
///
/// # Errors
/// As [`create`].
pub async fn drop_without_grants(
    admin: &mut MySqlConnection,
    database: &str,
) -> Result<(), StoreError> {
    check_name(database)?;
    admin
        .execute(format!("DROP DATABASE IF EXISTS `{database}`").as_str())
        .await?;
    Ok(())
}

/// Names of all namespaces, sorted.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn list(admin: &mut MySqlConnection) -> Result<Vec<String>, StoreError> {
    let names = sqlx::query_scalar::<_, String>(
        "SELECT CAST(schema_name AS CHAR) FROM information_schema.schemata \
         WHERE schema_name LIKE 'rlab\\_%' ORDER BY schema_name",
    )
    .fetch_all(admin)
    .await?;
    Ok(names)
}

fn check_name(name: &str) -> Result<(), StoreError> {
    let problem = match name.strip_prefix(PREFIX) {
        None => "does not start with rlab_",
        Some("") => "has nothing after rlab_",
        Some(_) if name.len() > LONGEST => "is longer than 60 characters",
        Some(rest)
            if !rest
                .bytes()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_')) =>
        {
            "has characters other than a-z, 0-9 and _"
        }
        Some(_) => return Ok(()),
    };
    Err(StoreError::NamespaceName {
        name: name.to_owned(),
        problem,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_end_its_quotes_or_leave_the_prefix_is_refused() {
        for bad in [
            "mysql", "rlab", "rlab_", "rlab_A", "rlab_x`y", "rlab_x-y", "rlab_é",
        ] {
            assert!(check_name(bad).is_err(), "{bad} was accepted");
        }
        assert!(check_name(&format!("rlab_{}", "a".repeat(56))).is_err());
        assert!(check_name(&format!("rlab_{}", "a".repeat(55))).is_ok());
        assert!(check_name("rlab_e002_direct_7f3a").is_ok());
    }
}
