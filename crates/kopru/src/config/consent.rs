//! What a workspace says of consent: one of two ways, chosen by a person.

use std::ops::Range;

use kopru_core::Consent;
use toml::Spanned;

use super::read::Reader;

/// Both ways, for somebody who has chosen none.
const BOTH_WAYS: &str = "say consent = \"required\" (only people who said yes, in the field of the CRM that the \
                         source's consent_field names), or consent = \"elsewhere\" with basis = \"...\" (everybody \
                         who did not refuse, on a legal ground that the business documents: which, and where)";

impl Reader<'_> {
    /// The way, and the basis where the way needs one.
    pub(super) fn consent(
        &mut self,
        said: Option<&Spanned<String>>,
        basis: Option<&Spanned<String>>,
        workspace: &str,
        at: &Range<usize>,
    ) -> Option<(Consent, Option<String>)> {
        let Some(said) = said else {
            let problem = format!(
                "workspace \"{workspace}\" does not say \"consent\", and there is no default; {BOTH_WAYS}"
            );
            self.report.add(at, problem);
            return None;
        };
        match (said.get_ref().as_str(), basis) {
            ("required", None) => Some((Consent::Required, None)),
            ("required", Some(basis)) => {
                let problem = "\"basis\" does not go with consent = \"required\", where each person's own yes is \
                               the ground; take basis out, or say consent = \"elsewhere\"";
                self.report.add(&basis.span(), problem);
                None
            }
            ("elsewhere", Some(basis)) => Some((Consent::Elsewhere, Some(self.basis(basis)?))),
            ("elsewhere", None) => {
                let problem = "consent = \"elsewhere\" needs a basis = \"...\": the legal ground and where it is \
                               documented, for example \"consent at booking, privacy policy section 4\"";
                self.report.add(&said.span(), problem);
                None
            }
            ("assumed", _) => {
                let problem = format!(
                    "consent = \"assumed\" is not taken any more, because it names no ground; {BOTH_WAYS}. What was \
                     \"assumed\" is now \"elsewhere\" with the basis written down"
                );
                self.report.add(&said.span(), problem);
                None
            }
            (other, _) => {
                self.report.add(&said.span(), format!("consent = \"{other}\" is not known; {BOTH_WAYS}"));
                None
            }
        }
    }

    /// A text of one line, because it is shown as one.
    fn basis(&mut self, written: &Spanned<String>) -> Option<String> {
        let basis = written.get_ref().trim();
        let problem = if basis.is_empty() {
            "basis is empty; say the legal ground and where it is documented"
        } else if basis.chars().any(char::is_control) {
            "basis has a line end or a control character in it; write it in one line"
        } else {
            return Some(basis.to_owned());
        };
        self.report.add(&written.span(), problem);
        None
    }
}
