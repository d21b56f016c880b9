//! From a view to text, by template.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment as Templates, Error, HtmlEscape, UndefinedBehavior};

use super::figures::Figures;
use super::view::View;

const MARKDOWN: &str = include_str!("report.md.j2");
const HTML: &str = include_str!("report.html.j2");
const STYLE: &str = include_str!("report.css");

/// So many arms are laid open; of the others only those that did not do what they must.
const UNFOLDED: usize = 3;

/// So many reasons of the verdict are laid open.
const TOLD_REASONS: usize = 6;

/// What lies in the run directory beside a report.
const BESIDE: &str = "`plan.json` (what was to be done), `journal.jsonl` (what was done, \
    hash-chained), `arms/*/history-*.jsonl.zst` (what every client asked and was told), \
    `arms/*/snapshot.jsonl.zst` (what the stores held), `verdict.json`, `SHA256SUMS` (digests of \
    all files: `sha256sum -c SHA256SUMS`).";

/// The report as Markdown.
pub(crate) fn markdown(view: &View<'_>) -> Result<String, Error> {
    let mut templates = templates(AutoEscape::None)?;
    templates.add_filter("cell", cell);
    templates.add_template("report", MARKDOWN)?;
    let context = minijinja::context! { beside => BESIDE, ..Serde(view) };
    templates.get_template("report")?.render(context)
}

/// The report as one page of HTML; `figures` are those of the arms, in their order.
pub(crate) fn html(view: &View<'_>, figures: &[Figures]) -> Result<String, Error> {
    let mut templates = templates(AutoEscape::Html)?;
    templates.add_filter("prose", prose);
    templates.add_template("report", HTML)?;
    let context = minijinja::context! {
        beside => BESIDE,
        style => Value::from_safe_string(STYLE.to_owned()),
        plots => Serde(figures),
        unfolded => UNFOLDED,
        told_reasons => TOLD_REASONS,
        ..Serde(view)
    };
    templates.get_template("report")?.render(context)
}

fn templates(escape: AutoEscape) -> Result<Templates<'static>, Error> {
    let mut templates = Templates::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()?;
    templates.set_syntax(syntax);
    templates.set_auto_escape_callback(move |_| escape.clone());
    Ok(templates)
}

/// Text that cannot break out of its table cell.
fn cell(text: String) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

/// Text that is nothing but text, where a pair of backticks encloses code.
fn prose(text: String) -> Value {
    let mut parts: Vec<String> = text
        .split('`')
        .map(|part| HtmlEscape(part).to_string())
        .collect();
    let unpaired = match parts.len().is_multiple_of(2) {
        true => parts.pop(),
        false => None,
    };
    let mut html = String::new();
    for (n, part) in parts.iter().enumerate() {
        match n % 2 {
            0 => html.push_str(part),
            _ => html.push_str(&format!("<code>{part}</code>")),
        }
    }
    if let Some(rest) = unpaired {
        html.push('`');
        html.push_str(&rest);
    }
    Value::from_safe_string(html)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pair_of_backticks_encloses_code() {
        for (text, html) in [
            ("plain", "plain"),
            ("`a < b` is", "<code>a &lt; b</code> is"),
            ("one ` alone", "one ` alone"),
            ("`a` and ` alone", "<code>a</code> and ` alone"),
            ("<b>`</b>`", "&lt;b&gt;<code>&lt;&#x2f;b&gt;</code>"),
        ] {
            assert_eq!(prose(text.to_owned()).to_string(), html);
        }
    }
}
