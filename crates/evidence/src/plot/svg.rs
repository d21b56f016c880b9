//! The little of SVG that the plots need.
//!
//! `plotters` writes colours and fonts into every element, where no style sheet reaches them: its
//! plots stay white in a dark page. Here an element has a class and the page has the colours.

use std::fmt::{Display, Write};

/// SVG text in the making.
#[derive(Debug, Default)]
pub(super) struct Svg(String);

/// Which end of a text is where it was put.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    /// Begins an image of this size, told by its title and description to who cannot see it. The
    /// `id` is unique in the page.
    pub fn begin(id: &str, size: (f64, f64), title: &str, description: &str) -> Self {
        let (width, height) = size;
        let [id, title, description] = [id, title, description].map(escape);
        Self(format!(
            "<svg role=\"img\" viewBox=\"0 0 {width} {height}\" \
             style=\"max-width:{width}px\" aria-labelledby=\"{id}-t {id}-d\">\n\
             <title id=\"{id}-t\">{title}</title>\n<desc id=\"{id}-d\">{description}</desc>\n"
        ))
    }

    /// A filled rectangle between two corners.
    pub fn rect(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let (x, y) = (from.0.min(to.0), from.1.min(to.1));
        let (width, height) = ((to.0 - from.0).abs(), (to.1 - from.1).abs());
        self.line_of(format_args!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
             height=\"{height:.1}\"/>"
        ));
    }

    /// A straight line.
    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.path(class, &format!("M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}"));
    }

    /// A path from its commands.
    pub fn path(&mut self, class: &str, commands: &str) {
        self.line_of(format_args!("<path class=\"{class}\" d=\"{commands}\"/>"));
    }

    /// A point.
    pub fn dot(&mut self, class: &str, at: (f64, f64)) {
        let (x, y) = at;
        self.line_of(format_args!(
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\"/>"
        ));
    }

    /// A path that tells more to who points at it.
    pub fn told_path(&mut self, class: &str, commands: &str, told: &str) {
        let told = escape(told);
        self.line_of(format_args!(
            "<path class=\"{class}\" d=\"{commands}\"><title>{told}</title></path>"
        ));
    }

    /// One line of text.
    pub fn text(&mut self, class: &str, at: (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let ((x, y), text) = (at, escape(text));
        self.line_of(format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    /// The whole image.
    pub fn end(mut self) -> String {
        self.0.push_str("</svg>");
        self.0
    }

    fn line_of(&mut self, element: impl Display) {
        // A string takes everything.
        let _ = writeln!(self.0, "{element}");
    }
}

/// Text that is nothing but text, in an element and in an attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
