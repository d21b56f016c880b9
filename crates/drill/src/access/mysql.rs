//! Cells of MySQL, asked of the server by statements that change nothing.

use std::collections::BTreeMap;

use futures::future::join_all;
use rlab_access::{Cell, Kind, System};
use rlab_lab::LabError;
use rlab_lab::pipeline::admin_connection;
use rlab_lab::servers::connect_mysql_as;
use rlab_store::rights::{self, On};
use rlab_store::{MySqlConnection, StoreError};

use super::Room;
use super::answer::{Answer, Answered};

/// What MySQL answers to `cells`, which are all of `user`.
pub(super) async fn ask(room: &Room<'_>, user: &str, cells: Vec<Cell>) -> Vec<Answered> {
    match asked(room, user, &cells).await {
        Ok(answers) => answers,
        Err(why) => Answered::all(&cells, &Answer::Unknown(why)),
    }
}

async fn asked(room: &Room<'_>, user: &str, cells: &[Cell]) -> Result<Vec<Answered>, String> {
    let text = |e: StoreError| e.to_string();
    let mut admin = admin_connection(room.site)
        .await
        .map_err(|e| e.to_string())?;
    let columns = columns(&mut admin, room, cells).await.map_err(text)?;
    // Nobody could drop a table as long as this lasts, even if he may.
    let held = rights::hold(&mut admin, &room.namespace.database).await;
    held.map_err(text)?;
    // What would wait for the lock waits at once: each takes as long as all.
    let (waits, others): (Vec<&Cell>, Vec<&Cell>) = cells.iter().partition(|cell| {
        cell.allowed && cell.instance.kind == Kind::MysqlTable && cell.operation.name == "drop"
    });
    let alone = waits
        .chunks(1)
        .map(|cell| tried(room, user, cell, &columns));
    let parts = join_all(alone.chain([tried(room, user, &others, &columns)])).await;
    let parts: Vec<Vec<Answered>> = parts.into_iter().collect::<Result<_, _>>().map_err(text)?;
    Ok(parts.into_iter().flatten().collect())
}

/// Tries `cells` one after the other, over a connection of their own.
async fn tried(
    room: &Room<'_>,
    user: &str,
    cells: &[&Cell],
    columns: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<Answered>, StoreError> {
    let unknown = |e: LabError| StoreError::Unavailable(e.to_string());
    let address = room.site.address("mysql").map_err(unknown)?;
    let mut connection = connect_mysql_as(room.site, address, user, None).await?;
    rights::hurry(&mut connection).await?;
    let mut answers = Vec::with_capacity(cells.len());
    for cell in cells {
        let name = room.name(&cell.instance.name);
        let answer = match (
            on(cell.instance.kind, &name),
            System::Mysql.word_for(cell.operation),
        ) {
            (Some(on), Some(word)) => {
                let of_table = columns.get(&name).map_or(&[][..], Vec::as_slice);
                let trying = rights::may(&mut connection, user, word, on, of_table);
                Answer::told(trying.await)
            }
            _ => Answer::Unknown("MySQL does not decide that".to_owned()),
        };
        answers.push(Answered::of(cell, answer));
    }
    Ok(answers)
}

/// The columns of each table that `cells` speak of, by its name with its schema's.
async fn columns(
    admin: &mut MySqlConnection,
    room: &Room<'_>,
    cells: &[Cell],
) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
    let mut known = BTreeMap::new();
    for cell in cells {
        let name = room.name(&cell.instance.name);
        if let Some(On::Table(schema, table)) = on(cell.instance.kind, &name)
            && !known.contains_key(&name)
        {
            let columns = rights::columns(admin, schema, table).await?;
            known.insert(name, columns);
        }
    }
    Ok(known)
}

fn on(kind: Kind, name: &str) -> Option<On<'_>> {
    let mut parts = name.splitn(3, '.');
    let schema = parts.next()?;
    match (kind, parts.next(), parts.next()) {
        (Kind::MysqlSchema, None, None) => Some(On::Schema(schema)),
        (Kind::MysqlTable, Some(table), None) => Some(On::Table(schema, table)),
        (Kind::MysqlTable, Some(table), Some(column)) => Some(On::Column(schema, table, column)),
        _ => None,
    }
}
