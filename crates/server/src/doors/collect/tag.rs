//! The tag: one script for all, with the few settings of a key at its head.

use std::io::Write as _;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use flate2::{Compression, write::GzEncoder};
use kopru_core::Consent;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::CollectDoor;

/// The script as people read it.
const SOURCE: &str = include_str!("../../../assets/kopru.js");
/// What stands in it for the settings.
const SETTINGS: &str = "SETTINGS";
/// For how long browsers keep it, seconds: a change of the configuration reaches everybody within an hour.
const MAX_AGE_S: u32 = 60 * 60;
/// What a page gets that names a key which nobody has.
const NOBODYS: &str = "/* Kopru does not know this key: compare it with the one in kopru.toml. */\n";

/// The tag of one key, as it is sent.
pub(super) struct Tag {
    plain: Vec<u8>,
    zipped: Vec<u8>,
    etag: HeaderValue,
}

impl Tag {
    pub(super) fn of(door: &CollectDoor) -> Self {
        let settings = json!({
            "key": door.key, "dataset": door.dataset,
            "required": door.policy.consent == Consent::Required,
            "hash": door.pixel.hash_in_page, "apart": door.pixel.leaves_pixel_alone,
        });
        let plain = small().replacen(SETTINGS, &settings.to_string(), 1).into_bytes();
        // Weak: the same words come zipped and as they are.
        let etag = format!("W/\"{}\"", capi::hex(&Sha256::digest(&plain)[..8]));
        Self {
            zipped: zipped(&plain),
            etag: HeaderValue::from_str(&etag).unwrap_or(HeaderValue::from_static("\"\"")),
            plain,
        }
    }

    pub(super) fn answer(&self, headers: &HeaderMap) -> Response {
        let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| *known == self.etag);
        let takes_gzip = headers.get_all(header::ACCEPT_ENCODING).iter().any(takes_gzip);
        let mut response = if is_known {
            status(StatusCode::NOT_MODIFIED, "")
        } else {
            script(if takes_gzip { self.zipped.clone() } else { self.plain.clone() })
        };
        let headers = response.headers_mut();
        if takes_gzip && !is_known {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        headers.insert(header::ETAG, self.etag.clone());
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Ok(cached) = HeaderValue::from_str(&format!("public, max-age={MAX_AGE_S}")) {
            headers.insert(header::CACHE_CONTROL, cached);
        }
        response
    }
}

/// What is answered to a key that nobody has.
pub(super) fn of_nobody() -> Response {
    let mut response = script(NOBODYS);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

fn script(body: impl Into<Body>) -> Response {
    let mut response = status(StatusCode::OK, body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Pages of another origin that isolate themselves may load it.
    let anybody = HeaderValue::from_static("cross-origin");
    headers.insert(header::HeaderName::from_static("cross-origin-resource-policy"), anybody);
    response
}

fn status(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
}

/// The script without what only people need.
fn small() -> String {
    minifier::js::minify(SOURCE).to_string()
}

fn zipped(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing into memory does not fail.
    let _ = encoder.write_all(plain);
    encoder.finish().unwrap_or_default()
}

/// Whether a browser takes gzip: named, and not with the weight zero.
fn takes_gzip(accepted: &HeaderValue) -> bool {
    accepted.to_str().unwrap_or_default().split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight: String = weight.chars().filter(|sign| !sign.is_whitespace()).collect();
        name.trim().eq_ignore_ascii_case("gzip")
            && !matches!(weight.as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}
