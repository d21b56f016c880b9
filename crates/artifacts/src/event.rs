//! What a caller is told while the cache is being filled.

/// One step of filling the cache, in the order in which they happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Another process fills the same cache; this one waits for it.
    Waiting {
        /// The process waited for, when its id could be read.
        pid: Option<u32>,
    },
    /// A package client was started and has yet to deliver its first byte.
    Resolving {
        /// The client and what it was asked for.
        what: String,
    },
    /// Files are arriving.
    Fetching {
        /// The client and what it was asked for.
        what: String,
        /// Bytes received so far, over all clients.
        bytes_done: u64,
        /// Bytes to be received in all, from the lock.
        bytes_total: u64,
    },
    /// Digests of what arrived are being checked.
    Verifying {
        /// The client and what it was asked for.
        what: String,
    },
    /// An archive is being unpacked.
    Unpacking {
        /// The tree being made.
        what: String,
    },
    /// Something is being made once from an unpacked server (class-data archive, data directory).
    Preparing {
        /// The tree being made.
        what: String,
    },
    /// Everything is there.
    Ready,
}
