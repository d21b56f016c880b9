//! Cells of Redis: asked of the server as a question first, and tried as well where that changes nothing.

use redis::aio::MultiplexedConnection;
use redis::{Cmd, ErrorKind, RedisError, ServerErrorKind};
use rlab_access::{Cell, Kind, System};
use rlab_lab::servers::{connect_redis, connect_redis_as};

use super::Room;
use super::answer::{Answer, Answered};

/// Commands that change nothing, or only the key that they are given, which is the run's own.
const HARMLESS: [&str; 14] = [
    "get", "set", "del", "unlink", "hget", "hmget", "hset", "pexpire", "eval", "ping", "scan",
    "info", "role", "publish",
];

/// What Redis answers to `cells`, which are all of `user`.
pub(super) async fn ask(room: &Room<'_>, user: &str, cells: Vec<Cell>) -> Vec<Answered> {
    match asked(room, user, &cells).await {
        Ok(answers) => answers,
        Err(why) => Answered::all(&cells, &Answer::Unknown(why)),
    }
}

async fn asked(room: &Room<'_>, user: &str, cells: &[Cell]) -> Result<Vec<Answered>, String> {
    let address = room.site.address("redis").map_err(|e| e.to_string())?;
    let mut admin = connect_redis(room.site, address.clone()).await?;
    let mut own = match connect_redis_as(room.site, address, user).await {
        Ok(connection) => connection,
        // Whom Redis does not know may do nothing.
        Err(error) if error.kind() == ErrorKind::AuthenticationFailed => {
            return Ok(Answered::all(cells, &Answer::Denied));
        }
        Err(error) => return Err(error.to_string()),
    };
    let mut answers = Vec::with_capacity(cells.len());
    for cell in cells {
        let name = room.name(&cell.instance.name);
        let answer = match System::Redis.word_for(cell.operation) {
            Some(word) => Answer::told(may(&mut admin, &mut own, user, cell, word, &name).await),
            None => Answer::Unknown("Redis does not decide that".to_owned()),
        };
        answers.push(Answered::of(cell, answer));
    }
    Ok(answers)
}

/// Whether `user` may give the command `word`: by what Redis says to the question, and by what it does
/// where the command is harmless or will be denied. The two have to agree.
async fn may(
    admin: &mut MultiplexedConnection,
    own: &mut MultiplexedConnection,
    user: &str,
    cell: &Cell,
    word: &str,
    name: &str,
) -> Result<bool, String> {
    let arguments = arguments(cell.instance.kind, word, name);
    let said = dry_run(admin, user, word, &arguments).await?;
    if said && !HARMLESS.contains(&word) {
        return Ok(true);
    }
    let done = tried(own, word, &arguments).await?;
    match said == done {
        true => Ok(done),
        false => Err(format!(
            "ACL DRYRUN says {said}, and {word} was answered otherwise"
        )),
    }
}

async fn dry_run(
    admin: &mut MultiplexedConnection,
    user: &str,
    word: &str,
    arguments: &[String],
) -> Result<bool, String> {
    let mut question = redis::cmd("ACL");
    question.arg("DRYRUN").arg(user).arg(word).arg(arguments);
    let said: String = question.query_async(admin).await.map_err(text)?;
    // Otherwise it says which right is missing.
    Ok(said == "OK")
}

async fn tried(
    own: &mut MultiplexedConnection,
    word: &str,
    arguments: &[String],
) -> Result<bool, String> {
    let mut command = Cmd::new();
    command.arg(word).arg(arguments);
    match command.query_async::<redis::Value>(own).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoPerm) => Ok(false),
        // The command was looked at: it is of another kind than the key, or not to be given so.
        Err(error)
            if error
                .code()
                .is_some_and(|code| code == "WRONGTYPE" || code == "ERR") =>
        {
            Ok(true)
        }
        Err(error) => Err(text(error)),
    }
}

/// What follows the command's name; of those that are never carried out, enough to be one.
fn arguments(kind: Kind, word: &str, name: &str) -> Vec<String> {
    let rest: &[&str] = match (kind, word) {
        (Kind::RedisKeys, "eval") => return ["return 1", "1", name].map(str::to_owned).into(),
        (Kind::RedisKeys, "set") => &["1"],
        (Kind::RedisKeys, "hget" | "hmget") => &["field"],
        (Kind::RedisKeys, "hset") => &["field", "1"],
        (Kind::RedisKeys, "pexpire") => &["1000"],
        (Kind::RedisKeys, "rename") => return vec![name.to_owned(), name.to_owned()],
        (Kind::RedisServer, "scan") => return vec!["0".to_owned()],
        (Kind::RedisServer, "replicaof") => return ["no", "one"].map(str::to_owned).into(),
        (Kind::RedisServer, "config") => return ["get", "port"].map(str::to_owned).into(),
        (Kind::RedisServer, "keys") => return vec!["nothing".to_owned()],
        (Kind::RedisServer, "acl") => return vec!["list".to_owned()],
        (Kind::RedisServer, _) => return Vec::new(),
        (Kind::RedisChannel, "publish") => &["nothing"],
        _ => &[],
    };
    let rest = rest.iter().map(|part| (*part).to_owned());
    std::iter::once(name.to_owned()).chain(rest).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
fn text(error: RedisError) -> String {
    error.to_string()
}
