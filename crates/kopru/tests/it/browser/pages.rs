//! The pages of a shop, with a content policy as strict as a page with the tag can have.

use testkit::http::Answer;

use super::shop::{ASKING_KEY, HASHING_KEY, OPEN_KEY};

/// What is loaded into each page before anything else: what goes wrong in it is noted.
const WATCH: &str = "window.errors = []; window.onerror = function (text) { errors.push(text); };";
/// The stub, as the documentation has it.
const STUB: &str =
    "window.kopru = window.kopru || function () { (kopru.q = kopru.q || []).push(arguments); };";
/// A stand-in for the script of Meta's pixel, and the stub that pages have for it.
const PIXEL: &str = "window.told = []; window.fbq = function () { told.push([].slice.call(arguments)); }; fbq.callMethod = 1;";
/// The stub of a pixel whose script does not come.
const BLOCKED: &str = "window.fbq = function () {};";
/// Nothing of a page can be changed, and nothing can be kept.
const HOSTILE: &str = "[Object, Array, Function, String, History].forEach(function (one) { Object.freeze(one.prototype); }); \
     ['localStorage', 'sessionStorage'].forEach(function (name) { \
       Object.defineProperty(window, name, { get: function () { throw new Error('no ' + name); } }); }); \
     Object.defineProperty(document, 'cookie', { get: function () { throw new Error('no cookie'); }, \
       set: function () { throw new Error('no cookie'); } }); \
     navigator.sendBeacon = undefined; history.pushState({}, '', location.href);";
const PRIVATE: &str =
    "Object.defineProperty(navigator, 'globalPrivacyControl', { get: function () { return true; } });";
const BUTTONS: &str = "<a id=\"link\" href=\"#\" data-kopru-event=\"Contact\" data-kopru-id=\"c-1\"><b id=\"inner\">Call</b></a> \
     <form id=\"form\" action=\"/thanks\" target=\"other\" data-kopru-event=\"Lead\" data-kopru-value=\"12.5\" \
       data-kopru-currency=\"TRY\"><button id=\"send\">Send</button></form><iframe name=\"other\"></iframe>";

/// The page at a path of a shop, whose host and port are `domain`.
pub fn page(path: &str, domain: &str) -> Answer {
    let name = path.split('?').next().unwrap_or_default().trim_start_matches('/');
    let tag = |key: &str| format!("<script async src=\"http://track.{domain}/kopru.js?key={key}\"></script>");
    let inline = |script: &str| format!("<script nonce=\"n\">{script}</script>");
    let body = match name {
        "favicon.ico" | "thanks" => String::new(),
        "asking" => inline(STUB) + &inline(PIXEL) + &tag(ASKING_KEY),
        "private" => inline(PRIVATE) + &inline(STUB) + &inline(PIXEL) + &tag(OPEN_KEY),
        "hostile" => inline(HOSTILE) + &inline(STUB) + &tag(OPEN_KEY),
        "twice" => inline(STUB) + &tag(OPEN_KEY) + &tag(OPEN_KEY),
        "pixel" => inline(STUB) + &inline(PIXEL) + &tag(OPEN_KEY),
        "blocked" => {
            let host = format!("window.kopru_host = 'http://track.{domain}';");
            inline(STUB) + &inline(BLOCKED) + &inline(&host) + &tag(OPEN_KEY)
        }
        "hashing" => inline(STUB) + &tag(HASHING_KEY),
        "buttons" => inline(STUB) + &tag(OPEN_KEY) + BUTTONS,
        _ => inline(STUB) + &tag(OPEN_KEY),
    };
    let policy = format!(
        "default-src 'none'; script-src 'nonce-n' http://track.{domain}; connect-src http://track.{domain}; \
         frame-src 'self'; form-action 'self'"
    );
    Answer::new(200, format!("<!doctype html><title>shop</title>{}{body}", inline(WATCH)))
        .header("content-type", "text/html; charset=utf-8")
        .header("content-security-policy", &policy)
}
