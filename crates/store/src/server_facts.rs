//! What a MySQL server tells of itself: its variables, and the privileges that it knows.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::Row;
use sqlx::mysql::MySqlConnection;

use crate::StoreError;

/// Every global variable with its value, by its name in small letters.
///
/// # Errors
/// Why there was no answer.
pub async fn variables(
    connection: &mut MySqlConnection,
) -> Result<BTreeMap<String, String>, StoreError> {
    let rows = sqlx::query_as::<_, (String, String)>(
        "SELECT LOWER(CAST(variable_name AS CHAR)), CAST(variable_value AS CHAR) \
         FROM performance_schema.global_variables",
    );
    Ok(rows.fetch_all(connection).await?.into_iter().collect())
}

/// Every privilege that the server knows, whoever has it, in capitals.
///
/// # Errors
/// Why there was no answer.
pub async fn privileges(connection: &mut MySqlConnection) -> Result<BTreeSet<String>, StoreError> {
    let rows = sqlx::raw_sql("SHOW PRIVILEGES")
        .fetch_all(connection)
        .await?;
    let names = rows.iter().map(|row| row.try_get::<String, _>(0));
    let names = names.map(|name| name.map(|name| name.to_uppercase()));
    Ok(names.collect::<Result<_, _>>()?)
}
