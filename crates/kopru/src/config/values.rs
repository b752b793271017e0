//! Single values of a configuration: secrets, addresses, codes, choices. Each notes its own problem.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use capi::catalogue;
use toml::Spanned;

use super::read::Reader;

/// A shorter admin token could be guessed.
const ADMIN_TOKEN_CHARS_MIN: usize = 32;

impl Reader<'_> {
    pub(super) fn needed<T>(&mut self, value: Option<T>, at: &Range<usize>, message: &str) -> Option<T> {
        if value.is_none() {
            self.report.add(at, message);
        }
        value
    }

    /// Reads `env:NAME` from the environment; anything else is the secret itself.
    pub(super) fn secret(&mut self, written: &Spanned<String>, what: &str) -> Option<String> {
        let text = written.get_ref();
        let Some(name) = text.strip_prefix("env:") else {
            return self.printable(text, written, what);
        };
        let value = (self.env)(name).filter(|value| !value.trim().is_empty());
        if let Some(value) = value {
            return self.printable(&value, written, what);
        }
        let message = format!(
            "{what} is taken from the environment variable {name}, which is not set; \
             set it before starting kopru"
        );
        self.report.add(&written.span(), message);
        None
    }

    /// A value without the line end that files and shells leave at its end, if it can be sent at all.
    fn printable(&mut self, value: &str, written: &Spanned<String>, what: &str) -> Option<String> {
        let value = value.trim();
        if value.is_empty() {
            self.report.add(&written.span(), format!("{what} is empty"));
            return None;
        }
        if value.chars().any(|c| c.is_control() || c == ' ') {
            let message = format!("{what} has a space or a control character in it; copy it again");
            self.report.add(&written.span(), message);
            return None;
        }
        Some(value.to_owned())
    }

    /// Says so if a value is none of the known ones.
    pub(super) fn choice(&mut self, written: Option<&Spanned<String>>, key: &str, known: &[&str]) {
        let Some(written) = written.filter(|written| !known.contains(&written.get_ref().as_str())) else {
            return;
        };
        let message = format!(
            "{key} = \"{}\" is not known in this version; it can be: {}",
            written.get_ref(),
            known.join(", ")
        );
        self.report.add(&written.span(), message);
    }

    pub(super) fn address(
        &mut self,
        written: Option<&Spanned<String>>,
        key: &str,
        default: &str,
    ) -> Option<std::net::SocketAddr> {
        let text = written.map_or(default, |written| written.get_ref().as_str());
        let address = text.parse().ok();
        if address.is_none() {
            let at = written.map_or(0..0, Spanned::span);
            self.report.add(
                &at,
                format!("{key} = \"{text}\" is not an address; write IP and port, for example \"{default}\""),
            );
        }
        address
    }

    /// An `http` or `https` address without a path.
    pub(super) fn url(
        &mut self,
        written: Option<&Spanned<String>>,
        key: &str,
        default: &str,
    ) -> Option<String> {
        let Some(written) = written else { return Some(default.to_owned()).filter(|url| !url.is_empty()) };
        let url = written.get_ref().trim_end_matches('/');
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        if host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' '])) {
            return Some(url.to_owned());
        }
        self.report.add(
            &written.span(),
            format!(
                "{key} = \"{}\" is not an address; write for example \"https://acme.kommo.com\"",
                written.get_ref()
            ),
        );
        None
    }

    /// The address to which Meta and CRMs send webhooks.
    pub(super) fn public_url(&mut self, written: &Spanned<String>) -> Option<String> {
        let url = self.url(Some(written), "server.public_url", "")?;
        if matches!(outgoing::check_url(&url), Err(outgoing::Error::InTheClear)) {
            let notice =
                "server.public_url is not https: Meta and CRMs send webhooks to https addresses only";
            self.notices.add(&written.span(), notice);
        }
        Some(url)
    }

    /// An address to which a token is sent.
    pub(super) fn upstream(
        &mut self,
        written: Option<&Spanned<String>>,
        key: &str,
        default: &str,
        allow_insecure: bool,
    ) -> Option<String> {
        let url = self.url(written, key, default)?;
        if let (Some(written), false) = (written, allow_insecure)
            && let Err(refused) = outgoing::check_url(&url)
        {
            self.report.add(&written.span(), format!("{key} = \"{url}\": {refused}"));
            return None;
        }
        Some(url)
    }

    /// The admin token, long enough that nobody guesses it.
    pub(super) fn admin_token(&mut self, written: &Spanned<String>) -> Option<String> {
        let token = self.secret(written, "server.admin_token")?;
        if token.chars().count() < ADMIN_TOKEN_CHARS_MIN {
            let message = format!(
                "server.admin_token is shorter than {ADMIN_TOKEN_CHARS_MIN} characters; \
                 `openssl rand -hex 32` makes one"
            );
            self.report.add(&written.span(), message);
            return None;
        }
        Some(token)
    }

    /// The name of a host.
    pub(super) fn host(&mut self, written: &Spanned<String>) -> Option<String> {
        let name = server::host_name(written.get_ref());
        if name.is_none() {
            let message = format!(
                "server.admin_hosts: \"{}\" is not the name of a host; write for example \"kopru.example.com\"",
                written.get_ref()
            );
            self.report.add(&written.span(), message);
        }
        name
    }

    /// An address or a network.
    pub(super) fn network(&mut self, written: &Spanned<String>) -> Option<capi::browser::Network> {
        match written.get_ref().parse() {
            Ok(network) => Some(network),
            Err(error) => {
                let message = format!("server.trusted_proxies: \"{}\" is {error}", written.get_ref());
                self.report.add(&written.span(), message);
                None
            }
        }
    }

    pub(super) fn time_zone(&mut self, written: &Spanned<String>) -> Option<jiff::tz::TimeZone> {
        let zone = insight::time_zone(written.get_ref());
        if zone.is_none() {
            self.report.add(
                &written.span(),
                format!(
                    "time_zone = \"{}\" is not known; write a name such as \"Europe/Istanbul\"",
                    written.get_ref()
                ),
            );
        }
        zone
    }

    /// A currency that there is.
    pub(super) fn currency(&mut self, written: &Spanned<String>) -> Option<String> {
        let code = written.get_ref();
        if catalogue::is_currency(code) {
            return Some(code.to_ascii_uppercase());
        }
        let mend = match (catalogue::withdrawn_currency(code), catalogue::currency_hint(code)) {
            (Some(withdrawn), _) => format!(": {withdrawn}"),
            (None, Some(meant)) => format!("; write \"{meant}\""),
            (None, None) => "; write for example \"TRY\"".to_owned(),
        };
        self.report.add(&written.span(), format!("currency = \"{code}\" is no code of ISO 4217{mend}"));
        None
    }

    /// A code of so many capital letters.
    pub(super) fn letters(
        &mut self,
        written: &Spanned<String>,
        key: &str,
        count: usize,
        example: &str,
    ) -> Option<String> {
        let code = written.get_ref().to_ascii_uppercase();
        if code.len() == count && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Some(code);
        }
        self.report.add(
            &written.span(),
            format!(
                "{key} = \"{}\" is not a code of {count} letters; write for example \"{example}\"",
                written.get_ref()
            ),
        );
        None
    }

    /// A value of a certain form.
    pub(super) fn pattern(
        &mut self,
        written: &Spanned<String>,
        key: &str,
        example: &str,
        fits: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let text = written.get_ref().trim();
        if fits(text) {
            return Some(text.to_owned());
        }
        let message =
            format!("{key} = \"{}\" is not one; write for example \"{example}\"", written.get_ref());
        self.report.add(&written.span(), message);
        None
    }

    /// The data key, in the form in which the store takes it.
    pub(super) fn data_key(&mut self, written: &Spanned<String>) -> Option<String> {
        let key = self.secret(written, "store.key")?;
        match store::DataKey::from_hex(&key) {
            Ok(_) => Some(key),
            Err(error) => {
                self.report.add(&written.span(), format!("store.key: {error}"));
                None
            }
        }
    }

    /// A folder. Its name is brought into one form, because the key's file is named after it.
    pub(super) fn folder(&mut self, written: Option<&Spanned<String>>, default: &str) -> Option<PathBuf> {
        let Some(written) = written else { return Some(PathBuf::from(default)) };
        let folder: PathBuf = Path::new(written.get_ref()).components().collect();
        if folder.file_name().is_none() {
            let message = format!("store.path needs the name of a folder, for example \"{default}\"");
            self.report.add(&written.span(), message);
            return None;
        }
        Some(folder)
    }
}
