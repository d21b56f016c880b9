//! Processors that images are made for.

use std::fmt;

use goblin::elf::header::{EM_AARCH64, EM_X86_64};
use oci_spec::image::Arch;

/// Processor that every file of an image must have been built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// x86-64; `X86_64` to Fargate.
    Amd64,
    /// 64-bit ARM; `ARM64` to Fargate.
    Arm64,
}

impl Architecture {
    /// What this program was built for, if images can be made for it.
    pub fn of_this_machine() -> Option<Self> {
        match std::env::consts::ARCH {
            "x86_64" => Some(Self::Amd64),
            "aarch64" => Some(Self::Arm64),
            _ => None,
        }
    }

    pub(crate) fn elf_machine(self) -> u16 {
        match self {
            Self::Amd64 => EM_X86_64,
            Self::Arm64 => EM_AARCH64,
        }
    }

    pub(crate) fn oci(self) -> Arch {
        match self {
            Self::Amd64 => Arch::Amd64,
            Self::Arm64 => Arch::ARM64,
        }
    }

    pub(crate) fn from_oci(name: &Arch) -> Option<Self> {
        [Self::Amd64, Self::Arm64]
            .into_iter()
            .find(|architecture| architecture.oci() == *name)
    }

    /// Where loaders of the common distributions look without being told, best first.
    pub(crate) fn library_dirs(self) -> [&'static str; 6] {
        let (lib, usr_lib) = match self {
            Self::Amd64 => ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"),
            Self::Arm64 => ("lib/aarch64-linux-gnu", "usr/lib/aarch64-linux-gnu"),
        };
        [lib, usr_lib, "lib64", "usr/lib64", "lib", "usr/lib"]
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Amd64 => "x86-64",
            Self::Arm64 => "arm64",
        })
    }
}

/// The name of an ELF machine, for messages.
pub(crate) fn machine_name(machine: u16) -> String {
    [Architecture::Amd64, Architecture::Arm64]
        .into_iter()
        .find(|architecture| architecture.elf_machine() == machine)
        .map_or_else(
            || goblin::elf::header::machine_to_str(machine).to_owned(),
            |architecture| architecture.to_string(),
        )
}
