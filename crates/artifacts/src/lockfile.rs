//! The lock: every file a lab may be made of, with its coordinate, digest, size and licence.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use serde::Deserialize;

/// The parsed lock file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// Format of the file, `rlab/artifacts-lock/v1`.
    pub schema: String,
    /// Version of each server (`java`, `kafka`, `mysql`, `redis`, `registry`), which may differ from its package's.
    pub versions: BTreeMap<String, String>,
    /// Every file, in the order of the lock.
    #[serde(rename = "artifact")]
    pub entries: Vec<Entry>,
}

/// One file of the lock.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What it is a part of.
    pub part: Part,
    /// Which client delivers it, by which coordinate.
    pub source: Source,
    /// Its file name as delivered.
    pub file: String,
    /// SHA-256, lowercase hexadecimal.
    pub sha256: String,
    /// Size in bytes.
    pub size: u64,
    /// SPDX expression.
    pub license: String,
}

/// What an [`Entry`] is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The Java runtime of Kafka and the registry.
    Java,
    /// One jar of Kafka's class path.
    Kafka,
    /// The MySQL server.
    Mysql,
    /// A library MySQL needs when the system does not have it.
    MysqlLibraries,
    /// The Redis server.
    Redis,
    /// The schema registry.
    Registry,
}

impl Part {
    /// The word used in the lock and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Part::Java => "java",
            Part::Kafka => "kafka",
            Part::Mysql => "mysql",
            Part::MysqlLibraries => "mysql-libraries",
            Part::Redis => "redis",
            Part::Registry => "registry",
        }
    }
}

/// Where a file comes from. In text: `maven:group:artifact:version[:packaging[:classifier]]`,
/// `pypi:project==version@platform` or `apt:package=version`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Source {
    /// A Maven artifact, through `mvn`.
    Maven {
        /// Group id.
        group: String,
        /// Artifact id.
        artifact: String,
        /// Exact version.
        version: String,
        /// Type, which is also the extension: `jar`, `tar.gz`.
        packaging: String,
        /// Classifier, if any.
        classifier: Option<String>,
    },
    /// A Python wheel, through `pip`.
    Pypi {
        /// Project name.
        project: String,
        /// Exact version.
        version: String,
        /// Platform tag, such as `manylinux_2_17_x86_64`, so that the host's Python does not choose.
        platform: String,
    },
    /// A Debian package, through `apt-get download`.
    Apt {
        /// Package name.
        package: String,
        /// Exact version.
        version: String,
    },
}

impl Source {
    /// The exact version it is pinned to.
    pub fn version(&self) -> &str {
        match self {
            Self::Maven { version, .. }
            | Self::Pypi { version, .. }
            | Self::Apt { version, .. } => version,
        }
    }
}

impl Source {
    /// The package client that delivers it: `mvn`, `pip` or `apt-get`.
    pub fn client(&self) -> &'static str {
        match self {
            Source::Maven { .. } => "mvn",
            Source::Pypi { .. } => "pip",
            Source::Apt { .. } => "apt-get",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Maven {
                group,
                artifact,
                version,
                packaging,
                classifier,
            } => {
                write!(f, "maven:{group}:{artifact}:{version}")?;
                match classifier {
                    Some(classifier) => write!(f, ":{packaging}:{classifier}"),
                    None if packaging == "jar" => Ok(()),
                    None => write!(f, ":{packaging}"),
                }
            }
            Source::Pypi {
                project,
                version,
                platform,
            } => write!(f, "pypi:{project}=={version}@{platform}"),
            Source::Apt { package, version } => write!(f, "apt:{package}={version}"),
        }
    }
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a coordinate of the form maven:…, pypi:… or apt:…");
        let (client, rest) = text.split_once(':').ok_or_else(wrong)?;
        let source = match client {
            "maven" => {
                let parts: Vec<&str> = rest.split(':').collect();
                let (&[group, artifact, version], more) =
                    parts.split_first_chunk::<3>().ok_or_else(wrong)?;
                if more.len() > 2 {
                    return Err(wrong());
                }
                Source::Maven {
                    group: group.into(),
                    artifact: artifact.into(),
                    version: version.into(),
                    packaging: more.first().copied().unwrap_or("jar").into(),
                    classifier: more.get(1).map(|&c| c.into()),
                }
            }
            "pypi" => {
                let (project, rest) = rest.split_once("==").ok_or_else(wrong)?;
                let (version, platform) = rest.split_once('@').ok_or_else(wrong)?;
                Source::Pypi {
                    project: project.into(),
                    version: version.into(),
                    platform: platform.into(),
                }
            }
            "apt" => {
                let (package, version) = rest.split_once('=').ok_or_else(wrong)?;
                Source::Apt {
                    package: package.into(),
                    version: version.into(),
                }
            }
            _ => return Err(wrong()),
        };
        Ok(source)
    }
}

impl TryFrom<String> for Source {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// The lock this build was made with.
///
/// # Panics
/// Never in a released build: the embedded file is parsed by a test.
pub fn lock() -> &'static Lock {
    static LOCK: LazyLock<Lock> = LazyLock::new(|| {
        toml::from_str(include_str!("../artifacts.lock.toml")).expect("the embedded lock parses")
    });
    &LOCK
}
