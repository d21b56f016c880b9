//! MySQL: durable settings, a prepared data directory, users set anew at every start.

use rlab_artifacts::Cache;
use rlab_contract::address::Address;
use rlab_store::connect::{open_one, options_by_name, over_tls, with_token};
use rlab_store::{MySqlConnection, StoreError};

use super::login::shown;
use super::{Launch, Site};
use crate::error::LabError;
use crate::files;
use crate::secrets::ADMIN;
use crate::spec::{NodeKind, NodeSpec};

pub(super) fn prepare(site: &Site, node: &NodeSpec) -> Result<Launch, LabError> {
    let home = site.dir.node(&node.name);
    let data = home.join("data");
    if !data.exists() {
        let fresh = home.join("data.new");
        let _ = std::fs::remove_dir_all(&fresh);
        files::make_dir(&fresh)?;
        Cache::open(None)?.restore_mysql(&site.spec.servers, &fresh)?;
        std::fs::rename(&fresh, &data).map_err(|e| LabError::io(&data, e))?;
    }
    // A killed server leaves these; with its process id used by somebody else it would not start.
    for stale in ["mysql.sock", "mysql.sock.lock", "mysqld.pid"] {
        let _ = std::fs::remove_file(data.join(stale));
    }
    let users = rlab_store::accounts::bootstrap_statements(&site.secrets.mysql);
    files::write(&home.join("users.sql"), users.as_bytes(), files::OWNER_ONLY)?;
    let options = home.join("my.cnf");
    files::write(
        &options,
        option_file(site, node)?.as_bytes(),
        files::READABLE,
    )?;
    Ok(Launch {
        program: site.spec.servers.mysql_home.join("bin/mysqld"),
        arguments: vec![format!("--defaults-file={}", options.display()).into()],
        environment: vec![],
        directory: home,
    })
}

fn option_file(site: &Site, node: &NodeSpec) -> Result<String, LabError> {
    let home = site.dir.node(&node.name);
    let server = &site.spec.servers.mysql_home;
    let mysql = &site.spec.here()?.mysql;
    let address = node.back_address(0);
    // mysqld refuses to run as root unless it is told to.
    let user = if rustix::process::geteuid().is_root() {
        "user=root\n"
    } else {
        ""
    };
    Ok(format!(
        "[mysqld]\n{user}\
         basedir={basedir}\n\
         datadir={home}/data\n\
         lc_messages_dir={basedir}/share\n\
         plugin_dir={basedir}/lib/plugin\n\
         init_file={home}/users.sql\n\
         slow_query_log_file={home}/slow.log\n\
         bind_address={ip}\n\
         port={port}\n\
         max_connections={connections}\n\
         innodb_buffer_pool_size={pool}M\n\
         {SETTINGS}",
        basedir = server.display(),
        home = home.display(),
        ip = address.ip(),
        port = address.port(),
        connections = mysql.max_connections,
        pool = mysql.buffer_pool_mib,
    ))
}

/// A socket path is relative to the data directory: an absolute one may pass the system's limit.
const SETTINGS: &str = "\
socket=mysql.sock
pid_file=mysqld.pid
mysqlx=OFF
skip_name_resolve=ON
server_id=1
log_bin=binlog
binlog_format=ROW
binlog_row_image=MINIMAL
binlog_expire_logs_seconds=86400
gtid_mode=ON
enforce_gtid_consistency=ON
log_replica_updates=ON
sync_binlog=1
innodb_flush_log_at_trx_commit=1
innodb_redo_log_capacity=64M
innodb_print_all_deadlocks=ON
innodb_log_buffer_size=4M
innodb_doublewrite_files=2
slow_query_log=ON
long_query_time=0.2
performance_schema=ON
secure_file_priv=NULL
table_open_cache=400
table_definition_cache=400
default_time_zone=+00:00
";

pub(super) async fn probe(site: &Site, node: &NodeSpec) -> Result<(), String> {
    let connection = connect(site, node.past_slot(0), None).await;
    connection.map(drop).map_err(|e| e.to_string())
}

/// A connection as the lab's administrator, in `database` when one is given.
///
/// # Errors
/// When the server does not answer or does not know us.
pub async fn connect(
    site: &Site,
    address: impl Into<Address>,
    database: Option<&str>,
) -> Result<MySqlConnection, StoreError> {
    connect_as(site, address, ADMIN, database).await
}

/// A connection as `identity`, in `database` when one is given.
///
/// # Errors
/// When the server does not answer or does not know it.
pub async fn connect_as(
    site: &Site,
    address: impl Into<Address>,
    identity: &str,
    database: Option<&str>,
) -> Result<MySqlConnection, StoreError> {
    let address = address.into();
    let node = site.spec.first(NodeKind::Mysql);
    let shown = shown(node, &site.secrets.mysql, identity);
    let secret = shown.secret(site, &address).await;
    let secret = secret.map_err(StoreError::Unavailable)?;
    let options = options_by_name(
        (address.host(), address.port()),
        shown.user.unwrap_or(identity),
        secret.expose(),
        database,
    );
    let options = match (shown.signing, shown.roots) {
        (Some(_), Some(roots)) => with_token(options, roots.pem()),
        (None, Some(roots)) => over_tls(options, roots.pem()),
        (_, None) => options,
    };
    open_one(&options).await
}
