//! A MySQL that takes nobody without TLS.

use std::process::Command;

use rlab_store::accounts::bootstrap_statements;
use tempfile::TempDir;

use crate::certificates::Authority;
use crate::process::{Process, free_port, servers};

pub struct Mysql {
    pub port: u16,
    pub authority: Authority,
    _process: Process,
    _dir: TempDir,
}

/// MySQL with a user `agent` whose password is `first`, in a database `lab`. It may still be starting.
pub async fn mysql() -> Mysql {
    let (cache, servers) = servers().await;
    let (dir, port, authority) = (TempDir::new().unwrap(), free_port(), Authority::new());
    authority.write(dir.path());
    let data = dir.path().join("data");
    cache.restore_mysql(&servers, &data).unwrap();
    let users = bootstrap_statements(&[("agent".to_owned(), "first".to_owned())].into());
    let lab = "CREATE DATABASE lab;\nGRANT ALL ON lab.* TO 'agent'@'127.%';\n";
    std::fs::write(dir.path().join("users.sql"), users + lab).unwrap();
    let home = servers.mysql_home.display();
    let place = dir.path().display();
    let mut command = Command::new(servers.mysql_home.join("bin/mysqld"));
    command.args([
        "--no-defaults",
        "--user=root",
        "--mysqlx=OFF",
        "--skip-name-resolve=ON",
    ]);
    command.args([
        "--bind-address=127.0.0.1",
        "--socket=s",
        "--require-secure-transport=ON",
    ]);
    command.args([
        "--innodb-buffer-pool-size=32M",
        "--performance-schema=OFF",
        "--skip-log-bin",
    ]);
    command.args([
        format!("--port={port}"),
        format!("--basedir={home}"),
        format!("--lc-messages-dir={home}/share"),
        format!("--datadir={place}/data"),
        format!("--init-file={place}/users.sql"),
        format!("--ssl-ca={place}/ca.pem"),
        format!("--ssl-cert={place}/cert.pem"),
        format!("--ssl-key={place}/key.pem"),
    ]);
    Mysql {
        port,
        authority,
        _process: Process::start(&mut command, dir.path()),
        _dir: dir,
    }
}
