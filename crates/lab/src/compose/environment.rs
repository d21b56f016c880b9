//! What `docker compose` is told beside its file: ports, and passwords that are drawn once per lab.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::error::LabError;
use crate::files;
use crate::layout::{moved, published};
use crate::secrets::secret;

pub(super) const MYSQL_PASSWORD: &str = "RLAB_MYSQL_PASSWORD";
pub(super) const REDIS_PASSWORD: &str = "RLAB_REDIS_PASSWORD";
const GRAFANA_PASSWORD: &str = "RLAB_GRAFANA_PASSWORD";

/// Variables of ports, with the ports of a lab that is not moved.
pub(super) const PORTS: [(&str, u16); 13] = [
    ("RLAB_KAFKA_1_PORT", published::KAFKA[0]),
    ("RLAB_KAFKA_2_PORT", published::KAFKA[1]),
    ("RLAB_KAFKA_3_PORT", published::KAFKA[2]),
    ("RLAB_MYSQL_PORT", published::MYSQL),
    ("RLAB_REDIS_PORT", published::REDIS[0]),
    ("RLAB_REDIS_2_PORT", published::REDIS[1]),
    ("RLAB_KAFKA_UI_PORT", published::KAFKA_UI),
    ("RLAB_PROMETHEUS_PORT", published::PROMETHEUS),
    ("RLAB_GRAFANA_PORT", published::GRAFANA),
    ("RLAB_COMMAND_SERVICE_PORT", published::AGENTS[0]),
    ("RLAB_QUERY_SERVICE_PORT", published::AGENTS[1]),
    ("RLAB_OUTBOX_RELAY_PORT", published::AGENTS[2]),
    ("RLAB_CONSUMER_SERVICE_PORT", published::AGENTS[3]),
];

/// The file, in the directory of what `docker compose` is given.
pub(super) fn path(home: &Path) -> PathBuf {
    home.join("environment")
}

/// Writes the file for its owner only, passwords staying what they were.
pub(super) fn provide(home: &Path, offset: u16) -> Result<(), LabError> {
    let earlier = match path(home).exists() {
        true => read(home)?,
        false => BTreeMap::new(),
    };
    let mut text = String::new();
    for (name, port) in PORTS {
        let _ = writeln!(text, "{name}={}", moved(port, offset)?);
    }
    for name in [MYSQL_PASSWORD, REDIS_PASSWORD, GRAFANA_PASSWORD] {
        let value = earlier.get(name).cloned().unwrap_or_else(secret);
        let _ = writeln!(text, "{name}={value}");
    }
    files::write(&path(home), text.as_bytes(), files::OWNER_ONLY)
}

/// Variable → value.
pub(super) fn read(home: &Path) -> Result<BTreeMap<String, String>, LabError> {
    let path = path(home);
    let text = std::fs::read_to_string(&path).map_err(|e| LabError::io(&path, e))?;
    let lines = text.lines().filter_map(|line| line.split_once('='));
    Ok(lines
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn passwords_are_for_their_owner_and_stay_while_ports_move() {
        let home = tempfile::tempdir().unwrap();
        provide(home.path(), 0).unwrap();
        let before = read(home.path()).unwrap();
        let mode = std::fs::metadata(path(home.path())).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
        provide(home.path(), 1_000).unwrap();
        let after = read(home.path()).unwrap();
        assert_eq!(before[MYSQL_PASSWORD], after[MYSQL_PASSWORD]);
        assert_ne!(after[MYSQL_PASSWORD], after[REDIS_PASSWORD]);
        assert_eq!(before["RLAB_MYSQL_PORT"], "13306");
        assert_eq!(after["RLAB_MYSQL_PORT"], "14306");
        assert!(matches!(
            provide(home.path(), 14_000),
            Err(LabError::PortOffset(14_000, _))
        ));
    }
}
