//! Both emulators for a test of this crate or of another. They come from the Python package index, so that such
//! tests are ignored unless asked for (`scripts/nightly.sh`). `RLAB_REHEARSAL_CACHE` names a directory in which
//! they are kept from one run to the next.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use rlab_rehearsal::{Backends, BackendsConfig};

use crate::ACCOUNT;

/// A port that nobody else wants right now.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Both emulators with logs under `scratch`, and installed there unless they are elsewhere.
pub async fn start(scratch: &Path) -> Backends {
    let cache = std::env::var_os("RLAB_REHEARSAL_CACHE");
    let config = BackendsConfig {
        cache: cache.map_or_else(|| scratch.join("cache"), PathBuf::from),
        logs: scratch.join("logs"),
        host: std::net::Ipv4Addr::LOCALHOST,
        ministack_port: free_port(),
        moto_port: free_port(),
        account: ACCOUNT.to_owned(),
        enforce_iam: false,
    };
    Backends::start(&config).await.unwrap()
}
