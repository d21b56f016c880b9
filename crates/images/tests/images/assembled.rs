//! What assembled layouts are like.

use std::fs;
use std::path::Path;

use proptest::collection::btree_map;
use proptest::prelude::*;
use rlab_images::{
    Architecture, AssembleError, AssembleEvent, ImagePlan, Layout, LayoutError, Piece, Plan,
    assemble,
};

use crate::support::{built, empty, plan, small_layout, small_plan, write};

const LIBC_USER: &str = "/usr/bin/getent";
/// Where an ELF header says which processor it is for.
const MACHINE_OFFSET: usize = 18;
const ARM64: [u8; 2] = [183, 0];

fn refused(plan: &Plan, dir: &Path) -> AssembleError {
    let target = dir.join("refused");
    let error = assemble(plan, &target, &mut drop).unwrap_err();
    assert!(
        !target.exists(),
        "something was left at {}",
        target.display()
    );
    error
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_same_files_give_the_same_digests_and_others_do_not(
        files in btree_map("[a-z]{1,8}(/[a-z]{1,4})?/[a-zA-Z. -]{0,80}x", (prop::collection::vec(any::<u8>(), 1..2000), any::<bool>()), 1..12),
        which in any::<prop::sample::Index>(),
    ) {
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let changed = files.keys().nth(which.index(files.len())).unwrap();
        let mut digests = Vec::new();
        for (n, dir) in dirs.iter().enumerate() {
            let mut plan = small_plan(dir.path(), b"same");
            let tree = dir.path().join("tree");
            let mut order: Vec<_> = files.iter().collect();
            if n == 1 { order.reverse(); }
            for (name, (data, executable)) in order {
                let mut data = data.clone();
                if n == 2 && name == changed { data[0] ^= 1; }
                // Another umask, another day: neither belongs to an image.
                let mode = [0o644, 0o600, 0o644][n] | if *executable { 0o100 } else { 0 };
                write(&tree.join(name), &data, mode);
                fs::File::open(tree.join(name)).unwrap()
                    .set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(n as u64 * 1_000)).unwrap();
            }
            plan.images[0].pieces.push(Piece { from: tree, to: "/srv".into() });
            let layout = assemble(&plan, &dir.path().join("layout"), &mut drop).unwrap();
            digests.push(layout.images()[0].digest().to_owned());
        }
        prop_assert_eq!(&digests[0], &digests[1]);
        prop_assert_ne!(&digests[0], &digests[2]);
    }
}

#[test]
fn images_share_one_base_and_say_where_they_come_from() {
    let dir = tempfile::tempdir().unwrap();
    let programs = ["/usr/bin/getent", "/usr/bin/env"].map(Path::new);
    let images =
        programs.map(|path| ImagePlan::program(path.file_name().unwrap().to_str().unwrap(), path));
    let mut told = Vec::new();
    let layout = assemble(&plan(images.to_vec()), &dir.path().join("l"), &mut |e| {
        told.push(e)
    })
    .unwrap();
    let [getent, env] = ["getent", "env"].map(|name| layout.image(name).unwrap());
    assert_eq!(getent.architecture, Architecture::of_this_machine());
    assert_eq!(getent.layers[0], env.layers[0]);
    assert_ne!(getent.layers[1], env.layers[1]);

    let config = fs::read(layout.path(&getent.config)).unwrap();
    let config: serde_json::Value = serde_json::from_slice(&config).unwrap();
    let run = &config["config"];
    assert_eq!(config["os"], "linux");
    assert_eq!(run["User"], "10001:10001");
    assert_eq!(run["Entrypoint"], serde_json::json!(["/usr/bin/getent"]));
    assert_eq!(run["StopSignal"], "SIGTERM");
    assert_eq!(run["Volumes"], serde_json::json!({ "/tmp": {} }));
    assert_eq!(run["Labels"]["org.opencontainers.image.revision"], "f00d");
    assert!(
        run["Labels"]["rlab.trust.digest"]
            .as_str()
            .unwrap()
            .starts_with("sha256:")
    );

    let AssembleEvent::Packing {
        bytes_done,
        bytes_total,
        ..
    } = told.last().unwrap()
    else {
        panic!("{told:?}");
    };
    assert_eq!(bytes_done, bytes_total);
}

#[test]
fn a_file_for_another_processor_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let foreign = dir.path().join("foreign");
    let mut data = fs::read(LIBC_USER).unwrap();
    data[MACHINE_OFFSET..][..2].copy_from_slice(&ARM64);
    write(&foreign, &data, 0o755);
    let mut plan = plan(vec![ImagePlan::program("x", &foreign)]);
    plan.architecture = Architecture::Amd64;
    let error = refused(&plan, dir.path());
    let told = format!("{}: built for arm64, wanted x86-64", foreign.display());
    assert_eq!(error.to_string(), told);
}

#[test]
fn an_agent_for_this_processor_is_refused_where_another_is_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let agent = built("rlab-command-service");
    let mut plan = plan(vec![ImagePlan::program("command-service", &agent)]);
    let (here, other) = match plan.architecture {
        Architecture::Amd64 => ("x86-64", Architecture::Arm64),
        Architecture::Arm64 => ("arm64", Architecture::Amd64),
    };
    plan.architecture = other;
    let error = refused(&plan, dir.path()).to_string();
    assert_eq!(
        error,
        format!("{}: built for {here}, wanted {other}", agent.display())
    );
}

#[test]
fn a_missing_loader_or_library_is_named_with_who_wants_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = plan(vec![ImagePlan::program("getent", Path::new(LIBC_USER))]);
    plan.sysroot = empty(dir.path());
    let error = refused(&plan, dir.path());
    assert!(
        matches!(&error, AssembleError::LibraryMissing { library, .. } if library.contains("/ld-linux")),
        "{error}"
    );

    let loader = goblin_loader(LIBC_USER);
    let inside = plan.sysroot.join(loader.trim_start_matches('/'));
    write(&inside, &fs::read(&loader).unwrap(), 0o755);
    let error = refused(&plan, dir.path());
    assert!(
        matches!(&error, AssembleError::LibraryMissing { path, library, .. } if library == "libc.so.6" && path == Path::new(LIBC_USER)),
        "{error}"
    );
}

fn goblin_loader(program: &str) -> String {
    let data = fs::read(program).unwrap();
    let elf = goblin::elf::Elf::parse(&data).unwrap();
    elf.interpreter.unwrap().into()
}

#[test]
fn what_a_library_inside_a_directory_wants_beyond_libc_is_told_and_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("runtime");
    let libraries = Path::new("/lib").join(format!("{}-linux-gnu", std::env::consts::ARCH));
    let library = fs::read(libraries.join("libssl.so.3")).unwrap();
    write(&tree.join("lib/libwindows.so"), &library, 0o644);
    let mut plan = small_plan(dir.path(), b"x");
    plan.sysroot = "/".into();
    plan.images[0].pieces.push(Piece {
        from: tree.clone(),
        to: "/opt/runtime".into(),
    });
    let unmet = |plan: &Plan| {
        let mut unmet = Vec::new();
        let note = &mut |event| {
            if let AssembleEvent::Unmet { library, .. } = event {
                unmet.push(library);
            }
        };
        assemble(plan, &dir.path().join("l"), note).unwrap();
        unmet
    };
    assert_eq!(unmet(&plan), ["libcrypto.so.3"]);
    let own = fs::read(libraries.join("libcrypto.so.3")).unwrap();
    write(&tree.join("lib/libcrypto.so.3"), &own, 0o644);
    assert!(unmet(&plan).is_empty());
}

#[test]
fn a_plan_that_contradicts_itself_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let good = small_plan(dir.path(), b"x");
    let mut no_program = good.clone();
    no_program.images[0].entrypoint = vec!["/opt/data".into()];
    let mut twice = good.clone();
    twice.images.push(good.images[0].clone());
    let mut removal = good.clone();
    removal.images[0].pieces[1].to = "/opt/.wh.data".into();
    let mut named = good.clone();
    named.images[0].name = "../x".into();
    for (plan, why) in [
        (no_program, "no program"),
        (twice, "two of that name"),
        (removal, "removal"),
        (named, "a name has"),
    ] {
        let error = refused(&plan, dir.path()).to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn a_layout_is_replaced_as_a_whole_and_nothing_else_is() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("layout");
    let first = small_layout(dir.path(), 100);
    let second = small_layout(dir.path(), 200);
    assert_ne!(first.images(), second.images());
    assert_eq!(Layout::open(&target).unwrap().images(), second.images());
    assert!(
        !target
            .join("blobs/sha256")
            .join(&first.images()[0].digest()[7..])
            .exists()
    );

    let foreign = dir.path().join("photos");
    write(&foreign.join("cat.jpg"), b"cat", 0o644);
    let error = assemble(&small_plan(dir.path(), b"x"), &foreign, &mut drop).unwrap_err();
    assert!(matches!(error, AssembleError::Occupied(_)), "{error}");
    assert_eq!(fs::read(foreign.join("cat.jpg")).unwrap(), b"cat");
    let left = fs::read_dir(dir.path()).unwrap().flatten();
    assert!(
        !left
            .map(|entry| entry.file_name())
            .any(|name| name.display().to_string().starts_with(".images"))
    );
}

#[test]
fn a_layout_with_any_blob_changed_cut_or_gone_does_not_open() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("layout");
    let image = small_layout(dir.path(), 1_000).images()[0].clone();
    let layout = Layout::open(&root).unwrap();
    for blob in [
        &image.manifest,
        &image.config,
        &image.layers[0],
        &image.layers[1],
    ] {
        let path = layout.path(blob);
        let sound = fs::read(&path).unwrap();
        let mut flipped = sound.clone();
        flipped[sound.len() / 2] ^= 1;
        for broken in [flipped, sound[..sound.len() - 1].to_vec()] {
            fs::write(&path, broken).unwrap();
            assert!(Layout::open(&root).is_err(), "{}", path.display());
        }
        fs::remove_file(&path).unwrap();
        assert!(
            matches!(Layout::open(&root), Err(LayoutError::Unreadable { path: at, .. }) if at == path)
        );
        fs::write(&path, sound).unwrap();
    }
    Layout::open(&root).unwrap();
}

#[test]
fn an_index_cannot_lead_out_of_the_layout() {
    let dir = tempfile::tempdir().unwrap();
    let layout = small_layout(dir.path(), 10);
    let index = dir.path().join("layout/index.json");
    let told = fs::read_to_string(&index).unwrap();
    let digest = layout.images()[0].digest();
    for evil in ["sha256:../../../../etc/passwd", "sha512:00", "sha256:00"] {
        fs::write(&index, told.replace(digest, evil)).unwrap();
        let error = Layout::open(&dir.path().join("layout")).unwrap_err();
        assert!(matches!(error, LayoutError::Malformed { .. }), "{error}");
    }
}
