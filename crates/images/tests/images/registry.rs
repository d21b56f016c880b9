//! A real registry, Debian's, in a process group and a directory of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use rlab_images::{Credentials, Password};
use tempfile::TempDir;

pub const PASSWORD: &str = "correct";
/// `AWS` with that password, by bcrypt.
const USERS: &str = "AWS:$2b$05$abcdefghijklmnopqrstuuSSgfZSwfwKPbBZRnD5O0VgRw2zVgiZC\n";

pub struct Registry {
    dir: TempDir,
    port: u16,
    child: Child,
}

impl Registry {
    pub fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let port = free_port();
        let config = format!(
            "version: 0.1\nlog: {{ level: info }}\nstorage: {{ filesystem: {{ rootdirectory: {0}/data }} }}\n\
             http: {{ addr: '127.0.0.1:{port}' }}\nauth: {{ htpasswd: {{ realm: lab, path: {0}/users }} }}\n",
            dir.path().display()
        );
        fs::write(dir.path().join("users"), USERS).unwrap();
        fs::write(dir.path().join("config.yml"), config).unwrap();
        let child = spawn(dir.path());
        Self { dir, port, child }
    }

    pub fn repository(&self) -> String {
        format!("127.0.0.1:{}/lab/small", self.port)
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn start_again(&mut self) {
        self.child = spawn(self.dir.path());
    }

    pub fn is_empty(&self) -> bool {
        !self
            .dir
            .path()
            .join("data/docker/registry/v2/blobs")
            .exists()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // A second time changes nothing: the child is known to be gone.
        self.kill();
    }
}

pub fn credentials(password: &str) -> Credentials {
    Credentials::Basic {
        user: "AWS".into(),
        password: Password::new(password),
    }
}

/// Starts it and returns when it says that it listens.
fn spawn(dir: &Path) -> Child {
    let mut child = Command::new(program())
        .arg("serve")
        .arg(dir.join("config.yml"))
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = Vec::new();
    loop {
        match lines.next() {
            Some(Ok(line)) if line.contains("listening on") => break,
            Some(Ok(line)) => said.push(line),
            _ => panic!("the registry ended: {said:#?}"),
        }
    }
    std::thread::spawn(move || lines.for_each(drop));
    child
}

/// The registry's program, fetched by `apt-get` once per target directory.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("docker-registry");
        if !home.exists() {
            fetch(&home);
        }
        home.join("usr/bin/docker-registry")
    })
}

fn fetch(home: &Path) {
    let stage = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    run(Command::new("apt-get")
        .args(["download", "docker-registry"])
        .current_dir(&stage));
    let package = fs::read_dir(&stage)
        .unwrap()
        .flatten()
        .next()
        .unwrap()
        .path();
    let tree = stage.path().join("tree");
    run(Command::new("dpkg-deb").arg("-x").arg(package).arg(&tree));
    fs::rename(tree, home).unwrap();
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn free_port() -> u16 {
    loop {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        if port >= 32_000 {
            return port;
        }
    }
}
