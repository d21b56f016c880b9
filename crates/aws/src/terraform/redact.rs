//! Masks sensitive values before anybody sees them: no event, error or plan shows a password.

use std::fmt;

use serde_json::Value;

/// What stands in place of a sensitive value.
pub const MASK: &str = "(sensitive value)";
/// Shorter values would mask halves of unrelated words.
const SHORTEST: usize = 4;

/// The sensitive values of one lab.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that no value is cut by one it contains.
    secrets: Vec<String>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} values)", self.secrets.len())
    }
}

impl Redactor {
    /// Knows every string within `value` as sensitive.
    pub fn learn(&mut self, value: &Value) {
        match value {
            Value::String(text) if text.len() >= SHORTEST => self.secrets.push(text.clone()),
            Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            Value::Object(fields) => fields.values().for_each(|field| self.learn(field)),
            _ => return,
        }
        self.secrets
            .sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        self.secrets.dedup();
    }

    /// Knows what a plan marks as sensitive: variables, attributes before and after.
    pub fn learn_plan(&mut self, plan: &Value) {
        let declared = &plan["configuration"]["root_module"]["variables"];
        for (name, variable) in fields(declared) {
            if variable["sensitive"] == true {
                self.learn(&plan["variables"][name]["value"]);
            }
        }
        let changes = list(&plan["resource_changes"]).chain(list(&plan["resource_drift"]));
        for change in changes.map(|c| &c["change"]) {
            self.learn_marked(&change["before"], &change["before_sensitive"]);
            self.learn_marked(&change["after"], &change["after_sensitive"]);
        }
        for (_, change) in fields(&plan["output_changes"]) {
            self.learn_marked(&change["before"], &change["before_sensitive"]);
            self.learn_marked(&change["after"], &change["after_sensitive"]);
        }
    }

    /// `marks` has the shape of `value`, with `true` where something is sensitive.
    fn learn_marked(&mut self, value: &Value, marks: &Value) {
        match marks {
            Value::Bool(true) => self.learn(value),
            Value::Object(inner) => {
                inner
                    .iter()
                    .for_each(|(k, m)| self.learn_marked(&value[k], m));
            }
            Value::Array(inner) => {
                let pairs = inner.iter().enumerate();
                pairs.for_each(|(i, m)| self.learn_marked(&value[i], m));
            }
            _ => {}
        }
    }

    /// `text` with every sensitive value masked.
    pub fn text(&self, text: &str) -> String {
        let mask = |text: String, secret: &String| match text.contains(secret.as_str()) {
            true => text.replace(secret.as_str(), MASK),
            false => text,
        };
        self.secrets.iter().fold(text.to_owned(), mask)
    }

    /// Masks within every string of `value`.
    pub fn value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(inner) => inner.values_mut().for_each(|field| self.value(field)),
            _ => {}
        }
    }
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
