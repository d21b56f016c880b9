//! Fills a cache, verifies it and restores one MySQL data directory, writing what happens and how long it takes
//! to standard error: a check by hand of this crate alone. `cargo run -p rlab-artifacts --example ensure DIR`.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use rlab_artifacts::{ArtifactError, Cache};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::args()
        .nth(1)
        .ok_or("usage: ensure CACHE_DIRECTORY")?;
    let cache = Cache::open(Some(Path::new(&dir)))?;
    let begun = Instant::now();
    let told = |text: String| {
        let _ = writeln!(
            std::io::stderr(),
            "{:8.3}s {text}",
            begun.elapsed().as_secs_f64()
        );
    };
    told(format!("{} files to fetch", cache.missing()?.len()));
    let explain = |error: ArtifactError| format!("{error}\n\nhint: {}", error.hint());
    let servers = cache
        .ensure(|event| told(format!("{event:?}")))
        .await
        .map_err(explain)?;
    told(format!("{}", servers.kafka_archive.display()));
    let scratch = tempfile::tempdir()?;
    cache.restore_mysql(&servers, &scratch.path().join("data"))?;
    told("restored".into());
    let verified = cache.verify()?;
    told(format!(
        "verified {} files, {} bytes, damaged: {:?}",
        verified.files, verified.bytes, verified.damages
    ));
    Ok(())
}
