//! An image layout on disk: read, checked, and replaced as a whole.
//!
//! ```text
//! oci-layout            version of the format
//! index.json            image name → manifest
//! blobs/sha256/<hex>    manifests, configurations, layers
//! ```

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use oci_spec::image::{Descriptor, ImageIndex, ImageManifest, OciLayout};
use serde::de::DeserializeOwned;

use crate::{Architecture, LayoutError, describe, digest};

/// Larger documents than registries take are not read.
const LARGEST_DOCUMENT_BYTES: u64 = 4 << 20;

/// Where blobs lie.
pub(crate) const BLOBS: &str = "blobs/sha256";

/// A layout whose blobs were all found to be what they are called.
#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
    images: Vec<Image>,
}

/// One image of a layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its name within the layout.
    pub name: String,
    /// What it was built for, if that is one of ours.
    pub architecture: Option<Architecture>,
    /// Its manifest; the manifest's digest is the image's.
    pub manifest: Blob,
    /// Its configuration.
    pub config: Blob,
    /// Its layers, the base first.
    pub layers: Vec<Blob>,
}

/// Something that is named by what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// Its size in bytes.
    pub bytes: u64,
}

impl Image {
    /// The image's digest, `sha256:…`.
    pub fn digest(&self) -> &str {
        &self.manifest.digest
    }

    /// Bytes of its configuration and layers, as they are sent and stored.
    pub fn bytes(&self) -> u64 {
        self.blobs().map(|blob| blob.bytes).sum()
    }

    /// Layers and configuration, in the order in which they are pushed.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = &Blob> {
        self.layers.iter().chain([&self.config])
    }
}

impl Layout {
    /// Opens the layout in `root` and checks every blob against its digest. Takes as long as reading it all.
    ///
    /// # Errors
    /// Any [`LayoutError`] but [`LayoutError::Unknown`].
    pub fn open(root: &Path) -> Result<Self, LayoutError> {
        let version = root.join("oci-layout");
        let told: OciLayout = document(&version)?;
        if told.image_layout_version() != "1.0.0" {
            let why = format!("version {} is not 1.0.0", told.image_layout_version());
            return Err(LayoutError::Malformed { path: version, why });
        }
        let index: ImageIndex = document(&root.join("index.json"))?;
        let mut layout = Self {
            root: root.to_path_buf(),
            images: Vec::new(),
        };
        for manifest in index.manifests() {
            let image = layout.image_of(manifest)?;
            layout.verify(&image)?;
            layout.images.push(image);
        }
        Ok(layout)
    }

    /// Its images, by name.
    pub fn images(&self) -> &[Image] {
        &self.images
    }

    /// The image called `name`.
    ///
    /// # Errors
    /// [`LayoutError::Unknown`], with the names that there are.
    pub fn image(&self, name: &str) -> Result<&Image, LayoutError> {
        self.images
            .iter()
            .find(|image| image.name == name)
            .ok_or_else(|| {
                let names: Vec<&str> = self
                    .images
                    .iter()
                    .map(|image| image.name.as_str())
                    .collect();
                LayoutError::Unknown {
                    name: name.into(),
                    path: self.root.clone(),
                    have: names.join(", "),
                }
            })
    }

    /// Where `blob` lies.
    pub fn path(&self, blob: &Blob) -> PathBuf {
        path(&self.root, &blob.digest)
    }

    /// Checks every blob of `image` against its digest.
    ///
    /// # Errors
    /// [`LayoutError::Unreadable`] or [`LayoutError::Corrupted`] with the first that is not as it should be.
    pub fn verify(&self, image: &Image) -> Result<(), LayoutError> {
        for blob in [&image.manifest].into_iter().chain(image.blobs()) {
            let path = self.path(blob);
            let (got, got_bytes) =
                digest::of_file(&path).map_err(|source| unreadable(&path, source))?;
            if got != blob.digest || got_bytes != blob.bytes {
                return Err(LayoutError::Corrupted {
                    path,
                    expected: blob.digest.clone(),
                    expected_bytes: blob.bytes,
                    got,
                    got_bytes,
                });
            }
        }
        Ok(())
    }

    fn image_of(&self, descriptor: &Descriptor) -> Result<Image, LayoutError> {
        let index = self.root.join("index.json");
        let manifest = blob(descriptor, &index)?;
        let name = descriptor
            .annotations()
            .as_ref()
            .and_then(|notes| notes.get(describe::NAME))
            .ok_or_else(|| malformed(&index, format!("{} has no name", manifest.digest)))?;
        let at = self.path(&manifest);
        let told: ImageManifest = document(&at)?;
        let layers = told.layers().iter().map(|layer| blob(layer, &at));
        Ok(Image {
            name: name.clone(),
            architecture: descriptor
                .platform()
                .as_ref()
                .and_then(|platform| Architecture::from_oci(platform.architecture())),
            config: blob(told.config(), &at)?,
            layers: layers.collect::<Result<_, _>>()?,
            manifest,
        })
    }
}

/// Where a layout in `root` has the blob of this digest.
pub(crate) fn path(root: &Path, digest: &str) -> PathBuf {
    root.join(BLOBS).join(digest.trim_start_matches("sha256:"))
}

/// A digest that was checked to be one: it becomes part of a path.
fn blob(descriptor: &Descriptor, at: &Path) -> Result<Blob, LayoutError> {
    let hex = descriptor.as_digest_sha256().filter(|hex| {
        hex.len() == 64
            && hex
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    });
    let hex =
        hex.ok_or_else(|| malformed(at, format!("{} is no sha256 digest", descriptor.digest())))?;
    Ok(Blob {
        digest: format!("sha256:{hex}"),
        bytes: descriptor.size(),
    })
}

fn document<T: DeserializeOwned>(path: &Path) -> Result<T, LayoutError> {
    let mut text = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST_DOCUMENT_BYTES + 1).read_to_end(&mut text))
        .map_err(|source| unreadable(path, source))?;
    if text.len() as u64 > LARGEST_DOCUMENT_BYTES {
        return Err(malformed(
            path,
            format!("larger than {LARGEST_DOCUMENT_BYTES} bytes"),
        ));
    }
    serde_json::from_slice(&text).map_err(|error| malformed(path, error.to_string()))
}

fn unreadable(path: &Path, source: std::io::Error) -> LayoutError {
    let path = path.to_path_buf();
    LayoutError::Unreadable { path, source }
}

fn malformed(path: &Path, why: String) -> LayoutError {
    let path = path.to_path_buf();
    LayoutError::Malformed { path, why }
}

/// Whether something else than a layout, or an empty directory, is at `root`.
pub(crate) fn is_foreign(root: &Path) -> bool {
    let empty = |mut list: fs::ReadDir| list.next().is_none();
    root.symlink_metadata().is_ok()
        && !root.join("oci-layout").is_file()
        && !fs::read_dir(root).is_ok_and(empty)
}
