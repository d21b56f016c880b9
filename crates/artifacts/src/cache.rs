//! The content-addressed cache that all labs of a user share.
//!
//! ```text
//! lock              held while something is fetched or prepared
//! blobs/<sha256>    files as delivered
//! trees/<name>-<k>  unpacked and prepared, complete by construction; k digests all they depend on
//! staging/          whatever is being made; emptied by the next holder of the lock
//! ```

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::lockfile::Entry;
use crate::prepare::{Base, bases, kafka, make_links, mysql, registry};
use crate::servers::Trees;
use crate::system::{self, Libraries};
use crate::tree::{self, Recipe, Tree, blocking};
use crate::{ArtifactError, Event, Result, Servers, fetch, hold, space};

type On<'a> = &'a (dyn Fn(Event) + Send + Sync);

/// A cache directory. Opening touches nothing; [`Cache::ensure`] creates what it needs.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
}

impl Cache {
    /// The cache in `root`, or in its default place: `$RLAB_CACHE`, else `$XDG_CACHE_HOME/rlab-ops`, else
    /// `~/.cache/rlab-ops`.
    ///
    /// # Errors
    /// [`ArtifactError::NoHome`] when none of them is set, [`ArtifactError::Io`] when there is no current directory.
    pub fn open(root: Option<&Path>) -> Result<Self> {
        let root = match root {
            Some(root) => root.into(),
            None => default_root(|name| {
                env::var_os(name)
                    .filter(|value| !value.is_empty())
                    .map(PathBuf::from)
            })
            .ok_or(ArtifactError::NoHome)?,
        };
        let root = std::path::absolute(&root).map_err(ArtifactError::io("locate", &root))?;
        Ok(Self { root })
    }

    /// Where the cache is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Makes every server ready, fetching and preparing what is missing, and tells where they are.
    ///
    /// Warm, it only looks at stamps and sizes. It can be dropped, or killed, at any moment.
    ///
    /// # Errors
    /// Any [`ArtifactError`]; nothing half-made stays behind, and what was finished is not fetched again.
    pub async fn ensure(&self, on: impl Fn(Event) + Send + Sync) -> Result<Servers> {
        system::check_platform(env::consts::OS, env::consts::ARCH)?;
        let bases = bases(&Libraries::of_this_machine()?);
        if let Some(servers) = self.ready(&bases) {
            on(Event::Ready);
            return Ok(servers);
        }
        for dir in ["blobs", "trees", "staging"].map(|dir| self.root.join(dir)) {
            fs::create_dir_all(&dir).map_err(ArtifactError::io("create", &dir))?;
        }
        let _held = hold::hold(&self.root.join("lock"), &on).await?;
        self.clear_staging()?;
        self.preflight(&bases)?;
        fetch::fill(self, &self.absent(&bases), &on).await?;
        let trees = self.make(bases, &on).await?;
        on(Event::Ready);
        Ok(Servers::new(&trees))
    }

    /// Makes every tree that is not there, Kafka's side by side with the others.
    async fn make(
        &self,
        [java, kafka, mysql, redis, registry]: [Base; 5],
        on: On<'_>,
    ) -> Result<Trees> {
        let java = self.unpacked(&java, on).await?;
        let brokers = async {
            let jars = self.unpacked(&kafka, on).await?;
            let train = |dir| kafka::train(java.path.clone(), jars.path.clone(), dir);
            let archive = self
                .prepared(&kafka::archive_recipe(&java, &jars), on, train)
                .await?;
            Ok::<_, ArtifactError>((jars, archive))
        };
        let others = async {
            let server = self.unpacked(&mysql, on).await?;
            let initialize = |dir| mysql::initialize(server.path.clone(), dir);
            let data = self
                .prepared(&mysql::data_recipe(&server), on, initialize)
                .await?;
            let redis = self.unpacked(&redis, on).await?;
            let registry = self.unpacked(&registry, on).await?;
            let train = |dir| registry::train(java.path.clone(), registry.path.clone(), dir);
            let archive = self
                .prepared(&registry::archive_recipe(&java, &registry), on, train)
                .await?;
            Ok((server, data, redis, registry, archive))
        };
        let ((jars, kafka_archive), others) = tokio::try_join!(brokers, others)?;
        let (mysql, mysql_data, redis, registry, registry_archive) = others;
        Ok(Trees {
            java,
            jars,
            kafka_archive,
            mysql,
            mysql_data,
            redis,
            registry,
            registry_archive,
        })
    }

    /// What [`Cache::ensure`] would have to download now.
    ///
    /// # Errors
    /// [`ArtifactError::Io`] when the dynamic linker cannot be asked for MySQL's libraries.
    pub fn missing(&self) -> Result<Vec<&'static Entry>> {
        Ok(self.absent(&bases(&Libraries::of_this_machine()?)))
    }

    /// Whether [`Cache::ensure`] would have nothing to do: every server is fetched, unpacked and prepared.
    ///
    /// # Errors
    /// [`ArtifactError::Io`] when the dynamic linker cannot be asked for MySQL's libraries.
    pub fn is_complete(&self) -> Result<bool> {
        Ok(self.ready(&bases(&Libraries::of_this_machine()?)).is_some())
    }

    /// Bytes that [`Cache::ensure`] would still write.
    ///
    /// # Errors
    /// [`ArtifactError::Io`] when the dynamic linker cannot be asked for MySQL's libraries.
    pub fn needed_bytes(&self) -> Result<u64> {
        let bases = bases(&Libraries::of_this_machine()?);
        Ok(match self.ready(&bases) {
            Some(_) => 0,
            None => self.needed(&bases),
        })
    }

    fn ready(&self, [java, kafka, mysql, redis, registry]: &[Base; 5]) -> Option<Servers> {
        let find = |recipe: &Recipe| tree::find(&self.tree(recipe));
        let (java, jars, mysql) = (
            find(&java.recipe)?,
            find(&kafka.recipe)?,
            find(&mysql.recipe)?,
        );
        let (redis, registry) = (find(&redis.recipe)?, find(&registry.recipe)?);
        let trees = Trees {
            kafka_archive: find(&kafka::archive_recipe(&java, &jars))?,
            mysql_data: find(&mysql::data_recipe(&mysql))?,
            registry_archive: find(&registry::archive_recipe(&java, &registry))?,
            java,
            jars,
            mysql,
            redis,
            registry,
        };
        Some(Servers::new(&trees))
    }

    /// Entries neither cached nor already unpacked.
    fn absent(&self, bases: &[Base]) -> Vec<&'static Entry> {
        let unmade = bases
            .iter()
            .filter(|base| tree::find(&self.tree(&base.recipe)).is_none());
        let wanted = unmade.flat_map(|base| base.entries.iter().copied());
        wanted.filter(|entry| !self.has(entry)).collect()
    }

    fn has(&self, entry: &Entry) -> bool {
        fs::metadata(self.blob(entry)).is_ok_and(|meta| meta.len() == entry.size)
    }

    fn preflight(&self, bases: &[Base]) -> Result<()> {
        space::preflight(
            &self.root,
            self.needed(bases),
            space::free_bytes(&self.root)?,
        )
    }

    /// Room for the files that are absent, the trees that are unmade and all that servers prepare.
    fn needed(&self, bases: &[Base]) -> u64 {
        let unmade = bases
            .iter()
            .filter(|base| tree::find(&self.tree(&base.recipe)).is_none());
        let trees: u64 = unmade.map(|base| base.recipe.disk_bytes).sum();
        let files: u64 = self.absent(bases).iter().map(|entry| entry.size).sum();
        trees + files + kafka::ARCHIVE_BYTES + registry::ARCHIVE_BYTES + mysql::DATA_BYTES
    }

    /// The tree of one set of entries, unpacked from the cache unless it is there.
    async fn unpacked(&self, base: &Base, on: On<'_>) -> Result<Tree> {
        let path = self.tree(&base.recipe);
        if let Some(tree) = tree::find(&path) {
            return Ok(tree);
        }
        on(Event::Unpacking {
            what: base.recipe.name.into(),
        });
        let staged = self.replace(base.recipe.name, &path)?;
        let files: Vec<(&'static Entry, PathBuf)> =
            base.entries.iter().map(|e| (*e, self.blob(e))).collect();
        let (unpack, links) = (base.unpack, base.links.clone());
        blocking(move || {
            unpack(&files, staged.path())?;
            make_links(&links, staged.path())?;
            tree::commit(staged, &path)
        })
        .await
    }

    /// A tree that a server makes, made by `make` unless it is there.
    async fn prepared<F>(
        &self,
        recipe: &Recipe,
        on: On<'_>,
        make: impl FnOnce(PathBuf) -> F + Send,
    ) -> Result<Tree>
    where
        F: Future<Output = Result<()>> + Send,
    {
        let path = self.tree(recipe);
        if let Some(tree) = tree::find(&path) {
            return Ok(tree);
        }
        on(Event::Preparing {
            what: recipe.name.into(),
        });
        let staged = self.replace(recipe.name, &path)?;
        make(staged.path().into()).await?;
        blocking(move || tree::commit(staged, &path)).await
    }

    /// A staging folder for the tree at `path`, with a damaged predecessor moved out of the way.
    fn replace(&self, name: &str, path: &Path) -> Result<TempDir> {
        if path.exists() {
            let aside = self.stage("damaged")?;
            fs::rename(path, aside.path()).map_err(ArtifactError::io("move away", path))?;
        }
        self.stage(name)
    }

    pub(crate) fn stage(&self, name: &str) -> Result<TempDir> {
        let staging = self.root.join("staging");
        tempfile::Builder::new()
            .prefix(&format!("{name}-"))
            .tempdir_in(&staging)
            .map_err(ArtifactError::io("create a folder in", &staging))
    }

    /// Removes what a killed predecessor left. Only under the lock: all staging belongs to its holder.
    fn clear_staging(&self) -> Result<()> {
        let staging = self.root.join("staging");
        for entry in fs::read_dir(&staging).map_err(ArtifactError::io("list", &staging))? {
            let path = entry.map_err(ArtifactError::io("list", &staging))?.path();
            fs::remove_dir_all(&path).map_err(ArtifactError::io("remove", &path))?;
        }
        Ok(())
    }

    pub(crate) fn blob(&self, entry: &Entry) -> PathBuf {
        self.root.join("blobs").join(&entry.sha256)
    }

    fn tree(&self, recipe: &Recipe) -> PathBuf {
        self.root.join("trees").join(recipe.directory())
    }
}

fn default_root(var: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    var("RLAB_CACHE")
        .or_else(|| var("XDG_CACHE_HOME").map(|dir| dir.join("rlab-ops")))
        .or_else(|| var("HOME").map(|dir| dir.join(".cache/rlab-ops")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prepare::Base;

    fn cache(dir: &Path) -> Cache {
        for sub in ["blobs", "trees", "staging"] {
            fs::create_dir_all(dir.join(sub)).unwrap();
        }
        Cache::open(Some(dir)).unwrap()
    }

    fn base(unpack: crate::prepare::Unpack) -> Base {
        let recipe = Recipe {
            name: "redis",
            revision: 1,
            made_of: Vec::new(),
            disk_bytes: 0,
        };
        Base {
            recipe,
            entries: Vec::new(),
            unpack,
            links: Vec::new(),
        }
    }

    #[test]
    fn the_cache_is_where_the_environment_says() {
        let with = |set: &'static [&'static str]| {
            default_root(move |name| {
                set.contains(&name)
                    .then(|| PathBuf::from(format!("/{name}")))
            })
        };
        assert_eq!(
            with(&["HOME", "XDG_CACHE_HOME", "RLAB_CACHE"]).unwrap(),
            Path::new("/RLAB_CACHE")
        );
        assert_eq!(
            with(&["HOME", "XDG_CACHE_HOME"]).unwrap(),
            Path::new("/XDG_CACHE_HOME/rlab-ops")
        );
        assert_eq!(with(&["HOME"]).unwrap(), Path::new("/HOME/.cache/rlab-ops"));
        assert_eq!(with(&[]), None);
    }

    #[tokio::test]
    async fn an_unpack_that_fails_leaves_neither_tree_nor_staging() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        let base = base(|_, into| {
            fs::write(into.join("half"), "made").unwrap();
            Err(ArtifactError::Unpack {
                what: "x".into(),
                why: "cut off".into(),
            })
        });
        assert!(cache.unpacked(&base, &|_| ()).await.is_err());
        assert_eq!(fs::read_dir(dir.path().join("trees")).unwrap().count(), 0);
        assert_eq!(fs::read_dir(dir.path().join("staging")).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn what_a_killed_process_left_in_staging_is_removed_and_never_taken_for_a_tree() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        let base = base(|_, into| {
            fs::write(into.join("server"), "whole").map_err(ArtifactError::io("write", into))
        });
        fs::create_dir(dir.path().join("staging/redis-killed")).unwrap();
        fs::write(dir.path().join("staging/redis-killed/server"), "wh").unwrap();
        cache.clear_staging().unwrap();
        assert_eq!(fs::read_dir(dir.path().join("staging")).unwrap().count(), 0);
        let tree = cache.unpacked(&base, &|_| ()).await.unwrap();
        assert_eq!(
            fs::read_to_string(tree.path.join("server")).unwrap(),
            "whole"
        );
    }

    #[tokio::test]
    async fn a_damaged_tree_is_made_again() {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path());
        let base = base(|_, into| {
            fs::write(into.join("server"), "whole").map_err(ArtifactError::io("write", into))
        });
        let first = cache.unpacked(&base, &|_| ()).await.unwrap();
        fs::remove_file(first.path.join("server")).unwrap();
        let second = cache.unpacked(&base, &|_| ()).await.unwrap();
        assert!(second.path.join("server").exists());
        assert_ne!(first.identity, second.identity);
    }

    #[test]
    fn an_empty_cache_misses_one_file_per_entry_it_needs() {
        let dir = tempfile::tempdir().unwrap();
        let missing = Cache::open(Some(dir.path())).unwrap().missing().unwrap();
        assert!(
            missing
                .iter()
                .any(|entry| entry.file.starts_with("kafka-clients-"))
        );
        assert_eq!(
            fs::read_dir(dir.path()).unwrap().count(),
            0,
            "asking changes nothing"
        );
    }
}
