//! Finds the dotted names of an expression, with their `@phase`, before CEL's parser sees it.

use std::collections::BTreeMap;
use std::ops::Range;

use cel::ParseErrors;

use super::{ExpressionProblem, ValueRef};

/// Bounds the depth of what the recursive parser and checker meet.
const MAX_LENGTH: usize = 500;

/// An expression ready for CEL's parser.
pub(super) struct Scanned {
    /// As long as the text, with each `@` turned into a `.`.
    pub cel: String,
    /// The names by the byte they start at, with the byte they end at.
    pub paths: BTreeMap<usize, (usize, ValueRef)>,
}

/// Scans `text`; expressions are ASCII, so that bytes and CEL's characters agree.
pub(super) fn scan(text: &str) -> Result<Scanned, Vec<ExpressionProblem>> {
    if let Some((at, odd)) = text.char_indices().find(|(_, c)| !c.is_ascii()) {
        return Err(vec![problem(
            at..at + odd.len_utf8(),
            format!("`{odd}` has no place in an expression"),
        )]);
    }
    if text.len() > MAX_LENGTH {
        let message = format!("an expression longer than {MAX_LENGTH} characters");
        return Err(vec![problem(0..text.len(), message)]);
    }
    let bytes = text.as_bytes();
    let mut paths = BTreeMap::new();
    let mut at = 0;
    while at < bytes.len() {
        if !starts_name(bytes[at]) {
            // A number takes its letters with it (`1e5`), so that they are not read as a name.
            let number = bytes[at].is_ascii_digit();
            at += 1;
            while number && at < bytes.len() && (continues_name(bytes[at]) || bytes[at] == b'.') {
                at += 1;
            }
            continue;
        }
        let start = at;
        at = end_of_path(bytes, at);
        let name = text[start..at].to_owned();
        let mut phase = None;
        if bytes.get(at) == Some(&b'@') && bytes.get(at + 1).is_some_and(|b| starts_name(*b)) {
            let from = at + 1;
            at = end_of_name(bytes, from);
            phase = Some(text[from..at].to_owned());
        }
        paths.insert(start, (at, ValueRef { name, phase }));
    }
    let mut cel = text.to_owned();
    for (start, (end, _)) in &paths {
        let plain = text[*start..*end].replace('@', ".");
        cel.replace_range(start..end, &plain);
    }
    match cel.find('@') {
        Some(stray) => Err(vec![problem(
            stray..stray + 1,
            "`@` must stand between a value's name and a phase's name".to_owned(),
        )]),
        None => Ok(Scanned { cel, paths }),
    }
}

/// CEL's parse errors, without the parser's list of tokens it would have liked.
pub(super) fn syntax_problems(text: &str, errors: &ParseErrors) -> Vec<ExpressionProblem> {
    let Some(first) = errors.errors.first() else {
        return vec![problem(0..text.len(), "not an expression".to_owned())];
    };
    let column = usize::try_from(first.pos.1.max(1) - 1).unwrap_or(0);
    let at = column.min(text.len());
    let message = match text[at..].chars().next() {
        Some(found) if at > 0 || !found.is_whitespace() => {
            format!("not an expression: `{found}` is not expected here")
        }
        _ => "not an expression: it ends too early".to_owned(),
    };
    vec![ExpressionProblem {
        span: at..(at + 1).min(text.len()),
        message,
        help: Some("one comparison, for example `ledger.lost == 0`".to_owned()),
    }]
}

fn end_of_path(bytes: &[u8], from: usize) -> usize {
    let mut at = end_of_name(bytes, from);
    while bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(|b| starts_name(*b)) {
        at = end_of_name(bytes, at + 1);
    }
    at
}

fn end_of_name(bytes: &[u8], from: usize) -> usize {
    let length = bytes[from..].iter().take_while(|b| continues_name(**b));
    from + length.count()
}

fn starts_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

fn continues_name(byte: u8) -> bool {
    starts_name(byte) || byte.is_ascii_digit()
}

fn problem(span: Range<usize>, message: String) -> ExpressionProblem {
    ExpressionProblem {
        span,
        message,
        help: None,
    }
}
