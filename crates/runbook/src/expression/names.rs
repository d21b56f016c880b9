//! Names in an expression: what each is, whether it is known here, and what was meant by one that is
//! not.

use std::ops::Range;

use cel::common::ast::{Expr, LiteralValue};
use rlab_document::one_of;

use super::ValueRef;
use super::check::{Checker, Type};
use crate::parameter::ParameterValue;
use crate::values::{Kind, Unit, ValueSpec};

impl Checker<'_> {
    /// The type of a value or parameter whose name stands at `whole`, its `@phase` included, and
    /// what takes its place in the tree.
    pub(super) fn named(&mut self, named: ValueRef, whole: Range<usize>) -> Option<(Type, Expr)> {
        let name_span = whole.start..whole.start + named.name.len();
        if let Some(parameter) = self.scope.parameter(&named.name) {
            if named.phase.is_some() {
                let message = format!("parameter `{}` has no phases", named.name);
                self.report(whole, message, None);
                return None;
            }
            let unit = match parameter {
                ParameterValue::Duration(_) => Some(Unit::Milliseconds),
                ParameterValue::Integer(_) | ParameterValue::Number(_) => None,
            };
            let literal = LiteralValue::Double(parameter.as_f64().into());
            return Some((Type::Number(unit), Expr::Literal(literal)));
        }
        let Some(spec) = self.scope.value(&named.name) else {
            self.unknown_value(&named.name, name_span);
            return None;
        };
        if !self.scope.allows(spec) {
            let message = format!("`{}` is known only after the drill", named.name);
            let help = one_of("names here", "", self.scope.names());
            self.report(name_span, message, help);
            return None;
        }
        self.phase_of(&named, spec, &whole)?;
        let index = self.index_of(named, spec.kind);
        let kind = match spec.kind {
            Kind::Bool => Type::Bool,
            Kind::Number(unit) => Type::Number(Some(unit)),
        };
        Some((kind, Expr::Ident(format!("v{index}"))))
    }

    /// Whether the phase after the `@`, if there is one, can narrow the value here.
    fn phase_of(&mut self, named: &ValueRef, spec: &ValueSpec, whole: &Range<usize>) -> Option<()> {
        let Some(phase) = &named.phase else {
            return Some(());
        };
        let plain = Some(format!("`{}`", named.name));
        if !spec.phased {
            let message = format!("`{}` is known for the whole run only", named.name);
            self.report(whole.clone(), message, plain);
            return None;
        }
        if !self.scope.allows_phase(spec) {
            let message = format!("`{}` is known by phase only after the drill", named.name);
            self.report(whole.clone(), message, plain);
            return None;
        }
        self.phase(phase, whole.start + named.name.len() + 1..whole.end)
    }

    fn unknown_value(&mut self, name: &str, span: Range<usize>) {
        let Some((name, span)) = self.without_arm(name, span) else {
            return;
        };
        if self.scope.is_word(name) {
            let message = format!("`{name}` is no number, and so has its place in `when` only");
            return self.report(span, message, None);
        }
        let owned = name
            .split_once('.')
            .and_then(|(owner, value)| Some((owner, value, self.scope.owner(owner)?)));
        let Some((owner, value, (what, values))) = owned else {
            let help = one_of("names", name, self.scope.names());
            return self.report(span, format!("unknown value `{name}`"), help);
        };
        let help = one_of("values of it", value, values.iter().map(|spec| spec.name));
        let message = format!("`{owner}` is a {what} and has no `{value}`");
        self.report(span, message, help);
    }

    /// In a comparison of arms the name of an arm comes first; the rest, unless that is missing.
    fn without_arm<'n>(
        &mut self,
        name: &'n str,
        span: Range<usize>,
    ) -> Option<(&'n str, Range<usize>)> {
        let Some(arms) = self.scope.compared() else {
            return Some((name, span));
        };
        match name.split_once('.') {
            Some((arm, rest)) if arms.iter().any(|known| known == arm) => {
                Some((rest, span.start + arm.len() + 1..span.end))
            }
            Some((arm, _)) => {
                let help = one_of("arms", arm, arms.iter().map(String::as_str));
                let span = span.start..span.start + arm.len();
                self.report(span, format!("unknown arm `{arm}`"), help);
                None
            }
            None => {
                let help = arms
                    .first()
                    .map(|arm| format!("for example `{arm}.{name}`"));
                self.report(span, "the name of an arm is missing".to_owned(), help);
                None
            }
        }
    }

    fn phase(&mut self, phase: &str, span: Range<usize>) -> Option<()> {
        let begun = self.scope.begun();
        if begun.iter().any(|known| known == phase) {
            return Some(());
        }
        let message = if self.scope.has_phase(phase) {
            format!("phase `{phase}` has not begun here")
        } else {
            format!("unknown phase `{phase}`")
        };
        let help = one_of("phases", phase, begun.iter().map(String::as_str));
        self.report(span, message, help);
        None
    }

    fn index_of(&mut self, named: ValueRef, kind: Kind) -> usize {
        if let Some(index) = self.values.iter().position(|known| *known == named) {
            return index;
        }
        self.values.push(named);
        self.kinds.push(kind);
        self.values.len() - 1
    }
}
