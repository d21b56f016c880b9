//! Plans and layouts for tests.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rlab_images::{
    About, Architecture, ImagePlan, Layout, Patience, Piece, Plan, PushEvent, assemble,
};

pub const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";

/// A plan of `images` on this machine's libraries and certificates.
pub fn plan(images: Vec<ImagePlan>) -> Plan {
    Plan {
        architecture: Architecture::of_this_machine().unwrap(),
        sysroot: "/".into(),
        trust: Vec::new(),
        about: About {
            version: "0.1.0".into(),
            revision: "f00d".into(),
            source: None,
        },
        images,
    }
}

/// An image of a script and `data`, with the smallest of bases.
pub fn small_plan(dir: &Path, data: &[u8]) -> Plan {
    let (script, file, trust) = (dir.join("run"), dir.join("data"), dir.join("trust.pem"));
    write(&script, b"#!/bin/sh\n", 0o755);
    write(&file, data, 0o644);
    write(&trust, CERTIFICATE.as_bytes(), 0o644);
    let mut image = ImagePlan::program("small", &script);
    image.pieces.push(Piece {
        from: file,
        to: "/opt/data".into(),
    });
    Plan {
        sysroot: empty(dir),
        trust: vec![trust],
        ..plan(vec![image])
    }
}

/// A layout with the image `small`, `bytes` of it incompressible.
pub fn small_layout(dir: &Path, bytes: usize) -> Layout {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let data: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
    .take(bytes)
    .collect();
    assemble(&small_plan(dir, &data), &dir.join("layout"), &mut drop).unwrap()
}

pub fn empty(dir: &Path) -> PathBuf {
    let empty = dir.join("empty");
    fs::create_dir_all(&empty).unwrap();
    empty
}

pub fn write(path: &Path, data: &[u8], mode: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, data).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A binary of the workspace, as built.
pub fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().unwrap().parent().unwrap().join(name);
    assert!(
        path.is_file(),
        "build the workspace first: there is no {}",
        path.display()
    );
    path
}

/// Fails fast: a registry that is to answer does so at once.
pub fn hasty() -> Patience {
    let ms = std::time::Duration::from_millis;
    Patience {
        attempts: 5,
        first_wait: ms(10),
        longest_wait: ms(100),
        connect: ms(2_000),
        silence: ms(20_000),
    }
}

pub fn unheard(_: PushEvent) {}
