//! The runbooks that come with the program, and those of a user.

use std::path::{Path, PathBuf};

use rlab_document::{DocumentErrors, one_of};
use thiserror::Error;

use crate::runbook::Runbook;

macro_rules! embedded {
    ($($id:literal),*) => {
        &[$((
            $id,
            concat!("runbooks/", $id, ".yaml"),
            include_str!(concat!("../../../runbooks/", $id, ".yaml")),
        )),*]
    };
}

/// Id, name and text of each runbook in the program.
const EMBEDDED: &[(&str, &str, &str)] = embedded![
    "E-001", "E-002", "E-003", "E-004", "E-008", "E-009", "E-045", "E-046", "E-049", "E-050",
    "I-001", "K-001", "K-002"
];

/// Why there is no such runbook.
#[derive(Debug, Error)]
pub enum LibraryError {
    /// No runbook has this id.
    #[error("unknown drill `{given}`")]
    Unknown {
        /// What was asked for.
        given: String,
        /// The closest id, or all of them.
        help: String,
    },
    /// The file cannot be read.
    #[error("cannot read runbook {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no right runbook.
    #[error(transparent)]
    Invalid(#[from] DocumentErrors),
}

/// Ids of the runbooks in the program, in order.
pub fn names() -> Vec<&'static str> {
    EMBEDDED.iter().map(|(id, ..)| *id).collect()
}

/// The runbooks in the program, in order.
///
/// # Errors
/// The mistakes of the first that has any; the program's own tests keep that from happening.
pub fn list() -> Result<Vec<Runbook>, DocumentErrors> {
    EMBEDDED
        .iter()
        .map(|(_, name, text)| Runbook::parse(name, text))
        .collect()
}

/// The runbook with this id, in any case; or the one in this file, when `given` is a path (it has
/// a separator or ends in `.yaml` or `.yml`).
///
/// # Errors
/// An unknown id with the closest known one, an unreadable file, or the file's mistakes.
pub fn find(given: &str) -> Result<Runbook, LibraryError> {
    let path = Path::new(given);
    let is_yaml = path.extension().is_some_and(|e| e == "yaml" || e == "yml");
    if is_yaml || path.components().count() > 1 {
        return Runbook::read(path);
    }
    match EMBEDDED
        .iter()
        .find(|(id, ..)| id.eq_ignore_ascii_case(given))
    {
        Some((_, name, text)) => Ok(Runbook::parse(name, text)?),
        None => Err(LibraryError::Unknown {
            given: given.to_owned(),
            help: one_of("drills", given, names()).unwrap_or_default(),
        }),
    }
}

impl Runbook {
    /// Reads and checks a runbook file.
    ///
    /// # Errors
    /// An unreadable file, or every mistake in it.
    pub fn read(path: &Path) -> Result<Self, LibraryError> {
        let text = std::fs::read_to_string(path).map_err(|source| LibraryError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self::parse(&path.display().to_string(), &text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::{EMBEDDED, LibraryError, find, list};

    #[test]
    fn every_embedded_runbook_is_right_and_carries_its_own_id() {
        let ids: Vec<String> = list().unwrap().iter().map(|r| r.id().to_owned()).collect();
        let declared: Vec<&str> = EMBEDDED.iter().map(|(id, ..)| *id).collect();
        assert_eq!(ids, declared);
    }

    #[test]
    fn a_drill_is_found_in_any_case_and_a_near_miss_is_suggested() {
        assert_eq!(find("e-002").unwrap().id(), "E-002");
        let Err(LibraryError::Unknown { help, .. }) = find("E002") else {
            panic!("found a drill that does not exist");
        };
        assert_eq!(help, "did you mean `E-002`?");
    }

    #[test]
    fn a_path_is_read_as_a_file() {
        assert!(matches!(
            find("./nowhere/E-002.yaml"),
            Err(LibraryError::Unreadable { .. })
        ));
    }
}
