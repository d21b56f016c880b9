//! A lab for a test, its own or a lent one, and the binary driven in it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rlab_lab::processes::{self, Found, SUPERVISOR};
use rlab_lab::spec::LabSpec;
use rlab_lab::{LabDir, LabHome};
use serde_json::Value;
use tempfile::TempDir;

use crate::clients::runtime;

/// Home of a lab that is up, for the tests that leave it as they found it. Its name is its home's only one.
const LENT: &str = "RLAB_TEST_HOME";

/// A directory of the test's own, and a lab: one that is taken down and removed however the test ends, or
/// one that is lent.
pub struct Scene {
    scratch: TempDir,
    lent: Option<PathBuf>,
    lab: String,
    port_offset: u16,
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Scene {
    /// A home without labs; its lab stands apart from any that runs on this machine already.
    pub fn new() -> Self {
        Self::named("one", 4_000)
    }

    /// The same with another name and port offset.
    pub fn named(lab: &str, port_offset: u16) -> Self {
        Self {
            scratch: TempDir::with_prefix("rlab-test-").unwrap(),
            lent: None,
            lab: lab.to_owned(),
            port_offset,
        }
    }

    /// A lab that is up and well: the lent one, which may have been used, or else a fresh one.
    pub fn up() -> Self {
        let Some(home) = std::env::var_os(LENT).map(PathBuf::from) else {
            return Self::fresh();
        };
        let all = LabHome::at(&home);
        let [name]: [String; 1] = all.labs().try_into().expect("one lab is lent");
        let spec = LabSpec::load(&all.lab(&name).unwrap()).unwrap();
        let mut scene = Self::named(&name, spec.port_offset);
        scene.lent = Some(home);
        scene
    }

    /// A lab in a home of its own that is up.
    pub fn fresh() -> Self {
        let scene = Self::new();
        scene.rlab(&["up"]).succeeded();
        scene
    }

    /// Where the lab is.
    fn home(&self) -> &Path {
        self.lent.as_deref().unwrap_or(self.scratch())
    }

    /// A directory for files of the test's own.
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    pub fn dir(&self) -> LabDir {
        LabHome::at(self.home()).lab(&self.lab).unwrap()
    }

    pub fn port_offset(&self) -> u16 {
        self.port_offset
    }

    /// The binary, set up for this lab.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rlab-ops"));
        command
            .args(arguments)
            .env("RLAB_HOME", self.home())
            .env("RLAB_LAB", &self.lab)
            .env("RLAB_PORT_OFFSET", self.port_offset.to_string())
            .env("NO_COLOR", "1")
            .env_remove("RLAB_FORMAT")
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary to its end.
    pub fn rlab(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// Starts the binary and leaves it running.
    pub fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// `status` as a document.
    pub fn status(&self) -> Value {
        self.rlab(&["status", "--format", "json"]).json()
    }

    /// Living processes of the lab.
    pub fn processes(&self) -> Vec<Found> {
        processes::of_lab(self.dir().path())
    }

    /// Process id of a node's main process, as the system knows it.
    pub fn pid(&self, node: &str) -> u32 {
        let all = self.processes();
        let found = all
            .iter()
            .find(|p| p.node == node && (p.leader || node == SUPERVISOR));
        found
            .unwrap_or_else(|| panic!("{node} does not run: {all:?}"))
            .pid
    }

    /// Waits until `what` is true of the lab's status; fails with the last one seen.
    pub fn wait_for(&self, wanted: &str, within: Duration, what: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + within;
        loop {
            let status = self.status();
            if what(&status) {
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "not {wanted} within {within:?}: {status:#}"
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until the next test may begin: a broker that is back needs a while to be in sync. Nothing else
    /// is waited for, and `smoke` has to hold.
    fn is_steady(&self) {
        let in_the_way = "\u{2716} every partition has all its replicas";
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut ran = self.rlab(&["smoke"]);
        while ran.stdout.contains(in_the_way) && Instant::now() < deadline {
            ran = self.rlab(&["smoke"]);
        }
        ran.succeeded();
    }

    /// Takes the lab down and asserts that nothing of it is left; a lent one has to be well again.
    pub fn ends_clean(self) {
        if self.lent.is_some() {
            self.rlab(&["up"]).succeeded();
            self.is_steady();
            let undo = std::fs::read_to_string(self.dir().undo_log()).unwrap_or_default();
            assert_eq!(undo, "", "something is left to undo");
            return;
        }
        self.rlab(&["down"]).succeeded();
        assert_eq!(self.processes(), []);
        let nodes = LabSpec::load(&self.dir()).unwrap().nodes;
        for address in nodes.iter().flat_map(|n| n.addresses()) {
            let bound = std::net::TcpListener::bind(address);
            assert!(bound.is_ok(), "{address} is still held");
        }
    }
}

impl Scene {
    /// `down` needs a rehearsed lab's API, which a test may have told to deny everything; a lab's processes
    /// are known by their marks alone.
    fn end_whatever_runs(&self) {
        let dir = self.dir();
        // A thread of its own: a test may have failed inside a runtime.
        let ending = std::thread::spawn(move || {
            let ended = runtime().block_on(rlab_lab::down(&dir, true, &|_| {}));
            ended.map_err(|error| eprintln!("left by a test: {error}"))
        });
        let _ = ending.join();
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let ran = self.rlab(&["status"]);
            eprintln!(
                "the lab when the test failed:\n{}{}",
                ran.stdout, ran.stderr
            );
        }
        let verbs: &[&[&str]] = match &self.lent {
            // What a failed test left broken is no reason for the next one to fail.
            Some(_) if std::thread::panicking() => &[&["up"], &["recover"], &["up"]],
            Some(_) => &[],
            None => &[&["down", "--purge", "--confirm", &self.lab]],
        };
        for verb in verbs {
            let _ = self.command(verb).output();
        }
        if self.lent.is_none() && !self.processes().is_empty() {
            self.end_whatever_runs();
        }
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    pub fn succeeded(self) -> Self {
        self.exited(0)
    }

    pub fn exited(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.stdout, self.stderr);
        self
    }

    pub fn says(self, wanted: &str) -> Self {
        let said = format!("{}{}", self.stdout, self.stderr);
        assert!(said.contains(wanted), "`{wanted}` is not in:\n{said}");
        self
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("{e}: {}\n{}", self.stdout, self.stderr))
    }
}

/// State of `node` in a status document.
pub fn state<'a>(status: &'a Value, node: &str) -> &'a Value {
    let nodes = status["nodes"].as_array().unwrap();
    nodes.iter().find(|n| n["node"] == node).unwrap()
}

/// Names of the nodes in a status document that are no spares.
pub fn running_nodes(status: &Value) -> Vec<String> {
    let nodes = status["nodes"].as_array().unwrap().iter();
    nodes
        .filter(|n| n["state"] != "spare")
        .map(|n| n["node"].as_str().unwrap().to_owned())
        .collect()
}

/// Sends a signal to one process.
pub fn signal(pid: u32, signal: &str) {
    let status = Command::new("kill")
        .args([signal, &pid.to_string()])
        .status()
        .unwrap();
    assert!(status.success());
}

/// Where a run's evidence would go.
pub fn evidence(scene: &Scene) -> PathBuf {
    scene.scratch().join("evidence")
}

#[test]
fn a_lab_that_cannot_be_taken_down_ends_with_its_test() {
    let scene = Scene::new();
    let dir = scene.dir();
    let cloud = dir.path().join("cloud");
    std::fs::create_dir_all(&cloud).unwrap();
    std::fs::write(cloud.join("lab.json"), "damaged").unwrap();
    let refused = scene.rlab(&["down", "--purge", "--confirm", &scene.lab]);
    assert_ne!(refused.code, Some(0), "{refused:?}");
    let mut node = Command::new("sleep")
        .arg("600")
        .env(processes::LAB_MARK, dir.path())
        .env(processes::NODE_MARK, "mysql")
        .spawn()
        .unwrap();
    // A process is there before its environment can be read.
    let deadline = Instant::now() + Duration::from_secs(10);
    while scene.processes().is_empty() {
        assert!(Instant::now() < deadline, "the process was not seen");
    }
    drop(scene);
    let left = processes::of_lab(dir.path());
    let _ = node.kill();
    node.wait().unwrap();
    assert_eq!(left, []);
}
