//! Finds loader and libraries of programs, as the loader itself would.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::architecture::machine_name;
use crate::elf::{self, Facts};
use crate::{Architecture, AssembleError};

/// As many links as the kernel follows.
const MOST_LINKS: usize = 40;

/// A file that goes into an image and may be ELF.
#[derive(Debug)]
pub(crate) struct Subject {
    /// Where it lies on this machine.
    pub(crate) path: PathBuf,
    /// Its absolute path in the image.
    pub(crate) place: String,
    /// Whether it was named by itself and not found in a directory.
    pub(crate) named: bool,
    /// File names that its image brings along by itself.
    pub(crate) own: std::sync::Arc<BTreeSet<String>>,
}

/// What the C library and its compiler's runtime are made of; every system has them.
const C_LIBRARY: [&str; 8] = [
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libutil.so.1",
];

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Absolute path in the image → file on this machine.
    pub(crate) files: BTreeMap<String, PathBuf>,
    /// Libraries wanted by libraries inside directories, and left out.
    pub(crate) unmet: Vec<(PathBuf, String)>,
}

/// Where libraries are looked for, and for which processor.
pub(crate) struct Search<'a> {
    /// Below which they lie.
    pub(crate) sysroot: &'a Path,
    /// What they must have been built for.
    pub(crate) architecture: Architecture,
}

struct Open {
    path: PathBuf,
    place: String,
    facts: Facts,
    must_be_met: bool,
    own: std::sync::Arc<BTreeSet<String>>,
}

impl Search<'_> {
    /// Everything that `subjects` need to start, and what of `wished` there is.
    ///
    /// # Errors
    /// A file that is built for another processor; a library that is nowhere.
    pub(crate) fn resolve(
        &self,
        subjects: Vec<Subject>,
        wished: &[&str],
    ) -> Result<Found, AssembleError> {
        let mut found = Found::default();
        let mut open = VecDeque::new();
        for subject in subjects {
            if let Some(facts) = elf::read(&subject.path)? {
                self.check(&subject.path, &facts)?;
                open.push_back(Open {
                    must_be_met: subject.named || facts.interpreter.is_some(),
                    path: subject.path,
                    place: subject.place,
                    facts,
                    own: subject.own,
                });
            }
        }
        let loaders = self.loaders(&open, &mut found)?;
        for name in wished {
            let dirs = self.standard_dirs();
            if let Some((path, place, facts)) = self.look(name, &dirs)?.hit {
                self.add(&mut found, &mut open, path, place, facts);
            }
        }
        while let Some(file) = open.pop_front() {
            for library in &file.facts.needed {
                if loaders.contains(library) || file.own.contains(library) {
                    continue;
                }
                // Whether this machine has libraries for windows must not show in an image.
                if !file.must_be_met && !C_LIBRARY.contains(&library.as_str()) {
                    found.unmet.push((file.path.clone(), library.clone()));
                    continue;
                }
                let dirs = self.dirs_of(&file);
                let seen = self.look(library, &dirs)?;
                match (seen.hit, seen.foreign) {
                    (Some((path, place, facts)), _) => {
                        self.add(&mut found, &mut open, path, place, facts);
                    }
                    (None, Some((path, facts))) => return Err(self.foreign(&path, &facts)),
                    (None, None) => return Err(missing(&file.path, library, &dirs)),
                }
            }
        }
        Ok(found)
    }

    /// Puts the loader of every program at the place where the kernel looks for it; answers their file names.
    fn loaders(
        &self,
        open: &VecDeque<Open>,
        found: &mut Found,
    ) -> Result<BTreeSet<String>, AssembleError> {
        let mut names = BTreeSet::new();
        for file in open {
            let Some(loader) = &file.facts.interpreter else {
                continue;
            };
            let at = Path::new(loader);
            let (Some(dir), Some(name)) = (at.parent(), at.file_name()) else {
                continue;
            };
            let dirs = [(self.sysroot.join(relative(dir)), dir.to_path_buf())];
            let name = name.to_string_lossy().into_owned();
            let seen = self.look(&name, &dirs)?;
            match (seen.hit, seen.foreign) {
                (Some((path, place, _)), _) => drop(found.files.insert(place, path)),
                (None, Some((path, facts))) => return Err(self.foreign(&path, &facts)),
                (None, None) => return Err(missing(&file.path, loader, &dirs)),
            }
            names.insert(name);
        }
        Ok(names)
    }

    fn add(
        &self,
        found: &mut Found,
        open: &mut VecDeque<Open>,
        path: PathBuf,
        place: String,
        facts: Facts,
    ) {
        if found.files.insert(place.clone(), path.clone()).is_none() {
            open.push_back(Open {
                path,
                place,
                facts,
                must_be_met: true,
                own: std::sync::Arc::default(),
            });
        }
    }

    /// Pairs of a directory here and the one in the image, in the loader's order.
    fn dirs_of(&self, file: &Open) -> Vec<(PathBuf, PathBuf)> {
        let here = file.path.parent().unwrap_or(Path::new("/"));
        let there = Path::new(&file.place).parent().unwrap_or(Path::new("/"));
        let own = file.facts.search.iter().filter_map(|dir| {
            let dir = dir.replace("${ORIGIN}", "$ORIGIN");
            match dir.strip_prefix("$ORIGIN") {
                Some(rest) => {
                    let rest = relative(Path::new(rest));
                    Some((here.join(rest), plain(&there.join(rest))))
                }
                None if dir.starts_with('/') => {
                    let dir = plain(Path::new(&dir));
                    Some((self.sysroot.join(relative(&dir)), dir))
                }
                None => None,
            }
        });
        own.chain(self.standard_dirs()).collect()
    }

    fn standard_dirs(&self) -> Vec<(PathBuf, PathBuf)> {
        let dirs = self.architecture.library_dirs();
        dirs.map(|dir| (self.sysroot.join(dir), Path::new("/").join(dir)))
            .to_vec()
    }

    /// The first file called `name` that fits; also the first that does not, should none fit.
    fn look(&self, name: &str, dirs: &[(PathBuf, PathBuf)]) -> Result<Seen, AssembleError> {
        let mut seen = Seen::default();
        for (here, there) in dirs {
            let path = here.join(name);
            let path = match path.strip_prefix(self.sysroot) {
                Ok(inside) => in_root(self.sysroot, inside)
                    .map_err(|e| AssembleError::io("follow", &path, e))?,
                Err(_) => path,
            };
            if !path.is_file() {
                continue;
            }
            let Some(facts) = elf::read(&path)? else {
                continue;
            };
            if facts.machine == self.architecture.elf_machine() {
                let place = there.join(name).to_string_lossy().into_owned();
                seen.hit = Some((path, place, facts));
                return Ok(seen);
            }
            seen.foreign.get_or_insert((path, facts));
        }
        Ok(seen)
    }

    fn check(&self, path: &Path, facts: &Facts) -> Result<(), AssembleError> {
        if facts.machine == self.architecture.elf_machine() {
            return Ok(());
        }
        Err(self.foreign(path, facts))
    }

    fn foreign(&self, path: &Path, facts: &Facts) -> AssembleError {
        AssembleError::Architecture {
            path: path.into(),
            found: machine_name(facts.machine),
            wanted: self.architecture,
        }
    }
}

#[derive(Default)]
struct Seen {
    hit: Option<(PathBuf, String, Facts)>,
    foreign: Option<(PathBuf, Facts)>,
}

fn missing(path: &Path, library: &str, dirs: &[(PathBuf, PathBuf)]) -> AssembleError {
    let searched: Vec<String> = dirs
        .iter()
        .map(|(here, _)| here.display().to_string())
        .collect();
    AssembleError::LibraryMissing {
        path: path.into(),
        library: library.into(),
        searched: searched.join(", "),
    }
}

fn relative(path: &Path) -> &Path {
    path.strip_prefix("/").unwrap_or(path)
}

/// `path` without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// Where `path` leads when `root` is the root: absolute links stay inside, as they will in the image.
fn in_root(root: &Path, path: &Path) -> io::Result<PathBuf> {
    let mut open: Vec<PathBuf> = path.iter().rev().map(PathBuf::from).collect();
    let mut inside = PathBuf::new();
    let mut links = 0;
    while let Some(part) = open.pop() {
        match part.components().next() {
            Some(Component::RootDir) => inside.clear(),
            Some(Component::ParentDir) => drop(inside.pop()),
            Some(Component::Normal(name)) => match root.join(&inside).join(name).read_link() {
                Ok(target) => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(io::Error::other("too many links"));
                    }
                    open.extend(target.iter().rev().map(PathBuf::from));
                }
                Err(_) => inside.push(name),
            },
            _ => {}
        }
    }
    Ok(root.join(inside))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn absolute_links_stay_inside_the_root_and_loops_end() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir_all(root.join("usr/lib/multi")).unwrap();
        symlink("usr/lib", root.join("lib")).unwrap();
        symlink("/lib/multi/ld.so", root.join("usr/lib/ld.so")).unwrap();
        symlink("../../etc", root.join("usr/up")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        let led = |path: &str| in_root(root, Path::new(path));
        assert_eq!(led("lib/ld.so").unwrap(), root.join("usr/lib/multi/ld.so"));
        assert_eq!(led("usr/up/../../../x").unwrap(), root.join("x"));
        assert!(led("loop").is_err());
    }

    #[test]
    fn an_image_path_is_plain_whatever_a_runpath_says() {
        let there = Path::new("/opt/jre/bin/../lib/./server");
        assert_eq!(plain(there), Path::new("/opt/jre/lib/server"));
    }
}
