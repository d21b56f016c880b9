//! Tells the crate which commit it is built from, where there is one.

use std::path::Path;
use std::process::Command;

fn main() {
    let Some(logged) = git(&[
        "rev-parse",
        "--path-format=absolute",
        "--git-path",
        "logs/HEAD",
    ]) else {
        return;
    };
    // It grows with every commit and checkout; a file that is not there would mean a new build each time.
    if Path::new(&logged).exists() {
        println!("cargo::rerun-if-changed={logged}");
    }
    if let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) {
        println!("cargo::rustc-env=RLAB_COMMIT={commit}");
    }
}

/// What git says, without the line's end; none without git or outside a repository.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| said.trim().to_owned())
}
