//! Everything rlab-ops shows: streams, documents, tables, progress.

pub mod cloud;
pub mod connect;
pub mod document;
pub mod memory;
pub mod narrator;
pub mod plan;
pub mod progress;
pub mod status;
pub mod stream;
pub mod tail;
