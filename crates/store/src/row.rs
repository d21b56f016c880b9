//! Ids as MySQL keeps them: uuids as sixteen bytes, names in a binary collation.

use sqlx::Row;
use sqlx::mysql::MySqlRow;
use uuid::Uuid;

use crate::StoreError;

/// The id in column `index`.
pub(crate) fn uuid(row: &MySqlRow, index: usize) -> Result<Uuid, StoreError> {
    let bytes: &[u8] = row.try_get(index)?;
    Uuid::from_slice(bytes).map_err(|e| StoreError::Row(format!("column {index}: {e}")))
}

/// The name in column `index`. The driver takes columns with a binary collation for bytes.
pub(crate) fn name(row: &MySqlRow, index: usize) -> Result<String, StoreError> {
    let bytes: &[u8] = row.try_get(index)?;
    String::from_utf8(bytes.to_vec()).map_err(|e| StoreError::Row(format!("column {index}: {e}")))
}
