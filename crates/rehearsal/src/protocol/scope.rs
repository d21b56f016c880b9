//! The SigV4 credential scope: who calls which service in which region.

use axum::http::request::Parts;

/// What the signature says about a request. The signature itself is not checked: nothing here is
/// worth forging a call for, and the caller's secret is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    /// Access key id.
    pub(crate) access_key: String,
    /// Region.
    pub(crate) region: String,
    /// Service as SigV4 names it, for example `kafka`, `monitoring`.
    pub(crate) service: String,
}

impl Scope {
    /// Reads the scope of a signed or presigned request.
    pub(crate) fn of(parts: &Parts) -> Option<Self> {
        let header = parts.headers.get("authorization");
        match header.and_then(|value| value.to_str().ok()) {
            Some(value) => Self::parse(value.split_once("Credential=")?.1.split(',').next()?),
            None => {
                let query = parts.uri.query()?;
                let (_, credential) = form_urlencoded::parse(query.as_bytes())
                    .find(|(name, _)| name == "X-Amz-Credential")?;
                Self::parse(&credential)
            }
        }
    }

    /// `AKID/20260101/us-east-1/kafka/aws4_request`
    fn parse(credential: &str) -> Option<Self> {
        let mut parts = credential.trim().split('/');
        let access_key = parts.next().filter(|key| !key.is_empty())?.to_owned();
        let region = parts.nth(1)?.to_owned();
        let service = parts.next()?.to_owned();
        (parts.next()? == "aws4_request").then_some(Self {
            access_key,
            region,
            service,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn scope(request: Request<()>) -> Option<Scope> {
        Scope::of(&request.into_parts().0)
    }

    #[test]
    fn signed_and_presigned_requests_name_their_service() {
        let signed = Request::get("/").header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/kafka/aws4_request, SignedHeaders=host, Signature=00",
        );
        let presigned = Request::get(
            "/b/k?X-Amz-Credential=AKIA%2F20260101%2Feu-west-1%2Fkafka%2Faws4_request",
        );
        let expected = Scope {
            access_key: "AKIA".to_owned(),
            region: "eu-west-1".to_owned(),
            service: "kafka".to_owned(),
        };
        assert_eq!(scope(signed.body(()).unwrap()), Some(expected.clone()));
        assert_eq!(scope(presigned.body(()).unwrap()), Some(expected));
    }

    #[test]
    fn an_unsigned_or_mangled_request_has_no_scope() {
        assert_eq!(scope(Request::get("/").body(()).unwrap()), None);
        let mangled = Request::get("/").header("authorization", "AWS4 Credential=/x/y");
        assert_eq!(scope(mangled.body(()).unwrap()), None);
    }
}
