//! `mvn`: one call for all artifacts, into a private repository whose files are then taken as they lie.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::{counted, create};
use crate::lockfile::Source;
use crate::{ArtifactError, Result, client};

const RESOLVE: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:resolve";
const REPOSITORY: &str = "repository";

pub(super) async fn fetch(
    sources: &[&Source],
    dir: &Path,
    look: &(dyn Fn() + Send + Sync),
) -> Result<()> {
    if sources.is_empty() {
        return Ok(());
    }
    create(dir)?;
    let (pom, repository) = (dir.join("pom.xml"), dir.join(REPOSITORY));
    fs::write(&pom, pom_listing(sources)).map_err(ArtifactError::io("write", &pom))?;
    let mut mvn = Command::new("mvn");
    mvn.args(["-B", "-q", "-f"]).arg(&pom).arg(RESOLVE);
    mvn.arg(format!("-Dmaven.repo.local={}", repository.display()))
        .current_dir(dir);
    client::run(
        "mvn",
        &counted(sources.len()),
        &mut mvn,
        &dir.join("mvn.log"),
        look,
    )
    .await
}

/// A project that depends on exactly these artifacts and on nothing they depend on.
fn pom_listing(sources: &[&Source]) -> String {
    let mut pom = String::from(
        "<project><modelVersion>4.0.0</modelVersion>\n\
         <groupId>local</groupId><artifactId>servers</artifactId><version>1</version><packaging>pom</packaging>\n\
         <dependencies>\n",
    );
    for source in sources {
        let Source::Maven {
            group,
            artifact,
            version,
            packaging,
            classifier,
        } = source
        else {
            continue;
        };
        let classifier = classifier
            .as_ref()
            .map(|c| format!("<classifier>{c}</classifier>"))
            .unwrap_or_default();
        let _ = writeln!(
            pom,
            "<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version>\
             <type>{packaging}</type>{classifier}<exclusions><exclusion><groupId>*</groupId>\
             <artifactId>*</artifactId></exclusion></exclusions></dependency>"
        );
    }
    pom + "</dependencies></project>\n"
}

/// Where an artifact lies once it has come.
pub(super) fn place(source: &Source, dir: &Path) -> Option<PathBuf> {
    let Source::Maven {
        group,
        artifact,
        version,
        packaging,
        classifier,
    } = source
    else {
        return None;
    };
    let classifier = classifier
        .as_ref()
        .map(|c| format!("-{c}"))
        .unwrap_or_default();
    let file = dir
        .join(REPOSITORY)
        .join(group.replace('.', "/"))
        .join(artifact)
        .join(version)
        .join(format!("{artifact}-{version}{classifier}.{packaging}"));
    file.exists().then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_lists_each_artifact_exactly_and_nothing_else_comes_along() {
        let source: Source = "maven:io.x:app:1.2:tar.gz:all".parse().unwrap();
        let pom = pom_listing(&[&source]);
        assert!(
            pom.contains("<version>1.2</version><type>tar.gz</type><classifier>all</classifier>")
        );
        assert_eq!(pom.matches("<exclusion>").count(), 1);
    }
}
