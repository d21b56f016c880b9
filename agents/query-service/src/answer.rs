//! HTTP answers made of documents.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rlab_agent_kit::http::problem;

use crate::document::{self, Document};

const X_CACHE: HeaderName = HeaderName::from_static("x-cache");
const X_VERSION: HeaderName = HeaderName::from_static("x-version");
const ZSTD: &str = "zstd";

/// Where a document came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Hit,
    Miss,
}

/// `document` as the request wants it: not at all if it has it, compressed if it can read that.
pub fn found(request: &HeaderMap, document: Document, source: Source) -> Response {
    let tag = format!("\"{}-{}\"", document.version, document.tag);
    let mut answer = if has(request, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if accepts_zstd(request) {
        let encoded = [(header::CONTENT_ENCODING, ZSTD)];
        (encoded, document.body).into_response()
    } else {
        match document::plain(&document.body) {
            Some(json) => json.into_response(),
            None => return damaged(),
        }
    };
    let headers = answer.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(
        X_CACHE,
        HeaderValue::from_static(match source {
            Source::Hit => "hit",
            Source::Miss => "miss",
        }),
    );
    headers.insert(X_VERSION, HeaderValue::from(document.version));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    answer
}

/// 404.
pub fn unknown() -> Response {
    problem(StatusCode::NOT_FOUND, "unknown_item", "no such item")
}

fn damaged() -> Response {
    problem(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "the cached document is damaged",
    )
}

fn has(request: &HeaderMap, tag: &str) -> bool {
    words(request, header::IF_NONE_MATCH).any(|word| word.trim_start_matches("W/") == tag)
}

fn accepts_zstd(request: &HeaderMap) -> bool {
    words(request, header::ACCEPT_ENCODING).any(|word| {
        let mut parts = word.split(';').map(str::trim);
        parts.next() == Some(ZSTD) && !parts.any(|part| part == "q=0")
    })
}

fn words(request: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = request.get_all(name).into_iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    fn document() -> Document {
        Document {
            version: 3,
            tag: "row".into(),
            body: zstd::bulk::compress(b"{}", 1).unwrap(),
        }
    }

    #[test]
    fn who_has_the_version_is_told_so_and_sent_nothing() {
        for held in ["\"3-row\"", "\"1-x\", W/\"3-row\""] {
            let answer = found(
                &request(header::IF_NONE_MATCH, held),
                document(),
                Source::Hit,
            );
            assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{held}");
            assert_eq!(answer.headers()[header::ETAG], "\"3-row\"");
        }
        let other = request(header::IF_NONE_MATCH, "\"2-row\"");
        assert_eq!(
            found(&other, document(), Source::Hit).status(),
            StatusCode::OK
        );
    }

    #[test]
    fn only_who_reads_zstd_is_sent_it() {
        for (accepts, encoded) in [
            ("gzip, zstd", true),
            ("zstd;q=0.5", true),
            ("zstd;q=0", false),
            ("gzip", false),
        ] {
            let headers = request(header::ACCEPT_ENCODING, accepts);
            let answer = found(&headers, document(), Source::Miss);
            let is = answer.headers().contains_key(header::CONTENT_ENCODING);
            assert_eq!(is, encoded, "{accepts}");
            assert_eq!(answer.headers()["x-version"], "3");
        }
    }
}
