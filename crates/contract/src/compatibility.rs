//! Where a new schema breaks with the records of an old one, in words. The registry decides whether it
//! does; it does not say where.

use serde_json::Value;

/// Every place at which `reader` cannot read what `writer` wrote; empty when none was found. Knows
/// records, enums, unions, arrays, maps and the promotions of numbers.
pub fn breaks(writer: &Value, reader: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(writer, reader, "", &mut found);
    found
}

fn compare(writer: &Value, reader: &Value, at: &str, found: &mut Vec<String>) {
    if let Value::Array(branches) = writer {
        for branch in branches {
            one_branch(branch, reader, at, found);
        }
    } else {
        one_branch(writer, reader, at, found);
    }
}

/// A writer's type against a reader's type, or the reader's branch that fits it.
fn one_branch(writer: &Value, reader: &Value, at: &str, found: &mut Vec<String>) {
    let readers = match reader {
        Value::Array(branches) => branches.as_slice(),
        one => std::slice::from_ref(one),
    };
    let Some(reader) = readers.iter().find(|reader| fits(writer, reader)) else {
        let (was, is) = (type_name(writer), names(readers));
        return found.push(format!("{} was {was} and is {is}", place(at)));
    };
    match kind(writer) {
        "record" => records(writer, reader, at, found),
        "enum" => enums(writer, reader, at, found),
        "array" => compare(&writer["items"], &reader["items"], at, found),
        "map" => compare(&writer["values"], &reader["values"], at, found),
        _ => {}
    }
}

fn records(writer: &Value, reader: &Value, at: &str, found: &mut Vec<String>) {
    for field in list(&reader["fields"]) {
        let name = text(&field["name"]);
        let at = match at {
            "" => name.to_owned(),
            outer => format!("{outer}.{name}"),
        };
        let aliases = list(&field["aliases"]).iter().map(text);
        let known: Vec<&str> = std::iter::once(name).chain(aliases).collect();
        let mut before = list(&writer["fields"]).iter();
        match before.find(|f| known.contains(&text(&f["name"]))) {
            Some(before) => compare(&before["type"], &field["type"], &at, found),
            None if field.get("default").is_none() => {
                found.push(format!("field `{at}` is new and has no default"));
            }
            None => {}
        }
    }
}

fn enums(writer: &Value, reader: &Value, at: &str, found: &mut Vec<String>) {
    if reader.get("default").is_some() {
        return;
    }
    let there = list(&reader["symbols"]);
    for symbol in list(&writer["symbols"])
        .iter()
        .filter(|s| !there.contains(s))
    {
        let symbol = text(symbol);
        found.push(format!("{} lost the symbol `{symbol}`", place(at)));
    }
}

fn fits(writer: &Value, reader: &Value) -> bool {
    let (was, is) = (kind(writer), kind(reader));
    let promoted = matches!(
        (was, is),
        ("int", "long" | "float" | "double")
            | ("long", "float" | "double")
            | ("float", "double")
            | ("string", "bytes")
            | ("bytes", "string")
    );
    let named = matches!(was, "record" | "enum" | "fixed");
    promoted || (was == is && (!named || writer["name"] == reader["name"]))
}

/// `record`, `enum`, `string` and so on, whether or not the type has properties.
fn kind(schema: &Value) -> &str {
    match schema {
        Value::Object(object) => object.get("type").map_or("", |inner| kind(inner)),
        other => text(other),
    }
}

fn type_name(schema: &Value) -> String {
    match schema.get("name") {
        Some(name) => format!("`{}`", text(name)),
        None => format!("`{}`", kind(schema)),
    }
}

fn names(schemas: &[Value]) -> String {
    let names: Vec<String> = schemas.iter().map(type_name).collect();
    names.join(" or ")
}

fn place(at: &str) -> String {
    match at {
        "" => "the schema".to_owned(),
        at => format!("field `{at}`"),
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::SCHEMA_JSON;

    fn envelope() -> Value {
        serde_json::from_str(SCHEMA_JSON).unwrap()
    }

    /// What breaks after `edit`.
    fn after(edit: impl FnOnce(&mut Value)) -> Vec<String> {
        let mut edited = envelope();
        edit(&mut edited);
        breaks(&envelope(), &edited)
    }

    const UPGRADE: &str = "/fields/7/type/0/fields";

    #[test]
    fn the_envelope_reads_itself() {
        assert_eq!(breaks(&envelope(), &envelope()), [""; 0]);
    }

    #[test]
    fn a_new_field_needs_a_default() {
        let add = |field: Value| {
            after(|s| {
                let fields = s.pointer_mut(UPGRADE).unwrap().as_array_mut().unwrap();
                fields.push(field);
            })
        };
        let tenant = serde_json::json!({ "name": "tenant", "type": "string" });
        assert_eq!(
            add(tenant),
            ["field `payload.tenant` is new and has no default"]
        );
        let with = serde_json::json!({ "name": "tenant", "type": "string", "default": "" });
        assert_eq!(add(with), [""; 0]);
    }

    #[test]
    fn a_lost_symbol_and_a_changed_type_are_named_together() {
        let found = after(|s| {
            let fields = s.pointer_mut(UPGRADE).unwrap();
            fields[1]["type"]["symbols"]
                .as_array_mut()
                .unwrap()
                .remove(3);
            fields[2]["type"] = "string".into();
            fields[3]["type"] = "long".into();
        });
        assert_eq!(
            found,
            [
                "field `payload.outcome` lost the symbol `destroy`",
                "field `payload.cost` was `long` and is `string`"
            ]
        );
    }

    #[test]
    fn a_payload_that_is_gone_from_the_union_is_named() {
        let found = after(|s| s["fields"][7]["type"][0]["name"] = "Other".into());
        assert_eq!(found, ["field `payload` was `ItemUpgraded` and is `Other`"]);
    }
}
