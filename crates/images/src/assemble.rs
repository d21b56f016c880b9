//! From a plan to a layout on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use tempfile::TempDir;

use crate::base::NAME_SERVICES;
use crate::files::{Content, Entry, Files};
use crate::layer::{self, Layer};
use crate::layout::{self, BLOBS};
use crate::libraries::{Search, Subject};
use crate::plan::{ImagePlan, Plan};
use crate::trust::Trust;
use crate::{AssembleError, Blob, Layout, base, describe, digest};

/// What a caller is told while images are assembled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssembleEvent {
    /// A library inside a directory wants one that is neither there nor part of the C library. It is left out.
    Unmet {
        /// The file.
        path: PathBuf,
        /// The library.
        library: String,
    },
    /// A layer is being packed.
    Packing {
        /// The image, or `base`.
        layer: String,
        /// Bytes packed so far, of all layers.
        bytes_done: u64,
        /// Bytes to be packed in all.
        bytes_total: u64,
    },
}

/// Assembles the images of `plan` into a layout at `root`, replacing at once a layout that is there.
///
/// The same files give the same digests. Blocks for as long as reading and compressing the files takes.
///
/// # Errors
/// Any [`AssembleError`]; `root` is then as it was.
pub fn assemble(
    plan: &Plan,
    root: &Path,
    on: &mut dyn FnMut(AssembleEvent),
) -> Result<Layout, AssembleError> {
    check(plan)?;
    if layout::is_foreign(root) {
        return Err(AssembleError::Occupied(root.into()));
    }
    let trust = Trust::read(&plan.trust)?;
    let (own, subjects) = pieces(plan)?;
    let search = Search {
        sysroot: &plan.sysroot,
        architecture: plan.architecture,
    };
    let found = search.resolve(subjects, &NAME_SERVICES)?;
    for (path, library) in &found.unmet {
        let (path, library) = (path.clone(), library.clone());
        on(AssembleEvent::Unmet { path, library });
    }
    let base = base::files(&found, &trust)?;

    let mut stage = Stage::open(
        root,
        base.bytes() + own.iter().map(Files::bytes).sum::<u64>(),
    )?;
    let base = stage.layer("base", &base, on)?;
    let mut manifests = BTreeMap::new();
    for (image, files) in plan.images.iter().zip(&own) {
        let layer = stage.layer(&image.name, files, on)?;
        let labels = describe::labels(image, &plan.about, &trust, &program(image, files)?);
        let layers = [&base, &layer];
        let unfit = |error: oci_spec::OciSpecError| unfit(image, error.to_string());
        let config = describe::configuration(image, plan.architecture, &labels, &layers);
        let config = stage.document(&config.map_err(unfit)?)?;
        let layers = layers.map(|layer| Blob {
            digest: layer.digest.clone(),
            bytes: layer.bytes,
        });
        let manifest = describe::manifest(&config, &layers, &labels).map_err(unfit)?;
        manifests.insert(image.name.clone(), stage.document(&manifest)?);
    }
    let index = describe::index(plan.architecture, &manifests);
    let index = index.map_err(|error| AssembleError::Plan {
        image: "index".into(),
        why: error.to_string(),
    })?;
    stage.put_in_place(&index, root)?;
    Ok(Layout::open(root)?)
}

fn check(plan: &Plan) -> Result<(), AssembleError> {
    let mut names = BTreeSet::new();
    for image in &plan.images {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
        if image.name.is_empty() || image.name.len() > 64 || !image.name.bytes().all(fits) {
            let why = "a name has up to 64 lower-case letters, digits, -, _ and .";
            return Err(unfit(image, why.into()));
        }
        if !names.insert(&image.name) {
            return Err(unfit(image, "there are two of that name".into()));
        }
    }
    Ok(())
}

/// The files of each image, and all of them as subjects of the search for libraries.
fn pieces(plan: &Plan) -> Result<(Vec<Files>, Vec<Subject>), AssembleError> {
    let mut own = Vec::new();
    let mut subjects = Vec::new();
    for image in &plan.images {
        let mut files = Files::default();
        let mut taken = Vec::new();
        for piece in &image.pieces {
            let named = piece.from.is_file();
            let pairs = files.take(&image.name, &piece.from, &piece.to)?;
            taken.extend(pairs.into_iter().map(|(path, place)| (path, place, named)));
        }
        for place in &image.writable {
            files
                .put(place, Entry::Writable)
                .map_err(|why| unfit(image, why))?;
        }
        let names = files.iter().filter_map(|(place, entry)| match entry {
            Entry::File { .. } | Entry::Link(_) => {
                Some(place.rsplit('/').next().unwrap_or(place).into())
            }
            _ => None,
        });
        let names: Arc<BTreeSet<String>> = Arc::new(names.collect());
        subjects.extend(taken.into_iter().map(|(path, place, named)| Subject {
            path,
            place,
            named,
            own: Arc::clone(&names),
        }));
        own.push(files);
    }
    Ok((own, subjects))
}

/// Digest of what `image` runs.
fn program(image: &ImagePlan, files: &Files) -> Result<String, AssembleError> {
    let path = image.entrypoint.first();
    let path = path.ok_or_else(|| unfit(image, "it has no entry point".into()))?;
    match files.at(path) {
        Some(Entry::File {
            content: Content::At(file, _),
            executable: true,
        }) => {
            let read = digest::of_file(file);
            Ok(read.map_err(|e| AssembleError::io("read", file, e))?.0)
        }
        _ => Err(unfit(
            image,
            format!("{path} is no program among its pieces"),
        )),
    }
}

fn unfit(image: &ImagePlan, why: String) -> AssembleError {
    AssembleError::Plan {
        image: image.name.clone(),
        why,
    }
}

/// A layout in the making, beside the place where it will be.
struct Stage {
    dir: TempDir,
    root: PathBuf,
    bytes_done: u64,
    bytes_total: u64,
}

impl Stage {
    fn open(target: &Path, bytes_total: u64) -> Result<Self, AssembleError> {
        let above = match target.parent() {
            Some(above) if above != Path::new("") => above,
            _ => Path::new("."),
        };
        let io = |source| AssembleError::io("create", above, source);
        fs::create_dir_all(above).map_err(io)?;
        let dir = TempDir::with_prefix_in(".images-", above).map_err(io)?;
        let root = dir.path().join("layout");
        fs::create_dir_all(root.join(BLOBS)).map_err(io)?;
        Ok(Self {
            dir,
            root,
            bytes_done: 0,
            bytes_total,
        })
    }

    fn layer(
        &mut self,
        name: &str,
        files: &Files,
        on: &mut dyn FnMut(AssembleEvent),
    ) -> Result<Layer, AssembleError> {
        let path = self.dir.path().join("layer");
        let io = |source| AssembleError::io("write", &path, source);
        let out = BufWriter::new(File::create(&path).map_err(io)?);
        let mut tell = |bytes| {
            self.bytes_done += bytes;
            on(AssembleEvent::Packing {
                layer: name.into(),
                bytes_done: self.bytes_done,
                bytes_total: self.bytes_total,
            });
        };
        let (out, layer) = layer::write(files, out, &path, &mut tell)?;
        let file = out.into_inner().map_err(|e| io(e.into_error()))?;
        file.sync_all().map_err(io)?;
        fs::rename(&path, layout::path(&self.root, &layer.digest)).map_err(io)?;
        Ok(layer)
    }

    fn document(&self, text: &[u8]) -> Result<Blob, AssembleError> {
        let digest = digest::of_bytes(text);
        write(&layout::path(&self.root, &digest), text)?;
        Ok(Blob {
            digest,
            bytes: text.len() as u64,
        })
    }

    fn put_in_place(self, index: &[u8], target: &Path) -> Result<(), AssembleError> {
        write(&self.root.join("index.json"), index)?;
        write(
            &self.root.join("oci-layout"),
            br#"{"imageLayoutVersion":"1.0.0"}"#,
        )?;
        let io = |source| AssembleError::io("replace", target, source);
        let flags = if target.exists() {
            RenameFlags::EXCHANGE
        } else {
            RenameFlags::NOREPLACE
        };
        renameat_with(CWD, &self.root, CWD, target, flags).map_err(|e| io(e.into()))
    }
}

fn write(path: &Path, text: &[u8]) -> Result<(), AssembleError> {
    let written = File::create(path).and_then(|mut file| {
        file.write_all(text)?;
        file.sync_all()
    });
    written.map_err(|source| AssembleError::io("write", path, source))
}
