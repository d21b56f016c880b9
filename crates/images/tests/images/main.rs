//! Images on disk, run in a root of their own, and pushed to a registry, a real one where that is possible.

mod answers;
mod assembled;
mod pushed;
mod registry;
mod runs;
mod support;
