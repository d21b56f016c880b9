//! What a piece of JSON Schema asks for, in words.

use serde_json::Value;

/// Follows a local `$ref`.
pub(crate) fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| root.pointer(reference.trim_start_matches('#')))
        .unwrap_or(schema)
}

/// The texts a schema lists one by one: `enum`, `const`, or alternatives made of those.
pub(crate) fn choices(schema: &Value) -> Vec<&str> {
    if let Some(only) = schema.get("const").and_then(Value::as_str) {
        return vec![only];
    }
    if let Some(listed) = schema.get("enum").and_then(Value::as_array) {
        return listed.iter().filter_map(Value::as_str).collect();
    }
    let Some(branches) = schema.get("oneOf").and_then(Value::as_array) else {
        return Vec::new();
    };
    let per_branch: Vec<Vec<&str>> = branches.iter().map(choices).collect();
    if per_branch.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    per_branch.concat()
}

/// What the schema asks for, with its article: `a duration`, `an integer`.
pub(crate) fn described(schema: &Value) -> String {
    let title = schema.get("title").and_then(Value::as_str);
    // Titles of types are capitalised and mean nothing to the reader; ours are plain words.
    if let Some(title) = title.filter(|t| t.starts_with(|c: char| c.is_lowercase())) {
        return with_article(title);
    }
    let kinds: Vec<String> = match schema.get("type") {
        Some(Value::String(kind)) => vec![kind_word(kind)],
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .filter(|kind| *kind != "null")
            .map(kind_word)
            .collect(),
        _ => Vec::new(),
    };
    if kinds.is_empty() {
        return "a value that fits here".to_owned();
    }
    kinds.join(" or ")
}

/// Several alternatives in one phrase.
pub(crate) fn wanted(branches: &[&Value]) -> String {
    let mut words: Vec<String> = branches.iter().map(|branch| described(branch)).collect();
    words.dedup();
    words.join(" or ")
}

/// Help made of the examples that the schemas give.
pub(crate) fn examples(schemas: &[&Value]) -> Option<String> {
    let given: Vec<String> = schemas
        .iter()
        .filter_map(|schema| schema.get("examples")?.as_array())
        .flatten()
        .map(|example| {
            format!(
                "`{}`",
                example
                    .as_str()
                    .map_or_else(|| example.to_string(), str::to_owned)
            )
        })
        .collect();
    (!given.is_empty()).then(|| format!("for example {}", given.join(", ")))
}

/// A value as it is quoted in a message; long ones by their kind.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().count() <= 60 => format!("`{text}`"),
        Value::Number(_) | Value::Bool(_) => format!("`{value}`"),
        _ => kind_of(value).to_owned(),
    }
}

/// The kind of a value, with its article.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number",
        Value::Number(_) => "an integer",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table of keys",
    }
}

fn kind_word(kind: &str) -> String {
    match kind {
        "string" => "text".to_owned(),
        "array" => "a list".to_owned(),
        "object" => "a table of keys".to_owned(),
        other => with_article(other),
    }
}

fn with_article(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}
