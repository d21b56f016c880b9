//! Series: values sampled at regular times while an arm runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rlab_contract::agent_config::Namespace;
use rlab_evidence::report::{SeriesReport, SeriesSample};
use rlab_evidence::{JsonlError, JsonlWriter, RunDir};
use rlab_lab::servers::Site;
use rlab_ledger::Window;
use rlab_runbook::{Probe, ResolvedSeries, Value, ValueRef};
use serde::Serialize;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::cpu::Meter;
use crate::probes;

/// A sample that takes longer is none.
const SAMPLE_DEADLINE: Duration = Duration::from_secs(5);

/// One line of a series' file.
#[derive(Debug, Clone, Copy, Serialize)]
struct Sample {
    /// When it was taken, in µs since the arm's start.
    at_us: u64,
    /// What was seen.
    value: f64,
}

type Samples = Arc<Mutex<Vec<Sample>>>;

/// What the series of one arm came to.
pub(crate) struct Observed {
    /// Every output, over the whole arm and in each phase.
    pub values: Vec<(ValueRef, Value)>,
    /// The series themselves.
    pub series: Vec<SeriesReport>,
}

/// The series of one arm, being sampled. Dropped, the sampling ends.
#[derive(Default)]
pub(crate) struct Observer(Vec<Running>);

struct Running {
    series: ResolvedSeries,
    samples: Samples,
    task: JoinHandle<()>,
}

impl Observer {
    /// Starts to sample every one of `series`.
    pub fn start(
        series: &[ResolvedSeries],
        site: &Site,
        namespace: &Namespace,
        epoch: Instant,
    ) -> Self {
        let running = series.iter().map(|series| {
            let samples = Samples::default();
            let sampling = sample(
                series.clone(),
                (site.clone(), namespace.clone()),
                epoch,
                Arc::clone(&samples),
            );
            Running {
                series: series.clone(),
                samples,
                task: tokio::spawn(sampling),
            }
        });
        Self(running.collect())
    }

    /// An output of a series over all samples so far, by its name in expressions.
    pub fn now(&self, name: &str) -> Option<Value> {
        let (series, output) = name.split_once('.')?;
        let running = self
            .0
            .iter()
            .find(|running| running.series.name == series)?;
        folded(output, &running.samples(), None)
    }

    /// Ends the sampling and writes each series to a file of the run. Returns every output, over the
    /// whole arm and in each of `windows`. What has no sample has no value.
    pub fn end(
        self,
        arm: &str,
        windows: &[Window],
        run_dir: &RunDir,
    ) -> Result<Observed, JsonlError> {
        let mut values = Vec::new();
        let mut series = Vec::new();
        for running in &self.0 {
            running.task.abort();
            let samples = running.samples();
            let name = &running.series.name;
            let file = format!("{arm}-{name}.jsonl.zst");
            let mut file = JsonlWriter::create(&run_dir.measurements().join(file))?;
            for sample in samples.iter() {
                file.write(sample)?;
            }
            file.finish()?;
            drop(samples);
            for output in running.series.probe.spec().outputs {
                let all = windows.iter().map(Some).chain([None]);
                values.extend(all.filter_map(|window| {
                    let value = ValueRef {
                        name: format!("{name}.{}", output.name),
                        phase: window.map(|window| window.name.clone()),
                    };
                    Some((value, folded(output.name, &running.samples(), window)?))
                }));
            }
            series.push(running.report());
        }
        Ok(Observed { values, series })
    }
}

impl Running {
    fn samples(&self) -> MutexGuard<'_, Vec<Sample>> {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self) -> SeriesReport {
        let spec = self.series.probe.spec();
        let samples = self.samples();
        SeriesReport {
            name: self.series.name.clone(),
            what: spec.summary.to_owned(),
            unit: spec.unit().to_owned(),
            samples: samples
                .iter()
                .map(|sample| SeriesSample {
                    at_s: sample.at_us as f64 / 1e6,
                    value: sample.value,
                })
                .collect(),
        }
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        for running in &self.0 {
            running.task.abort();
        }
    }
}

async fn sample(
    series: ResolvedSeries,
    (site, namespace): (Site, Namespace),
    epoch: Instant,
    samples: Samples,
) {
    let mut ticks = interval(series.every.get().max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut meter = Meter::default();
    loop {
        ticks.tick().await;
        let asking = ask(series.probe, &site, &namespace, &mut meter);
        let Ok(Some(value)) = timeout(SAMPLE_DEADLINE, asking).await else {
            continue;
        };
        let at_us = u64::try_from(epoch.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mut samples = samples.lock().unwrap_or_else(PoisonError::into_inner);
        samples.push(Sample { at_us, value });
    }
}

async fn ask(probe: Probe, site: &Site, namespace: &Namespace, meter: &mut Meter) -> Option<f64> {
    match probe {
        Probe::Isr => probes::isr(site, &namespace.topic)
            .await
            .map(|isr| isr as f64),
        Probe::PipelineLag => probes::pipeline_lag(site, namespace)
            .await
            .map(|lag| lag as f64),
        Probe::BrokerCpu => meter.share(site.dir.path(), &site.spec),
        // A drill that samples these is refused before it begins.
        Probe::LeaderEpoch | Probe::MysqlDigest | Probe::RedisStats => None,
    }
}

/// What `output` makes of the samples within `window`, or of all.
fn folded(output: &str, samples: &[Sample], window: Option<&Window>) -> Option<Value> {
    let within = |sample: &&Sample| {
        window.is_none_or(|window| (window.from_us..window.to_us).contains(&sample.at_us))
    };
    let mut values = samples.iter().filter(within).map(|sample| sample.value);
    let value = match output {
        "last" => values.next_back(),
        "least" => values.reduce(f64::min),
        "most" => values.reduce(f64::max),
        _ => None,
    };
    value.map(Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_speak_of_the_samples_within_their_phase() {
        let samples: Vec<Sample> = [(5, 3.0), (10, 2.0), (19, 4.0), (20, 1.0)]
            .into_iter()
            .map(|(at_us, value)| Sample { at_us, value })
            .collect();
        let out = Window {
            name: "out".to_owned(),
            from_us: 10,
            to_us: 20,
        };
        let empty = Window {
            from_us: 30,
            to_us: 40,
            ..out.clone()
        };
        let number = |n| Some(Value::Number(n));
        assert_eq!(folded("last", &samples, Some(&out)), number(4.0));
        assert_eq!(folded("least", &samples, Some(&out)), number(2.0));
        assert_eq!(folded("most", &samples, None), number(4.0));
        assert_eq!(folded("last", &samples, None), number(1.0));
        assert_eq!(
            folded("last", &samples, Some(&empty)),
            None,
            "no data, no value"
        );
    }

    #[test]
    fn every_output_of_a_probe_that_can_be_sampled_is_computed() {
        let samples = [Sample {
            at_us: 0,
            value: 1.0,
        }];
        for spec in rlab_runbook::PROBES.iter().filter(|spec| spec.built) {
            for output in spec.outputs {
                assert!(
                    folded(output.name, &samples, None).is_some(),
                    "{}",
                    output.name
                );
            }
        }
    }
}
