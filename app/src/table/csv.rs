//! The rows that are shown as a file for other programs: CSV as RFC 4180 has it.

use rollcall_shared::feed::Row;

use super::column::Column;
use super::view::View;
use crate::calendar::Moment;
use crate::feed::tree::Tree;

/// These rows, in this order, with the columns that the view has: a line of headings, then a line an agent.
/// Times are in UTC. Where a column says two things it is two columns; the id, by which other programs know the agent, comes
/// last.
#[must_use]
pub fn write(tree: &Tree, rows: &[Row], view: &View) -> String {
    let columns: Vec<Column> = Column::ALL
        .into_iter()
        .filter(|column| view.columns.has(*column))
        .collect();
    let mut file = String::with_capacity(rows.len() * 128);
    for column in &columns {
        field(&mut file, column.heading());
        if *column == Column::Contact {
            field(&mut file, "By");
        }
    }
    end(&mut file, "Id");
    for row in rows {
        for column in &columns {
            cell(&mut file, tree, row, *column);
        }
        end(&mut file, &row.id.to_string());
    }
    file
}

fn cell(file: &mut String, tree: &Tree, row: &Row, column: Column) {
    match column {
        Column::Name => field(file, &row.name),
        Column::Status => field(file, &row.status.to_string()),
        Column::Since => field(file, &Moment::at(row.since_ms).machine_readable()),
        Column::Contact => {
            let at = row
                .last_contact
                .map(|(at_ms, _)| Moment::at(at_ms).machine_readable());
            field(file, &at.unwrap_or_default());
            field(file, row.last_contact.map_or("", |(_, kind)| kind.key()));
        }
        Column::Domain => field(file, &tree.path(row.domain)),
        Column::Address => field(
            file,
            &row.address
                .map_or_else(String::new, |address| address.to_string()),
        ),
        Column::Version => field(file, &row.agent_version),
        Column::Cause => field(file, &row.cause.phrase()),
    }
}

/// A field, and the comma behind it.
fn field(file: &mut String, text: &str) {
    quoted(file, text);
    file.push(',');
}

/// The last field, and the end of the line.
fn end(file: &mut String, text: &str) {
    quoted(file, text);
    file.push_str("\r\n");
}

/// Agents name themselves, and spreadsheets take what begins with one of these signs for a formula: an apostrophe in front
/// makes it text.
fn quoted(file: &mut String, text: &str) {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if !is_formula && !text.contains(['"', ',', '\n', '\r']) {
        file.push_str(text);
        return;
    }
    file.push('"');
    if is_formula {
        file.push('\'');
    }
    for letter in text.chars() {
        if letter == '"' {
            file.push('"');
        }
        file.push(letter);
    }
    file.push('"');
}

#[cfg(test)]
mod tests {
    use rollcall_shared::feed::Domain;
    use rollcall_shared::{AgentId, Cause, ContactKind, DomainId, Status};

    use super::super::column::Columns;
    use super::*;

    fn fleet(names: &[&str]) -> (Tree, Vec<Row>) {
        let rows = names.iter().zip(0_u32..).map(|(name, number)| Row {
            row: number,
            id: AgentId::from_bits(u64::from(number)),
            name: (*name).to_owned(),
            domain: DomainId(2),
            status: Status::UnreachableOffline,
            since_ms: 1_000,
            cause: Cause::Enrolled,
            last_contact: (number == 0).then_some((0, ContactKind::Poll)),
            address: "10.12.0.7".parse().ok(),
            agent_version: "0.1.0".to_owned(),
            retired_by: None,
        });
        let domain = |id, parent: Option<i32>, name: &str| Domain {
            id: DomainId(id),
            parent: parent.map(DomainId),
            name: name.to_owned(),
        };
        let mut tree = Tree::default();
        tree.plant(vec![domain(1, None, "All"), domain(2, Some(1), "Oslo, harbour")]);
        (tree, rows.collect())
    }

    #[test]
    fn a_line_has_what_the_table_shows_and_the_id() {
        let (tree, mut rows) = fleet(&["kiosk", "atm"]);
        rows.reverse();
        let file = write(&tree, &rows, &View::default());
        let id = |number| AgentId::from_bits(number).to_string();
        let path = tree.path(DomainId(2));
        let cause = Cause::Enrolled.phrase();
        assert_eq!(
            file,
            format!(
                "Agent,Status,Since,Last contact,By,Domain,Address,Version,Why,Id\r\n\
                 atm,Unreachable / Offline,1970-01-01T00:00:01Z,,,\"{path}\",10.12.0.7,0.1.0,{cause},{}\r\n\
                 kiosk,Unreachable / Offline,1970-01-01T00:00:01Z,1970-01-01T00:00:00Z,poll,\"{path}\",10.12.0.7,0.1.0,{cause},{}\r\n",
                id(1),
                id(0)
            )
        );
    }

    #[test]
    fn a_name_is_never_two_fields_and_never_a_formula() {
        let (tree, rows) = fleet(&["a,b", "say \"hi\"", "=2+3", "-1", "line\nbreak"]);
        let view = View {
            columns: Columns::from_keys("name"),
            ..View::default()
        };
        let file = write(&tree, &rows, &view);
        for written in [
            "\"a,b\",",
            "\"say \"\"hi\"\"\",",
            "\"'=2+3\",",
            "\"'-1\",",
            "\"line\nbreak\",",
        ] {
            assert!(file.contains(written), "{written} in {file}");
        }
        assert!(file.starts_with("Agent,Id\r\n"));
    }
}
