//! Whether the servers are in the cache, or can be fetched into it.

use std::collections::BTreeSet;
use std::path::Path;

use rlab_artifacts::{ArtifactError, Cache, Entry, Part, Verified, installed, missing_libraries};

use super::Check;
use crate::files;

/// What the package clients are needed for, and their packages.
const CLIENTS: [(&str, &str); 2] = [("mvn", "maven"), ("pip", "python3-pip")];

pub async fn checks() -> Vec<Check> {
    let cache = match Cache::open(None) {
        Ok(cache) => cache,
        Err(error) => return vec![Check::failed("cache", &error, error.hint())],
    };
    let missing = match cache.missing() {
        Ok(missing) => missing,
        Err(error) => return vec![Check::failed("cache", &error, error.hint())],
    };
    let mut checks = Vec::new();
    for (client, package) in CLIENTS {
        let call = installed(client).await.map(|words| words.join(" "));
        checks.push(package_client(
            client,
            package,
            call,
            files_through(client, &missing),
        ));
    }
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let fetched = has_pinned_packages(&release)
        && installed("apt-get").await.is_some()
        && installed("dpkg-deb").await.is_some();
    checks.push(libraries(missing_libraries(), &missing, fetched));
    checks.push(complete(&cache, cache.is_complete(), &missing));
    checks.push(room(&cache));
    let reading = cache.clone();
    match tokio::task::spawn_blocking(move || reading.verify()).await {
        Ok(verified) => checks.push(digests(verified)),
        Err(error) => checks.push(Check::failed("cache digests", error, "rlab-ops doctor")),
    }
    checks
}

fn files_through(client: &str, missing: &[&Entry]) -> usize {
    missing
        .iter()
        .filter(|e| e.source.client() == client)
        .count()
}

/// A client that has nothing to fetch any more need not be there.
fn package_client(client: &str, package: &str, call: Option<String>, files: usize) -> Check {
    let name = format!("package client {client}");
    match (call, files) {
        (Some(call), 0) => Check::passed(
            &name,
            format!("`{call}` answers; not needed, its files are cached"),
        ),
        (Some(call), files) => Check::passed(
            &name,
            format!("`{call}` answers; {files} files are fetched through it"),
        ),
        (None, 0) => Check::passed(&name, "not installed, and not needed: its files are cached"),
        (None, files) => Check::failed(
            &name,
            format!("not installed; {files} files that are not cached come through it"),
            format!("as root: apt-get install {package}, or dnf install {package}"),
        ),
    }
}

/// The pinned library packages are those of Debian 12; no other release offers them.
fn has_pinned_packages(os_release: &str) -> bool {
    os_release
        .lines()
        .any(|line| line == "VERSION_CODENAME=bookworm")
}

fn libraries(
    lacking: Result<Vec<&'static str>, ArtifactError>,
    missing: &[&Entry],
    fetched: bool,
) -> Check {
    let name = "MySQL's libraries";
    let lacking = match lacking {
        Ok(lacking) => lacking,
        Err(error) => return Check::failed(name, &error, error.hint()),
    };
    if lacking.is_empty() {
        return Check::passed(name, "the system has libaio and libnuma");
    }
    let lacking = lacking.join(", ");
    let cached = !missing.iter().any(|e| e.part == Part::MysqlLibraries);
    match (cached, fetched) {
        (true, _) => Check::passed(
            name,
            format!("{lacking} not of the system but of the cache"),
        ),
        (false, true) => Check::passed(
            name,
            format!(
                "{lacking} not found; `rlab-ops up` fetches a copy through apt-get, installing nothing"
            ),
        ),
        (false, false) => Check::failed(
            name,
            format!("{lacking} not found, and a copy can be fetched on Debian 12 (bookworm) only"),
            "as root: apt-get install libaio1t64 libnuma1 (Debian 13, Ubuntu 24.04), apt-get install libaio1 libnuma1 (older ones), or dnf install libaio numactl-libs",
        ),
    }
}

/// An empty cache is no fault: `up` fills it.
fn complete(cache: &Cache, complete: Result<bool, ArtifactError>, missing: &[&Entry]) -> Check {
    let name = "cache";
    let root = cache.root().display();
    match complete {
        Err(error) => Check::failed(name, &error, error.hint()),
        Ok(true) => Check::passed(name, format!("complete, in {root}")),
        Ok(false) if missing.is_empty() => Check::passed(
            name,
            format!(
                "every file is in {root}; `rlab-ops up` unpacks and prepares them, without network"
            ),
        ),
        Ok(false) => {
            let mib = missing
                .iter()
                .map(|e| e.size)
                .sum::<u64>()
                .div_ceil(1 << 20);
            let clients: BTreeSet<&str> = missing.iter().map(|e| e.source.client()).collect();
            let clients: Vec<&str> = clients.into_iter().collect();
            Check::passed(
                name,
                format!(
                    "{} files to fetch into {root}, {mib} MiB through {}; `rlab-ops up` does it",
                    missing.len(),
                    clients.join(", ")
                ),
            )
        }
    }
}

fn room(cache: &Cache) -> Check {
    let name = "room for the cache";
    let root = cache.root();
    let needed = cache.needed_bytes().unwrap_or(0);
    match files::free_bytes(root) {
        Err(error) => Check::failed(name, error, "export RLAB_CACHE=/a/directory/of/yours"),
        Ok(free) => enough(name, &root.display().to_string(), needed, free),
    }
}

fn enough(name: &str, root: &str, needed: u64, free: u64) -> Check {
    let (needed_mib, free_mib) = (needed.div_ceil(1 << 20), free >> 20);
    match needed <= free {
        true if needed == 0 => Check::passed(
            name,
            format!("nothing more to write; {free_mib} MiB free at {root}"),
        ),
        true => Check::passed(
            name,
            format!("{needed_mib} MiB still to write, {free_mib} MiB free at {root}"),
        ),
        false => Check::failed(
            name,
            format!("{needed_mib} MiB still to write, {free_mib} MiB free at {root}"),
            format!("free some space (df -h {root}), or export RLAB_CACHE=/a/directory/elsewhere"),
        ),
    }
}

fn digests(verified: Result<Verified, ArtifactError>) -> Check {
    let name = "cache digests";
    let verified = match verified {
        Ok(verified) => verified,
        Err(error) => return Check::failed(name, &error, error.hint()),
    };
    let Verified {
        files,
        bytes,
        damages,
    } = verified;
    if files == 0 {
        return Check::passed(name, "nothing cached yet");
    }
    if damages.is_empty() {
        return Check::passed(
            name,
            format!("{files} files, {} MiB, all as pinned", bytes >> 20),
        );
    }
    let whole: BTreeSet<String> = damages
        .iter()
        .map(|d| made_at_once(&d.path).display().to_string())
        .collect();
    let first = damages
        .first()
        .map_or("", |d| d.path.to_str().unwrap_or(""));
    Check::failed(
        name,
        format!(
            "{} of {files} files are not what they were, or not ours to read ({first} …)",
            damages.len()
        ),
        format!("rm -rf {} && rlab-ops up", Vec::from_iter(whole).join(" ")),
    )
}

/// What has to go for the file at `path` to be made again: its whole tree, or the file itself.
fn made_at_once(path: &Path) -> &Path {
    let in_trees = |p: &&Path| p.parent().is_some_and(|parent| parent.ends_with("trees"));
    path.ancestors().find(in_trees).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use rlab_artifacts::{Damage, lock};

    use super::*;
    use crate::doctor::CheckOutcome::{Failed, Passed};

    fn entries() -> Vec<&'static Entry> {
        lock().entries.iter().collect()
    }

    #[test]
    fn a_missing_client_fails_only_while_files_are_to_come_through_it() {
        let check = |call: Option<&str>, files| {
            package_client("mvn", "maven", call.map(str::to_owned), files)
        };
        assert_eq!(check(None, 0).outcome, Passed);
        assert_eq!(check(Some("mvn"), 9).outcome, Passed);
        let failed = check(None, 9);
        assert_eq!(failed.outcome, Failed);
        assert!(failed.fix.unwrap().contains("apt-get install maven"));
        assert!(files_through("mvn", &entries()) > 0);
    }

    #[test]
    fn libraries_are_the_systems_or_cached_or_fetched_or_missing() {
        let all = entries();
        let lacking = || Ok(vec!["libaio.so.1"]);
        assert_eq!(libraries(Ok(vec![]), &all, false).outcome, Passed);
        assert_eq!(libraries(lacking(), &[], false).outcome, Passed);
        assert_eq!(libraries(lacking(), &all, true).outcome, Passed);
        let failed = libraries(lacking(), &all, false);
        assert_eq!(failed.outcome, Failed);
        assert!(failed.detail.contains("libaio.so.1"));
        assert!(has_pinned_packages(
            "ID=debian\nVERSION_CODENAME=bookworm\n"
        ));
        assert!(!has_pinned_packages("ID=ubuntu\nVERSION_CODENAME=noble\n"));
    }

    #[test]
    fn an_empty_cache_is_told_with_its_size_and_is_no_fault() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::open(Some(dir.path())).unwrap();
        let check = complete(&cache, Ok(false), &entries());
        assert_eq!(check.outcome, Passed);
        assert!(
            check
                .detail
                .contains(&format!("{} files to fetch", entries().len()))
        );
    }

    #[test]
    fn too_little_room_is_told_with_both_figures() {
        let check = enough("room", "/cache", 900 << 20, 100 << 20);
        assert_eq!(check.outcome, Failed);
        assert!(
            check
                .detail
                .starts_with("900 MiB still to write, 100 MiB free")
        );
        assert_eq!(enough("room", "/cache", 0, 0).outcome, Passed);
    }

    #[test]
    fn the_fix_for_damage_removes_exactly_what_is_damaged() {
        let damage = Damage {
            path: "/cache/blobs/ab".into(),
            expected: "ab".into(),
            got: None,
        };
        let verified = Verified {
            files: 7,
            bytes: 1,
            damages: vec![damage],
        };
        let check = digests(Ok(verified));
        assert_eq!(
            check.fix.as_deref(),
            Some("rm -rf /cache/blobs/ab && rlab-ops up")
        );
        let in_a_tree = Path::new("/cache/trees/mysql-data-1/data/ibdata1");
        assert_eq!(
            made_at_once(in_a_tree),
            Path::new("/cache/trees/mysql-data-1")
        );
        let empty = digests(Ok(Verified::default()));
        assert_eq!(
            (empty.outcome, empty.detail.as_str()),
            (Passed, "nothing cached yet")
        );
    }
}
