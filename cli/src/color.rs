//! When to colour. Settled before the arguments are parsed, since their errors are coloured too.

use std::ffi::OsString;

use clap::ValueEnum;

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR, TERM=dumb or the like say otherwise.
    Auto,
    /// Also into pipes and files.
    Always,
    /// Nowhere.
    Never,
}

/// Takes `--color` from the raw arguments and makes it the rule of both streams.
pub fn settle(args: impl Iterator<Item = OsString>) {
    let choice = match asked(args) {
        ColorChoice::Auto => anstream::ColorChoice::Auto,
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
    };
    choice.write_global();
}

/// The settled rule in clap's words.
pub fn for_clap() -> clap::ColorChoice {
    match anstream::ColorChoice::global() {
        anstream::ColorChoice::Auto => clap::ColorChoice::Auto,
        anstream::ColorChoice::Never => clap::ColorChoice::Never,
        _ => clap::ColorChoice::Always,
    }
}

fn asked(args: impl Iterator<Item = OsString>) -> ColorChoice {
    let words: Vec<String> = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
    let spaced = words
        .windows(2)
        .find(|pair| pair[0] == "--color")
        .map(|pair| pair[1].as_str());
    let joined = words.iter().find_map(|word| word.strip_prefix("--color="));
    spaced
        .or(joined)
        .and_then(|value| ColorChoice::from_str(value, false).ok())
        .unwrap_or(ColorChoice::Auto)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(line: &str) -> ColorChoice {
        asked(line.split(' ').map(OsString::from))
    }

    #[test]
    fn both_spellings_of_the_option_are_seen() {
        assert_eq!(choice("rlab-ops --color never up"), ColorChoice::Never);
        assert_eq!(choice("rlab-ops up --color=always"), ColorChoice::Always);
    }

    #[test]
    fn a_missing_or_wrong_value_leaves_it_to_the_terminal() {
        assert_eq!(choice("rlab-ops up"), ColorChoice::Auto);
        assert_eq!(choice("rlab-ops --color sometimes"), ColorChoice::Auto);
        assert_eq!(choice("rlab-ops --color"), ColorChoice::Auto);
    }
}
