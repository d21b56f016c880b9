//! What a lab made on servers that are not its own, on record before it is made, so that `down` removes
//! that and nothing else.

use std::fs::File;
use std::io::Write;

use rlab_contract::agent_config::Namespace;
use serde::{Deserialize, Serialize};

use crate::error::LabError;
use crate::home::LabDir;
use crate::pipeline;
use crate::servers::Site;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Made(Namespace),
    Gone(Namespace),
}

/// Notes that `namespace` is about to be made, where that is on servers that are not the lab's own; on disk
/// when this returns.
///
/// # Errors
/// When the file system refuses; nothing may be made then.
pub(crate) fn note(site: &Site, namespace: &Namespace) -> Result<(), LabError> {
    match site.spec.mark {
        Some(_) => append(&site.dir, &Line::Made(namespace.clone())),
        None => Ok(()),
    }
}

/// Notes that `namespace` is gone.
///
/// # Errors
/// When the file system refuses; it is only looked for once more then.
pub(crate) fn forget(site: &Site, namespace: &Namespace) -> Result<(), LabError> {
    match site.spec.mark {
        Some(_) => append(&site.dir, &Line::Gone(namespace.clone())),
        None => Ok(()),
    }
}

/// What was made and is not known to be gone.
///
/// # Errors
/// When the record cannot be read.
pub(crate) fn left(dir: &LabDir) -> Result<Vec<Namespace>, LabError> {
    let path = dir.made();
    let text = match std::fs::read_to_string(&path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        read => read.map_err(|e| LabError::io(&path, e))?,
    };
    let mut left = Vec::new();
    for line in text[..whole(&text)].lines() {
        let line = serde_json::from_str(line).map_err(|e| LabError::BadFile {
            path: path.clone(),
            reason: e.to_string(),
        })?;
        match line {
            Line::Made(namespace) if !left.contains(&namespace) => left.push(namespace),
            Line::Made(_) => {}
            Line::Gone(namespace) => left.retain(|made| *made != namespace),
        }
    }
    Ok(left)
}

/// Removes all that the lab in `dir`, which is stopped, made on servers that are not its own, and returns
/// its names. What cannot be removed stays on record.
///
/// # Errors
/// [`LabError::LeftElsewhere`] with what is left and why.
pub(crate) async fn remove(dir: &LabDir) -> Result<Vec<String>, LabError> {
    let left = left(dir)?;
    if left.is_empty() {
        return Ok(Vec::new());
    }
    let site = Site::load(dir.clone())?;
    let mut failures = Vec::new();
    let mut removed = Vec::new();
    for namespace in left {
        // Not through `pipeline::remove`, which wants the lab's own registry to be up.
        match pipeline::remove_elsewhere(&site, &namespace).await {
            Ok(()) => {
                forget(&site, &namespace)?;
                removed.push(namespace.database);
            }
            Err(error) => failures.push(format!("{}: {error}", namespace.database)),
        }
    }
    match failures.is_empty() {
        true => Ok(removed),
        false => Err(LabError::LeftElsewhere(failures)),
    }
}

/// Forgets everything: the servers themselves are gone.
///
/// # Errors
/// When the file system refuses.
pub(crate) fn start_over(dir: &LabDir) -> Result<(), LabError> {
    let path = dir.made();
    match std::fs::remove_file(&path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(LabError::io(&path, e)),
        _ => Ok(()),
    }
}

fn append(dir: &LabDir, line: &Line) -> Result<(), LabError> {
    let path = dir.made();
    let io = |e: std::io::Error| LabError::io(&path, e);
    let mut bytes = serde_json::to_vec(line).map_err(|e| io(e.into()))?;
    bytes.push(b'\n');
    let mut file = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(io)?;
    let earlier = std::fs::read_to_string(&path).map_err(io)?;
    file.set_len(whole(&earlier) as u64)
        .and_then(|()| file.write_all(&bytes))
        .and_then(|()| file.sync_data())
        .map_err(io)
}

/// Length of the whole lines: a last one that was cut off announces what was not begun.
fn whole(text: &str) -> usize {
    text.rfind('\n').map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LabHome;

    #[test]
    fn what_was_made_and_not_removed_is_left_however_the_last_line_ended() {
        let home = tempfile::tempdir().unwrap();
        let dir = LabHome::at(home.path()).lab("one").unwrap();
        std::fs::create_dir_all(dir.path()).unwrap();
        assert_eq!(left(&dir).unwrap(), []);
        let [first, second] = ["one_00c0de_main", "one_00c0de_e003"].map(Namespace::named);
        for made in [&first, &second, &first] {
            append(&dir, &Line::Made(made.clone())).unwrap();
        }
        assert_eq!(left(&dir).unwrap(), [first.clone(), second.clone()]);
        let text = std::fs::read_to_string(dir.made()).unwrap();
        std::fs::write(dir.made(), text + "{\"made\":{\"data").unwrap();
        append(&dir, &Line::Gone(first)).unwrap();
        assert_eq!(left(&dir).unwrap(), [second]);
        start_over(&dir).unwrap();
        assert_eq!(left(&dir).unwrap(), []);
    }

    #[test]
    fn a_record_that_cannot_be_read_is_not_taken_for_an_empty_one() {
        let home = tempfile::tempdir().unwrap();
        let dir = LabHome::at(home.path()).lab("one").unwrap();
        std::fs::create_dir_all(dir.path()).unwrap();
        std::fs::write(dir.made(), "damaged\n").unwrap();
        assert!(matches!(left(&dir), Err(LabError::BadFile { .. })));
    }
}
