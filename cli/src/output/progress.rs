//! Progress of long work on stderr: drawn over itself on a terminal, one line a change elsewhere.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use rlab_artifacts::Event as ArtifactEvent;
use rlab_cloud::CloudEvent;
use rlab_drill::DrillEvent;
use rlab_lab::UpEvent;

use super::narrator::Narrator;
use super::{cloud, stream};
use crate::context::Context;

const SPINNER: &str = "{spinner} {wide_msg} {elapsed}";
const DOWNLOAD: &str = "{spinner} {msg} {bar:24} {binary_bytes} of {binary_total_bytes}, {binary_bytes_per_sec}, {eta} left";

/// How often terraform's progress is told where nothing can be drawn over.
const TELL_EVERY: Duration = Duration::from_secs(15);

/// Shows what long work waits for.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    narrator: Mutex<Narrator>,
    /// Wait of a drill that was told last.
    told: Mutex<String>,
    /// When terraform's progress is worth a line again.
    due: Mutex<Option<Instant>>,
    started: Instant,
}

impl Progress {
    /// Progress as fits where stderr goes.
    pub fn new(context: &Context) -> Self {
        let bar = context.animate.then(|| {
            let bar = ProgressBar::new_spinner().with_style(style(SPINNER));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self {
            bar,
            narrator: Mutex::default(),
            told: Mutex::default(),
            due: Mutex::default(),
            started: Instant::now(),
        }
    }

    /// Takes one event in.
    pub fn show(&self, event: &UpEvent) {
        let mut narrator = self.narrator.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = narrator.tell(event, self.started.elapsed());
        match &self.bar {
            Some(bar) => {
                draw(bar, event, &narrator.waiting());
                for line in lines.iter().filter(|line| line.lasting) {
                    self.keep(&line.text);
                }
            }
            None => lines.iter().for_each(|line| stream::note(&line.text)),
        }
    }

    /// Takes one event of a drill in.
    pub fn show_drill(&self, event: &DrillEvent) {
        let text = event.to_string();
        let DrillEvent::Waiting {
            arm, phase, until, ..
        } = event
        else {
            return self.keep(&text);
        };
        if let Some(bar) = &self.bar {
            return bar.set_message(text);
        }
        // The counts change all the time; a line is due when what is waited for looks different.
        let now = format!("{arm}/{phase}: {until}");
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if *told != now {
            stream::note(&text);
            *told = now;
        }
    }

    /// Takes one event of a lab on AWS in.
    pub fn show_cloud(&self, event: &CloudEvent) {
        let text = match event {
            CloudEvent::Servers(event) => return self.show(event),
            CloudEvent::Step(step) => return self.keep(&format!("{}: {step}", self.clock())),
            CloudEvent::Note(text) => return self.keep(text),
            CloudEvent::Packing {
                layer,
                bytes_done,
                bytes_total,
            } => {
                format!("packing {layer}: {} of {} bytes", bytes_done, bytes_total)
            }
            CloudEvent::Working {
                done,
                of,
                waiting_for,
                elapsed,
                left,
            } => cloud::working(*done, *of, waiting_for, *elapsed, left.as_ref()),
        };
        if let Some(bar) = &self.bar {
            return bar.set_message(text);
        }
        // Without a terminal a line is due once in a while, for whoever looks at the log.
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(event, CloudEvent::Working { .. }) && due.is_none_or(|at| at <= Instant::now())
        {
            stream::note(&text);
            *due = Some(Instant::now() + TELL_EVERY);
        }
    }

    fn clock(&self) -> String {
        let seconds = self.started.elapsed().as_secs();
        format!("{:>3}:{:02}", seconds / 60, seconds % 60)
    }

    /// A line that stays.
    pub fn keep(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| stream::note(text)),
            None => stream::note(text),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn draw(bar: &ProgressBar, event: &UpEvent, waiting: &str) {
    if let UpEvent::Artifact(ArtifactEvent::Fetching {
        what,
        bytes_done,
        bytes_total,
    }) = event
    {
        if bar.length() != Some(*bytes_total) {
            bar.set_style(style(DOWNLOAD));
            bar.set_length(*bytes_total);
            bar.reset_eta();
        }
        bar.set_message(what.clone());
        bar.set_position(*bytes_done);
        return;
    }
    if bar.length().is_some() {
        bar.unset_length();
        bar.set_style(style(SPINNER));
    }
    bar.set_message(waiting.to_owned());
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
