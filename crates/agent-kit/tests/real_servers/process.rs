//! A server's process, which ends with the test.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rlab_artifacts::{Cache, Servers};

pub struct Process(Child);

impl Process {
    /// Starts `command` in `dir`; what it says goes to `log` there.
    pub fn start(command: &mut Command, dir: &Path) -> Self {
        let log = File::create(dir.join("log")).unwrap();
        let child = command
            .current_dir(dir)
            .stdin(Stdio::null())
            .stderr(log.try_clone().unwrap())
            .stdout(log)
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub async fn servers() -> (Cache, Servers) {
    let cache = Cache::open(None).unwrap();
    let servers = cache.ensure(|_| {}).await.unwrap();
    (cache, servers)
}

/// A port that nobody has.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}
