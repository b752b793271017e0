//! The tag of a site: the hosts of its pages, and where its events go.

use std::ops::Range;

use kopru_core::{Dataset, RouteKind};
use sources::Pixel;
use toml::{Spanned, Value};

use super::read::Reader;

/// The dataset of a tag: the one that it names, or the only one that takes events of sites.
pub fn dataset_of<'a>(pixel: &Pixel, datasets: &'a [Dataset]) -> Option<&'a str> {
    let mut takes = datasets.iter().filter(|dataset| dataset.routes.contains(&RouteKind::Website));
    match &pixel.dataset {
        Some(named) => takes.find(|dataset| dataset.id == *named).map(|dataset| dataset.id.as_str()),
        None => takes.next().filter(|_| takes.next().is_none()).map(|dataset| dataset.id.as_str()),
    }
}

impl Reader<'_> {
    /// A list of names of hosts, with one at least.
    pub(super) fn hosts(&mut self, written: &Spanned<Value>, key: &str) -> Option<Vec<String>> {
        let list = written.get_ref().as_array().filter(|list| !list.is_empty());
        let Some(list) = list else {
            let message =
                format!("{key} is a list of hosts; write for example {key} = [\"shop.example.com\"]");
            self.report.add(&written.span(), message);
            return None;
        };
        let hosts: Vec<Option<String>> = list.iter().map(|one| server::host_name(one.as_str()?)).collect();
        for (_, one) in hosts.iter().zip(list).filter(|(host, _)| host.is_none()) {
            let message = format!(
                "{key}: {one} is not the name of a host; write for example \"shop.example.com\", without https:// and \
                 without a path"
            );
            self.report.add(&written.span(), message);
        }
        hosts.into_iter().collect()
    }

    /// A tag whose events go nowhere is none.
    pub(super) fn check_pixel(&mut self, pixel: Option<&Pixel>, datasets: &[Dataset], at: &Range<usize>) {
        let Some(pixel) = pixel else { return };
        if dataset_of(pixel, datasets).is_some() {
            return;
        }
        let takes = datasets.iter().filter(|dataset| dataset.routes.contains(&RouteKind::Website));
        let takes: Vec<&str> = takes.map(|dataset| dataset.id.as_str()).collect();
        let problem = match (&pixel.dataset, takes.as_slice()) {
            (_, []) => {
                "the pixel source has no dataset to which its events could go; write routes = [\"website\"] in one"
                    .to_owned()
            }
            (Some(named), takes) => format!(
                "dataset = \"{named}\" is no dataset of this workspace with the route \"website\"; those are: {}",
                takes.join(", ")
            ),
            (None, takes) => format!(
                "the pixel source needs a \"dataset\", because several have the route \"website\": {}",
                takes.join(", ")
            ),
        };
        self.report.add(at, problem);
    }
}
