//! What can be seen from outside.

use super::{crm::Crm, shop::Shop, town::Plan};

/// Names that dashboards and alerts rely on, each with a label that it has after a sale.
const NAMES: [&str; 14] = [
    "kopru_loops_stopped",
    "kopru_commit_seconds",
    "kopru_wal_bytes",
    "kopru_undecided_oldest_seconds{workspace=\"shop-0\"",
    "kopru_due_oldest_seconds{workspace=\"shop-0\"",
    "kopru_upstream_requests_total{",
    "status=\"200\"",
    "kopru_graph_requests_total{",
    "dataset=\"90000\"",
    "kopru_facts{",
    "kopru_conversions{",
    "state=\"accepted\"",
    "kopru_door_requests_total",
    "kopru_door_refused_total{reason=\"unreadable\"",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_shows_in_the_metrics() {
    let crm = Crm::start().await;
    let town = Plan::of(1, &crm).start().await;
    let shop = Shop(0);
    let url = format!("{}/metrics", town.site.admin);
    assert_eq!(town.site.client.get(&url).send().await.unwrap().status(), 401, "not for everybody");
    town.site.deliver(&shop.kommo_key(), "zzz=1", None).await;
    town.sell(shop, [1]).await;
    town.arrives(shop, [1]).await;
    town.all_accepted(shop, 1).await;
    let started = std::time::Instant::now();
    loop {
        let told = town.metrics().await;
        let missing: Vec<&str> = NAMES.into_iter().filter(|name| !told.contains(name)).collect();
        if missing.is_empty() {
            // Prometheus's conventions: each family is described.
            assert!(told.contains("# TYPE kopru_loops_stopped gauge"), "{told}");
            assert!(told.lines().any(|line| line.starts_with("kopru_loops_stopped") && line.ends_with(" 0")));
            for private in ["gizem", "90531", "secret"] {
                assert!(!told.to_lowercase().contains(private), "{private} in {told}");
            }
            return;
        }
        assert!(started.elapsed() < testkit::PATIENCE, "missing {missing:?} in\n{told}");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}
