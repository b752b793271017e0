//! The programs of `docs/test-your-integration.md` run as they stand there, but for the sandbox's port.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use kopru_sandbox::{Options, SimulatedDataset};

use super::program::{Sdk, repository};
use crate::World;

struct Page {
    text: String,
    world: World,
}

impl Page {
    async fn new() -> Self {
        let world = World::with(Options::default()).await;
        world.sandbox.add_dataset(SimulatedDataset {
            id: "1234567890".to_owned(),
            token: "sandbox-meta-token".to_owned(),
            ..SimulatedDataset::default()
        });
        let text = fs::read_to_string(repository().join("docs/test-your-integration.md")).unwrap();
        Self { text: text.replace("http://127.0.0.1:8490", &world.url("")), world }
    }

    /// The code blocks of a language, in their order.
    fn blocks(&self, language: &str) -> Vec<&str> {
        let fence = format!("```{language}\n");
        self.text.split(&fence).skip(1).map(|rest| rest.split_once("```").unwrap().0).collect()
    }
}

fn printed(mut command: Command) -> String {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_print_what_the_page_says() {
    let page = Page::new().await;
    let [received, refused] = page.blocks("text")[..] else { panic!("two outputs are expected") };
    for (sdk, language, currency) in [
        (Sdk::Python24, "python", ", currency=\"EUR\""),
        (Sdk::Python26, "python", ", currency=\"EUR\""),
        (Sdk::Node24, "js", ".setCurrency('EUR')"),
    ] {
        let program = page.blocks(language)[0];
        assert!(program.contains(currency));
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        for (code, expected) in [(program.to_owned(), received), (program.replace(currency, ""), refused)] {
            let file = folder.join(format!("page-{sdk:?}.{language}"));
            fs::write(&file, code).unwrap();
            let mut command = sdk.command();
            command.arg(&file);
            assert_eq!(printed(command), expected, "{sdk:?}");
        }
    }
    assert_eq!(page.world.sandbox.graph_events().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_is_told_that_one_event_was_received() {
    let page = Page::new().await;
    let line = page.blocks("sh").into_iter().find(|block| block.starts_with("curl")).unwrap();
    let mut command = Command::new("sh");
    command.arg("-c").arg(line);
    assert!(printed(command).contains("\"events_received\":1"), "{line}");
}
