//! What is to be assembled.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::Architecture;

/// Images that share a base layer.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What every file must have been built for.
    pub architecture: Architecture,
    /// Below which loader and libraries are looked for: `/`, or the unpacked system of another architecture.
    pub sysroot: PathBuf,
    /// Certificate bundles in PEM that the images trust, one after the other. Empty: the system's own bundle.
    pub trust: Vec<PathBuf>,
    /// What the labels say.
    pub about: About,
    /// The images.
    pub images: Vec<ImagePlan>,
}

/// Where the images come from, for their labels.
#[derive(Debug, Clone)]
pub struct About {
    /// Version of the programs.
    pub version: String,
    /// Revision of the source that they were built from.
    pub revision: String,
    /// Address of that source, where it has one.
    pub source: Option<String>,
}

/// One image.
#[derive(Debug, Clone)]
pub struct ImagePlan {
    /// Its name within the layout: lower-case letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// What it holds besides the base.
    pub pieces: Vec<Piece>,
    /// Program and first arguments. The program must be among the pieces, by its absolute path.
    pub entrypoint: Vec<String>,
    /// Variables besides those of the base.
    pub environment: BTreeMap<String, String>,
    /// Directories that the program may write to besides `/tmp`, as absolute paths; declared as volumes.
    pub writable: Vec<String>,
}

impl ImagePlan {
    /// An image that runs `program`, under its own file name in `/usr/bin`, without arguments.
    pub fn program(name: &str, program: &Path) -> Self {
        let file = program.file_name().unwrap_or_default().to_string_lossy();
        let to = format!("/usr/bin/{file}");
        Self {
            name: name.into(),
            pieces: vec![Piece {
                from: program.into(),
                to: to.clone(),
            }],
            entrypoint: vec![to],
            environment: BTreeMap::new(),
            writable: Vec::new(),
        }
    }
}

/// A file, or a directory with all below it, and its place in the image.
///
/// Of modes only the executable bit is kept; everything belongs to root. A program, and a library that is named
/// by itself, gets every library it wants. A library inside a directory gets those of the directory and the C
/// library: a Java runtime has libraries for windows and sound that no server ever loads.
#[derive(Debug, Clone)]
pub struct Piece {
    /// File or directory on this machine. A link is followed here, and kept as a link inside a directory.
    pub from: PathBuf,
    /// Absolute path in the image.
    pub to: String,
}
