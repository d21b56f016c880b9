//! MySQL's real log files, as RDS hands them out.

use axum::body::Body;
use axum::http::Response;

use crate::data_plane::LogFile;
use crate::paging;
use crate::protocol::refusal::Refusal;
use crate::protocol::wire;
use crate::protocol::xml::Element;
use crate::rds::instance;
use crate::rehearsal::{Call, Rehearsal};

/// Most bytes of one portion: AWS's limit.
const MAX_PORTION: usize = 1 << 20;
/// Bytes taken for a line when the caller says how many lines.
const LINE: usize = 256;
/// Files on a page when the caller does not say.
const PAGE: usize = 100;

/// DescribeDBLogFiles.
pub(super) async fn describe(
    rehearsal: &Rehearsal,
    call: &Call,
) -> Result<Response<Body>, Refusal> {
    let id = call.form.required("DBInstanceIdentifier")?;
    instance(rehearsal, call, id).await?;
    let number = |name: &str| {
        call.form
            .get(name)
            .and_then(|text| text.parse::<i64>().ok())
    };
    let (name, size, since) = (
        call.form.get("FilenameContains").unwrap_or_default(),
        number("FileSize")
            .and_then(|size| u64::try_from(size).ok())
            .unwrap_or(0),
        number("FileLastWritten").unwrap_or(i64::MIN),
    );
    let mut files = rehearsal.plane.mysql_logs().await?;
    files.retain(|file| {
        let written = file.written_at.as_millisecond();
        file.name.contains(name) && file.size_bytes >= size && written >= since
    });
    files.sort_by(|one, other| one.name.cmp(&other.name));
    let limit = number("MaxRecords").and_then(|limit| usize::try_from(limit).ok());
    let page = paging::page(files, limit.unwrap_or(PAGE), call.form.get("Marker"));
    let page = page.ok_or_else(marker)?;
    let list = Element::new("DescribeDBLogFiles", page.items.iter().map(told).collect());
    let mut result = vec![list];
    result.extend(page.next.map(|next| Element::text("Marker", next)));
    Ok(wire::query_answer(
        "rds",
        "DescribeDBLogFiles",
        result,
        &call.id,
    ))
}

fn told(file: &LogFile) -> Element {
    let children = vec![
        Element::text("LogFileName", &file.name),
        Element::text("LastWritten", file.written_at.as_millisecond()),
        Element::text("Size", file.size_bytes),
    ];
    Element::new("DescribeDBLogFilesDetails", children)
}

/// DownloadDBLogFilePortion. The marker is the offset to go on from; without one, and with a number
/// of lines, the end of the file is told.
pub(super) async fn download(
    rehearsal: &Rehearsal,
    call: &Call,
) -> Result<Response<Body>, Refusal> {
    let id = call.form.required("DBInstanceIdentifier")?;
    let name = call.form.required("LogFileName")?;
    instance(rehearsal, call, id).await?;
    let files = rehearsal.plane.mysql_logs().await?;
    let file = files.iter().find(|file| file.name == name).ok_or_else(|| {
        let message = format!("DBLog File: {name}, is not found on the DB instance");
        Refusal::not_found("DBLogFileNotFoundFault", message)
    })?;
    let lines = call
        .form
        .get("NumberOfLines")
        .and_then(|lines| lines.parse::<usize>().ok());
    let limit = lines.map_or(MAX_PORTION, |lines| {
        lines.saturating_mul(LINE).min(MAX_PORTION)
    });
    let tail = file
        .size_bytes
        .saturating_sub(u64::try_from(limit).unwrap_or(u64::MAX));
    let from = match (call.form.get("Marker"), lines) {
        (Some(text), _) => text.parse().map_err(|_| marker())?,
        (None, Some(_)) => tail,
        (None, None) => 0,
    };
    let portion = rehearsal.plane.read_mysql_log(name, from, limit).await?;
    let next = from + u64::try_from(portion.len()).unwrap_or(0);
    let result = vec![
        Element::text("LogFileData", readable(&portion)),
        Element::text("Marker", next),
        Element::text("AdditionalDataPending", next < file.size_bytes),
    ];
    Ok(wire::query_answer(
        "rds",
        "DownloadDBLogFilePortion",
        result,
        &call.id,
    ))
}

/// Text that XML can carry.
fn readable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let allowed = |c: &char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    text.chars().filter(allowed).collect()
}

fn marker() -> Refusal {
    Refusal::sender(
        "InvalidParameterValue",
        "Invalid value for parameter Marker.",
    )
}
