//! From a view to text, by template.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment as Templates, Error, UndefinedBehavior};

use super::view::View;

const MARKDOWN: &str = include_str!("report.md.j2");

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
