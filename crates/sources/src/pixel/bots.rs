//! Programs that open pages and say so.

/// What user agents of programs hold, in lower case. Each says it of itself; who hides it is not found here.
const MARKS: [&str; 20] = [
    "bot/",
    "bot;",
    "bot)",
    "bot ",
    "bot-",
    "crawl",
    "spider",
    "slurp",
    "facebookexternalhit",
    "headless",
    "lighthouse",
    "phantomjs",
    "preview",
    "pingdom",
    "prerender",
    "curl/",
    "wget/",
    "python",
    "java/",
    "monitor",
];
/// Phones whose makers' names end like a bot's.
const PHONES: [&str; 1] = ["cubot"];

/// Whether a user agent is a program's, by what it says of itself. None at all is no browser's.
pub fn is_bot(user_agent: &str) -> bool {
    let mut agent = user_agent.trim().to_ascii_lowercase();
    for phone in PHONES {
        agent = agent.replace(phone, "");
    }
    agent.is_empty() || agent.ends_with("bot") || MARKS.iter().any(|mark| agent.contains(mark))
}
