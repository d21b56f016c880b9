//! Times a lab's life: fresh `up`, `down`, warm `up`, and its memory when idle.

use std::collections::BTreeMap;
use std::time::Duration;

use procfs::{Current, LoadAverage};
use rlab_artifacts::Cache;
use rlab_lab::processes;

use crate::measure::Measure;
use crate::report::Report;
use crate::tool::{BenchError, Tool};

/// How long a lab rests before its memory is taken: start-up garbage and threads are gone by then.
const REST: Duration = Duration::from_secs(10);

/// Measures a lab of the local profile `runs` times.
pub async fn measure(runs: u32, port_offset: u16) -> Result<Report, BenchError> {
    let mut tool = Tool::beside(port_offset)?;
    if !Cache::open(None)?.is_complete()? {
        eprintln!("fills the cache first; that is not measured");
        tool.up().await?;
        tool.purge().await?;
    }
    let load_before = LoadAverage::current()?.one;
    let (mut fresh, mut down, mut warm, mut memory) = (vec![], vec![], vec![], vec![]);
    let mut by_node = BTreeMap::new();
    for run in 1..=runs {
        let told = |what: &str, took: Duration| {
            eprintln!("run {run} of {runs}: {what} {:.1} s", took.as_secs_f64());
            took.as_secs_f64()
        };
        fresh.push(told("fresh up", tool.up().await?));
        down.push(told("down", tool.down().await?));
        warm.push(told("warm up", tool.up().await?));
        tokio::time::sleep(REST).await;
        by_node = memory_mb(&tool)?;
        let sum = by_node.values().sum::<f64>();
        eprintln!("run {run} of {runs}: idle PSS {sum:.0} MB");
        memory.push(sum);
        down.push(told("down", tool.down().await?));
        tool.purge().await?;
    }
    Ok(Report {
        schema: "rlab/bench-lab/v1",
        runs,
        cores: std::thread::available_parallelism()?.get(),
        load_before,
        load_after: LoadAverage::current()?.one,
        measures: vec![
            Measure::of("fresh up", "s", 20.0, fresh),
            Measure::of("warm up", "s", 10.0, warm),
            Measure::of("down", "s", 5.0, down),
            Measure::of("idle PSS", "MB", 1_300.0, memory),
        ],
        idle_pss_mb_by_node: by_node,
    })
}

/// Proportional memory of every process of the lab, its supervisor among them, by node.
fn memory_mb(tool: &Tool) -> Result<BTreeMap<String, f64>, BenchError> {
    let mut by_node = BTreeMap::new();
    for found in processes::of_lab(tool.lab()?.path()) {
        let kib = processes::pss_kib(found.pid).ok_or_else(|| BenchError::Hidden {
            node: found.node.clone(),
            pid: found.pid,
        })?;
        *by_node.entry(found.node).or_insert(0.0) += kib as f64 * 1_024.0 / 1e6;
    }
    Ok(by_node)
}
