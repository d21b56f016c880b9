//! What a layer holds: places in the image, in order, each with its content.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::AssembleError;

/// More files than this are no program but somebody's home directory.
const MOST_ENTRIES: usize = 50_000;

/// One place of a layer.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    /// A directory that only root may write to.
    Directory,
    /// A directory for the image's user.
    Writable,
    /// A directory for everybody, each his own files.
    Scratch,
    /// A file.
    File {
        /// Where its bytes come from.
        content: Content,
        /// Whether it may be run.
        executable: bool,
    },
    /// A symbolic link.
    Link(PathBuf),
}

/// Where a file's bytes come from.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// From a file of this many bytes on this machine.
    At(PathBuf, u64),
    /// From here.
    Held(Vec<u8>),
}

impl Content {
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::At(_, bytes) => *bytes,
            Self::Held(data) => data.len() as u64,
        }
    }
}

/// Places without their leading slash; a directory comes before what is in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files(BTreeMap<String, Entry>);

impl Files {
    /// Puts `entry` at the absolute path `place`, with the directories above it.
    ///
    /// # Errors
    /// In words, when the place is none, or taken by something else.
    pub(crate) fn put(&mut self, place: &str, entry: Entry) -> Result<(), String> {
        let key = key(place)?;
        for (end, _) in key.match_indices('/') {
            let above = self.0.entry(key[..end].into()).or_insert(Entry::Directory);
            if matches!(above, Entry::File { .. } | Entry::Link(_)) {
                return Err(format!(
                    "{place} is below /{}, which is a file",
                    &key[..end]
                ));
            }
        }
        if self.0.len() >= MOST_ENTRIES {
            return Err(format!("more than {MOST_ENTRIES} files"));
        }
        match self.0.insert(key, entry.clone()) {
            None | Some(Entry::Directory)
                if matches!(entry, Entry::File { .. } | Entry::Link(_)) =>
            {
                self.empty_below(place)
            }
            None | Some(Entry::Directory) => Ok(()),
            Some(_) => Err(format!("{place} is there twice")),
        }
    }

    /// Puts what lies at `from` at `place`. Answers every regular file that was put: where from, where to.
    pub(crate) fn take(
        &mut self,
        image: &str,
        from: &Path,
        place: &str,
    ) -> Result<Vec<(PathBuf, String)>, AssembleError> {
        let unfit = |why| AssembleError::Plan {
            image: image.into(),
            why,
        };
        let mut taken = Vec::new();
        let top = fs::metadata(from).map_err(|e| AssembleError::io("read", from, e))?;
        let mut open = vec![(from.to_path_buf(), place.to_owned(), top)];
        while let Some((from, place, meta)) = open.pop() {
            let entry = if meta.is_dir() {
                open.extend(children(image, &from, &place)?);
                Entry::Directory
            } else if meta.is_symlink() {
                let target = fs::read_link(&from);
                Entry::Link(target.map_err(|e| AssembleError::io("read", &from, e))?)
            } else if meta.is_file() {
                taken.push((from.clone(), place.clone()));
                file(from, &meta)
            } else {
                let why = format!("{} is neither file, directory nor link", from.display());
                return Err(unfit(why));
            };
            self.put(&place, entry).map_err(unfit)?;
        }
        Ok(taken)
    }

    /// Every place in the order in which a layer has them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.0.iter().map(|(place, entry)| (place.as_str(), entry))
    }

    /// What is at the absolute path `place`.
    pub(crate) fn at(&self, place: &str) -> Option<&Entry> {
        self.0.get(place.strip_prefix('/')?)
    }

    /// Bytes of all files together.
    pub(crate) fn bytes(&self) -> u64 {
        let files = self.0.values().map(|entry| match entry {
            Entry::File { content, .. } => content.bytes(),
            _ => 0,
        });
        files.sum()
    }

    fn empty_below(&self, place: &str) -> Result<(), String> {
        let below = format!("{}/", place.trim_start_matches('/'));
        match self.0.range(below.clone()..).next() {
            Some((other, _)) if other.starts_with(&below) => {
                Err(format!("/{other} is below {place}, which is a file"))
            }
            _ => Ok(()),
        }
    }
}

/// A file of this machine, `meta` its metadata.
pub(crate) fn file(path: PathBuf, meta: &Metadata) -> Entry {
    Entry::File {
        executable: meta.permissions().mode() & 0o111 != 0,
        content: Content::At(path, meta.len()),
    }
}

type Found = (PathBuf, String, Metadata);

fn children(image: &str, dir: &Path, place: &str) -> Result<Vec<Found>, AssembleError> {
    let io = |source| AssembleError::io("read", dir, source);
    let mut found = Vec::new();
    for child in fs::read_dir(dir).map_err(io)? {
        let child = child.map_err(io)?;
        let name = child.file_name().into_string();
        let name = name.map_err(|name| AssembleError::Plan {
            image: image.into(),
            why: format!("{} in {} is not UTF-8", name.display(), dir.display()),
        })?;
        let place = format!("{}/{name}", place.trim_end_matches('/'));
        found.push((child.path(), place, child.metadata().map_err(io)?));
    }
    Ok(found)
}

fn key(place: &str) -> Result<String, String> {
    let key = place
        .strip_prefix('/')
        .ok_or_else(|| format!("{place:?} is not an absolute path"))?;
    for part in key.split('/') {
        if part.is_empty() || part == "." || part == ".." {
            return Err(format!("{place:?} is not a plain path"));
        }
        // Layers use this prefix to remove files of the layers below.
        if part.starts_with(".wh.") {
            return Err(format!("{place:?} would be taken for a removal"));
        }
    }
    Ok(key.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(text: &str) -> Entry {
        Entry::File {
            content: Content::Held(text.into()),
            executable: false,
        }
    }

    #[test]
    fn a_place_has_its_directories_before_it() {
        let mut files = Files::default();
        files.put("/usr/bin/x", held("x")).unwrap();
        let places: Vec<&str> = files.iter().map(|(place, _)| place).collect();
        assert_eq!(places, ["usr", "usr/bin", "usr/bin/x"]);
    }

    #[test]
    fn places_that_are_none_taken_or_below_a_file_are_refused() {
        let mut files = Files::default();
        files.put("/a/b", held("b")).unwrap();
        files.put("/a/b-c", held("c")).unwrap();
        for place in [
            "", "a", "/", "/a//b", "/a/../b", "/a/b", "/a/b/c", "/.wh.a", "/a",
        ] {
            assert!(files.put(place, held("x")).is_err(), "{place:?}");
        }
    }

    #[test]
    fn a_directory_is_taken_with_links_and_modes() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("bin")).unwrap();
        let program = dir.path().join("bin/run");
        fs::write(&program, "run").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        std::os::unix::fs::symlink("run", dir.path().join("bin/link")).unwrap();
        let mut files = Files::default();
        let taken = files.take("x", dir.path(), "/opt/x").unwrap();
        assert_eq!(taken, [(program, "/opt/x/bin/run".into())]);
        let link = files.at("/opt/x/bin/link");
        assert!(matches!(link, Some(Entry::Link(to)) if to == Path::new("run")));
        let run = files.at("/opt/x/bin/run");
        assert!(
            matches!(run, Some(Entry::File { executable: true, content }) if content.bytes() == 3)
        );
    }
}
