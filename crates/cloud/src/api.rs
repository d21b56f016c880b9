//! The rehearsed AWS API as a process of the lab: our own binary, the emulators its children.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rlab_artifacts::Cache;
use rlab_lab::layout::{API, api_listener};
use rlab_lab::servers::Site;
use rlab_lab::{LabDir, LabError};
use rlab_rehearsal::{Backends, BackendsConfig, Front, FrontConfig};
use tokio::signal::unix::{SignalKind, signal};

use crate::error::CloudError;
use crate::plane::LabPlane;

/// Longest that one change of the lab may take: a broker's restart and its catching up fit well within.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often the emulators and the lab's directory are looked after.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Installs the emulators of a rehearsal, where they are not yet.
///
/// # Errors
/// When pip cannot have them.
pub async fn install(dir: &LabDir) -> Result<(), CloudError> {
    let config = backends(dir, "000000000000", [0, 0], std::net::Ipv4Addr::LOCALHOST)?;
    Ok(Backends::install(&config).await?)
}

/// Serves the API of the lab in `dir` until it is told to end.
///
/// # Errors
/// When the lab has no API, an emulator does not start or ends by itself, an address is taken, or the lab's
/// directory is removed.
pub async fn serve(dir: LabDir) -> Result<(), CloudError> {
    let mut terminate =
        signal(SignalKind::terminate()).map_err(|e| CloudError::io(dir.path(), e))?;
    let site = Site::load(dir.clone())?;
    let missing = || LabError::BadFile {
        path: dir.spec(),
        reason: "has no API".to_owned(),
    };
    let node = site.spec.node(API).ok_or_else(missing)?;
    let account = site.spec.profile.api().ok_or_else(missing)?.account.clone();
    let ports = [api_listener::MINISTACK, api_listener::MOTO].map(|i| node.ports[i].port);
    let config = backends(&dir, &account, ports, node.back)?;
    let mut backends = Backends::start(&config).await?;
    let front = FrontConfig {
        listen: SocketAddr::V4(node.back_address(api_listener::FRONT)),
        account,
        token: site.secrets.admin_token.clone(),
        upstreams: backends.upstreams(),
        patience: PATIENCE,
    };
    let front = Front::start(front, Arc::new(LabPlane::new(dir.clone()))).await?;
    let ended = tokio::select! {
        _ = terminate.recv() => Ok(()),
        lost = lost(&dir, || backends.ended()) => Err(lost),
    };
    front.stop().await;
    backends.stop().await;
    Ok(ended?)
}

/// Returns once there is nothing to serve any more: what an emulator knew is gone with it, and an API that
/// goes on would tell of an empty account; without its directory no lab is found again.
async fn lost(dir: &LabDir, mut ended: impl FnMut() -> Option<&'static str>) -> LabError {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if let Some(name) = ended() {
            return LabError::Supervisor(format!("{name} ended by itself"));
        }
        if matches!(dir.spec().try_exists(), Ok(false)) {
            return LabError::BadFile {
                path: dir.spec(),
                reason: "was removed under the lab's API, which ends".to_owned(),
            };
        }
    }
}

fn backends(
    dir: &LabDir,
    account: &str,
    ports: [u16; 2],
    host: std::net::Ipv4Addr,
) -> Result<BackendsConfig, CloudError> {
    let cache = Cache::open(None).map_err(LabError::from)?;
    Ok(BackendsConfig {
        cache: cache.root().join("rehearsal"),
        logs: dir.node(API).join("logs"),
        host,
        ministack_port: ports[0],
        moto_port: ports[1],
        account: account.to_owned(),
        enforce_iam: false,
    })
}

#[cfg(test)]
mod tests {
    use rlab_lab::LabHome;

    use super::*;

    #[tokio::test]
    async fn an_api_whose_lab_is_removed_ends_and_names_what_is_gone() {
        let home = tempfile::tempdir().unwrap();
        let dir = LabHome::at(home.path()).lab("one").unwrap();
        std::fs::create_dir_all(dir.path()).unwrap();
        std::fs::write(dir.spec(), "{}").unwrap();
        let mut looks = 0;
        let lost = lost(&dir, || {
            looks += 1;
            if looks == 3 {
                std::fs::remove_dir_all(dir.path()).unwrap();
            }
            None
        });
        let within = Duration::from_secs(60);
        let told = tokio::time::timeout(within, lost)
            .await
            .unwrap()
            .to_string();
        assert!(told.contains(&dir.spec().display().to_string()), "{told}");
        assert_eq!(looks, 3);
    }

    #[tokio::test]
    async fn an_emulator_that_ends_ends_the_api() {
        let home = tempfile::tempdir().unwrap();
        let dir = LabHome::at(home.path()).lab("one").unwrap();
        let told = lost(&dir, || Some("moto")).await.to_string();
        assert!(told.contains("moto ended by itself"), "{told}");
    }
}
