//! A tree against a JSON Schema: every mismatch, in the words of the person who wrote the text.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Mismatch;
use serde_json::Value;

use crate::schema_words::{choices, described, examples, kind_of, resolve, shown, wanted};
use crate::suggest::one_of;
use crate::tree::{Flaw, Node};

/// All mismatches between `tree` and `schema`.
pub(crate) fn check(schema: &Value, tree: &Node) -> Vec<Flaw> {
    let instance = serde_json::to_value(tree).unwrap_or_default();
    let mut checker = Checker {
        schema,
        tree,
        flaws: Vec::new(),
    };
    match jsonschema::validator_for(schema) {
        Ok(validator) => {
            for error in validator.iter_errors(&instance) {
                checker.explain(&error);
            }
        }
        Err(error) => checker.value_flaw("", format!("the schema is not usable: {error}"), None),
    }
    checker.flaws
}

struct Checker<'a> {
    schema: &'a Value,
    tree: &'a Node,
    flaws: Vec<Flaw>,
}

impl<'a> Checker<'a> {
    fn explain(&mut self, error: &ValidationError<'_>) {
        let at = error.instance_path().as_str();
        let given = shown(error.instance());
        match error.kind() {
            Mismatch::AdditionalProperties { unexpected }
            | Mismatch::UnevaluatedProperties { unexpected } => {
                self.unknown_keys(error, unexpected)
            }
            Mismatch::Required { property } => {
                let message = format!("missing key `{}`", property.as_str().unwrap_or_default());
                let help = self.examples_of_key(error, property.as_str().unwrap_or_default());
                self.value_flaw(at, message, help);
            }
            Mismatch::Type { .. } => {
                let rule = self.rule(error);
                let message = format!(
                    "expected {}, found {}",
                    described(rule),
                    kind_of(error.instance())
                );
                self.value_flaw(at, message, examples(&[rule]));
            }
            Mismatch::Enum { .. } | Mismatch::Constant { .. } => {
                let rule = self.rule(error);
                self.not_a_choice(error, &choices(rule));
            }
            Mismatch::Pattern { .. } => {
                let rule = self.rule(error);
                let message = format!("{given} is not {}", described(rule));
                self.value_flaw(at, message, examples(&[rule]));
            }
            Mismatch::Minimum { limit } | Mismatch::ExclusiveMinimum { limit } => {
                let message = format!("{given} is below the least allowed value");
                self.value_flaw(at, message, Some(format!("the minimum is {limit}")));
            }
            Mismatch::Maximum { limit } | Mismatch::ExclusiveMaximum { limit } => {
                let message = format!("{given} is above the greatest allowed value");
                self.value_flaw(at, message, Some(format!("the maximum is {limit}")));
            }
            Mismatch::PropertyNames { error: inner } => self.bad_key(at, inner),
            Mismatch::MinItems { .. } | Mismatch::MinProperties { .. } => {
                self.value_flaw(at, "too few entries".to_owned(), None);
            }
            Mismatch::AnyOf { context } | Mismatch::OneOfNotValid { context } => {
                self.alternatives(error, context);
            }
            _ => self.value_flaw(at, error.to_string(), None),
        }
    }

    fn unknown_keys(&mut self, error: &ValidationError<'_>, unexpected: &[String]) {
        let known: Vec<&str> = self
            .rule(error)
            .get("properties")
            .and_then(Value::as_object)
            .map(|properties| properties.keys().map(String::as_str).collect())
            .unwrap_or_default();
        for key in unexpected {
            let escaped = key.replace('~', "~0").replace('/', "~1");
            let pointer = format!("{}/{escaped}", error.instance_path());
            let help = one_of("keys", key, known.iter().copied());
            self.key_flaw(&pointer, format!("unknown key `{key}`"), help);
        }
    }

    fn not_a_choice(&mut self, error: &ValidationError<'_>, options: &[&str]) {
        let text = error.instance().as_str();
        let message = match text {
            Some(text) => format!("unknown value `{text}`"),
            None => format!("expected text, found {}", kind_of(error.instance())),
        };
        let help = one_of("values", text.unwrap_or_default(), options.iter().copied());
        self.value_flaw(error.instance_path().as_str(), message, help);
    }

    fn bad_key(&mut self, at: &str, inner: &ValidationError<'_>) {
        let key = inner.instance().as_str().unwrap_or_default().to_owned();
        let rule = self.rule(inner);
        let (message, help) = match choices(rule) {
            options if options.is_empty() => (
                format!("`{key}` is not {}", described(rule)),
                examples(&[rule]),
            ),
            options => (
                format!("unknown key `{key}`"),
                one_of("keys", &key, options),
            ),
        };
        let escaped = key.replace('~', "~0").replace('/', "~1");
        self.key_flaw(&format!("{at}/{escaped}"), message, help);
    }

    /// None of several alternatives fits. When just one is of the right shape, its mistakes are
    /// the ones meant; otherwise say what could stand here.
    fn alternatives(
        &mut self,
        error: &ValidationError<'_>,
        context: &[Vec<ValidationError<'static>>],
    ) {
        let branches: Vec<&Value> = self
            .schema
            .pointer(error.schema_path().as_str())
            .and_then(Value::as_array)
            .map(|list| list.iter().map(|b| resolve(self.schema, b)).collect())
            .unwrap_or_default();
        let named: Vec<&Value> = branches.iter().copied().filter(|b| !is_null(b)).collect();
        let options: Vec<&str> = named.iter().flat_map(|branch| choices(branch)).collect();
        if !named.is_empty() && named.iter().all(|branch| !choices(branch).is_empty()) {
            return self.not_a_choice(error, &options);
        }
        let here = error.instance_path().as_str();
        let shaped: Vec<_> = context
            .iter()
            .filter(|errors| !errors.iter().any(|inner| misshapen(inner, here)))
            .collect();
        if let [only] = shaped[..] {
            return only.iter().for_each(|inner| self.explain(inner));
        }
        let message = format!("{} is not {}", shown(error.instance()), wanted(&named));
        self.value_flaw(here, message, examples(&named));
    }

    fn examples_of_key(&self, error: &ValidationError<'_>, key: &str) -> Option<String> {
        let property = self.rule(error).get("properties")?.get(key)?;
        let property = resolve(self.schema, property);
        let options = choices(property);
        if options.is_empty() {
            return examples(&[property]);
        }
        one_of("values", "", options)
    }

    /// The schema that holds the keyword which failed.
    fn rule(&self, error: &ValidationError<'_>) -> &'a Value {
        let keyword = error.schema_path().as_str();
        let rule = keyword.rfind('/').map_or("", |at| &keyword[..at]);
        self.schema.pointer(rule).unwrap_or(self.schema)
    }

    fn value_flaw(&mut self, pointer: &str, message: String, help: Option<String>) {
        let span = self
            .tree
            .find(pointer)
            .map_or(0..0, |(node, key)| node.place(key));
        self.flaws.push(Flaw {
            span,
            message,
            help,
        });
    }

    fn key_flaw(&mut self, pointer: &str, message: String, help: Option<String>) {
        match self.tree.find(pointer) {
            Some((_, Some(span))) => self.flaws.push(Flaw {
                span,
                message,
                help,
            }),
            _ => self.value_flaw(pointer, message, help),
        }
    }
}

fn is_null(branch: &Value) -> bool {
    branch.get("type").is_some_and(|kind| kind == "null")
}

/// Whether the alternative was never meant: the value itself, not something inside it, is wrong.
fn misshapen(inner: &ValidationError<'_>, here: &str) -> bool {
    let at_this_level = inner.instance_path().as_str() == here;
    let of_shape = matches!(
        inner.kind(),
        Mismatch::Type { .. }
            | Mismatch::Pattern { .. }
            | Mismatch::Enum { .. }
            | Mismatch::Constant { .. }
    );
    at_this_level && of_shape
}
