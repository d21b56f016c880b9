//! The documents of an image: configuration, manifest, index.

use std::collections::{BTreeMap, HashMap};

use oci_spec::OciSpecError;
use oci_spec::image::{
    ConfigBuilder, Descriptor, DescriptorBuilder, Digest, ImageConfigurationBuilder,
    ImageIndexBuilder, ImageManifestBuilder, MediaType, Os, Platform, PlatformBuilder,
    RootFsBuilder, SCHEMA_VERSION,
};
use serde::Serialize;

use crate::base::{self, SCRATCH, USER_ID};
use crate::layer::Layer;
use crate::plan::{About, ImagePlan};
use crate::trust::Trust;
use crate::{Architecture, Blob};

/// Names an image within a layout.
pub(crate) const NAME: &str = "org.opencontainers.image.ref.name";

/// What the labels of `image` say; `program` is the digest of what it runs.
pub(crate) fn labels(
    image: &ImagePlan,
    about: &About,
    trust: &Trust,
    program: &str,
) -> BTreeMap<String, String> {
    let standard = [
        ("title", Some(&image.name)),
        ("version", Some(&about.version)),
        ("revision", Some(&about.revision)),
        ("source", about.source.as_ref()),
    ];
    let own = [("trust", trust.digest.as_str()), ("program", program)];
    standard
        .into_iter()
        .filter_map(|(key, value)| {
            Some((format!("org.opencontainers.image.{key}"), value?.clone()))
        })
        .chain(own.map(|(key, digest)| (format!("rlab.{key}.digest"), digest.into())))
        .collect()
}

/// The configuration: how the image is run, and what its layers are before compression.
pub(crate) fn configuration(
    image: &ImagePlan,
    architecture: Architecture,
    labels: &BTreeMap<String, String>,
    layers: &[&Layer],
) -> Result<Vec<u8>, OciSpecError> {
    let base = base::environment().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut variables = BTreeMap::from(base);
    variables.extend(image.environment.clone());
    let variables: Vec<String> = variables
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    // Declared as volumes, since a task's empty volume takes owner and mode from the image only then.
    let mut volumes = vec![SCRATCH.to_owned()];
    volumes.extend(image.writable.clone());
    let run = ConfigBuilder::default()
        .user(format!("{USER_ID}:{USER_ID}"))
        .env(variables)
        .entrypoint(image.entrypoint.clone())
        .working_dir("/")
        .volumes(volumes)
        .stop_signal("SIGTERM")
        .labels(hashed(labels))
        .build()?;
    let diff_ids: Vec<String> = layers.iter().map(|layer| layer.diff_id.clone()).collect();
    let root = RootFsBuilder::default()
        .typ("layers")
        .diff_ids(diff_ids)
        .build()?;
    let document = ImageConfigurationBuilder::default()
        .architecture(architecture.oci())
        .os(Os::Linux)
        .config(run)
        .rootfs(root)
        .build()?;
    canonical(&document)
}

/// The manifest: which blobs an image is made of.
pub(crate) fn manifest(
    config: &Blob,
    layers: &[Blob],
    labels: &BTreeMap<String, String>,
) -> Result<Vec<u8>, OciSpecError> {
    let layers = layers
        .iter()
        .map(|blob| descriptor(blob, MediaType::ImageLayerGzip)?.build())
        .collect::<Result<Vec<Descriptor>, _>>()?;
    let document = ImageManifestBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageManifest)
        .config(descriptor(config, MediaType::ImageConfig)?.build()?)
        .layers(layers)
        .annotations(hashed(labels))
        .build()?;
    canonical(&document)
}

/// The index of a layout: image name → manifest.
pub(crate) fn index(
    architecture: Architecture,
    manifests: &BTreeMap<String, Blob>,
) -> Result<Vec<u8>, OciSpecError> {
    let manifests = manifests
        .iter()
        .map(|(name, blob)| {
            descriptor(blob, MediaType::ImageManifest)?
                .annotations(HashMap::from([(NAME.to_owned(), name.clone())]))
                .platform(platform(architecture)?)
                .build()
        })
        .collect::<Result<Vec<Descriptor>, _>>()?;
    let document = ImageIndexBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageIndex)
        .manifests(manifests)
        .build()?;
    canonical(&document)
}

fn platform(architecture: Architecture) -> Result<Platform, OciSpecError> {
    PlatformBuilder::default()
        .architecture(architecture.oci())
        .os(Os::Linux)
        .build()
}

fn descriptor(blob: &Blob, media_type: MediaType) -> Result<DescriptorBuilder, OciSpecError> {
    Ok(DescriptorBuilder::default()
        .media_type(media_type)
        .size(blob.bytes)
        .digest(blob.digest.parse::<Digest>()?))
}

fn hashed(labels: &BTreeMap<String, String>) -> HashMap<String, String> {
    labels.clone().into_iter().collect()
}

/// JSON with sorted keys: maps of the specification's types come in no order, and a digest wants one.
fn canonical(document: &impl Serialize) -> Result<Vec<u8>, OciSpecError> {
    let mut value = serde_json::to_value(document)?;
    value.sort_all_objects();
    Ok(serde_json::to_vec(&value)?)
}
