//! What is answered of an item: its row, and with it the valuation, computed here.

use rlab_store::read_model::ItemView;
use rlab_valuation::{Rules, evaluate};
use serde_json::{Value, json};

/// Low: documents are made while somebody waits.
const COMPRESSION_LEVEL: i32 = 1;
/// More than any document has.
const LARGEST_BYTES: usize = 4 * 1024 * 1024;

/// An answer as it is cached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Sequence of the newest event it shows.
    pub version: u64,
    /// Tells it from other answers of the same version: which rules it was computed by.
    pub tag: String,
    /// JSON, compressed by zstd.
    pub body: Vec<u8>,
}

/// Tag of an answer that no rules went into.
pub const PLAIN: &str = "row";

/// The row alone.
pub fn summary(view: &ItemView) -> Document {
    Document {
        version: view.version,
        tag: PLAIN.to_owned(),
        body: compress(row(view).to_string().as_bytes()),
    }
}

/// The row with the valuation of the item. Takes milliseconds of processor time.
pub fn full(view: &ItemView, rules: &Rules) -> Document {
    let mut document = row(view);
    document["fingerprint"] = json!(rules.fingerprint());
    document["valuation"] = json!(evaluate(rules).levels);
    Document {
        version: view.version,
        tag: rules.fingerprint().to_owned(),
        body: compress(document.to_string().as_bytes()),
    }
}

fn row(view: &ItemView) -> Value {
    // The summary is JSON already, checked by its column.
    let summary: Value = serde_json::from_str(&view.summary).unwrap_or_default();
    json!({
        "item_id": view.item_id,
        "version": view.version,
        "level": view.level,
        "spent": view.spent,
        "summary": summary,
        "updated_at_us": view.updated_at_us,
    })
}

fn compress(json: &[u8]) -> Vec<u8> {
    // Writing to memory cannot fail.
    zstd::bulk::compress(json, COMPRESSION_LEVEL).unwrap_or_default()
}

/// The JSON behind a cached body; none if it is damaged.
pub fn plain(body: &[u8]) -> Option<Vec<u8>> {
    zstd::bulk::decompress(body, LARGEST_BYTES).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> ItemView {
        ItemView {
            item_id: "a".into(),
            version: 7,
            level: -1,
            spent: u64::MAX,
            summary: r#"{"last_cost":1}"#.into(),
            updated_at_us: 5,
        }
    }

    fn json(document: &Document) -> Value {
        serde_json::from_slice(&plain(&document.body).unwrap()).unwrap()
    }

    #[test]
    fn both_show_the_row_and_the_version_that_the_cache_compares() {
        let rules = Rules::of_item("a");
        for document in [summary(&view()), full(&view(), &rules)] {
            let value = json(&document);
            assert_eq!((document.version, &value["version"]), (7, &json!(7)));
            assert_eq!(value["spent"], u64::MAX);
            assert_eq!(value["summary"]["last_cost"], 1);
        }
    }

    #[test]
    fn the_full_document_has_the_valuation_of_the_items_own_rules() {
        let rules = Rules::of_item("a");
        let document = full(&view(), &rules);
        let value = json(&document);
        assert_eq!(document.tag, rules.fingerprint());
        assert_eq!(
            value["valuation"].as_array().unwrap().len(),
            rules.levels().len()
        );
        assert!(document.body.len() < plain(&document.body).unwrap().len() / 2);
    }

    #[test]
    fn a_damaged_body_is_none() {
        assert_eq!(plain(b"no zstd"), None);
    }
}
