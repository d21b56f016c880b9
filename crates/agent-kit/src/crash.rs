//! Crash points: places where a drill may have this process killed.
//!
//! A process never fakes its own death. When a rule is due it reports to the supervisor and waits;
//! the supervisor records the report and sends SIGKILL from outside.

use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rlab_contract::agent_config::{CrashReport, CrashRule};
use tokio::io::AsyncWriteExt;
use tokio::net::UnixStream;

/// The rules in force. Clones share them.
#[derive(Debug, Clone)]
pub struct CrashPoints(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    node: String,
    socket: PathBuf,
    armed: AtomicBool,
    rules: Mutex<Vec<Counted>>,
}

#[derive(Debug)]
struct Counted {
    rule: CrashRule,
    hits: u32,
    spent: bool,
}

impl CrashPoints {
    /// `rules` are in force from now on; reports go to the Unix socket `socket`.
    pub fn new(node: &str, socket: PathBuf, rules: Vec<CrashRule>) -> Self {
        let points = Self(Arc::new(Inner {
            node: node.to_owned(),
            socket,
            armed: AtomicBool::new(false),
            rules: Mutex::default(),
        }));
        points.replace(rules);
        points
    }

    /// Puts `rules` in the place of those in force; counting starts again.
    pub fn replace(&self, rules: Vec<CrashRule>) {
        let mut counted = self.rules();
        *counted = rules
            .into_iter()
            .map(|rule| Counted {
                rule,
                hits: 0,
                spent: false,
            })
            .collect();
        self.0.armed.store(!counted.is_empty(), Ordering::Relaxed);
    }

    /// Passes the crash point called `name`. When a rule for it is due this does not return, unless
    /// the supervisor cannot be told. Costs one relaxed load while no rule is in force.
    pub async fn pass<D: FnOnce() -> String>(&self, name: &str, detail: D) {
        if !self.0.armed.load(Ordering::Relaxed) {
            return;
        }
        let Some(rule) = self.due(name) else { return };
        let report = CrashReport {
            op: "crash_point".to_owned(),
            node: self.0.node.clone(),
            pid: std::process::id(),
            point: name.to_owned(),
            detail: detail(),
        };
        // A task of its own: the caller may be a request whose client goes away, and that must
        // neither stop the report nor close its connection.
        let waiting = tokio::spawn(self.clone().report(report, rule));
        // An error would mean that the task panicked, and then the process ends.
        let _ = waiting.await;
    }

    /// Does not return once the supervisor has been told.
    async fn report(self, report: CrashReport, rule: CrashRule) {
        match send(&self.0.socket, &report).await {
            // The connection is held open: to the supervisor, its end means that we are gone.
            Ok(_connection) => std::future::pending().await,
            Err(error) => {
                self.put_back(&rule);
                let point = report.point;
                tracing::error!(point, %error, "crash point is due but the supervisor cannot be told");
            }
        }
    }

    /// Counts this pass. A rule that has become due is spent.
    fn due(&self, name: &str) -> Option<CrashRule> {
        let mut rules = self.rules();
        let mut due = None;
        for counted in rules.iter_mut().filter(|c| c.rule.point == name) {
            counted.hits = counted.hits.saturating_add(1);
            if due.is_none() && !counted.spent && counted.hits > counted.rule.after_hits {
                counted.spent = true;
                due = Some(counted.rule.clone());
            }
        }
        due
    }

    /// Makes a spent rule due at the next pass, unless it has been replaced meanwhile.
    fn put_back(&self, rule: &CrashRule) {
        let mut rules = self.rules();
        if let Some(counted) = rules.iter_mut().find(|c| c.spent && c.rule == *rule) {
            counted.spent = false;
        }
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Counted>> {
        self.0.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn send(socket: &Path, report: &CrashReport) -> io::Result<UnixStream> {
    let mut line = serde_json::to_vec(report)?;
    line.push(b'\n');
    let mut connection = connect(socket).await?;
    connection.write_all(&line).await?;
    Ok(connection)
}

/// A socket's address holds at most 107 bytes, and a lab's path may be longer: the directory is
/// opened and the socket reached through it.
async fn connect(socket: &Path) -> io::Result<UnixStream> {
    let (Some(directory), Some(name)) = (socket.parent(), socket.file_name()) else {
        return Err(io::Error::other("not the path of a socket"));
    };
    let directory = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    let directory = std::fs::File::open(directory)?;
    let short = format!("/proc/self/fd/{}", directory.as_raw_fd());
    UnixStream::connect(Path::new(&short).join(name)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::{AsyncBufReadExt, BufReader};
    use tokio::net::UnixListener;

    fn rule(point: &str, after_hits: u32) -> CrashRule {
        CrashRule {
            point: point.to_owned(),
            after_hits,
        }
    }

    fn points(rules: Vec<CrashRule>) -> CrashPoints {
        CrashPoints::new("n", PathBuf::from("/nowhere/supervisor.sock"), rules)
    }

    #[test]
    fn a_rule_lets_its_number_of_passes_through_and_fires_once() {
        let points = points(vec![rule("p", 2)]);
        let fired: Vec<bool> = (0..5).map(|_| points.due("p").is_some()).collect();
        assert_eq!(fired, [false, false, true, false, false]);
    }

    #[test]
    fn other_points_are_not_counted() {
        let points = points(vec![rule("p", 0)]);
        assert_eq!(points.due("q"), None);
        assert!(points.due("p").is_some());
    }

    #[test]
    fn replacing_the_rules_starts_the_count_again() {
        let points = points(vec![rule("p", 1)]);
        assert_eq!(points.due("p"), None);
        points.replace(vec![rule("p", 1)]);
        assert_eq!(points.due("p"), None);
        assert!(points.due("p").is_some());
        points.replace(Vec::new());
        assert!(!points.0.armed.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn a_supervisor_that_is_gone_holds_nobody_up_and_spends_no_rule() {
        let points = points(vec![rule("p", 1)]);
        for _ in 0..3 {
            points.pass("p", String::new).await;
        }
        assert_eq!(points.due("p"), Some(rule("p", 1)));
        assert_eq!(points.due("p"), None);
    }

    #[test]
    fn a_rule_that_was_replaced_meanwhile_is_not_put_back() {
        let points = points(vec![rule("p", 0)]);
        let due = points.due("p").unwrap();
        points.replace(Vec::new());
        points.put_back(&due);
        assert_eq!(points.due("p"), None);
    }

    #[tokio::test]
    async fn a_due_point_reports_over_a_socket_with_a_long_path_and_waits_for_its_death() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("d".repeat(120));
        std::fs::create_dir(&deep).unwrap();
        let handle = std::fs::File::open(&deep).unwrap();
        let listener =
            UnixListener::bind(format!("/proc/self/fd/{}/s.sock", handle.as_raw_fd())).unwrap();
        let points = CrashPoints::new("relay", deep.join("s.sock"), vec![rule("p", 0)]);
        let passing = tokio::spawn(async move { points.pass("p", || "row 7".into()).await });

        let (stream, _) = listener.accept().await.unwrap();
        let mut line = String::new();
        let mut reader = BufReader::new(stream);
        reader.read_line(&mut line).await.unwrap();
        let report: CrashReport = serde_json::from_str(&line).unwrap();
        assert_eq!(report.op, "crash_point");
        assert_eq!(report.node, "relay");
        assert_eq!(report.pid, std::process::id());
        assert_eq!(report.detail, "row 7");
        assert!(!passing.is_finished(), "the point was passed");

        // A client that goes away takes its request with it, not the report's connection.
        passing.abort();
        assert!(passing.await.unwrap_err().is_cancelled());
        let more = reader.read_line(&mut line);
        let closed = tokio::time::timeout(Duration::from_millis(50), more).await;
        assert!(closed.is_err(), "the connection was closed");
    }
}
