//! `multipart/form-data` (RFC 7578), small and whole in memory: text fields only.

use std::borrow::Cow;

use super::form;
use crate::Error;

/// Longest boundary that RFC 2046 allows, characters.
const BOUNDARY_MAX: usize = 70;
/// Most fields that are looked at; a request of Meta's has about ten.
const FIELDS_MAX: usize = 64;

/// The fields as a JSON object.
pub(super) fn decode(content_type: &str, body: &[u8]) -> Result<Vec<u8>, Error> {
    let boundary = boundary(content_type)
        .ok_or_else(|| Error::unreadable("the content type multipart/form-data must name its boundary"))?;
    let fields = fields(boundary, body)?;
    Ok(form::object(fields.into_iter(), body.len()))
}

/// The names and values of the fields.
pub(super) fn fields<'b>(boundary: &str, body: &'b [u8]) -> Result<Vec<form::NamedText<'b>>, Error> {
    let delimiter = format!("--{boundary}");
    let mut fields: Vec<form::NamedText<'b>> = Vec::new();
    let mut rest = after(body, delimiter.as_bytes())
        .ok_or_else(|| Error::unreadable("the body does not begin with the boundary of its content type"))?;
    let separator = format!("\r\n{delimiter}");
    while !rest.starts_with(b"--") {
        if fields.len() == FIELDS_MAX {
            return Err(Error::unreadable(format_args!("the form has more than {FIELDS_MAX} fields")));
        }
        let part = rest.strip_prefix(b"\r\n").unwrap_or(rest);
        let end = find(part, separator.as_bytes())
            .ok_or_else(|| Error::unreadable("the last field of the form is not closed by its boundary"))?;
        if let Some(headers_end) = find(&part[..end], b"\r\n\r\n")
            && let Some(name) = name(&part[..headers_end])
        {
            let value = String::from_utf8_lossy(&part[headers_end + 4..end]);
            fields.push((Cow::Owned(name), value));
        }
        rest = &part[end + separator.len()..];
    }
    Ok(fields)
}

fn boundary(content_type: &str) -> Option<&str> {
    let (_, value) = content_type.split(';').map(str::trim).find_map(|parameter| {
        parameter.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("boundary"))
    })?;
    let value = value.trim_matches('"');
    (1..=BOUNDARY_MAX).contains(&value.len()).then_some(value)
}

/// `name` of the header `Content-Disposition`.
fn name(headers: &[u8]) -> Option<String> {
    let headers = String::from_utf8_lossy(headers);
    let disposition = headers.split("\r\n").find(|header| {
        header.get(..20).is_some_and(|name| name.eq_ignore_ascii_case("content-disposition:"))
    })?;
    let (_, value) = disposition.split(';').map(str::trim).find_map(|parameter| {
        parameter.split_once('=').filter(|(name, _)| name.eq_ignore_ascii_case("name"))
    })?;
    Some(value.trim_matches('"').to_owned())
}

fn after<'a>(text: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    find(text, mark).map(|place| &text[place + mark.len()..])
}

fn find(text: &[u8], mark: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, mark)
}
