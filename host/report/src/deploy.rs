//! What was deployed: a table of machines for each deploy.

use orch_engine::port::{DeployReport, HostState};
use orch_model::NodeId;

use crate::size::human_bytes;
use crate::style::Style;
use crate::table::Table;

/// A deploy and how its machines stand.
#[derive(Clone, Debug, PartialEq)]
pub struct DeployRow {
    /// Its node.
    pub node: NodeId,
    /// How it stands.
    pub report: DeployReport,
}

impl DeployRow {
    /// As programs read it; the guide to the events describes it.
    pub fn to_json(&self) -> serde_json::Value {
        let mut json = serde_json::to_value(&self.report).expect("it has a JSON form");
        json["node"] = self.node.as_str().into();
        json
    }
}

/// Every deploy, one table behind another.
pub fn render_deploys(rows: &[DeployRow], style: Style) -> String {
    let tables: Vec<_> = rows.iter().map(|row| deploy(row, style)).collect();
    tables.join("\n")
}

fn deploy(row: &DeployRow, style: Style) -> String {
    let report = &row.report;
    let sent = match report.total_bytes {
        0 => "nothing to send".to_owned(),
        total => format!(
            "sent {} of {}",
            human_bytes(report.sent_bytes),
            human_bytes(total)
        ),
    };
    let mut text = match &report.image {
        Some(image) => format!("{}: {image}, {sent}\n", row.node),
        None => format!("{}: {}, {sent}\n", row.node, counts(report)),
    };
    if report.hosts.is_empty() {
        return text;
    }
    let has_notes = report.hosts.iter().any(|host| host.note.is_some());
    let mut headers = vec!["machine", "target", "release", "state"];
    if has_notes {
        headers.push("why");
    }
    let mut table = Table::new(headers);
    for host in &report.hosts {
        let mut cells = vec![
            host.name.clone(),
            host.target.clone(),
            host.release.clone().unwrap_or_else(|| "none".to_owned()),
            host.state.words().to_owned(),
        ];
        if has_notes {
            cells.push(host.note.clone().unwrap_or_default());
        }
        table.row(cells);
    }
    text.push_str(&table.render(style));
    text
}

/// `2 live, 1 pending`
fn counts(report: &DeployReport) -> String {
    let states = [
        HostState::Unchanged,
        HostState::Live,
        HostState::Waiting,
        HostState::Pending,
        HostState::RolledBack,
        HostState::Failed,
    ];
    let counted = states.into_iter().filter_map(|state| {
        let hosts = report.hosts.iter().filter(|host| host.state == state);
        match hosts.count() {
            0 => None,
            count => Some(format!("{count} {}", state.words())),
        }
    });
    counted.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use orch_engine::port::HostReport;

    use super::*;

    #[test]
    fn machines_in_the_order_of_the_waves() {
        let host = |name: &str, state, note: Option<&str>| HostReport {
            name: name.into(),
            target: "pi5".into(),
            release: Some("0a1b2c3d4e5f".into()),
            state,
            note: note.map(str::to_owned),
        };
        let row = DeployRow {
            node: NodeId::deploy("edge"),
            report: DeployReport {
                hosts: vec![
                    host("pi-1", HostState::Live, None),
                    host("pi-2", HostState::Pending, Some("no route to host")),
                ],
                image: None,
                changed: true,
                sent_bytes: 210_000,
                total_bytes: 4_600_000,
            },
        };
        expect![[r#"
            deploy.edge: 1 live, 1 pending, sent 210.0 kB of 4.6 MB
            MACHINE  TARGET  RELEASE       STATE    WHY
            pi-1     pi5     0a1b2c3d4e5f  live
            pi-2     pi5     0a1b2c3d4e5f  pending  no route to host
        "#]]
        .assert_eq(&render_deploys(&[row], Style::PLAIN));
    }
}
