//! What a user may do, found out by trying: each statement changes nothing where it is let through.

use std::collections::BTreeSet;
use std::fmt::Write;

use sqlx::mysql::{MySqlConnection, MySqlDatabaseError};
use sqlx::{Executor, Row};

use crate::StoreError;
use crate::accounts::{self, HOST, account};

/// What something is tried on. Nothing of it need be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On<'a> {
    /// A schema: whatever there is or may come to be in it.
    Schema(&'a str),
    /// A table with all its columns.
    Table(&'a str, &'a str),
    /// A column of a table.
    Column(&'a str, &'a str, &'a str),
}

/// Access denied: to a schema, by the login, to a table, to a column, to something for few.
const DENIED: [u16; 5] = [1044, 1045, 1142, 1143, 1227];
/// What is said of a statement once access was granted: no such schema, no such column, no such table (as
/// the target of a statement, or to be dropped), a column without a default, and a lock that somebody holds.
const LET_IN: [u16; 6] = [1049, 1054, 1051, 1146, 1364, 1205];
/// No schema has such a table.
const NO_TABLE: &str = "no_such_table";

/// Has the session give up soon where it would wait for [`hold`].
///
/// # Errors
/// Why MySQL refused.
pub async fn hurry(connection: &mut MySqlConnection) -> Result<(), StoreError> {
    connection
        .execute("SET SESSION lock_wait_timeout = 1")
        .await?;
    Ok(())
}

/// Keeps every table of `schema` from being changed or dropped, while rows can be, until the transaction of
/// `connection` ends.
///
/// # Errors
/// Why MySQL refused.
pub async fn hold(connection: &mut MySqlConnection, schema: &str) -> Result<(), StoreError> {
    let tables = tables(connection, schema).await?;
    connection.execute("START TRANSACTION").await?;
    for table in tables {
        let statement = format!("SELECT 1 FROM {} LIMIT 0", named(schema, &table));
        connection.execute(statement.as_str()).await?;
    }
    Ok(())
}

/// Whether `user`, who is logged in with `connection`, may do what `privilege` names on `on`, whose columns
/// are `columns`. Tables of `on` are safe from it only while [`hold`] keeps them.
///
/// # Errors
/// When MySQL's answer tells neither, and for a privilege that there is no way to try.
pub async fn may(
    connection: &mut MySqlConnection,
    user: &str,
    privilege: &str,
    on: On<'_>,
    columns: &[String],
) -> Result<bool, StoreError> {
    let statement = attempt(user, privilege, on, columns)
        .ok_or_else(|| StoreError::Row(format!("no way to try {privilege} on {on:?}")))?;
    let Err(error) = connection.execute(statement.as_str()).await else {
        return Ok(true);
    };
    let number = match &error {
        sqlx::Error::Database(told) => told
            .try_downcast_ref::<MySqlDatabaseError>()
            .map(MySqlDatabaseError::number),
        _ => None,
    };
    match number {
        Some(number) if DENIED.contains(&number) => Ok(false),
        Some(number) if LET_IN.contains(&number) => Ok(true),
        _ => Err(error.into()),
    }
}

/// The statement that tries it.
fn attempt(user: &str, privilege: &str, on: On<'_>, columns: &[String]) -> Option<String> {
    let table = match on {
        On::Schema(schema) => named(schema, NO_TABLE),
        On::Table(schema, table) | On::Column(schema, table, _) => named(schema, table),
    };
    let statement = match privilege {
        "SELECT" => format!("SELECT 1 FROM {table} LIMIT 0"),
        "INSERT" => format!("EXPLAIN INSERT INTO {table} () VALUES ()"),
        "UPDATE" => format!("UPDATE {table} SET {} WHERE FALSE", emptied(on, columns)),
        "DELETE" => format!("DELETE FROM {table} WHERE FALSE"),
        "CREATE" => format!("CREATE TABLE IF NOT EXISTS {} (x INT)", existing(on, table)),
        "DROP" => format!("DROP TABLE IF EXISTS {table}"),
        // Nothing is altered, and no lock is waited for.
        "ALTER" => format!("ALTER TABLE {table}"),
        "GRANT OPTION" => {
            let all = match on {
                On::Schema(schema) => format!("{}.*", quoted(&literal(schema))),
                _ => table,
            };
            // What nobody was given is not there to be taken, but to ask for it takes the right to give it.
            format!("REVOKE IF EXISTS SELECT ON {all} FROM {}", account(user))
        }
        _ => return None,
    };
    Some(statement)
}

/// A table that stays as it is when it is to be made: in a schema it has to be one that is there.
fn existing(on: On<'_>, table: String) -> String {
    match on {
        On::Schema(schema) => named(schema, "item"),
        _ => table,
    }
}

/// Assignments to the column of `on`, or to all.
fn emptied(on: On<'_>, columns: &[String]) -> String {
    let one;
    let columns: &[String] = match on {
        On::Column(_, _, column) => {
            one = [column.to_owned()];
            &one
        }
        _ if columns.is_empty() => {
            one = ["no_such_column".to_owned()];
            &one
        }
        _ => columns,
    };
    let mut text = String::new();
    for column in columns {
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}{} = NULL", quoted(column));
    }
    text
}

/// Names of the columns of a table, in order; none when there is no such table.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn columns(
    admin: &mut MySqlConnection,
    schema: &str,
    table: &str,
) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "SELECT CAST(column_name AS CHAR) FROM information_schema.columns \
         WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position",
    )
    .bind(schema)
    .bind(table)
    .fetch_all(admin)
    .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

async fn tables(admin: &mut MySqlConnection, schema: &str) -> Result<Vec<String>, StoreError> {
    let names = sqlx::query_scalar::<_, String>(
        "SELECT CAST(table_name AS CHAR) FROM information_schema.tables \
         WHERE table_schema = ? AND table_type = 'BASE TABLE' ORDER BY table_name",
    )
    .bind(schema)
    .fetch_all(admin)
    .await?;
    Ok(names)
}

/// Takes `privilege` on a table of a namespace from `user`.
///
/// # Errors
/// Why MySQL refused.
pub async fn take(
    admin: &mut MySqlConnection,
    user: &str,
    privilege: &str,
    schema: &str,
    table: &str,
) -> Result<(), StoreError> {
    let table = named(schema, table);
    let statement = format!("REVOKE {privilege} ON {table} FROM {}", account(user));
    admin.execute(statement.as_str()).await?;
    Ok(())
}

/// A right on a table of a namespace: user, table, and the privilege, with its column where it is one's.
pub type Right = (String, String, String);

/// The rights on the namespace `database` that the permission model generates.
pub fn generated(database: &str) -> BTreeSet<Right> {
    let grants: Vec<String> = accounts::grants_on(database, HOST).collect();
    grants
        .iter()
        .flat_map(|grant| read(grant, database))
        .collect()
}

/// The rights on the namespace `database` that the server lists for whoever has logged in.
///
/// # Errors
/// Why MySQL did not answer.
pub async fn given(
    connection: &mut MySqlConnection,
    database: &str,
) -> Result<BTreeSet<Right>, StoreError> {
    let mut rights = BTreeSet::new();
    for row in sqlx::query("SHOW GRANTS").fetch_all(connection).await? {
        let grant: String = row.try_get(0)?;
        rights.extend(read(&grant, database));
    }
    Ok(rights)
}

/// The rights on tables of `database` that a `GRANT` gives, as we or as MySQL writes it.
fn read(grant: &str, database: &str) -> Vec<Right> {
    let plain = grant.replace(['`', '\''], "");
    let parts = || {
        let (rights, rest) = plain.strip_prefix("GRANT ")?.split_once(" ON ")?;
        let (table, user) = rest.split_once(" TO ")?;
        let table = table.strip_prefix(database)?.strip_prefix('.')?;
        Some((rights, table.to_owned(), user.split_once('@')?.0.to_owned()))
    };
    let Some((rights, table, user)) = parts() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut of_columns = None;
    for part in rights.split(',') {
        let (name, column) = match part.split_once('(') {
            Some((name, column)) => {
                of_columns = Some(name.trim());
                (name.trim(), Some(column))
            }
            None => match of_columns {
                Some(name) => (name, Some(part)),
                None => (part.trim(), None),
            },
        };
        if part.ends_with(')') {
            of_columns = None;
        }
        let right = match column {
            Some(column) => format!("{name} {}", column.trim_end_matches(')').trim()),
            None => name.to_owned(),
        };
        found.push((user.clone(), table.clone(), right));
    }
    found
}

/// The name of a schema where MySQL takes it for a pattern: `rlab_x` would be wider than `rlab\_%`.
fn literal(schema: &str) -> String {
    schema.replace('_', "\\_").replace('%', "\\%")
}

fn named(schema: &str, table: &str) -> String {
    format!("{}.{}", quoted(schema), quoted(table))
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_tried_by_what_no_grant_on_a_table_reaches() {
        let select = attempt("u", "SELECT", On::Schema("rlab_x"), &[]).unwrap();
        assert_eq!(select, "SELECT 1 FROM `rlab_x`.`no_such_table` LIMIT 0");
        let grant = attempt("u", "GRANT OPTION", On::Schema("rlab_x"), &[]).unwrap();
        assert!(grant.contains(r"ON `rlab\_x`.* FROM 'u'@"), "{grant}");
    }

    #[test]
    fn a_table_may_be_updated_when_every_column_may_and_a_column_when_it_alone_may() {
        let columns = ["a".to_owned(), "b".to_owned()];
        let all = attempt("u", "UPDATE", On::Table("s", "t"), &columns).unwrap();
        assert_eq!(all, "UPDATE `s`.`t` SET `a` = NULL, `b` = NULL WHERE FALSE");
        let one = attempt("u", "UPDATE", On::Column("s", "t", "b"), &columns).unwrap();
        assert_eq!(one, "UPDATE `s`.`t` SET `b` = NULL WHERE FALSE");
    }

    #[test]
    fn no_name_leaves_its_quotes_and_no_unknown_privilege_is_tried() {
        let select = attempt("u", "SELECT", On::Table("s", "t` WHERE `x"), &[]).unwrap();
        assert!(select.contains("`t`` WHERE ``x`"), "{select}");
        assert_eq!(attempt("u", "FILE", On::Schema("s"), &[]), None);
    }

    #[test]
    fn a_grant_is_read_alike_as_we_and_as_mysql_writes_it() {
        let ours = "GRANT SELECT, UPDATE (b, a) ON `rlab_x`.`t` TO 'u'@'127.%';";
        let mysql = "GRANT SELECT, UPDATE (`a`, `b`), INSERT ON `rlab_x`.`t` TO `u`@`127.%`";
        let rights = |text| read(text, "rlab_x").into_iter().collect::<BTreeSet<_>>();
        let right = |of: &str| ("u".to_owned(), "t".to_owned(), of.to_owned());
        assert_eq!(
            rights(ours),
            ["SELECT", "UPDATE a", "UPDATE b"].map(right).into()
        );
        assert_eq!(&rights(mysql) - &rights(ours), [right("INSERT")].into());
        assert_eq!(read(mysql, "rlab_y"), []);
        assert_eq!(read("GRANT USAGE ON *.* TO `u`@`127.%`", "rlab_x"), []);
    }
}
