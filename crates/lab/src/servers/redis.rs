//! Redis: append-only file, replicas, one ACL user per agent.

use std::fmt::Write as _;
use std::time::Duration;

use redis::AsyncConnectionConfig;
use redis::Client;
use redis::aio::MultiplexedConnection;
use rlab_agent_kit::redis::client as client_to;
use rlab_contract::address::Address;
use sha2::{Digest, Sha256};

use super::login::shown;
use super::{Launch, Seen, Site, replication};
use crate::error::LabError;
use crate::files;
use crate::protocol::Role;
use crate::roles::{Part, Roles};
use crate::secrets::{ADMIN, REPLICA};
use crate::spec::NodeSpec;

/// Longest that a server may take: the library's half a second is less than a busy machine needs.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

pub(super) fn prepare(site: &Site, node: &NodeSpec, roles: &Roles) -> Result<Launch, LabError> {
    let home = site.dir.node(&node.name);
    let data = home.join("data");
    files::make_dir(&data)?;
    files::write(
        &home.join("users.acl"),
        users(site).as_bytes(),
        files::OWNER_ONLY,
    )?;
    let address = node.back_address(0);
    let options = format!(
        "bind {ip}\nport {port}\nunixsocket \"\"\ndir {data}\naclfile {home}/users.acl\n\
         appendonly yes\nappendfsync everysec\nsave \"\"\nmaxmemory {max}mb\n\
         maxmemory-policy allkeys-lfu\nset-proc-title no\ndaemonize no\n{replication}",
        ip = address.ip(),
        port = address.port(),
        data = quoted(&data),
        home = home.display(),
        max = site.spec.here()?.redis.max_memory_mib,
        replication = replication_options(site, node, roles),
    );
    let options_file = home.join("redis.conf");
    files::write(&options_file, options.as_bytes(), files::OWNER_ONLY)?;
    Ok(Launch {
        program: site.spec.servers.redis_server.clone(),
        arguments: vec![options_file.into()],
        environment: vec![],
        directory: home,
    })
}

/// Every server of several knows how to follow another; who is to follow does so from its first
/// moment on, so that a primary that comes back never is one again. A snapshot for a replica is sent
/// at once: there is no second one to wait for.
fn replication_options(site: &Site, node: &NodeSpec, roles: &Roles) -> String {
    if site.spec.redis().count() < 2 {
        return String::new();
    }
    let password = site.secrets.redis.get(REPLICA).map_or("", String::as_str);
    let mut options =
        format!("masteruser {REPLICA}\nmasterauth {password}\nrepl-diskless-sync-delay 0\n");
    if let Some(Part::ReplicaOf(primary)) = roles.part(&site.spec.nodes, node) {
        let _ = writeln!(options, "replicaof {} {}", primary.ip(), primary.port());
    }
    options
}

fn quoted(path: &std::path::Path) -> String {
    let text = path.display().to_string();
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// What agents may do, a user a line, as the permission model generates it and as an ACL file has it, but
/// without passwords.
pub const AGENTS: &str = include_str!("../../../../iam/generated/redis-users.acl");

/// Nobody without a name; the administrator everything; each agent what the permission model gives it,
/// and whom that does not name nothing: he cannot even log in.
fn users(site: &Site) -> String {
    let mut text = String::from("user default off\n");
    for (user, password) in &site.secrets.redis {
        if let Some(rights) = rights(user) {
            let hash = hex::encode(Sha256::digest(password.as_bytes()));
            let _ = writeln!(text, "user {user} on #{hash} {rights}");
        }
    }
    text
}

fn rights(user: &str) -> Option<&'static str> {
    let generated = || {
        AGENTS.lines().find_map(|line| {
            line.strip_prefix("user ")?
                .strip_prefix(user)?
                .strip_prefix(" on ")
        })
    };
    match user {
        ADMIN => Some("~* &* +@all"),
        REPLICA => Some("resetchannels -@all +psync +replconf +ping"),
        _ => generated(),
    }
}

pub(super) async fn probe(site: &Site, node: &NodeSpec, roles: &Roles) -> Result<Seen, String> {
    let mut connection = connect(site, node.past_slot(0)).await?;
    redis::cmd("PING")
        .query_async::<()>(&mut connection)
        .await
        .map_err(|e| e.to_string())?;
    let part = roles.part(&site.spec.nodes, node).unwrap_or(Part::Primary);
    let mut standing = replication::standing(&mut connection).await?;
    let was = standing.role;
    if !standing.plays(part) {
        replication::assign(&mut connection, part).await?;
        standing = replication::standing(&mut connection).await?;
    }
    if !standing.plays(part) {
        return Err(format!("does not take its part: {standing:?}"));
    }
    let lacks = standing.lacks();
    Ok(Seen {
        promoted: (was, standing.role) == (Role::Replica, Role::Primary),
        role: Some(standing.role),
        follows: standing.follows.filter(|_| lacks.is_none()),
        offset: standing.offset,
        lacks,
    })
}

/// A connection as the lab's administrator.
///
/// # Errors
/// A text: what the server or the system said.
pub async fn connect(
    site: &Site,
    address: impl Into<Address>,
) -> Result<MultiplexedConnection, String> {
    let connecting = connect_as(site, address, ADMIN);
    connecting.await.map_err(|e| e.to_string())
}

/// A connection as `identity`, one of the lab's. One that showed a token shows no second one: ElastiCache ends
/// it after twelve hours.
///
/// # Errors
/// What the server or the system said.
pub async fn connect_as(
    site: &Site,
    address: impl Into<Address>,
    identity: &str,
) -> redis::RedisResult<MultiplexedConnection> {
    let client = client_of(site, identity, &address.into()).await?;
    let patient = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(ANSWERS_WITHIN))
        .set_response_timeout(Some(ANSWERS_WITHIN));
    client
        .get_multiplexed_async_connection_with_config(&patient)
        .await
}

/// A client as the lab's administrator.
///
/// # Errors
/// A text: what is wrong with the address, or why no token could be signed.
pub async fn client(site: &Site, address: impl Into<Address>) -> Result<Client, String> {
    let client = client_of(site, ADMIN, &address.into()).await;
    client.map_err(|e| e.to_string())
}

/// A client as any user of one of the lab's own servers.
///
/// # Errors
/// As [`client`].
pub fn client_as(
    user: &str,
    password: &str,
    address: impl Into<Address>,
) -> Result<Client, String> {
    let client = client_to(&address.into(), Some((user, &password.into())), None);
    client.map_err(|e| e.to_string())
}

async fn client_of(site: &Site, identity: &str, address: &Address) -> redis::RedisResult<Client> {
    let shown = shown(site.spec.redis().next(), &site.secrets.redis, identity);
    let secret = shown.secret(site, address).await;
    let unsigned = |why| (redis::ErrorKind::AuthenticationFailed, "no token", why);
    let secret = secret.map_err(unsigned)?;
    let login = shown.user.map(|user| (user, &secret));
    client_to(address, login, shown.roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_may_do_what_the_model_generates_and_whoever_it_does_not_name_has_no_user() {
        let query = rights("query_service").unwrap();
        assert!(query.starts_with("resetkeys ~*:{*}:document"), "{query}");
        assert!(query.contains("-@all +eval +get"), "{query}");
        assert_eq!(rights("query"), None);
        assert_eq!(rights("command_service"), None);
    }
}
