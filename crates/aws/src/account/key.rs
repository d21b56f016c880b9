//! Keys of S3 as files below a directory, and files as keys.

use std::path::{Component, Path, PathBuf};

/// Longest name that file systems take, in bytes.
const LONGEST_NAME: usize = 255;
/// Longest key that S3 takes, in bytes.
const LONGEST_KEY: usize = 1024;

/// `prefix` as that of a directory: `a/1` must not find what is below `a/10`.
pub(super) fn directory(prefix: &str) -> String {
    let prefix = prefix.trim_matches('/');
    match prefix.is_empty() {
        true => String::new(),
        false => format!("{prefix}/"),
    }
}

/// Where below a directory the object `key` belongs, or why nowhere.
pub(super) fn file(directory: &str, key: &str) -> Result<PathBuf, &'static str> {
    let name = key.strip_prefix(directory);
    let name = name.ok_or("it is not below the prefix")?;
    if name.is_empty() || name.len() > LONGEST_KEY {
        return Err("its name is empty or too long");
    }
    for part in name.split('/') {
        match part {
            "" => return Err("a part of its name is empty"),
            "." | ".." => return Err("its name leads elsewhere"),
            part if part.len() > LONGEST_NAME => return Err("a part of its name is too long"),
            part if part.chars().any(char::is_control) => {
                return Err("its name has a control character");
            }
            part if part.contains('\\') => return Err("its name has a backslash"),
            _ => {}
        }
    }
    Ok(PathBuf::from(name))
}

/// The key of a file whose path below its directory is `relative`; `None` when it has none.
pub(super) fn key(directory: &str, relative: &Path) -> Option<String> {
    let parts = relative.components().map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    let parts: Vec<&str> = parts.collect::<Option<_>>()?;
    let key = format!("{directory}{}", parts.join("/"));
    (file(directory, &key).is_ok() && key.len() <= LONGEST_KEY).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_that_leads_elsewhere_is_no_file() {
        for key in [
            "run/../../etc/passwd",
            "run//etc/passwd",
            "run/.",
            "run/a/..",
            "run/",
            "elsewhere/a",
            "run/a\0b",
            "run/a\nb",
            "run/a\\..\\b",
            "/run/a",
        ] {
            assert!(file("run/", key).is_err(), "{key:?}");
        }
        assert_eq!(file("run/", "run/a/b.json"), Ok(PathBuf::from("a/b.json")));
        assert_eq!(file("run/", "run/..a/b"), Ok(PathBuf::from("..a/b")));
    }

    #[test]
    fn a_prefix_is_a_directory() {
        assert_eq!(directory("/a/b//"), "a/b/");
        assert_eq!(directory(""), "");
        assert!(file(&directory("a/1"), "a/10/x").is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_stays_below_and_comes_back(name in "[a-z./\\\\\\x00-\\x1f\u{e9}]{0,40}") {
            if let Ok(path) = file("p/", &format!("p/{name}")) {
                let normal = |part: Component<'_>| matches!(part, Component::Normal(_));
                prop_assert!(path.components().all(normal));
                prop_assert_eq!(key("p/", &path), Some(format!("p/{name}")));
            }
        }
    }
}
