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
/// How often the emulators are looked after.
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
/// When the lab has no API, an emulator does not start or ends by itself, or an address is taken.
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
    let front = Front::start(front, Arc::new(LabPlane::new(dir))).await?;
    let ended = loop {
        tokio::select! {
            _ = terminate.recv() => break None,
            () = tokio::time::sleep(LOOK_EVERY) => {
                if let Some(name) = backends.ended() {
                    break Some(name);
                }
            }
        }
    };
    front.stop().await;
    backends.stop().await;
    match ended {
        None => Ok(()),
        // What it knew is gone: an API that goes on would tell of an empty account.
        Some(name) => Err(LabError::Supervisor(format!("{name} ended by itself")).into()),
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
