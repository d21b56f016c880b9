//! A Redis that listens by TLS only.

use std::process::Command;

use tempfile::TempDir;

use crate::certificates::Authority;
use crate::process::{Process, free_port, servers};

pub struct Served {
    pub port: u16,
    pub authority: Authority,
    _process: Process,
    _dir: TempDir,
}

/// Redis with a user `agent` who has this password and may do everything. It may still be starting.
pub async fn redis(password: &str) -> Served {
    let (_, servers) = servers().await;
    let (dir, port, authority) = (TempDir::new().unwrap(), free_port(), Authority::new());
    authority.write(dir.path());
    let users = format!("user default off\nuser agent on >{password} ~* &* +@all\n");
    std::fs::write(dir.path().join("users.acl"), users).unwrap();
    let port_text = port.to_string();
    let mut command = Command::new(servers.redis_server);
    command.args([
        "--port",
        "0",
        "--tls-port",
        &port_text,
        "--bind",
        "127.0.0.1",
    ]);
    command.args([
        "--tls-ca-cert-file",
        "ca.pem",
        "--tls-cert-file",
        "cert.pem",
    ]);
    command.args(["--tls-key-file", "key.pem", "--tls-auth-clients", "no"]);
    command.args(["--aclfile", "users.acl", "--save", "", "--appendonly", "no"]);
    Served {
        port,
        authority,
        _process: Process::start(&mut command, dir.path()),
        _dir: dir,
    }
}
