//! Puts the Terraform roots, and the policies that they give agents, into the binary: labs are made, and
//! taken down, from nothing but it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Directories below a root that are for its tests only.
const TESTS: [&str; 2] = ["tests", "testing"];

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let root = here.join("../../terraform").canonicalize()?;
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    let policies = here.join("../../iam/generated").canonicalize()?;
    println!("cargo::rerun-if-changed={}", policies.display());
    for entry in fs::read_dir(&policies)? {
        files.push(entry?.path());
    }
    files.sort();
    let mut table = String::from("&[\n");
    for file in files {
        let name = match file.strip_prefix(&root) {
            Ok(below) => below.to_path_buf(),
            Err(_) => Path::new("../iam/generated").join(file.file_name().unwrap_or_default()),
        };
        let _ = writeln!(
            table,
            "    ({:?}, include_str!({:?})),",
            name.display().to_string(),
            file.display().to_string()
        );
    }
    table.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("roots.rs"), table)
}

/// Configuration and provider locks; nothing that running terraform left.
fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if !name.starts_with('.') && !TESTS.contains(&name.as_ref()) {
                collect(&path, files)?;
            }
        } else if name.ends_with(".tf") || name == ".terraform.lock.hcl" {
            files.push(path);
        }
    }
    Ok(())
}
