//! Which drills are to be run; all of them are read and checked before the first one starts.

use rlab_runbook::{Resolved, Runbook};

use super::Drill;
use crate::failure::Failure;
use crate::output::stream;

/// A drill that is to be run.
pub struct Chosen {
    /// What it was asked for by: an id or a file.
    pub given: String,
    pub drill: Resolved,
    /// Text of its runbook.
    pub source: String,
}

impl Drill {
    pub(super) fn choose(&self) -> Result<Vec<Chosen>, Failure> {
        match self.runbooks.is_empty() {
            false => self.named(),
            true => self.all_or_tagged(),
        }
    }

    fn named(&self) -> Result<Vec<Chosen>, Failure> {
        let books = self.runbooks.iter().map(|given| {
            let book = rlab_runbook::find(given)?;
            self.resolve(given, &book)
        });
        books.collect()
    }

    fn all_or_tagged(&self) -> Result<Vec<Chosen>, Failure> {
        let mut chosen = Vec::new();
        let books = rlab_runbook::list()?;
        let known: Vec<&str> = books.iter().flat_map(Runbook::tags).collect();
        if let Some(unknown) = self.tags.iter().find(|tag| !known.contains(&tag.as_str())) {
            let failure = Failure::usage(format!("no drill has the tag `{unknown}`"));
            return Err(failure.hint("see the tags: rlab-ops runbook list"));
        }
        for book in &books {
            let mut tags = book.tags();
            if !self.all && !tags.any(|tag| self.tags.iter().any(|wanted| wanted == tag)) {
                continue;
            }
            let one = self.resolve(book.id(), book)?;
            match one.drill.not_yet().is_empty() {
                true => chosen.push(one),
                false => stream::note(&format!(
                    "leaves out {}, which this build can only plan (rlab-ops runbook plan {})",
                    book.id(),
                    book.id()
                )),
            }
        }
        Ok(chosen)
    }

    fn resolve(&self, given: &str, book: &Runbook) -> Result<Chosen, Failure> {
        let mut drill = book.resolve(&self.set)?;
        let known: Vec<String> = drill.arms.keys().cloned().collect();
        if let Some(unknown) = self.arms.iter().find(|name| !known.contains(name)) {
            let failure = Failure::usage(format!("{} has no arm `{unknown}`", drill.id));
            return Err(failure.hint(format!("its arms: {}", known.join(", "))));
        }
        if !self.arms.is_empty() {
            drill.arms.retain(|name, _| self.arms.contains(name));
        }
        Ok(Chosen {
            given: given.to_owned(),
            source: book.source_text().to_owned(),
            drill,
        })
    }
}
