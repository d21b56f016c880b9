//! Programs run in nothing but their image.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use flate2::read::GzDecoder;
use rlab_images::{Image, ImagePlan, Layout, assemble};
use tempfile::TempDir;

use crate::support::{built, plan};

/// An image unpacked as a container engine would.
struct Root {
    dir: TempDir,
    variables: Vec<(String, String)>,
}

impl Root {
    fn unpack(layout: &Layout, image: &Image) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        fs::create_dir(&root).unwrap();
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).unwrap();
        for layer in &image.layers {
            let file = fs::File::open(layout.path(layer)).unwrap();
            let mut archive = tar::Archive::new(GzDecoder::new(file));
            archive.set_preserve_permissions(true);
            archive.unpack(&root).unwrap();
        }
        let config = fs::read(layout.path(&image.config)).unwrap();
        let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
        let variables = config["config"]["Env"].as_array().unwrap().iter();
        let variables = variables.map(|pair| pair.as_str().unwrap().split_once('=').unwrap());
        let variables = variables
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        Self { dir, variables }
    }

    fn path(&self) -> std::path::PathBuf {
        self.dir.path().join("root")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("unshare");
        command.arg("--root").arg(self.path());
        if rustix::process::getuid().is_root() {
            command.args(["--setgid=10001", "--setuid=10001"]);
        } else {
            command.arg("--user");
        }
        command
            .args(arguments)
            .env_clear()
            .envs(self.variables.clone());
        command.output().unwrap()
    }
}

fn image_of(program: &Path) -> (TempDir, Layout) {
    let dir = tempfile::tempdir().unwrap();
    let images = vec![ImagePlan::program("it", program)];
    let layout = assemble(&plan(images), &dir.path().join("layout"), &mut drop).unwrap();
    (dir, layout)
}

fn root_of(program: &Path) -> Root {
    let (_dir, layout) = image_of(program);
    Root::unpack(&layout, layout.image("it").unwrap())
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|text| String::from_utf8_lossy(text))
        .concat()
}

#[test]
fn an_agent_starts_in_its_image_and_asks_for_its_configuration() {
    let root = root_of(&built("rlab-command-service"));
    let output = root.run(&["/usr/bin/rlab-command-service"]);
    assert_eq!(output.status.code(), Some(64), "{}", said(&output));
    assert!(
        said(&output).contains("RLAB_AGENT_CONFIG"),
        "{}",
        said(&output)
    );
}

#[test]
fn certificates_are_found_by_the_variable_that_the_image_sets() {
    let mut root = root_of(Path::new("/usr/bin/openssl"));
    let bundle = fs::read_to_string(root.path().join("etc/ssl/certs/ca-certificates.crt")).unwrap();
    let end = "-----END CERTIFICATE-----";
    let one = &bundle[..bundle.find(end).unwrap() + end.len()];
    fs::write(root.path().join("tmp/one.pem"), one).unwrap();
    let verify = [
        "/usr/bin/openssl",
        "verify",
        "-no_check_time",
        "/tmp/one.pem",
    ];
    let trusted = root.run(&verify);
    assert!(trusted.status.success(), "{}", said(&trusted));
    root.variables.retain(|(name, _)| name != "SSL_CERT_FILE");
    assert!(!root.run(&verify).status.success());
}

#[test]
fn users_and_hosts_are_looked_up_in_the_image() {
    let root = root_of(Path::new("/usr/bin/getent"));
    let user = root.run(&["/usr/bin/getent", "passwd", "10001"]);
    assert_eq!(said(&user), "rlab:x:10001:10001::/tmp:/sbin/nologin\n");
    // Engines put this file there when a container starts.
    fs::write(root.path().join("etc/hosts"), "10.1.2.3 mysql.lab\n").unwrap();
    let host = root.run(&["/usr/bin/getent", "ahostsv4", "mysql.lab"]);
    assert!(said(&host).starts_with("10.1.2.3"), "{}", said(&host));
}

#[test]
fn an_image_without_one_of_its_libraries_would_not_start() {
    let root = root_of(&built("rlab-command-service"));
    let mut open = vec![root.path()];
    let mut removed = 0;
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(dir).unwrap().flatten() {
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
            } else if entry.file_name() == "libgcc_s.so.1" {
                fs::remove_file(entry.path()).unwrap();
                removed += 1;
            }
        }
    }
    let output = root.run(&["/usr/bin/rlab-command-service"]);
    assert_eq!(
        (removed, output.status.code()),
        (1, Some(127)),
        "{}",
        said(&output)
    );
}

#[test]
fn the_scratch_directory_is_everybodys_and_nothing_else_is_writable() {
    let (_dir, layout) = image_of(Path::new("/usr/bin/env"));
    for layer in &layout.images()[0].layers {
        let file = fs::File::open(layout.path(layer)).unwrap();
        let mut archive = tar::Archive::new(GzDecoder::new(file));
        for entry in archive.entries().unwrap() {
            let entry = entry.unwrap();
            let path = entry.path().unwrap().into_owned();
            let header = entry.header();
            let mode = header.mode().unwrap();
            assert_eq!(
                (header.uid().unwrap(), header.mtime().unwrap()),
                (0, 0),
                "{path:?}"
            );
            if path == Path::new("tmp/") {
                assert_eq!(mode, 0o1777);
            } else {
                assert_eq!(mode & 0o022, 0, "{path:?}");
            }
        }
    }
}
