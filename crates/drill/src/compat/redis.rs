//! Asks Redis: whether a user may give a command (`ACL DRYRUN`), and of the harmless ones, whether it works.
//! Under a target's denials the user is one who is made for it, and removed again.

use redis::aio::MultiplexedConnection;
use redis::{RedisError, Value};
use rlab_compat::{Answer, How, Lists, Why};
use rlab_lab::LabError;
use rlab_lab::secrets::ADMIN;
use rlab_lab::servers::{Site, connect_redis, redis_client_as};
use rlab_runbook::{CompatProbe, Denials};
use sha2::{Digest, Sha256};

use super::{Question, Told, failed};
use crate::error::DrillError;
use crate::stage::Stage;
use crate::undo::{Undo, UndoLog};

/// What follows a probe's name in the keys that it asks for.
const KEYS: [&str; 4] = ["", ":more", ":floor", ":entry"];

/// Whoever asks.
struct Prober {
    /// Asks what the user may do.
    admin: MultiplexedConnection,
    /// Does it.
    own: MultiplexedConnection,
    user: String,
    key: String,
}

/// An answer to every question.
pub(super) async fn ask(
    probe: CompatProbe,
    lists: &Lists,
    questions: &[Question<'_>],
    stage: &Stage,
    undo: &mut UndoLog,
) -> Result<Vec<Told>, DrillError> {
    let unique = uuid::Uuid::new_v4().simple().to_string();
    let name = format!("rlab_compat_{}", &unique[..8]);
    undo.record(Undo::RemoveProbe { name: name.clone() })?;
    let mut prober = Prober::ready(probe, &name, questions, &stage.site)
        .await
        .map_err(|why| failed("what Redis lets through", why))?;
    let asks = lists.of(probe.target.server()).map(|file| &file.ask);
    let mut answers = Vec::with_capacity(questions.len());
    for question in questions {
        let ask = match (question.why, question.restriction) {
            (Why::Restricted, Some(restriction)) => Some((&restriction.ask, restriction.live)),
            _ => asks.and_then(|asks| Some((asks.get(question.name)?, true))),
        };
        answers.push(match ask {
            Some((ask, live)) => prober.ask(question.name, ask, live).await,
            None => Told::unknown("nobody wrote down how it is asked for"),
        });
    }
    // The undo log does it again, which does no harm.
    remove(&stage.site, &name)
        .await
        .map_err(|source| DrillError::Step {
            step: "compat.probe".to_owned(),
            source,
        })?;
    Ok(answers)
}

/// Removes the user called `name`, if there is one, and the keys of its probe.
pub(crate) async fn remove(site: &Site, name: &str) -> Result<(), LabError> {
    let failed = |why: String| LabError::Pipeline(format!("redis: {why}"));
    let address = site.address("redis")?;
    let mut admin = connect_redis(site, address).await.map_err(failed)?;
    let mut user = redis::cmd("ACL");
    user.arg("DELUSER").arg(name);
    let mut keys = redis::cmd("UNLINK");
    keys.arg(&KEYS.map(|end| format!("{}{end}", key_of(name))));
    for command in [user, keys] {
        let done = command.query_async::<()>(&mut admin).await;
        done.map_err(|e| failed(e.to_string()))?;
    }
    Ok(())
}

/// Keys of a probe lie in one hash slot.
fn key_of(name: &str) -> String {
    format!("{{{name}}}")
}

impl Prober {
    async fn ready(
        probe: CompatProbe,
        name: &str,
        questions: &[Question<'_>],
        site: &Site,
    ) -> Result<Self, String> {
        let address = site.address("redis").map_err(|e| e.to_string())?;
        let mut admin = connect_redis(site, address.clone()).await?;
        let key = key_of(name);
        if probe.denials == Denials::None {
            return Ok(Self {
                own: admin.clone(),
                admin,
                user: ADMIN.to_owned(),
                key,
            });
        }
        let password = uuid::Uuid::new_v4().simple().to_string();
        let mut user = redis::cmd("ACL");
        let hash = hex::encode(Sha256::digest(password.as_bytes()));
        user.arg("SETUSER").arg(name);
        user.arg(&["on", &format!("#{hash}"), "~*", "&*", "+@all"]);
        for question in questions.iter().filter(|q| q.why == Why::Restricted) {
            // A rule about a command that the server has not is refused with all others.
            if exists(&mut admin, question.name).await? {
                user.arg(format!("-{}", question.name));
            }
        }
        let made = user.query_async::<()>(&mut admin).await;
        made.map_err(|e| e.to_string())?;
        let client = redis_client_as(name, &password, address)?;
        let own = client.get_multiplexed_async_connection().await;
        Ok(Self {
            own: own.map_err(|e| e.to_string())?,
            admin,
            user: name.to_owned(),
            key,
        })
    }

    /// What becomes of the command `name`, asked for as `ask` has it.
    async fn ask(&mut self, name: &str, ask: &[String], live: bool) -> Told {
        match exists(&mut self.admin, name).await {
            Ok(true) => {}
            Ok(false) => {
                return Told::new(How::Read, Answer::Absent, "this server has no such command");
            }
            Err(why) => return Told::unknown(why),
        }
        let words: Vec<String> = ask.iter().map(|w| w.replace("{key}", &self.key)).collect();
        let (may, told) = self.may(&words).await;
        if !live || may == Answer::Unknown {
            return Told::new(How::Asked, may, told);
        }
        let (does, said) = self.does(&words).await;
        let how = vec![How::Asked, How::Done];
        match may == does {
            true => Told {
                how,
                answer: does,
                words: said,
            },
            false => Told {
                how,
                answer: Answer::Unknown,
                words: format!("asked whether it may: {told}; done: {said}"),
            },
        }
    }

    /// Whether the user may give the command.
    async fn may(&mut self, words: &[String]) -> (Answer, String) {
        let mut dry = redis::cmd("ACL");
        dry.arg("DRYRUN").arg(&self.user).arg(words);
        match dry.query_async::<String>(&mut self.admin).await {
            Ok(told) if told == "OK" => (Answer::Passed, told),
            Ok(told) => (Answer::Denied, told),
            Err(error) => (Answer::Unknown, error.to_string()),
        }
    }

    /// Whether the command works.
    async fn does(&mut self, words: &[String]) -> (Answer, String) {
        let mut command = redis::Cmd::new();
        command.arg(words);
        match command.query_async::<Value>(&mut self.own).await {
            Ok(_) => (Answer::Passed, "OK".to_owned()),
            Err(error) => (refused(&error), error.to_string()),
        }
    }
}

/// Whether an error is a denial; any other tells nothing.
fn refused(error: &RedisError) -> Answer {
    let said = error.to_string().to_lowercase();
    let denied = error.code() == Some("NOPERM")
        || [
            "unknown command",
            "unknown subcommand",
            "not allowed in cluster mode",
        ]
        .iter()
        .any(|words| said.contains(words));
    match denied {
        true => Answer::Denied,
        false => Answer::Unknown,
    }
}

async fn exists(admin: &mut MultiplexedConnection, name: &str) -> Result<bool, String> {
    let mut info = redis::cmd("COMMAND");
    let told: Result<Vec<Value>, RedisError> = info.arg("INFO").arg(name).query_async(admin).await;
    let told = told.map_err(|e| e.to_string())?;
    Ok(told.iter().any(|entry| *entry != Value::Nil))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(line: &str) -> RedisError {
        redis::parse_redis_value(format!("-{line}\r\n").as_bytes())
            .and_then(|value| value.extract_error().map(drop))
            .unwrap_err()
    }

    #[test]
    fn only_a_denial_counts_as_one() {
        let denied = error("NOPERM User u has no permissions to run the 'config|get' command");
        assert_eq!(refused(&denied), Answer::Denied);
        let cut = error("ERR unknown command 'keys', with args beginning with: 'a'");
        assert_eq!(refused(&cut), Answer::Denied);
        assert_eq!(refused(&error("LOADING the dataset")), Answer::Unknown);
        assert_eq!(
            refused(&error("ERR wrong number of arguments")),
            Answer::Unknown
        );
    }

    #[test]
    fn the_keys_of_a_probe_lie_in_one_hash_slot() {
        let keys = KEYS.map(|end| format!("{}{end}", key_of("rlab_compat_1a2b3c4d")));
        assert!(rlab_compat::one_slot(keys.iter().map(String::as_bytes)));
    }
}
