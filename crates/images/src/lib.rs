//! OCI images assembled without a container engine, and pushed by digest.
//!
//! [`assemble`] turns a [`Plan`] into an image layout on disk: one base layer that all images share (loader,
//! libraries, certificates, user) and a layer of its own for each. The same files give the same digests.
//! [`Layout::open`] reads a layout back and checks every blob, [`push()`] brings one of its images to a registry
//! and answers with the reference by digest. Nothing here prints; progress goes to a callback.

mod architecture;
mod assemble;
mod base;
mod describe;
mod digest;
mod elf;
mod error;
mod files;
mod layer;
mod layout;
mod libraries;
mod plan;
mod push;
mod trust;

pub use architecture::Architecture;
pub use assemble::{AssembleEvent, assemble};
pub use base::{USER_ID, USER_NAME};
pub use error::{AssembleError, LayoutError};
pub use layout::{Blob, Image, Layout};
pub use plan::{About, ImagePlan, Piece, Plan};
pub use push::{Credentials, Password, Patience, PushError, PushEvent, Pushed, Step, push};
