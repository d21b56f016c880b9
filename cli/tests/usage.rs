//! What the command line says and how it ends, without any server.

use std::process::{Command, Output};

use tempfile::TempDir;

/// A machine without labs, and an environment without surprises.
struct Machine {
    home: TempDir,
}

impl Machine {
    fn new() -> Self {
        let home = TempDir::new().expect("a temporary directory");
        Self { home }
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rlab-ops"));
        command.args(line.split_whitespace()).env_clear();
        command
            .env("RLAB_HOME", self.home.path())
            .env("HOME", self.home.path());
        command
    }

    fn run(&self, line: &str) -> Output {
        self.command(line).output().expect("rlab-ops starts")
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

#[test]
fn wrong_usage_ends_with_64_and_never_with_the_code_of_unknown() {
    for line in [
        "",
        "up --port-offset many",
        "up --nonsense",
        "down --confirm x",
        "schema nothing",
    ] {
        let output = Machine::new().run(line);
        assert_eq!(
            output.status.code(),
            Some(64),
            "{line}: {}",
            stderr(&output)
        );
        assert!(output.stdout.is_empty(), "{line}");
    }
}

#[test]
fn help_that_was_asked_for_is_data_and_a_success() {
    let output = Machine::new().run("--help");
    assert_eq!(output.status.code(), Some(0));
    assert!(stdout(&output).contains("Exit codes:"));
    assert!(output.stderr.is_empty());
}

#[test]
fn a_mistyped_verb_is_answered_with_the_right_one() {
    let output = Machine::new().run("stauts");
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr(&output).contains("'status'"), "{}", stderr(&output));
}

#[test]
fn the_status_of_a_lab_that_does_not_exist_is_an_error_with_the_next_command() {
    let output = Machine::new().run("--lab nowhere status");
    assert_eq!(output.status.code(), Some(64));
    assert!(output.stdout.is_empty());
    insta::assert_snapshot!(stderr(&output), @r"
    error: there is no lab `nowhere`

    hint: bring one up: rlab-ops up
    ");
}

#[test]
fn a_name_that_is_none_is_refused_before_anything_is_made() {
    let machine = Machine::new();
    let output = machine.run("--lab ../escape up");
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr(&output).starts_with("error: `../escape` is not a lab name"));
    let made = std::fs::read_dir(machine.home.path())
        .expect("readable")
        .count();
    assert_eq!(made, 0);
}

#[test]
fn an_unknown_profile_is_refused_with_the_one_that_was_meant() {
    let output = Machine::new().run("up --profile locl");
    assert_eq!(output.status.code(), Some(64), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("hint: did you mean `--profile local`?"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn every_verb_that_needs_a_lab_says_so() {
    for line in [
        "logs",
        "logs kafka-1",
        "down",
        "down --purge --confirm default",
        "status",
    ] {
        let output = Machine::new().run(line);
        assert_eq!(
            output.status.code(),
            Some(64),
            "{line}: {}",
            stderr(&output)
        );
        assert!(
            stderr(&output).starts_with("error: there is no lab `default`"),
            "{line}"
        );
        assert!(stderr(&output).contains("\nhint: "), "{line}");
    }
}

#[test]
fn an_unknown_drill_is_answered_with_the_right_one() {
    let output = Machine::new().run("drill E-02");
    assert_eq!(output.status.code(), Some(64));
    assert!(
        stderr(&output).contains("did you mean `E-002`?"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_drill_that_this_build_cannot_run_is_refused_before_it_looks_for_a_lab() {
    let output = Machine::new().run("drill E-009");
    assert_eq!(output.status.code(), Some(64));
    assert!(output.stdout.is_empty());
    let text = stderr(&output);
    assert!(text.starts_with("error: this build cannot yet: "), "{text}");
    assert!(text.contains("drive the load `kafka.produce`; "), "{text}");
    assert!(
        text.ends_with("hint: rlab-ops runbook plan E-009\n"),
        "{text}"
    );
    let output = Machine::new().run("drill E-009 --dry-run");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("this build cannot yet:"));
}

#[test]
fn parameters_out_of_bounds_are_all_named_before_anything_starts() {
    let output = Machine::new().run("drill E-002 --set commands=1 --set comands=600");
    assert_eq!(output.status.code(), Some(64));
    let text = stderr(&output);
    assert!(text.contains("below the minimum 500"), "{text}");
    assert!(text.contains("did you mean `commands`?"), "{text}");
}

#[test]
fn an_arm_that_the_runbook_lacks_is_refused_with_those_it_has() {
    let output = Machine::new().run("drill E-002 --dry-run --arm outbx");
    assert_eq!(output.status.code(), Some(64));
    assert!(
        stderr(&output).contains("hint: its arms: direct, outbox"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn drills_are_chosen_by_name_by_tag_or_all_of_them() {
    let plans = |line: &str| {
        let output = Machine::new().run(line);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", stderr(&output));
        let ids = stdout(&output);
        // The first line of a plan is the drill's id and title.
        let titles = ids.lines().filter_map(|line| line.split_once("  "));
        titles
            .map(|(id, _)| id.to_owned())
            .filter(|id| id.contains("-0"))
            .collect::<Vec<_>>()
    };
    assert_eq!(plans("drill E-002 E-001 --dry-run"), ["E-002", "E-001"]);
    let all = plans("drill --all --dry-run");
    assert!(all.contains(&"E-004".to_owned()), "{all:?}");
    assert!(!all.contains(&"E-009".to_owned()), "{all:?}");
    let tagged = plans("drill --tag judge --dry-run");
    assert_eq!(tagged, ["E-001"]);
}

#[test]
fn a_tag_that_no_drill_has_is_refused() {
    for line in ["drill --tag nonsense", "drill --all E-002", "drill"] {
        let output = Machine::new().run(line);
        assert_eq!(output.status.code(), Some(64), "{line}");
        assert!(output.stdout.is_empty(), "{line}");
    }
    let output = Machine::new().run("drill --tag nonsense");
    let text = stderr(&output);
    assert!(
        text.starts_with("error: no drill has the tag `nonsense`"),
        "{text}"
    );
}

/// What `config show` tells of each option and of who said so.
fn shown(command: &mut Command) -> Vec<(String, String)> {
    let output = command.output().expect("rlab-ops starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    let columns = text.lines().map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let mut next = || words.next().unwrap_or_default().to_owned();
        (next(), next())
    });
    columns.collect()
}

#[test]
fn a_flag_goes_before_the_environment_before_the_project_before_the_user() {
    let machine = Machine::new();
    let home = machine.home.path();
    let project = home.join("project");
    std::fs::create_dir_all(project.join("below")).expect("made");
    std::fs::create_dir_all(home.join(".config/rlab-ops")).expect("made");
    let of_user = home.join(".config/rlab-ops/config.toml");
    let of_project = project.join("rlab.toml");
    std::fs::write(
        &of_user,
        "lab = 'user'\nport_offset = 3000\nformat = 'json'\n",
    )
    .expect("written");
    std::fs::write(&of_project, "lab = 'project'\nevidence = 'runs'\n").expect("written");
    let mut command = machine.command("--format human config show --origin");
    let command = command
        .current_dir(project.join("below"))
        .env("RLAB_PROFILE", "other");
    let (user, runs) = (of_user.display().to_string(), project.join("runs"));
    let expected = [
        ("project", of_project.display().to_string()),
        ("human", "--format".to_owned()),
        ("other", "RLAB_PROFILE".to_owned()),
        ("3000", user),
        (
            runs.to_str().expect("text"),
            of_project.display().to_string(),
        ),
    ];
    assert_eq!(
        shown(command),
        expected.map(|(value, origin)| (value.to_owned(), origin))
    );
    command.env("RLAB_LAB", "environment");
    assert_eq!(
        shown(command)[0],
        ("environment".to_owned(), "RLAB_LAB".to_owned())
    );
    // And it is what the verbs work with.
    let mut status = machine.command("--format human status");
    let output = status
        .current_dir(&project)
        .output()
        .expect("rlab-ops starts");
    assert!(stderr(&output).starts_with("error: there is no lab `project`"));
}

#[test]
fn mistakes_in_a_file_of_defaults_are_all_shown_before_anything_is_done() {
    let machine = Machine::new();
    let file = machine.home.path().join("rlab.toml");
    std::fs::write(&file, "labb = 'x'\nport_offset = 'many'\n").expect("written");
    let mut command = machine.command("up");
    let output = command
        .current_dir(machine.home.path())
        .output()
        .expect("rlab-ops starts");
    assert_eq!(output.status.code(), Some(64));
    let text = stderr(&output);
    for place in ["rlab.toml:1:1", "did you mean `lab`?", "rlab.toml:2:15"] {
        assert!(text.contains(place), "{place}: {text}");
    }
}

#[test]
fn a_broken_runbook_is_shown_with_its_line() {
    let machine = Machine::new();
    let file = machine.home.path().join("mine.yaml");
    std::fs::write(&file, "schema: rlab/runbook/v1\nid: X-1\ntitel: typo\n").expect("written");
    let output = machine.run(&format!("runbook validate {}", file.display()));
    assert_eq!(output.status.code(), Some(64));
    let text = stderr(&output);
    assert!(
        text.contains("mine.yaml:3:1") && text.contains("`title`"),
        "{text}"
    );
}

#[test]
fn colours_are_shown_only_where_they_are_wanted() {
    let machine = Machine::new();
    let coloured = |command: &mut Command| {
        let output = command.output().expect("rlab-ops starts");
        stderr(&output).contains('\u{1b}')
    };
    assert!(!coloured(&mut machine.command("status")), "off a terminal");
    assert!(coloured(
        machine.command("status").env("CLICOLOR_FORCE", "1")
    ));
    assert!(!coloured(
        machine
            .command("--color never status")
            .env("CLICOLOR_FORCE", "1")
    ));
    assert!(coloured(&mut machine.command("--color always status")));
    assert!(!coloured(machine.command("stauts").env("NO_COLOR", "1")));
    assert!(coloured(&mut machine.command("--color=always stauts")));
}

#[test]
fn completions_name_every_verb() {
    for shell in ["bash", "zsh", "fish"] {
        let output = Machine::new().run(&format!("completions {shell}"));
        assert_eq!(output.status.code(), Some(0));
        for verb in ["doctor", "drill", "completions"] {
            assert!(stdout(&output).contains(verb), "{shell} {verb}");
        }
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    use std::process::Stdio;
    let mut child = Machine::new()
        .command("schema runbook")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("rlab-ops starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(
        (output.status.code(), stderr(&output).as_str()),
        (Some(0), "")
    );
}

#[test]
fn a_reader_that_leaves_takes_no_decision_back() {
    let machine = Machine::new();
    let doctor = || {
        // No package client is there, and nothing is cached, so some check fails.
        let mut command = machine.command("doctor");
        command.env("PATH", machine.home.path());
        command
    };
    let read = doctor().output().expect("rlab-ops starts");
    assert_eq!(read.status.code(), Some(1), "{}", stdout(&read));
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let unread = doctor().stdout(writer).status().expect("rlab-ops starts");
    assert_eq!(unread.code(), Some(1));
}

#[test]
fn json_documents_carry_their_schema() {
    let machine = Machine::new();
    for line in [
        "runbook list",
        "runbook show E-002",
        "runbook plan E-002",
        "drill E-002 --dry-run",
        "doctor",
    ] {
        let output = machine.run(&format!("{line} --format jsonl"));
        let text = stdout(&output);
        assert_eq!(text.lines().count(), 1, "{line}: {text}{}", stderr(&output));
        let document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert!(
            document["schema"]
                .as_str()
                .is_some_and(|s| s.starts_with("rlab/")),
            "{line}"
        );
    }
}
