//! TOML into the spanned tree.

use std::ops::Range;

use toml_edit::{Item, Key, Value};

use crate::tree::{Entry, Flaw, Kind, Node};

/// Reads `text`; a TOML parser stops at its first error.
pub(crate) fn parse(text: &str) -> Result<Node, Vec<Flaw>> {
    let document = toml_edit::Document::parse(text).map_err(|error| {
        vec![Flaw {
            span: error.span().unwrap_or(0..0),
            message: error.message().replace('\n', ", "),
            help: None,
        }]
    })?;
    Ok(item(document.as_item(), 0..text.len()))
}

fn item(item: &Item, outer: Range<usize>) -> Node {
    let span = item.span().unwrap_or(outer);
    let kind = match item {
        Item::None => Kind::Null,
        Item::Value(inner) => return value(inner, span),
        Item::Table(table) => Kind::Map(
            table
                .iter()
                .filter_map(|(name, _)| table.get_key_value(name))
                .map(|(key, inner)| entry(key, &span, |outer| self::item(inner, outer)))
                .collect(),
        ),
        Item::ArrayOfTables(tables) => Kind::List(
            tables
                .iter()
                .map(|table| self::item(&Item::Table(table.clone()), span.clone()))
                .collect(),
        ),
    };
    Node { span, kind }
}

fn value(value: &Value, outer: Range<usize>) -> Node {
    let span = value.span().unwrap_or(outer);
    let kind = match value {
        Value::String(text) => Kind::Text(text.value().clone()),
        Value::Integer(number) => Kind::Int(*number.value()),
        Value::Float(number) => Kind::Float(*number.value()),
        Value::Boolean(flag) => Kind::Bool(*flag.value()),
        Value::Datetime(time) => Kind::Text(time.value().to_string()),
        Value::Array(items) => {
            Kind::List(items.iter().map(|i| self::value(i, span.clone())).collect())
        }
        Value::InlineTable(table) => Kind::Map(
            table
                .iter()
                .filter_map(|(name, _)| table.get_key_value(name))
                .map(|(key, inner)| entry(key, &span, |outer| self::item(inner, outer)))
                .collect(),
        ),
    };
    Node { span, kind }
}

fn entry(key: &Key, outer: &Range<usize>, read: impl FnOnce(Range<usize>) -> Node) -> Entry {
    let key_span = key.span().unwrap_or_else(|| outer.clone());
    Entry {
        key: key.get().to_owned(),
        node: read(key_span.clone()),
        key_span,
    }
}
