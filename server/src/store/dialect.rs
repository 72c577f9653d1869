//! What `SQLite` and Postgres say differently.
//!
//! Batches of rows and sets of ids travel as one JSON document in one parameter. So a statement has the same
//! text for one row and for ten thousand (it is prepared once a connection), and neither database's limit on
//! parameters (32,766 and 65,535) is ever near. A whole fleet is read in such documents, too ([`Document`]).

use std::collections::BTreeSet;

use rollcall_shared::DomainId;
use sea_orm::sea_query::Expr;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement};
use serde::Serialize;

use super::StoreError;
use crate::scope::Scope;

/// What a column of a batch holds; each may be null.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// 64 bits, signed.
    Number,
    /// Text.
    Text,
    /// Bytes, written by [`bytes()`].
    Bytes,
}

/// How bytes travel in a batch: as Postgres writes them.
pub(super) fn bytes(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    let mut text = String::with_capacity(2 + 2 * bytes.len());
    text.push_str("\\x");
    for byte in bytes {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A statement that works on a batch of rows.
pub(super) struct Batch {
    /// The columns of the rows, named as the fields of what is serialized.
    pub columns: &'static [(&'static str, Kind)],
    /// The statement, with `{rows}` where the rows stand as a table named `v`.
    pub sql: &'static str,
}

impl Batch {
    /// Runs it over these rows; what it returns, where it returns something.
    pub(super) async fn run<T: Serialize>(
        &self,
        on: &impl ConnectionTrait,
        rows: &[T],
    ) -> Result<Vec<QueryResult>, StoreError> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let backend = on.get_database_backend();
        let sql = self.sql.replace("{rows}", &self.source(backend));
        let statement = Statement::from_sql_and_values(backend, sql, [json(rows)?.into()]);
        Ok(on.query_all_raw(statement).await?)
    }

    fn source(&self, backend: DbBackend) -> String {
        let each = |write: fn(&str, Kind) -> String| {
            let columns: Vec<String> = self
                .columns
                .iter()
                .map(|(name, kind)| write(name, *kind))
                .collect();
            columns.join(", ")
        };
        if backend == DbBackend::Postgres {
            let columns = each(|name, kind| match kind {
                Kind::Number => format!("{name} bigint"),
                Kind::Text => format!("{name} text"),
                Kind::Bytes => format!("{name} bytea"),
            });
            format!("json_to_recordset($1::json) AS v({columns})")
        } else {
            let columns = each(|name, kind| match kind {
                Kind::Number | Kind::Text => format!("value ->> '{name}' AS {name}"),
                Kind::Bytes => format!("unhex(substr(value ->> '{name}', 3)) AS {name}"),
            });
            format!("(SELECT {columns} FROM json_each($1)) AS v")
        }
    }
}

/// Many rows, read at once: from Postgres by [`copy`](super::copy), from `SQLite` as one JSON document, an array of arrays. Row by row the driver allocates and locks for every column,
/// which took twenty microseconds a row where `SQLite` itself took two.
pub(super) struct Document {
    /// The columns, in the order in which they stand in each array. Bytes are written in hexadecimal, null as an empty
    /// text.
    pub columns: &'static [(&'static str, Kind)],
    /// From which table, and which rows: those from `$1` to `$2`, as `SQLite` is asked.
    pub from: &'static str,
    /// In which order.
    pub order: &'static str,
}

impl Document {
    /// The document, for `SQLite`; an empty one where there is no such row.
    pub(super) async fn read(
        &self,
        on: &impl ConnectionTrait,
        between: [i64; 2],
    ) -> Result<String, StoreError> {
        let columns = self.columns(|name, kind| match kind {
            Kind::Number | Kind::Text => name.to_owned(),
            Kind::Bytes => format!("hex({name})"),
        });
        let Self { from, order, .. } = self;
        let sql = format!(
            "SELECT json_group_array(json_array({columns})) AS document FROM (SELECT * FROM {from} ORDER BY {order})"
        );
        let values = between.map(Into::into);
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
        let row = on.query_one_raw(statement).await?;
        Ok(row.map_or(Ok("[]".to_owned()), |row| row.try_get("", "document"))?)
    }

    /// The statement by which Postgres gives rows out, from where it is said, in an order where one is wanted. It takes no
    /// parameters: `from` has numbers in it and nothing that came from outside.
    pub(super) fn copy(&self, from: &str, order: Option<&str>) -> String {
        let columns = self.columns(|name, kind| match kind {
            Kind::Number => format!("{name}::int8"),
            Kind::Text => format!("{name}::text"),
            Kind::Bytes => format!("coalesce(encode({name}, 'hex'), '')"),
        });
        let order = order
            .map(|order| format!(" ORDER BY {order}"))
            .unwrap_or_default();
        format!("COPY (SELECT {columns} FROM {from}{order}) TO STDOUT (FORMAT binary)")
    }

    fn columns(&self, write: fn(&str, Kind) -> String) -> String {
        let columns = self.columns.iter().map(|(name, kind)| write(name, *kind));
        columns.collect::<Vec<_>>().join(", ")
    }
}

/// Bytes of a [`Document`]; nothing where it is no hexadecimal.
pub(super) fn of_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digit = |letter: u8| char::from(letter).to_digit(16);
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
        _ => None,
    });
    pairs.collect()
}

/// That a domain, held by `column` of the tables asked, is in the scope: one that it names, or below one. Nothing
/// where all of them are.
pub(super) fn within(backend: DbBackend, column: &str, scope: &Scope) -> Result<Option<Expr>, StoreError> {
    let domains: &BTreeSet<DomainId> = match scope {
        Scope::All => return Ok(None),
        Scope::Domains(domains) => domains,
    };
    let named = if backend == DbBackend::Postgres {
        "SELECT value::bigint FROM json_array_elements_text($1::json)"
    } else {
        "SELECT value FROM json_each(?)"
    };
    // UNION without ALL: a domain that was found is not looked below again, so a ring ends.
    let sql = format!(
        "{column} IN (WITH RECURSIVE seen(id) AS ({named} UNION SELECT inner_domains.id \
         FROM domains AS inner_domains JOIN seen ON inner_domains.parent_id = seen.id) SELECT id FROM seen)"
    );
    Ok(Some(Expr::cust_with_values(sql, [json(domains)?])))
}

/// Keeps everyone else from writing to a table until the transaction ends. `SQLite` has one writer anyway.
pub(super) async fn lock_table(on: &impl ConnectionTrait, table: &'static str) -> Result<(), StoreError> {
    if on.get_database_backend() == DbBackend::Postgres {
        on.execute_unprepared(&format!("LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
            .await?;
    }
    Ok(())
}

fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| DbErr::Json(error.to_string()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_in_either_case_and_nothing_else_is() {
        assert_eq!(of_hexadecimal(""), Some(Vec::new()));
        assert_eq!(of_hexadecimal("00fFA7"), Some(vec![0, 255, 167]));
        for wrong in ["0", "000", "0g", "\\x", "ä"] {
            assert_eq!(of_hexadecimal(wrong), None, "{wrong}");
        }
    }
}
