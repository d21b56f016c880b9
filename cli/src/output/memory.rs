//! Amounts of memory and disk in words.

/// `bytes` in the binary unit that suits its size, for example `135.20 MiB`.
pub fn human(bytes: u64) -> String {
    indicatif::BinaryBytes(bytes).to_string()
}
