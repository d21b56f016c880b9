//! The rights in force while cells are tried: those that the model generates, or with one of them changed.

use std::collections::BTreeSet;

use rlab_lab::LabError;
use rlab_lab::kafka_access::{self, rules};
use rlab_lab::kafka_wire::Acl;
use rlab_lab::pipeline::admin_connection;
use rlab_lab::servers::{REDIS_AGENTS, Site, connect_mysql_as, connect_redis};
use rlab_runbook::Rights;
use rlab_store::StoreError;
use rlab_store::rights::{self, Right};

use super::Room;

/// Who gets more than it should.
const READER: &str = "query_service";
/// Who gets less than it should, of what, on what.
const DROPPED: (&str, &str, &str) = ("command_service", "INSERT", "outbox_event");
/// Kafka's numbers for the kind topic, for a name that is the whole one, and for reading.
const TOPIC: i8 = 2;
const LITERAL: i8 = 3;
const READ: i8 = 3;
/// What is added to the reader's rights on Redis.
const WIDENED: [&str; 2] = ["+unlink", "~*"];

/// Puts them in force.
pub(super) async fn put_in_force(rights: Rights, room: &Room<'_>) -> Result<(), LabError> {
    match rights {
        Rights::AsGenerated => Ok(()),
        Rights::WildcardAdded => kafka_access::apply_rules(room.site, &kafka(rights)).await,
        Rights::RightDropped => {
            let mut admin = admin_connection(room.site).await?;
            let (user, privilege, table) = DROPPED;
            let database = &room.namespace.database;
            rights::take(&mut admin, user, privilege, database, table)
                .await
                .map_err(|e| LabError::Pipeline(format!("mysql: {e}")))
        }
        Rights::GrantWidened => {
            let mut words = vec!["SETUSER", READER];
            words.extend(WIDENED);
            on_redis(room.site, &words).await.map(drop)
        }
    }
}

/// Whether all three servers list the rights that were wanted, and no others.
pub(super) async fn in_force(rights: Rights, room: &Room<'_>) -> Result<bool, LabError> {
    let listed = on_redis(room.site, &["LIST"]).await?;
    Ok(kafka_access::goes_by(room.site, &kafka(rights)).await?
        && mysql_goes_by(rights, room).await?
        && redis_goes_by(rights, &listed))
}

/// Each agent is asked for its own: others' are nothing that an administrator of namespaces may see.
async fn mysql_goes_by(rights: Rights, room: &Room<'_>) -> Result<bool, LabError> {
    let failed = |e: StoreError| LabError::Pipeline(format!("mysql: {e}"));
    let database = &room.namespace.database;
    let wanted = mysql(rights, database);
    let users: BTreeSet<&String> = wanted.iter().map(|(user, ..)| user).collect();
    let mut given = BTreeSet::new();
    for user in users {
        let address = room.site.address("mysql")?;
        let connecting = connect_mysql_as(room.site, address, user, None);
        let mut connection = connecting.await.map_err(failed)?;
        let own = rights::given(&mut connection, database).await;
        given.extend(own.map_err(failed)?);
    }
    Ok(given == wanted)
}

/// Makes the rights on Kafka and Redis again what the model generates. Those on MySQL go with the namespace.
pub(crate) async fn restore(site: &Site) -> Result<(), LabError> {
    kafka_access::apply(site).await?;
    on_redis(site, &["LOAD"]).await.map(drop)
}

fn kafka(rights: Rights) -> Vec<Acl> {
    let mut wanted = rules();
    if rights == Rights::WildcardAdded
        && let Some(like) = wanted.first().cloned()
    {
        wanted.push(Acl {
            principal: format!("User:{READER}"),
            resource: TOPIC,
            pattern: LITERAL,
            name: "*".to_owned(),
            operation: READ,
            ..like
        });
    }
    wanted
}

fn mysql(rights: Rights, database: &str) -> BTreeSet<Right> {
    let mut wanted = rights::generated(database);
    if rights == Rights::RightDropped {
        let (user, privilege, table) = DROPPED;
        wanted.remove(&(user.to_owned(), table.to_owned(), privilege.to_owned()));
    }
    wanted
}

/// Has the server that is in charge do an `ACL` command; what it says, a line each.
async fn on_redis(site: &Site, words: &[&str]) -> Result<Vec<String>, LabError> {
    let failed = |why: String| LabError::Pipeline(format!("redis: {why}"));
    let mut admin = connect_redis(site, site.address("redis")?)
        .await
        .map_err(failed)?;
    let mut command = redis::cmd("ACL");
    command.arg(words);
    let said: redis::Value = command
        .query_async(&mut admin)
        .await
        .map_err(|e| failed(e.to_string()))?;
    Ok(redis::from_redis_value(said).unwrap_or_default())
}

/// Whether the users that `listed` shows, a user a line, have the rights that are wanted.
fn redis_goes_by(rights: Rights, listed: &[String]) -> bool {
    REDIS_AGENTS.lines().all(|wanted| {
        let mut wanted = given(wanted);
        let user = wanted.0.to_owned();
        if rights == Rights::GrantWidened && user == READER {
            wanted.1.extend(WIDENED);
            // One pattern for all keys takes the place of the others.
            wanted
                .1
                .retain(|rule| !rule.starts_with('~') || *rule == "~*");
        }
        listed.iter().map(|line| given(line)).any(|is| {
            is.0 == user && {
                let mut is = is.1;
                if is.contains("~*") {
                    is.retain(|rule| !rule.starts_with('~') || *rule == "~*");
                }
                is == wanted.1
            }
        })
    })
}

/// A user and what it is given, as an ACL file or as the server writes it.
fn given(line: &str) -> (&str, BTreeSet<&str>) {
    let mut words = line.split_whitespace().skip(1);
    let user = words.next().unwrap_or_default();
    let gives = |word: &&str| word.starts_with(['~', '&', '+', '%']);
    (user, words.filter(gives).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the server lists the generated users: in an order of its own, with what goes without saying.
    fn listed() -> Vec<String> {
        let lines = REDIS_AGENTS.lines().map(|line| {
            let (user, rules) = given(line);
            let rules: Vec<&str> = rules.into_iter().rev().collect();
            format!(
                "user {user} on sanitize-payload #ab resetchannels -@all {}",
                rules.join(" ")
            )
        });
        lines.collect()
    }

    #[test]
    fn rights_on_redis_are_in_force_when_the_server_lists_them_all_and_no_more() {
        assert!(redis_goes_by(Rights::AsGenerated, &listed()));
        assert!(!redis_goes_by(Rights::GrantWidened, &listed()));
        let mut wider = listed();
        wider[1].push_str(" +unlink ~*");
        assert!(redis_goes_by(Rights::GrantWidened, &wider));
        assert!(!redis_goes_by(Rights::AsGenerated, &wider));
        let fewer: Vec<String> = listed().into_iter().skip(1).collect();
        assert!(!redis_goes_by(Rights::AsGenerated, &fewer));
    }

    #[test]
    fn each_change_is_one_that_the_model_does_not_make() {
        assert_eq!(kafka(Rights::WildcardAdded).len(), rules().len() + 1);
        let whole = mysql(Rights::AsGenerated, "rlab_x").len();
        assert_eq!(mysql(Rights::RightDropped, "rlab_x").len(), whole - 1);
    }
}
