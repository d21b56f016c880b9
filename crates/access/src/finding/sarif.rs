//! Findings as SARIF 2.1.0, for whoever shows them beside the lines of a change.

use serde_json::{Value, json};

use super::{Finding, Report, Rule, Severity};

/// The findings of `report` as a log of one run. Files are named as they are in the findings, which is
/// relative to the root of the sources.
pub fn sarif(report: &Report) -> Value {
    let rules: Vec<Value> = Rule::ALL
        .iter()
        .map(|rule| json!({ "id": rule.word(), "shortDescription": { "text": rule.what() } }))
        .collect();
    let results: Vec<Value> = report.findings.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "rlab-ops",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "results": results,
        }],
    })
}

fn result(finding: &Finding) -> Value {
    let place = &finding.place;
    let mut physical = json!({ "artifactLocation": { "uri": uri(&place.file) } });
    if let Some(line) = place.line {
        physical["region"] = json!({ "startLine": line, "startColumn": place.column.unwrap_or(1) });
    }
    let mut location = json!({ "physicalLocation": physical });
    if let Some(cell) = &place.cell {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": cell, "kind": "cell" }]);
    }
    let index = Rule::ALL.iter().position(|rule| *rule == finding.rule);
    json!({
        "ruleId": finding.rule.word(),
        "ruleIndex": index,
        "level": match finding.severity {
            Severity::Error => "error",
            Severity::Unknown => "warning",
        },
        "message": { "text": format!("{}; next: {}", finding.message, finding.next) },
        "locations": [location],
    })
}

/// A path as a relative reference: what could be taken for something else is escaped.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.trim_start_matches("./").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Place;

    #[test]
    fn a_finding_keeps_its_line_its_cell_and_its_next_step() {
        let place = Place {
            cell: Some("iam/a/b/c".to_owned()),
            ..Place::line("iam/a b.json", 7)
        };
        let finding = Finding::new(Rule::TooWide, place, "allowed".to_owned(), "take it out");
        let log = sarif(&Report::new(1, vec![finding]));
        let result = &log["runs"][0]["results"][0];
        let location = &result["locations"][0];
        assert_eq!(
            location["physicalLocation"]["artifactLocation"]["uri"],
            "iam/a%20b.json"
        );
        assert_eq!(location["physicalLocation"]["region"]["startLine"], 7);
        assert_eq!(
            location["logicalLocations"][0]["fullyQualifiedName"],
            "iam/a/b/c"
        );
        assert_eq!(result["message"]["text"], "allowed; next: take it out");
        let rule = result["ruleIndex"].as_u64().unwrap() as usize;
        let rules = &log["runs"][0]["tool"]["driver"]["rules"];
        assert_eq!(rules[rule]["id"], result["ruleId"]);
    }
}
