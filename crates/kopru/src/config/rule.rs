//! Reading a rule: what fires it, what it sends, and what that is worth.

use std::{ops::Range, str::FromStr};

use capi::{Money, names};
use kopru_core::{AmountFrom, Repeat, RouteKind, Rule, Trigger, Worth, same_name, takes_back};
use toml::{Spanned, Value};

use super::{problem::nearest, raw, read::Reader};

/// Longest id of a rule, characters. Meta names no bound for a property; this is our own.
const ID_CHARS_MAX: usize = 100;
/// What Meta takes for a sale: it carries money, and only a deal's own.
const PURCHASE: &str = "Purchase";

impl Reader<'_> {
    pub(super) fn rule(&mut self, written: raw::RuleTable, at: &Range<usize>) -> Option<Rule> {
        let id = self.needed(written.id, at, "[[workspace.rule]] needs an \"id\"")?.into_inner();
        if id.trim().is_empty() || id.chars().count() > ID_CHARS_MAX || id.contains(char::is_control) {
            let message = format!(
                "a rule's id has 1 to {ID_CHARS_MAX} letters on one line: Meta gets it as lead_stage with each event"
            );
            self.report.add(at, message);
        }
        let trigger = self.trigger(&id, written.stage, written.tag, at);
        let send = self.needed(
            written.send,
            at,
            &format!("rule \"{id}\" needs \"send\", for example \"Lead\" or \"Purchase\""),
        );
        if let Some(send) = &send {
            self.check_event(&id, send);
        }
        let is_sale = send.as_ref().is_some_and(|send| send.get_ref() == PURCHASE);
        let from = self.amount_from(&id, written.value.as_ref(), is_sale);
        let worth = self.worth(&id, from, written.times.as_ref(), written.minimum.as_ref());
        // A deal is one lead, by whichever of its names.
        let (trigger, send) = (trigger?, names::canonical_name(send?.get_ref()).to_owned());
        let repeat = self.repeat(&id, written.repeat.as_ref(), &trigger);
        let pipeline = written.pipeline.map(Spanned::into_inner);
        Some(Rule { id, pipeline, trigger, send, worth, repeat, since_s: None })
    }

    fn trigger(
        &mut self,
        id: &str,
        stage: Option<Spanned<String>>,
        tag: Option<Spanned<String>>,
        at: &Range<usize>,
    ) -> Option<Trigger> {
        let said = |written: &Spanned<String>| !written.get_ref().trim().is_empty();
        match (stage.filter(said), tag.filter(said)) {
            (Some(stage), None) => Some(match stage.into_inner().as_str() {
                "won" => Trigger::Won,
                "lost" => Trigger::Lost,
                named => Trigger::Named(named.to_owned()),
            }),
            (None, Some(tag)) => Some(Trigger::Tag(tag.into_inner())),
            (Some(_), Some(tag)) => {
                let message = format!("rule \"{id}\" has a stage and a tag; give the tag a rule of its own");
                self.report.add(&tag.span(), message);
                None
            }
            (None, None) => {
                let message = format!(
                    "rule \"{id}\" needs a \"stage\": a name, an id, \"won\" or \"lost\"; or a \"tag\""
                );
                self.report.add(at, message);
                None
            }
        }
    }

    /// Says of rules whose events take sales back which of them can have none to take back.
    pub(super) fn say_what_takes_nothing_back(&mut self, rules: &[Rule], places: &[Range<usize>]) {
        let sales: Vec<&Rule> = rules.iter().filter(|rule| rule.send == PURCHASE).collect();
        for (rule, at) in rules.iter().zip(places).filter(|(rule, _)| takes_back(&rule.send)) {
            let Rule { id, send, .. } = rule;
            // The end of a pipeline of returns takes back what was sold in another one.
            let is_of_sales = rule.pipeline.as_ref().is_none_or(|pipeline| {
                let is_its = |sale: &&Rule| sale.pipeline.as_ref().is_some_and(|of| same_name(of, pipeline));
                sales.iter().any(is_its)
            });
            if sales.is_empty() {
                self.notices.add(
                    at,
                    format!(
                        "rule \"{id}\" sends \"{send}\", and no rule sends a \"Purchase\" that it could take back; add \
                         one, or take this one out"
                    ),
                );
            } else if rule.trigger.is_won() && is_of_sales {
                self.notices.add(
                    at,
                    format!(
                        "rule \"{id}\" sends \"{send}\" for deals that are won, which takes no sale back; give it \
                         what undoes a sale: a stage of returns, a tag, or stage = \"lost\""
                    ),
                );
            }
        }
    }

    fn check_event(&mut self, id: &str, send: &Spanned<String>) {
        let event = send.get_ref();
        if kopru_core::takes(RouteKind::Messaging, event) {
            return;
        }
        let known: Vec<&str> =
            std::iter::once("Lead").chain(capi::names::MESSAGING_EVENT_NAMES.iter().copied()).collect();
        let mend = nearest(event, &known).map_or_else(
            || format!("it takes: {}", known.join(", ")),
            |near| format!("did you mean \"{near}\"?"),
        );
        let message =
            format!("rule \"{id}\" sends \"{event}\", which Meta refuses for chats (2804066); {mend}");
        self.report.add(&send.span(), message);
    }

    /// Where the amount comes from. A Purchase without a value is refused (2804009), so it always carries
    /// the price or a field.
    fn amount_from(
        &mut self,
        id: &str,
        value: Option<&Spanned<String>>,
        is_sale: bool,
    ) -> Option<AmountFrom> {
        let usual = is_sale.then_some(AmountFrom::Price);
        let Some(value) = value else { return usual };
        let text = value.get_ref();
        let problem = match text.split_once(':') {
            None if text == "price" => return Some(AmountFrom::Price),
            Some(("field", name)) if !name.trim().is_empty() => {
                return Some(AmountFrom::Field(name.trim().to_owned()));
            }
            Some(("fixed", _)) if is_sale => format!(
                "rule \"{id}\" has value = \"{text}\", an estimate, and what is sold has a price: with \
                 send = \"Purchase\" take value = \"price\", or value = \"field:NAME\" for an amount in a field of \
                 the deal"
            ),
            Some(("fixed", amount)) => match Money::written(amount) {
                Ok(amount) if amount.is_positive() => return Some(AmountFrom::Fixed(amount)),
                Err(capi::Error::TwoAmounts) => format!(
                    "rule \"{id}\" has value = \"{text}\", and \"{amount}\" can mean two amounts: its point may stand \
                     before the decimals or between thousands; write for example value = \"fixed:12.50\" or value = \
                     \"fixed:12500\""
                ),
                _ => format!(
                    "rule \"{id}\" has value = \"{text}\", and \"{amount}\" is no amount; write it with a point and \
                     without a currency, for example value = \"fixed:500\" or value = \"fixed:12.50\""
                ),
            },
            _ => format!(
                "value = \"{text}\" is not known in this version; it can be: price, field:NAME (a field of the \
                 deal), fixed:500 (an estimate)"
            ),
        };
        self.report.add(&value.span(), problem);
        usual
    }

    /// What is made of the amount.
    fn worth(
        &mut self,
        id: &str,
        from: Option<AmountFrom>,
        times: Option<&Spanned<Value>>,
        minimum: Option<&Spanned<Value>>,
    ) -> Option<Worth> {
        for (key, written) in [("times", times), ("minimum", minimum)] {
            let Some(written) = written else { continue };
            let problem = match &from {
                None => {
                    format!("rule \"{id}\" has {key} and no value; add value = \"price\", or take {key} out")
                }
                Some(AmountFrom::Fixed(_)) => format!(
                    "rule \"{id}\" has {key} for an amount that is always the same; write the amount that is meant \
                     after \"fixed:\", and take {key} out"
                ),
                Some(AmountFrom::Price | AmountFrom::Field(_)) => continue,
            };
            self.report.add(&written.span(), problem);
        }
        let times = times.and_then(|times| {
            self.number(
                times,
                &format!(
                    "rule \"{id}\" needs a number above 0 and up to 10 as times, for example times = 0.8333 for prices \
                     with 20 % VAT"
                ),
            )
        });
        let minimum = minimum.and_then(|minimum| {
            let message =
                format!("rule \"{id}\" needs an amount above 0 as minimum, for example minimum = 100");
            let amount: Option<Money> = self.number(minimum, &message);
            if amount.is_some_and(|amount| !amount.is_positive()) {
                self.report.add(&minimum.span(), message);
            }
            amount
        });
        Some(Worth { from: from?, times, minimum })
    }

    /// A number as it was written, in quotes or without.
    fn number<T: FromStr>(&mut self, written: &Spanned<Value>, problem: &str) -> Option<T> {
        let text = match written.get_ref() {
            Value::String(text) => text.trim().to_owned(),
            Value::Integer(number) => number.to_string(),
            // The shortest text that is this number, which is how people write it.
            Value::Float(number) => number.to_string(),
            _ => String::new(),
        };
        let number = text.parse().ok();
        if number.is_none() {
            self.report.add(&written.span(), problem);
        }
        number
    }

    fn repeat(&mut self, id: &str, written: Option<&Spanned<String>>, trigger: &Trigger) -> Repeat {
        self.choice(written, "repeat", &["once", "each_win"]);
        let Some(written) = written.filter(|written| written.get_ref() == "each_win") else {
            return Repeat::Once;
        };
        if *trigger != Trigger::Won {
            let message = format!(
                "rule \"{id}\" has repeat = \"each_win\", which goes with stage = \"won\" only; take repeat out: a deal \
                 makes this event once"
            );
            self.report.add(&written.span(), message);
        }
        Repeat::EachWin
    }
}
