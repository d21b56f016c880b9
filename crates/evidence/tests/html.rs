//! The page a reviewer opens: nothing is fetched, nothing runs, and text stays text.

mod scene;

use std::collections::BTreeSet;

use rlab_evidence::environment::Environment;
use rlab_evidence::report::Report;
use rlab_evidence::{ArmEvidence, LatencySummary, Machine, Outcome, Second, Verdict};
use scene::{matrix, report};

fn html(report: &Report) -> String {
    report.html().unwrap()
}

/// What a reader reads of a page, line by line; of an image its title and description.
fn words(html: &str) -> String {
    let body = html.split_once("<body>").unwrap().1;
    let mut text = String::new();
    let mut rest = body;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        let (tag, after) = after.split_once('>').unwrap();
        if tag.starts_with("/td") || tag.starts_with("/th") {
            text.push_str(" | ");
        }
        rest = after;
    }
    let text = text.replace("&gt;", ">").replace("&lt;", "<");
    let text = text.replace("&#x2f;", "/").replace("&quot;", "\"");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// The same without what the images write on themselves.
fn words_but_images(html: &str) -> String {
    let mut parts = html.split("<svg");
    let mut without = parts.next().unwrap().to_owned();
    for part in parts {
        let (image, after) = part.split_once("</svg>").unwrap();
        let told = image.split_once("<desc").unwrap().1;
        let told = told.split_once('>').unwrap().1.split_once('<').unwrap().0;
        without.push_str(&format!("[{told}]{after}"));
    }
    words(&without)
}

#[test]
fn a_held_drill_reads_as_written() {
    insta::assert_snapshot!(words_but_images(&html(&report())));
}

#[test]
fn the_images_are_drawn_as_before() {
    let page = html(&report());
    let image = page.split_once("<svg").unwrap().1;
    let image = image.split_once("</svg>").unwrap().0;
    insta::assert_snapshot!(format!("<svg{image}</svg>"));
}

#[test]
fn a_series_is_drawn_as_before() {
    let page = html(&report());
    let begin = page.find("id=\"plot-0-series-0-wide-t\"").unwrap();
    let begin = page[..begin].rfind("<svg").unwrap();
    let (image, _) = page[begin..].split_once("</svg>").unwrap();
    insta::assert_snapshot!(format!("{image}</svg>"));
}

#[test]
fn only_what_the_runbook_plots_is_drawn() {
    let drawn = |plot: &[&str]| {
        let mut report = report();
        report.arms.truncate(1);
        report.arms[0].plot = plot.iter().map(|name| (*name).to_owned()).collect();
        let titles = ["gets: ", "orders: ", "replicas: "];
        let (page, text) = (html(&report), report.markdown().unwrap());
        let lines = ["\ngets\n", "\norders\n", "\nreplicas: "].map(|name| text.contains(name));
        let figures = titles.map(|title| page.contains(&format!("<strong>{title}")));
        assert_eq!(figures, lines, "both tell the same");
        figures
    };
    assert_eq!(drawn(&[]), [true, true, true]);
    assert_eq!(drawn(&["orders", "replicas"]), [false, true, true]);
}

#[test]
fn a_series_without_a_sample_is_told_to_have_none() {
    let mut report = report();
    report.arms[0].series[0].samples.clear();
    assert!(html(&report).contains(">no samples</text>"));
    assert!(report.markdown().unwrap().contains("No samples"));
}

#[test]
fn nothing_is_fetched_and_nothing_runs() {
    let page = html(&report()).to_lowercase();
    for foreign in ["http:", "https:", "//", "@import", "url("] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    for tag in page.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap();
        let mut words = tag.split_whitespace();
        let name = words.next().unwrap();
        let foreign = [
            "script", "img", "image", "link", "iframe", "object", "use", "base",
        ];
        assert!(!foreign.contains(&name), "{tag}");
        let mut attributes = words.filter(|word| word.contains("=\""));
        let acts = |word: &str| {
            word.starts_with("on") || word.starts_with("src") || word.starts_with("http-equiv=\"r")
        };
        assert!(!attributes.clone().any(acts), "{tag}");
        let leads_out = |word: &str| word.starts_with("href") && !word.starts_with("href=\"#");
        assert!(!attributes.any(leads_out), "{tag}");
    }
    assert!(page.contains("default-src 'none'"));
    assert!(page.contains("prefers-color-scheme: dark"));
    assert!(page.contains("@media print"));
}

#[test]
fn what_markdown_tells_is_in_the_page_too() {
    let mut report = report();
    report.verdict.outcome = Outcome::Deviated;
    let markdown = report.markdown().unwrap();
    let letters = |text: &str| -> String {
        let kept = text.chars().filter(|c| c.is_alphanumeric());
        kept.collect()
    };
    let page = letters(&words(&html(&report)));
    // In place of these there are plots.
    let (before, rest) = markdown.split_once("```text").unwrap();
    let rest = rest.split("```text");
    let rest = rest.map(|text| text.split_once("```").unwrap().1);
    let text = rest.fold(before.to_owned(), |all, part| all + part);
    let parts = text.lines().flat_map(|line| line.split(['|', ':', '(']));
    for part in parts
        .map(letters)
        .filter(|part| part != "Verdict" && part != "sh")
    {
        assert!(page.contains(&part), "{part}");
    }
}

#[test]
fn the_verdict_is_told_by_word_and_sign() {
    for (outcome, told) in [
        (Outcome::Held, "✔</span> HELD"),
        (Outcome::Deviated, "✘</span> DEVIATED"),
        (Outcome::Unknown, "?</span> UNKNOWN"),
    ] {
        let mut report = report();
        report.verdict = Verdict {
            outcome,
            reasons: Vec::new(),
        };
        let page = html(&report);
        assert!(page.contains(told), "{told}");
        let title = format!("<title>{}: E-002", outcome.word().to_uppercase());
        assert!(page.contains(&title), "{title}");
    }
}

#[test]
fn hostile_text_is_inert_wherever_it_stands() {
    const HOSTILE: &str =
        "</style></title><script>alert(1)</script>`\"'><img src=x onerror=alert(1)>`&lt;";
    let hostile = || HOSTILE.to_owned();
    let mut report = report();
    report.title = hostile();
    report.hypothesis = hostile();
    report.verdict.reasons.push(hostile());
    report.run = hostile();
    report.profile = hostile();
    report.proves = Some(hostile());
    report.not_proven = vec![hostile()];
    report.parameters.insert(hostile(), hostile());
    report.environment.versions.insert(hostile(), hostile());
    report.environment.artifacts[0].name = hostile();
    report.check_again = vec![hostile()];
    spoil(&mut report.between[0], HOSTILE);
    let table = report.table.as_mut().unwrap();
    table.head[0] = hostile();
    table.rows[0].name = hostile();
    table.rows[0].cells[0] = Some(hostile());
    for arm in &mut report.arms {
        spoil(&mut arm.evidence, HOSTILE);
        arm.settings.insert(hostile(), hostile());
        arm.phases[1].name = hostile();
        arm.phases[1].ended_by = hostile();
        arm.actions[0].phase = hostile();
        arm.actions[0].action = hostile();
        arm.actions[0].target = hostile();
        arm.actions[0].proof = hostile();
        arm.loads[0].name = hostile();
        arm.series[0].name = hostile();
        arm.series[0].what = hostile();
        arm.series[0].unit = hostile();
        for sample in &mut arm.accounting.lost.samples {
            sample.key = hostile();
        }
    }
    let page = html(&report);
    for tag in ["<script", "<img", "</style></title>", "onerror=alert(1)>"] {
        assert!(!page.contains(tag), "{tag}");
    }
    assert_eq!(page.matches("</style>").count(), 1);
    let shown = page.matches("&lt;script&gt;alert(1)").count();
    assert!(shown > 30, "{shown} places");
}

fn spoil(evidence: &mut ArmEvidence, text: &str) {
    evidence.name = text.to_owned();
    let lists = [
        &mut evidence.landed,
        &mut evidence.traffic,
        &mut evidence.expectations,
    ];
    for expectation in lists.into_iter().flatten() {
        expectation.text = text.to_owned();
        expectation.seen = vec![(text.to_owned(), text.to_owned())];
    }
    for control in &mut evidence.controls {
        control.name = text.to_owned();
        control.detail = text.to_owned();
    }
}

#[test]
fn every_element_is_closed_and_every_id_is_there_once() {
    well_formed(&html(&report()));
    well_formed(&html(&matrix(5, &[4])));
}

fn well_formed(page: &str) {
    let mut open = Vec::new();
    let body = page.split_once("<body>").unwrap().1;
    for tag in body.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap();
        let name = tag.split_whitespace().next().unwrap();
        match name.strip_prefix('/') {
            Some("body" | "html") => break,
            Some(name) => assert_eq!(open.pop(), Some(name), "{tag}"),
            None if tag.ends_with('/') => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    let ids = page.split(" id=\"").skip(1);
    let ids: Vec<&str> = ids.map(|id| id.split_once('"').unwrap().0).collect();
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    assert!(ids.iter().all(|id| id.chars().all(plain)), "{ids:?}");
    let different: BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(ids.len(), different.len(), "{ids:?}");
    for linked in page.split("href=\"#").skip(1) {
        let linked = linked.split_once('"').unwrap().0;
        assert!(ids.contains(&linked), "{linked}");
    }
}

#[test]
fn a_report_without_data_says_so_and_still_renders() {
    let mut report = report();
    report.proves = None;
    report.environment = Environment::default();
    report.machine_after = Machine::default();
    for arm in &mut report.arms {
        arm.accounting = rlab_ledger::Accounting::default();
        for load in &mut arm.loads {
            load.latency = LatencySummary::default();
        }
        arm.actions.clear();
        arm.phases.clear();
    }
    let page = html(&report);
    for said in [
        "no data",
        "claims nothing for the profile",
        "Nothing was done to the lab",
        "Nothing is shaded: no fault was injected.",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
    report.arms.clear();
    report.between.clear();
    report.table = None;
    let page = html(&report);
    assert!(page.contains("What was seen"));
    assert!(!page.contains("Between arms") && !page.contains("What was measured"));
}

#[test]
fn a_run_of_hours_is_drawn_in_as_many_steps_as_can_be_seen() {
    let mut report = report();
    let second = |n: u64| Second {
        answered: 300 + n % 50,
        p50_us: Some(4_000),
        p99_us: Some(9_000 + n),
        max_us: Some(12_000 + n),
        ..Second::default()
    };
    report.arms.truncate(1);
    let load = &mut report.arms[0].loads[1];
    load.latency.seconds = (0..4 * 3_600).map(second).collect();
    let page = html(&report);
    assert!(page.contains("Each step is the mean of 30 s."));
    assert!(page.contains("Each step is the worst second of 30."));
    assert!(page.len() < 150_000, "{} bytes", page.len());
}
