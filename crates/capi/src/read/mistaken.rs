//! Bodies that are something else than their sender says or believes: what they are, and how to mend it.

use crate::Error;

/// How the bytes of gzip begin (RFC 1952).
const GZIP: &[u8] = b"\x1f\x8b";
/// Longest boundary of a form that is shown, bytes. RFC 2046 allows 70.
const BOUNDARY_MAX: usize = 70;
/// How forms begin that hold events.
const FIELDS: [&[u8]; 4] = [b"data=", b"data%5B", b"data[", b"access_token="];

/// What is wrong with a body before it is read, by the kind that its content type names.
pub(super) fn at_first_sight(kind: &str, body: &[u8]) -> Option<Error> {
    if body.starts_with(GZIP) {
        return Some(Error::unreadable("the body is compressed with gzip; send it uncompressed"));
    }
    let is_json = || matches!(trimmed(body).first(), Some(b'{' | b'['));
    (kind == "application/x-www-form-urlencoded" && is_json()).then(|| {
        Error::unreadable(
            "the body is JSON and its content type says that it is a form; write Content-Type: application/json",
        )
    })
}

/// What a body is that cannot be read as JSON, where that can be seen; otherwise what is broken in it.
pub(super) fn no_json(body: &[u8], broken: Error) -> Error {
    let body = trimmed(body);
    if body.is_empty() {
        return Error::unreadable("the body is empty; it has to be {\"data\": [{…}]}");
    }
    if let Some(boundary) = boundary(body) {
        return Error::unreadable(format_args!(
            "the body is a form in parts and its content type does not say so; write Content-Type: multipart/form-data; boundary={boundary}"
        ));
    }
    if FIELDS.iter().any(|field| {
        body.starts_with(field) || memchr::memmem::find(body, &[b"&", *field].concat()).is_some()
    }) && !body.starts_with(b"{")
    {
        return Error::unreadable(
            "the body is a form and its content type does not say so; write Content-Type: application/x-www-form-urlencoded",
        );
    }
    let begins_json = |first: &u8| matches!(first, b'{' | b'[' | b'"' | b'-' | b'0'..=b'9');
    if body.first().is_some_and(begins_json) || serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok()
    {
        return broken;
    }
    Error::unreadable(format_args!("the body is no JSON; it has to be {{\"data\": [{{…}}]}} ({broken})"))
}

fn trimmed(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii()
}

/// The boundary of a form in parts that begins so.
fn boundary(body: &[u8]) -> Option<&str> {
    let line = body.strip_prefix(b"--")?.split(|byte| *byte == b'\n').next()?.trim_ascii_end();
    let boundary = std::str::from_utf8(line).ok()?;
    let is_one =
        (1..=BOUNDARY_MAX).contains(&boundary.len()) && boundary.bytes().all(|byte| byte.is_ascii_graphic());
    is_one.then_some(boundary)
}
