//! A small XML tree: enough to read a backend's answer, change it, and write it again.

use quick_xml::Reader;
use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::Event;

/// Deepest nesting that is read.
const MAX_DEPTH: usize = 64;

/// An element with either text or children; AWS never mixes the two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    pub(crate) text: String,
}

impl Element {
    /// An element that holds other elements.
    pub(crate) fn new(name: &str, children: Vec<Element>) -> Self {
        Self {
            name: name.to_owned(),
            children,
            ..Self::default()
        }
    }

    /// An element that holds text.
    pub(crate) fn text(name: &str, text: impl ToString) -> Self {
        Self {
            name: name.to_owned(),
            text: text.to_string(),
            ..Self::default()
        }
    }

    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    pub(crate) fn child_mut(&mut self, name: &str) -> Option<&mut Element> {
        self.children.iter_mut().find(|child| child.name == name)
    }

    /// Text of a child; empty when there is none.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.trim())
    }

    /// Puts `child` in the place of the one with its name.
    pub(crate) fn set(&mut self, child: Element) {
        match self.child_mut(&child.name) {
            Some(old) => *old = child,
            None => self.children.push(child),
        }
    }

    pub(crate) fn set_text(&mut self, name: &str, text: impl ToString) {
        self.set(Element::text(name, text));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.children.retain(|child| child.name != name);
    }

    /// Calls `change` for every element named `name`, outermost first.
    pub(crate) fn each(&mut self, name: &str, change: &mut dyn FnMut(&mut Element)) {
        for child in &mut self.children {
            if child.name == name {
                change(child);
            }
            child.each(name, change);
        }
    }

    /// The first element named `name` at any depth that satisfies `wanted`.
    pub(crate) fn find(&self, name: &str, wanted: &dyn Fn(&Element) -> bool) -> Option<&Element> {
        self.children.iter().find_map(|child| {
            if child.name == name && wanted(child) {
                Some(child)
            } else {
                child.find(name, wanted)
            }
        })
    }

    /// Reads a document; `None` when it is not well-formed.
    pub(crate) fn parse(document: &str) -> Option<Self> {
        let mut reader = Reader::from_str(document);
        let mut open = vec![Element::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) if open.len() < MAX_DEPTH => open.push(opened(&start)?),
                Event::Start(_) => return None,
                Event::Empty(start) => open.last_mut()?.children.push(opened(&start)?),
                Event::End(_) => {
                    let mut closed = open.pop()?;
                    if !closed.children.is_empty() {
                        closed.text.clear();
                    }
                    open.last_mut()?.children.push(closed);
                }
                Event::Text(text) => open.last_mut()?.text.push_str(&text.decode().ok()?),
                Event::CData(text) => open.last_mut()?.text.push_str(&text.decode().ok()?),
                Event::GeneralRef(reference) => {
                    let text = &mut open.last_mut()?.text;
                    match reference.resolve_char_ref().ok()? {
                        Some(character) => text.push(character),
                        None => {
                            text.push_str(resolve_predefined_entity(&reference.decode().ok()?)?)
                        }
                    }
                }
                Event::Eof => break,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        match open.as_mut_slice() {
            [document] => document.children.pop(),
            _ => None,
        }
    }

    /// Writes the document.
    pub(crate) fn document(&self) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.name);
        for (name, value) in &self.attributes {
            out.push_str(&format!(" {name}=\"{}\"", escape(value)));
        }
        out.push('>');
        if self.children.is_empty() {
            out.push_str(&escape(&self.text));
        }
        for child in &self.children {
            child.write(out);
        }
        out.push_str(&format!("</{}>", self.name));
    }
}

fn opened(start: &quick_xml::events::BytesStart<'_>) -> Option<Element> {
    let name = String::from_utf8(start.name().as_ref().to_vec()).ok()?;
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        attributes.push((
            String::from_utf8(attribute.key.as_ref().to_vec()).ok()?,
            quick_xml::escape::unescape(std::str::from_utf8(&attribute.value).ok()?)
                .ok()?
                .into_owned(),
        ));
    }
    Some(Element {
        name,
        attributes,
        ..Element::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn entities_attributes_and_empty_elements_survive() {
        let tree = Element::parse("<a x=\"1 &amp; 2\"><b>&lt;&#65;&gt;</b>\n <c/></a>").unwrap();
        assert_eq!(tree.value("b"), "<A>");
        assert_eq!(tree.attributes, [("x".to_owned(), "1 & 2".to_owned())]);
        assert_eq!(Element::parse(&tree.document()), Some(tree));
    }

    #[test]
    fn what_is_cut_off_or_too_deep_is_not_read() {
        assert_eq!(Element::parse("<a><b></a>"), None);
        assert_eq!(Element::parse("<a><b>"), None);
        assert_eq!(Element::parse(&"<a>".repeat(MAX_DEPTH + 1)), None);
    }

    fn trees() -> impl Strategy<Value = Element> {
        let leaf = ("[A-Z][a-z]{0,5}", "[ -~]{0,12}").prop_map(|(n, t)| Element::text(&n, t));
        leaf.prop_recursive(4, 24, 4, |inner| {
            ("[A-Z][a-z]{0,5}", prop::collection::vec(inner, 1..4))
                .prop_map(|(name, children)| Element::new(&name, children))
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(tree in trees()) {
            prop_assert_eq!(Element::parse(&tree.document()), Some(tree));
        }
    }
}
