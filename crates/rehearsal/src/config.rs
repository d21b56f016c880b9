//! What a front is started with.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

/// What a front is started with.
#[derive(Clone)]
pub struct FrontConfig {
    /// Where it listens; a loopback address. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Account id, twelve digits, of callers whose access key is not itself an account id.
    pub account: String,
    /// Bearer token of the control interface.
    pub token: String,
    /// The emulators behind it.
    pub upstreams: Upstreams,
    /// Longest that one change of the data plane may take before it counts as failed.
    pub patience: Duration,
}

/// Where the emulators listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upstreams {
    /// ministack: everything that has no emulator of its own.
    pub ministack: SocketAddr,
    /// moto: FIS, Glue and SSM.
    pub moto: SocketAddr,
}

impl fmt::Debug for FrontConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrontConfig")
            .field("listen", &self.listen)
            .field("account", &self.account)
            .field("upstreams", &self.upstreams)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_not_shown() {
        let address: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let config = FrontConfig {
            listen: address,
            account: "000000000000".to_owned(),
            token: "s3cret".to_owned(),
            upstreams: Upstreams {
                ministack: address,
                moto: address,
            },
            patience: Duration::from_secs(1),
        };
        assert!(!format!("{config:?}").contains("s3cret"));
    }
}
