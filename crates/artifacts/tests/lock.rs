//! The embedded lock is complete and means what it says.

use std::collections::BTreeSet;

use rlab_artifacts::{Part, Source, lock};

#[test]
fn every_entry_has_digest_size_and_licence() {
    let lock = lock();
    assert_eq!(lock.schema, "rlab/artifacts-lock/v1");
    for entry in &lock.entries {
        let name = &entry.file;
        assert_eq!(entry.sha256.len(), 64, "{name}");
        assert!(
            entry
                .sha256
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)),
            "{name}"
        );
        assert!(entry.size > 0, "{name}");
        assert!(!entry.license.trim().is_empty(), "{name}");
    }
}

#[test]
fn every_part_is_there_and_no_file_twice() {
    let entries = &lock().entries;
    let count = |part: Part| entries.iter().filter(|entry| entry.part == part).count();
    let parts = [
        Part::Java,
        Part::Kafka,
        Part::Mysql,
        Part::MysqlLibraries,
        Part::Redis,
        Part::Registry,
    ];
    assert_eq!(parts.map(count), [1, 92, 1, 2, 1, 1]);
    let files: BTreeSet<&str> = entries.iter().map(|entry| entry.file.as_str()).collect();
    assert_eq!(files.len(), entries.len());
    let digests: BTreeSet<&str> = entries.iter().map(|entry| entry.sha256.as_str()).collect();
    assert_eq!(digests.len(), entries.len());
}

#[test]
fn every_server_has_a_version() {
    let servers: Vec<&str> = lock().versions.keys().map(String::as_str).collect();
    assert_eq!(servers, ["java", "kafka", "mysql", "redis", "registry"]);
}

#[test]
fn coordinates_read_back_as_written_and_malformed_ones_are_named() {
    for entry in &lock().entries {
        assert_eq!(
            entry.source.to_string().parse::<Source>().as_ref(),
            Ok(&entry.source)
        );
    }
    for wrong in [
        "kafka",
        "maven:a:b",
        "maven:a:b:1:jar:c:d",
        "pypi:x==1",
        "apt:x",
        "npm:x=1",
    ] {
        assert!(wrong.parse::<Source>().unwrap_err().contains(wrong));
    }
}
