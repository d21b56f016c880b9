//! The spanned tree that every document format is read into.

use std::ops::Range;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// A value and the bytes of the text it was written in.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub span: Range<usize>,
    pub kind: Kind,
}

/// What a node holds. Maps keep the order in which their keys were written.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// One key of a map.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub key: String,
    pub key_span: Range<usize>,
    pub node: Node,
}

/// A finding of a reader that can go on: the place, what is wrong, and what to do about it.
#[derive(Debug)]
pub(crate) struct Flaw {
    pub span: Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

impl Node {
    /// The node at a JSON pointer, and the span of the key that leads to it.
    pub fn find(&self, pointer: &str) -> Option<(&Node, Option<Range<usize>>)> {
        let mut node = self;
        let mut key_span = None;
        for segment in pointer.split('/').skip(1) {
            let segment = segment.replace("~1", "/").replace("~0", "~");
            (node, key_span) = match &node.kind {
                Kind::Map(entries) => {
                    let entry = entries.iter().find(|entry| entry.key == segment)?;
                    (&entry.node, Some(entry.key_span.clone()))
                }
                Kind::List(items) => (items.get(segment.parse::<usize>().ok()?)?, None),
                _ => return None,
            };
        }
        Some((node, key_span))
    }

    /// The short span to point at when the node as a whole is meant: a scalar itself, the key of
    /// a collection, or a nameless collection's first key. Whole collections span too many lines.
    pub fn place(&self, key_span: Option<Range<usize>>) -> Range<usize> {
        match (&self.kind, key_span) {
            (Kind::Map(_) | Kind::List(_), Some(key)) => key,
            (Kind::Map(entries), None) if !entries.is_empty() => entries[0].key_span.clone(),
            (Kind::Map(_) | Kind::List(_), None) => {
                self.span.start..self.span.end.min(self.span.start + 1)
            }
            _ => self.span.clone(),
        }
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.kind {
            Kind::Null => serializer.serialize_unit(),
            Kind::Bool(value) => serializer.serialize_bool(*value),
            Kind::Int(value) => serializer.serialize_i64(*value),
            Kind::Float(value) => serializer.serialize_f64(*value),
            Kind::Text(value) => serializer.serialize_str(value),
            Kind::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Kind::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for entry in entries {
                    map.serialize_entry(&entry.key, &entry.node)?;
                }
                map.end()
            }
        }
    }
}
