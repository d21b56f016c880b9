//! What an ELF file says of itself: processor, loader, libraries.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use goblin::elf::Elf;
use goblin::elf::header::ELFMAG;

use crate::AssembleError;

/// Larger programs than this are none of ours.
const LARGEST_BYTES: u64 = 1 << 30;

/// The facts of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// `e_machine`.
    pub(crate) machine: u16,
    /// The loader that a program asks for; a library asks for none.
    pub(crate) interpreter: Option<String>,
    /// Libraries it cannot start without.
    pub(crate) needed: Vec<String>,
    /// Where it wants them looked for first, `$ORIGIN` not yet replaced.
    pub(crate) search: Vec<String>,
}

/// Reads the file at `path`. None when it is not ELF at all (a script, an archive, a certificate).
pub(crate) fn read(path: &Path) -> Result<Option<Facts>, AssembleError> {
    let io = |source| AssembleError::io("read", path, source);
    let mut file = File::open(path).map_err(io)?;
    let mut magic = Vec::with_capacity(ELFMAG.len());
    file.by_ref()
        .take(ELFMAG.len() as u64)
        .read_to_end(&mut magic)
        .map_err(io)?;
    if magic != ELFMAG {
        return Ok(None);
    }
    let malformed = |why: String| AssembleError::Malformed {
        path: path.into(),
        why,
    };
    let mut data = magic;
    file.take(LARGEST_BYTES)
        .read_to_end(&mut data)
        .map_err(io)?;
    if data.len() as u64 > LARGEST_BYTES {
        return Err(malformed(format!("larger than {LARGEST_BYTES} bytes")));
    }
    let elf = Elf::parse(&data).map_err(|error| malformed(error.to_string()))?;
    Ok(Some(Facts::of(&elf)))
}

impl Facts {
    fn of(elf: &Elf<'_>) -> Self {
        // As for the loader, RPATH is only heeded where there is no RUNPATH.
        let search = if elf.runpaths.is_empty() {
            &elf.rpaths
        } else {
            &elf.runpaths
        };
        Self {
            machine: elf.header.e_machine,
            interpreter: elf.interpreter.map(str::to_owned),
            needed: elf.libraries.iter().map(|&name| name.into()).collect(),
            search: search
                .iter()
                .flat_map(|list| list.split(':'))
                .filter(|dir| !dir.is_empty())
                .map(str::to_owned)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_program_tells_its_loader_and_libc() {
        let this = std::env::current_exe().unwrap();
        let facts = read(&this).unwrap().unwrap();
        assert!(facts.interpreter.unwrap().contains("ld-linux"));
        assert!(facts.needed.iter().any(|name| name == "libc.so.6"));
    }

    #[test]
    fn a_script_is_not_elf_and_a_cut_off_program_is_malformed() {
        let dir = tempfile::tempdir().unwrap();
        let (script, cut) = (dir.path().join("script"), dir.path().join("cut"));
        std::fs::write(&script, "#!/bin/sh\n").unwrap();
        std::fs::write(&cut, b"\x7fELF\x02\x01\x01").unwrap();
        assert_eq!(read(&script).unwrap(), None);
        let error = read(&cut).unwrap_err();
        assert!(matches!(error, AssembleError::Malformed { path, .. } if path == cut));
    }
}
