//! A `docker save` or OCI archive -> the image's tree and configuration. Knows no single tar entry.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde::Deserialize;
use thiserror::Error;

use super::tree::Tree;
use super::{Config, Place, Root, tar_reader};
use crate::image::content::Content;
use crate::image::target::Target;

/// The largest JSON document of an archive that is read.
const LARGEST_JSON: usize = 8 << 20;
/// The most layers; engines allow 127.
const MOST_LAYERS: usize = 1024;

/// Why an archive cannot be looked into.
#[derive(Debug, Error)]
pub enum OpenError {
    /// It cannot be read.
    #[error("{}: {cause}", path.display())]
    Unreadable {
        /// The archive.
        path: PathBuf,
        /// What the machine says.
        cause: io::Error,
    },
    /// It is not an archive of an image.
    #[error("{}: {what}", path.display())]
    Malformed {
        /// The archive.
        path: PathBuf,
        /// What is wrong, and what to do.
        what: String,
    },
}

/// The tree and the configuration of the image in an archive.
pub(super) fn open(path: &Path) -> Result<(Tree, Config), OpenError> {
    let unreadable = |cause| OpenError::Unreadable { path: path.to_owned(), cause };
    let malformed = |what: String| OpenError::Malformed { path: path.to_owned(), what };
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(malformed("not a regular file; save the archive to a file first".to_owned()));
    }
    read(path, &Content::Part { file: Rc::new(file), start: 0, size: metadata.len() })
}

/// The same of an archive that is open already; `path` is for messages.
pub(super) fn read(path: &Path, content: &Content) -> Result<(Tree, Config), OpenError> {
    let unreadable = |cause| OpenError::Unreadable { path: path.to_owned(), cause };
    let malformed = |what: String| OpenError::Malformed { path: path.to_owned(), what };
    match Compression::of(content).map_err(unreadable)? {
        Compression::None if tar_reader::is_tar(content) => {}
        Compression::None => {
            return Err(malformed("not a tar archive; write one with `docker save`".to_owned()));
        }
        Compression::Gzip => {
            return Err(malformed("compressed; unpack it with `gunzip` first".to_owned()));
        }
        Compression::Zstd => {
            return Err(malformed("compressed; unpack it with `unzstd` first".to_owned()));
        }
    }
    let mut outer = Tree::new();
    tar_reader::apply(content, 1, &mut outer)
        .map_err(|error| malformed(format!("{error}; save the image again")))?;
    let outer = Root::new(Place::Tree(outer), Config::default());
    let image = match described(&outer).map_err(malformed)? {
        Some(image) => image,
        None => {
            let Place::Tree(tree) = outer.place else { return Err(malformed("no tree".to_owned())) };
            return Ok((tree, Config::default()));
        }
    };
    layered(&outer, image).map_err(malformed)
}

/// What an archive's JSON says of its image.
struct Described {
    config: PathBuf,
    layers: Vec<PathBuf>,
    name: Option<String>,
}

fn layered(outer: &Root, image: Described) -> Result<(Tree, Config), String> {
    let json = outer.read(&image.config, LARGEST_JSON).map_err(|error| said(&image.config, &error))?;
    let mut config = Config::parse(&json).map_err(|error| said(&image.config, &error))?;
    config.name = image.name;
    if image.layers.len() > MOST_LAYERS {
        return Err(format!("{} layers, more than an image can have", image.layers.len()));
    }
    let mut tree = Tree::new();
    let mut kept = 0;
    for (number, path) in (1..).zip(&image.layers) {
        let found = outer.lookup(path).map_err(|missing| said(path, &missing.reason))?;
        let layer = outer.open(&found).map_err(|error| said(path, &error))?;
        match Compression::of(&layer).map_err(|error| said(path, &error))? {
            Compression::None => tar_reader::apply(&layer, number, &mut tree),
            Compression::Gzip => tar_reader::apply_gzip(&layer, number, &mut tree, &mut kept),
            Compression::Zstd => Err(io::Error::other(
                "compressed with zstd, which pqcheck does not read; save the image with gzip or without compression",
            )),
        }
        .map_err(|error| said(path, &error))?;
    }
    Ok((tree, config))
}

fn said(path: &Path, what: &dyn std::fmt::Display) -> String {
    format!("`{}` in the archive: {what}", path.display())
}

/// The image that is described in the archive; none where it is a plain tree.
fn described(outer: &Root) -> Result<Option<Described>, String> {
    let manifest = Path::new("manifest.json");
    if let Some(found) = outer.file(manifest)
        && let Some(image) = docker(outer, &found.path)?
    {
        return Ok(Some(image));
    }
    let index = Path::new("index.json");
    if outer.file(index).is_none() || outer.file(Path::new("oci-layout")).is_none() {
        return Ok(None);
    }
    oci(outer, index).map(Some)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DockerJson {
    config: PathBuf,
    repo_tags: Option<Vec<String>>,
    layers: Vec<PathBuf>,
}

/// What `docker save` writes. A plain tree may hold another file of that name.
fn docker(outer: &Root, path: &Path) -> Result<Option<Described>, String> {
    let json = outer.read(path, LARGEST_JSON).map_err(|error| said(path, &error))?;
    let Ok(images) = serde_json::from_slice::<Vec<DockerJson>>(&json) else { return Ok(None) };
    match <[DockerJson; 1]>::try_from(images) {
        Ok([image]) => Ok(Some(Described {
            config: image.config,
            layers: image.layers,
            name: image.repo_tags.and_then(|tags| tags.into_iter().next()),
        })),
        Err(images) if images.is_empty() => Err("the archive has no image".to_owned()),
        Err(images) => {
            let tags = images.iter().flat_map(|image| image.repo_tags.iter().flatten());
            let tags: Vec<&str> = tags.map(String::as_str).take(5).collect();
            Err(format!("the archive has {} images ({}); save only one", images.len(), tags.join(", ")))
        }
    }
}

#[derive(Deserialize)]
struct Descriptor {
    digest: String,
    platform: Option<PlatformJson>,
    #[serde(default)]
    annotations: std::collections::BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct PlatformJson {
    os: String,
    architecture: String,
}

#[derive(Deserialize)]
struct OciJson {
    manifests: Option<Vec<Descriptor>>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
}

/// An OCI layout: an index leads to an index or a manifest, and that to layers.
fn oci(outer: &Root, index: &Path) -> Result<Described, String> {
    const DEEPEST: usize = 4;
    let mut path = index.to_owned();
    let mut name = None;
    for _ in 0..DEEPEST {
        let json = outer.read(&path, LARGEST_JSON).map_err(|error| said(&path, &error))?;
        let document: OciJson = serde_json::from_slice(&json).map_err(|error| said(&path, &error))?;
        if let (Some(config), Some(layers)) = (&document.config, &document.layers) {
            let layers: Result<_, String> = layers.iter().map(blob).collect();
            return Ok(Described { config: blob(config)?, layers: layers?, name });
        }
        let manifests = document.manifests.unwrap_or_default();
        let chosen = chosen(&manifests).ok_or_else(|| said(&path, &"it names no image"))?;
        name = name.or_else(|| chosen.annotations.get("io.containerd.image.name").cloned());
        path = blob(chosen)?;
    }
    Err(said(index, &"too many indexes of indexes"))
}

/// Of several images that of this machine's architecture, otherwise the first; attestations are none.
fn chosen(manifests: &[Descriptor]) -> Option<&Descriptor> {
    let own = Target::default().architecture;
    let is = |descriptor: &&Descriptor, wanted: &str| {
        descriptor
            .platform
            .as_ref()
            .is_some_and(|platform| platform.os == "linux" && platform.architecture == wanted)
    };
    let known = |descriptor: &&Descriptor| !is_unknown(descriptor);
    let mine = manifests.iter().find(|descriptor| is(descriptor, &own));
    mine.or_else(|| manifests.iter().find(known))
}

fn is_unknown(descriptor: &Descriptor) -> bool {
    descriptor.platform.as_ref().is_some_and(|platform| platform.architecture == "unknown")
}

fn blob(descriptor: &Descriptor) -> Result<PathBuf, String> {
    let (algorithm, digest) = descriptor.digest.split_once(':').unwrap_or_default();
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_word(algorithm) || !is_word(digest) {
        return Err(format!("`{}` is not a digest", descriptor.digest.chars().take(100).collect::<String>()));
    }
    Ok(Path::new("blobs").join(algorithm).join(digest))
}

enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    fn of(content: &Content) -> io::Result<Self> {
        Ok(match content.head(4)?.as_slice() {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] => Self::Zstd,
            _ => Self::None,
        })
    }
}
