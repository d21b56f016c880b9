//! The lists: what each service does not give, with source and date, as the data files say it.

mod format;
mod read;

use rlab_document::DocumentErrors;
use rlab_runbook::{Server, Target};

pub use format::{Feature, Kind, Limit, ListsFile, Restriction, Source};

/// The data files of this program, by the name that messages call them.
const BUILT_IN: [(&str, &str); 3] = [
    (
        "crates/compat/data/elasticache.toml",
        include_str!("../../data/elasticache.toml"),
    ),
    (
        "crates/compat/data/msk.toml",
        include_str!("../../data/msk.toml"),
    ),
    (
        "crates/compat/data/mysql.toml",
        include_str!("../../data/mysql.toml"),
    ),
];

/// The lists of all services.
#[derive(Debug, Clone)]
pub struct Lists {
    files: Vec<ListsFile>,
}

/// Why a target does not give something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Denial<'a> {
    /// Where that is said.
    pub source: &'a Source,
}

impl Lists {
    /// The lists of this program.
    ///
    /// # Errors
    /// Their mistakes; the program's own tests keep that from happening.
    pub fn built_in() -> Result<Self, DocumentErrors> {
        Self::read(&BUILT_IN)
    }

    /// Reads lists from texts, each with the name that messages call it.
    ///
    /// # Errors
    /// Every mistake of the first text that has any, with line, column and suggestion.
    pub fn read(texts: &[(&str, &str)]) -> Result<Self, DocumentErrors> {
        let files = texts.iter().map(|(name, text)| read::read(name, text));
        Ok(Self {
            files: files.collect::<Result<_, _>>()?,
        })
    }

    /// The same with something changed in the list of `server`, to see what a change would do. It is not
    /// checked again.
    #[must_use]
    pub fn changed(&self, server: Server, change: impl FnOnce(&mut ListsFile)) -> Self {
        let mut lists = self.clone();
        if let Some(file) = lists.files.iter_mut().find(|file| file.of == server) {
            change(file);
        }
        lists
    }

    /// What is known of the services that `server` of a lab stands for; none where nothing is.
    pub fn of(&self, server: Server) -> Option<&ListsFile> {
        self.files.iter().find(|file| file.of == server)
    }

    /// What `target` does not give, by kind and name.
    pub fn restricted(&self, target: Target) -> impl Iterator<Item = (Kind, &str, &Restriction)> {
        let file = self.of(target.server()).into_iter();
        file.flat_map(ListsFile::restrictions)
            .filter(move |(_, _, restriction)| restriction.on.contains(&target))
    }

    /// The entry that is in the way of `name`, with `value` where it has one; none where `target` gives it.
    pub(crate) fn denies(
        &self,
        target: Target,
        kind: Kind,
        name: &str,
        value: Option<&str>,
    ) -> Option<Denial<'_>> {
        let file = self.of(target.server())?;
        let container = name.split('|').next().unwrap_or(name);
        let mut named = self.restricted(target).filter(|(of, listed, _)| {
            *of == kind && (*listed == name || (kind == Kind::Command && *listed == container))
        });
        if let Some((_, _, restriction)) = named.find(|(_, _, found)| found.reaches(value)) {
            return file.source(&restriction.source).map(Denial::of);
        }
        let mut whole = file
            .only
            .iter()
            .filter(|only| only.kind == kind && only.on.contains(&target));
        let only = whole.find(|only| !only.names.iter().any(|known| known == name))?;
        file.source(&only.source).map(Denial::of)
    }
}

impl<'a> Denial<'a> {
    const fn of(source: &'a Source) -> Self {
        Self { source }
    }
}
