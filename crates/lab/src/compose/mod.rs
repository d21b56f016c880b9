//! Servers in containers of this machine: `docker-compose.local.yml` brought up and taken down. In between
//! the lab reaches them like servers of anybody's.

mod docker;
mod environment;

use rlab_contract::address::Address;

use crate::elsewhere::{Elsewhere, Reached};
use crate::error::LabError;
use crate::files;
use crate::home::LabDir;
use crate::layout::{moved, published};
use crate::profile::{Composed, LabProfile};
use crate::secrets::Secrets;
use crate::spec::Who;

/// The servers, as the repository has them.
pub const FILE: &str = include_str!("../../../../docker-compose.local.yml");

/// Part of [`FILE`] that comes up only when the profile wants it.
const OBSERVABILITY: &str = "obs";
/// As whom the lab logs in.
const MYSQL_USER: &str = "root";
const REDIS_USER: &str = "default";

/// Whether servers of `profile` can be run, where that takes containers.
///
/// # Errors
/// [`LabError::Docker`] with what is missing.
pub(crate) async fn works(profile: &LabProfile) -> Result<(), LabError> {
    match profile {
        LabProfile::Composed(_) => docker::works().await,
        LabProfile::Here(_) | LabProfile::External(_) => Ok(()),
    }
}

/// Brings the servers of the lab in `dir` up, or the rest of them, and returns when all are well.
///
/// # Errors
/// [`LabError::Docker`] with what `docker compose` said.
pub(crate) async fn up(dir: &LabDir, profile: &Composed, offset: u16) -> Result<(), LabError> {
    let home = dir.compose();
    files::make_private_dir(dir.path())?;
    files::make_private_dir(&home)?;
    environment::provide(&home, offset)?;
    files::write(&home.join(docker::FILE), FILE.as_bytes(), files::READABLE)?;
    let wanted = profile.observability.then_some(OBSERVABILITY);
    docker::up(dir, wanted).await
}

/// Whether there may be containers of the lab in `dir`.
pub(crate) fn has_begun(dir: &LabDir) -> bool {
    dir.compose().exists()
}

/// Removes containers, networks and volumes of the lab in `dir`, and their passwords.
///
/// # Errors
/// As [`up`]; what is left is tried again by the next `down`.
pub(crate) async fn down(dir: &LabDir) -> Result<(), LabError> {
    let home = dir.compose();
    // Without it nothing was begun.
    if home.join(docker::FILE).exists() {
        docker::down(dir, OBSERVABILITY).await?;
    }
    std::fs::remove_dir_all(&home).map_err(|e| LabError::io(&home, e))
}

/// Where the containers publish their servers.
///
/// # Errors
/// When `offset` moves a port out of range.
pub(crate) fn servers(offset: u16) -> Result<Elsewhere, LabError> {
    let reached = |ports: &[u16], user: Option<&str>| {
        let addresses = ports.iter().map(|port| here(moved(*port, offset)?));
        Ok::<_, LabError>(Reached {
            addresses: addresses.collect::<Result<_, _>>()?,
            user: user.map_or(Who::Nobody, |user| Who::User(user.to_owned())),
            roots: None,
        })
    };
    Ok(Elsewhere {
        kafka: reached(&published::KAFKA, None)?,
        mysql: reached(&[published::MYSQL], Some(MYSQL_USER))?,
        redis: reached(&published::REDIS, Some(REDIS_USER))?,
        registry: None,
        map: None,
    })
}

fn here(port: u16) -> Result<Address, LabError> {
    Ok(std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, port).into())
}

/// What the lab in `dir` shows to its containers.
///
/// # Errors
/// When their environment cannot be read.
pub(crate) fn secrets(dir: &LabDir, admin_token: String) -> Result<Secrets, LabError> {
    let told = environment::read(&dir.compose())?;
    let one = |user: &str, variable: &str| {
        let password = told.get(variable).cloned().unwrap_or_default();
        [(user.to_owned(), password)].into()
    };
    Ok(Secrets {
        admin_token,
        mysql: one(MYSQL_USER, environment::MYSQL_PASSWORD),
        redis: one(REDIS_USER, environment::REDIS_PASSWORD),
        kafka: [].into(),
    })
}

#[cfg(test)]
mod tests;
