//! How AWS services talk: who signed, which action, and how a refusal is worded on the wire.

pub(crate) mod action;
pub(crate) mod form;
pub(crate) mod refusal;
pub(crate) mod scope;
pub(crate) mod time;
pub(crate) mod wire;
pub(crate) mod xml;
