//! What Meta's answer to a made-up event means, in words.

use capi::GraphError;
use delivery::TestAnswer;
use serde::Serialize;

/// By this subcode Meta refuses a click that is none, after it has looked at everything else.
const NO_SUCH_CLICK: u32 = 2_804_087;

/// What was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TestRoute {
    /// A page view of a site.
    Website,
    /// A lead of a chat, with a click that was made up: no other test counts nothing.
    #[serde(rename = "messaging")]
    Chat,
}

/// What came of it.
#[derive(Debug, Serialize)]
pub(super) struct TestResult {
    route: TestRoute,
    /// Whether all is right.
    pub ok: bool,
    /// `received`, `refused` or `not_reached`.
    answer: &'static str,
    error_code: Option<u32>,
    error_subcode: Option<u32>,
    title: Option<String>,
    fbtrace_id: Option<String>,
    /// What it means.
    says: String,
    /// What to do; nothing where all is right.
    mend: Option<String>,
}

impl TestResult {
    pub(super) fn of(sent: TestRoute, answer: &TestAnswer, code: Option<&str>) -> Self {
        let told = |ok, answer, says: String, mend: Option<&str>| Self {
            route: sent,
            ok,
            answer,
            error_code: None,
            error_subcode: None,
            title: None,
            fbtrace_id: None,
            says,
            mend: mend.map(str::to_owned),
        };
        match answer {
            TestAnswer::Received { fbtrace_id } => {
                let received = match sent {
                    TestRoute::Website => {
                        let code = code.unwrap_or_default();
                        let says = format!(
                            "Meta has received the event; Events Manager shows it under Test events with the code {code}"
                        );
                        told(true, "received", says, None)
                    }
                    TestRoute::Chat => told(
                        false,
                        "received",
                        "a click that was made up was taken, which Meta does not do".to_owned(),
                        Some("look at graph_url: who answers there is not Meta"),
                    ),
                };
                Self { fbtrace_id: fbtrace_id.clone(), ..received }
            }
            TestAnswer::Refused(error) => {
                let is_right = sent == TestRoute::Chat && is_of_click(error);
                let (says, mend) = if is_right {
                    let says = "Meta refuses the made-up click (2804087) and nothing else: token, dataset, linked \
                                account and shape are right; nothing was counted";
                    (says.to_owned(), None)
                } else {
                    (format!("Meta refuses the event with {error}"), Some(mend_of(error)))
                };
                Self {
                    error_code: Some(error.code),
                    error_subcode: error.subcode,
                    title: error.title.clone().or_else(|| error.message.clone()),
                    fbtrace_id: error.fbtrace_id.clone(),
                    ..told(is_right, "refused", says, mend)
                }
            }
            TestAnswer::NotReached(error) => {
                let says = format!("Meta was not reached: {error}");
                told(
                    false,
                    "not_reached",
                    says,
                    Some("look at graph_url, DNS, and what stands between here and Meta"),
                )
            }
        }
    }

    /// One line for a screen.
    pub(super) fn line(&self, dataset: &str) -> String {
        let verdict = if self.ok { "ok   " } else { "wrong" };
        let route = match self.route {
            TestRoute::Website => "website",
            TestRoute::Chat => "messaging",
        };
        let mend = self.mend.as_ref().map(|mend| format!("; {mend}")).unwrap_or_default();
        let trace = self.fbtrace_id.as_ref().map(|id| format!(" (fbtrace_id {id})")).unwrap_or_default();
        format!("{verdict} dataset {dataset}, {route}: {}{mend}{trace}", self.says)
    }
}

fn is_of_click(error: &GraphError) -> bool {
    (error.code, error.subcode) == (100, Some(NO_SUCH_CLICK))
}

/// What helps against a refusal.
fn mend_of(error: &GraphError) -> &'static str {
    match (error.code, error.subcode) {
        (1 | 2 | 5000 | 21_009, _) => "that is Meta's own trouble: try again in some minutes",
        (4 | 17 | 32 | 341 | 613 | 80_000..=80_014, _) => "Meta asks for fewer calls: try again in an hour",
        (102 | 190, _) => "make a new token in Events Manager, Settings, and write it into the configuration",
        (104, _) => "write the secret of the app that issued the token as app_secret, or take it out",
        (3 | 10 | 200..=299, _) => "give the token's system user the dataset, with the right to manage it",
        (100, None | Some(33)) | (803 | 2500, _) => {
            "compare the dataset's id with Events Manager, and give the token's system user that dataset"
        }
        (100, Some(2_804_065 | 2_804_118 | 2_804_131..=2_804_133)) => {
            "link the dataset with the WhatsApp Business Account in Events Manager, and compare \
             whatsapp_business_account_id"
        }
        _ => "the event is made as Meta documents it: look whether there is a newer Kopru, and report this",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: u32, subcode: Option<u32>) -> TestAnswer {
        let (message, user_message, fbtrace_id) = (None, None, Some("A1".to_owned()));
        let title = Some("A title".to_owned());
        TestAnswer::Refused(Box::new(GraphError { code, subcode, message, title, user_message, fbtrace_id }))
    }

    #[test]
    fn every_answer_has_its_words_and_its_mend() {
        let received = || TestAnswer::Received { fbtrace_id: None };
        let lost = || TestAnswer::NotReached(delivery::Error::NoAnswer("no answer in time"));
        let link = "WhatsApp Business Account";
        let table: &[(TestRoute, TestAnswer, bool, &str, &str)] = &[
            (TestRoute::Website, received(), true, "under Test events with the code TEST1", ""),
            (TestRoute::Chat, received(), false, "made up was taken", "not Meta"),
            (TestRoute::Chat, refused(100, Some(2_804_087)), true, "and nothing else", ""),
            (TestRoute::Website, refused(100, Some(2_804_087)), false, "100/2804087: A title", "newer Kopru"),
            (TestRoute::Chat, refused(100, Some(2_804_132)), false, "100/2804132: A title", link),
            (TestRoute::Chat, refused(190, None), false, "190: A title", "new token"),
            (TestRoute::Website, refused(104, None), false, "104", "app_secret"),
            (TestRoute::Website, refused(200, None), false, "200", "system user"),
            (TestRoute::Website, refused(100, Some(33)), false, "100/33", "dataset's id"),
            (TestRoute::Website, refused(4, None), false, "4: A title", "fewer calls"),
            (TestRoute::Website, refused(2, None), false, "2: A title", "try again"),
            (TestRoute::Website, lost(), false, "not reached: no answer in time", "graph_url"),
        ];
        for (sent, answer, ok, says, mend) in table {
            let told = TestResult::of(*sent, answer, Some("TEST1"));
            assert_eq!(told.ok, *ok, "{told:?}");
            assert!(told.says.contains(says), "{told:?}");
            assert_eq!(told.mend.is_none(), mend.is_empty(), "{told:?}");
            assert!(told.mend.as_deref().unwrap_or_default().contains(mend), "{told:?}");
            assert_eq!(told.line("1").starts_with("ok    dataset 1, "), *ok);
        }
    }
}
