//! What was deployed: a table of machines for each deploy.

use orch_engine::port::{DeployReport, HostReport, HostState};
use orch_model::NodeId;

use crate::escape::visible;
use crate::size::human_bytes;
use crate::style::{Meaning, Style};
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
    let with_log = report.hosts.iter().filter(|host| !host.log.is_empty());
    text.extend(with_log.map(|host| log(host, style)));
    text
}

/// What a service said before its release went back.
fn log(host: &HostReport, style: Style) -> String {
    let heading = format!("the log of `{}` ended with", host.name);
    let mut text = format!("{}\n", style.paint(Meaning::Strong, &heading));
    for line in &host.log {
        text.push_str(&format!("    {}\n", visible(line)));
    }
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
    use super::*;
    use expect_test::expect;

    #[test]
    fn machines_in_the_order_of_the_waves() {
        let host = |name: &str, state, note: Option<&str>| HostReport {
            name: name.into(),
            target: "pi5".into(),
            release: Some("0a1b2c3d4e5f".into()),
            state,
            note: note.map(str::to_owned),
            log: Vec::new(),
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

    #[test]
    fn what_a_service_said_stands_below() {
        let host = HostReport {
            name: "pi-1".into(),
            target: "pi5".into(),
            release: None,
            state: HostState::RolledBack,
            note: Some("`pi-1`: not healthy".into()),
            log: vec!["panic: no port".into(), "\tmain.go:12 \u{1b}[2J".into()],
        };
        let row = DeployRow {
            node: NodeId::deploy("edge"),
            report: DeployReport {
                hosts: vec![host],
                ..DeployReport::default()
            },
        };
        expect![[r#"
            deploy.edge: 1 rolled back, nothing to send
            MACHINE  TARGET  RELEASE  STATE        WHY
            pi-1     pi5     none     rolled back  `pi-1`: not healthy
            the log of `pi-1` ended with
                panic: no port
                	main.go:12 \x1b[2J
        "#]]
        .assert_eq(&render_deploys(&[row], Style::PLAIN));
    }
}
