//! The safe part of YAML into the spanned tree.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput};

use crate::tree::{Entry, Flaw, Kind, Node};

/// Nothing we read nests this deep; a hostile text could overflow the stack.
const MAX_DEPTH: usize = 64;

/// Reads `text`. Duplicate keys, tags, aliases and further documents are all reported; a syntax
/// error ends the reading.
pub(crate) fn parse(text: &str) -> Result<Node, Vec<Flaw>> {
    let mut reader = Reader {
        events: Parser::new_from_str(text),
        offsets: text
            .char_indices()
            .map(|(at, _)| at)
            .chain([text.len()])
            .collect(),
        flaws: Vec::new(),
    };
    match reader.document() {
        Ok(root) if reader.flaws.is_empty() => Ok(root),
        Ok(_) => Err(reader.flaws),
        Err(fatal) => {
            reader.flaws.push(fatal);
            Err(reader.flaws)
        }
    }
}

struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
    /// Byte offset of each character: the parser counts characters.
    offsets: Vec<usize>,
    flaws: Vec<Flaw>,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<Node, Flaw> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart(_) if root.is_some() => {
                    return Err(flaw(self.bytes(span), "a second document in one file"));
                }
                Event::Nothing
                | Event::StreamStart
                | Event::DocumentStart(_)
                | Event::DocumentEnd => {}
                event => root = Some(self.node(event, span, 0)?),
            }
        }
        Ok(root.unwrap_or(Node {
            span: 0..0,
            kind: Kind::Null,
        }))
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Flaw> {
        let start = self.bytes(span);
        if depth > MAX_DEPTH {
            return Err(flaw(
                start,
                &format!("nested deeper than {MAX_DEPTH} levels"),
            ));
        }
        let (end, kind) = match event {
            Event::Scalar(text, style, _, tag) => {
                self.refuse_tag(tag.is_some(), &start);
                let kind = if style == ScalarStyle::Plain {
                    plain(&text)
                } else {
                    Kind::Text(text.into_owned())
                };
                (start.end, kind)
            }
            Event::SequenceStart(_, tag) => {
                self.refuse_tag(tag.is_some(), &start);
                self.list(depth)?
            }
            Event::MappingStart(_, tag) => {
                self.refuse_tag(tag.is_some(), &start);
                self.map(depth)?
            }
            Event::Alias(_) => {
                self.flaws.push(Flaw {
                    span: start.clone(),
                    message: "aliases are not supported".to_owned(),
                    help: Some("write the value out".to_owned()),
                });
                (start.end, Kind::Null)
            }
            _ => return Err(flaw(start, "the document ends too early")),
        };
        Ok(Node {
            span: start.start..end.max(start.start),
            kind,
        })
    }

    fn list(&mut self, depth: usize) -> Result<(usize, Kind), Flaw> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, span) => return Ok((self.bytes(span).end, Kind::List(items))),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<(usize, Kind), Flaw> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (key, key_span) = match self.next()? {
                (Event::MappingEnd, span) => {
                    return Ok((self.bytes(span).end, Kind::Map(entries)));
                }
                (Event::Scalar(key, ..), span) => (key.into_owned(), self.bytes(span)),
                (_, span) => return Err(flaw(self.bytes(span), "a key must be plain text")),
            };
            let (event, span) = self.next()?;
            let node = self.node(event, span, depth + 1)?;
            if entries.iter().any(|entry| entry.key == key) {
                self.flaws.push(Flaw {
                    message: format!("duplicate key `{key}`"),
                    help: Some("the same key stands above in this mapping".to_owned()),
                    span: key_span,
                });
            } else {
                entries.push(Entry {
                    key,
                    key_span,
                    node,
                });
            }
        }
    }

    fn refuse_tag(&mut self, tagged: bool, span: &Range<usize>) {
        if tagged {
            self.flaws.push(Flaw {
                span: span.clone(),
                message: "tags are not supported".to_owned(),
                help: Some("put the text in quotes if `!` is part of it".to_owned()),
            });
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Flaw> {
        match self.events.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => Err(self.syntax(&error)),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn syntax(&self, error: &ScanError) -> Flaw {
        let at = self.offset(error.marker().index());
        flaw(at..at, error.info())
    }

    fn bytes(&self, span: Span) -> Range<usize> {
        let start = self.offset(span.start.index());
        start..self.offset(span.end.index()).max(start)
    }

    fn offset(&self, character: usize) -> usize {
        self.offsets[character.min(self.offsets.len() - 1)]
    }
}

fn flaw(span: Range<usize>, message: &str) -> Flaw {
    Flaw {
        span,
        message: message.to_owned(),
        help: None,
    }
}

/// The type of an unquoted scalar by YAML 1.2's core schema; `yes`, `on` and `1_000` are text.
fn plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" => return Kind::Bool(true),
        "false" | "False" | "FALSE" => return Kind::Bool(false),
        _ => {}
    }
    let starts_like_a_number = text
        .trim_start_matches(['-', '+'])
        .starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if starts_like_a_number {
        if let Ok(number) = text.parse::<i64>() {
            return Kind::Int(number);
        }
        if let Some(number) = text.parse::<f64>().ok().filter(|n| n.is_finite()) {
            return Kind::Float(number);
        }
    }
    Kind::Text(text.to_owned())
}
