//! Sealing again under the current key, row by row, while the relay serves. When all is done an old
//! key can leave the ring.
//!
//! What is sealed under the current key already is passed over, so that a pass that was broken off
//! is simply begun again. A row that changes meanwhile is left to its own change, which seals it
//! anew. Tokens are left out: they end within the hour, by themselves.

use warifu_service::{execute, fetch_all};

use crate::links::{LinkStoreError, Links, place};

/// Rows that are looked at in one go; of pieces of files, which are large, fewer.
const BATCH: i64 = 256;

/// A sealed column, and the table's key: one, two or three parts, of which `connector` is a text and
/// `number` a number.
struct Column {
    /// What its sealed values are bound to.
    name: &'static str,
    select: &'static str,
    update: &'static str,
}

/// Everything that lasts. Codes are left out as tokens are: they end within the day.
const COLUMNS: [Column; 21] = [
    Column {
        name: "relay_link.pseudonym",
        select: "SELECT subject AS first, connector, subject AS last, pseudonym AS sealed \
                 FROM relay_link WHERE (subject, connector) > ($1, $2) \
                 ORDER BY subject, connector LIMIT $4",
        update: "UPDATE relay_link SET pseudonym = $5 \
                 WHERE subject = $1 AND connector = $2 AND pseudonym = $4",
    },
    Column {
        name: "relay_link.terms",
        select: "SELECT subject AS first, connector, subject AS last, terms AS sealed \
                 FROM relay_link WHERE (subject, connector) > ($1, $2) AND terms IS NOT NULL \
                 ORDER BY subject, connector LIMIT $4",
        update: "UPDATE relay_link SET terms = $5 \
                 WHERE subject = $1 AND connector = $2 AND terms = $4",
    },
    Column {
        name: "relay_alias.subject",
        select: "SELECT pseudonym AS first, '' AS connector, pseudonym AS last, subject AS sealed \
                 FROM relay_alias WHERE pseudonym > $1 ORDER BY pseudonym LIMIT $4",
        update: "UPDATE relay_alias SET subject = $5 WHERE pseudonym = $1 AND subject = $4",
    },
    Column {
        name: "relay_ceremony.body",
        select: "SELECT subject AS first, connector, subject AS last, body AS sealed \
                 FROM relay_ceremony WHERE (subject, connector) > ($1, $2) \
                 ORDER BY subject, connector LIMIT $4",
        update: "UPDATE relay_ceremony SET body = $5 \
                 WHERE subject = $1 AND connector = $2 AND body = $4",
    },
    Column {
        name: "relay_link_past.body",
        select: "SELECT subject AS first, connector, id AS last, body AS sealed \
                 FROM relay_link_past WHERE (subject, connector, id) > ($1, $2, $3) \
                 ORDER BY subject, connector, id LIMIT $4",
        update: "UPDATE relay_link_past SET body = $5 \
                 WHERE subject = $1 AND connector = $2 AND id = $3 AND body = $4",
    },
    Column {
        name: "relay_doubt.body",
        select: "SELECT id AS first, connector, id AS last, body AS sealed \
                 FROM relay_doubt WHERE (connector, id) > ($2, $3) \
                 ORDER BY connector, id LIMIT $4",
        update: "UPDATE relay_doubt SET body = $5 \
                 WHERE connector = $2 AND id = $3 AND body = $4",
    },
    Column {
        name: "relay_notice.body",
        select: "SELECT id AS first, connector, id AS last, body AS sealed \
                 FROM relay_notice WHERE (connector, id) > ($2, $3) \
                 ORDER BY connector, id LIMIT $4",
        update: "UPDATE relay_notice SET body = $5 \
                 WHERE connector = $2 AND id = $3 AND body = $4",
    },
    Column {
        name: "relay_consent.body",
        select: "SELECT subject AS first, '' AS connector, id AS last, body AS sealed \
                 FROM relay_consent WHERE (subject, id) > ($1, $3) \
                 ORDER BY subject, id LIMIT $4",
        update: "UPDATE relay_consent SET body = $5 \
                 WHERE subject = $1 AND id = $3 AND body = $4",
    },
    Column {
        name: "relay_consent_reader.subject",
        select: "SELECT reader AS first, '' AS connector, id AS last, subject AS sealed \
                 FROM relay_consent_reader WHERE (reader, id) > ($1, $3) \
                 ORDER BY reader, id LIMIT $4",
        update: "UPDATE relay_consent_reader SET subject = $5 \
                 WHERE reader = $1 AND id = $3 AND subject = $4",
    },
    Column {
        name: "relay_dispute.body",
        select: "SELECT number AS first, '' AS connector, number AS last, body AS sealed \
                 FROM relay_dispute WHERE number > $1 ORDER BY number LIMIT $4",
        update: "UPDATE relay_dispute SET body = $5 WHERE number = $1 AND body = $4",
    },
    Column {
        name: "relay_ratio.body",
        select: "SELECT holder AS first, '' AS connector, number AS last, body AS sealed \
                 FROM relay_ratio WHERE (holder, number) > ($1, $3) \
                 ORDER BY holder, number LIMIT $4",
        update: "UPDATE relay_ratio SET body = $5 \
                 WHERE holder = $1 AND number = $3 AND body = $4",
    },
    Column {
        name: "relay_mandate.body",
        select: "SELECT subject AS first, '' AS connector, id AS last, body AS sealed \
                 FROM relay_mandate WHERE (subject, id) > ($1, $3) \
                 ORDER BY subject, id LIMIT $4",
        update: "UPDATE relay_mandate SET body = $5 \
                 WHERE subject = $1 AND id = $3 AND body = $4",
    },
    Column {
        name: "relay_mandate_held.body",
        select: "SELECT subject AS first, '' AS connector, id AS last, body AS sealed \
                 FROM relay_mandate_held WHERE (subject, id) > ($1, $3) \
                 ORDER BY subject, id LIMIT $4",
        update: "UPDATE relay_mandate_held SET body = $5 \
                 WHERE subject = $1 AND id = $3 AND body = $4",
    },
    Column {
        name: "relay_guardian.body",
        select: "SELECT subject AS first, '' AS connector, id AS last, body AS sealed \
                 FROM relay_guardian WHERE (subject, id) > ($1, $3) \
                 ORDER BY subject, id LIMIT $4",
        update: "UPDATE relay_guardian SET body = $5 \
                 WHERE subject = $1 AND id = $3 AND body = $4",
    },
    Column {
        name: "relay_guardian_way.body",
        select: "SELECT id AS first, '' AS connector, id AS last, body AS sealed \
                 FROM relay_guardian_way WHERE id > $1 ORDER BY id LIMIT $4",
        update: "UPDATE relay_guardian_way SET body = $5 WHERE id = $1 AND body = $4",
    },
    Column {
        name: "relay_ward.body",
        select: "SELECT subject AS first, '' AS connector, subject AS last, body AS sealed \
                 FROM relay_ward WHERE subject > $1 ORDER BY subject LIMIT $4",
        update: "UPDATE relay_ward SET body = $5 WHERE subject = $1 AND body = $4",
    },
    Column {
        name: "relay_batch.terms",
        select: "SELECT organization AS first, '' AS connector, id AS last, terms AS sealed \
                 FROM relay_batch WHERE (organization, id) > ($1, $3) AND length(terms) > 0 \
                 ORDER BY organization, id LIMIT $4",
        update: "UPDATE relay_batch SET terms = $5 \
                 WHERE organization = $1 AND id = $3 AND terms = $4",
    },
    Column {
        name: "relay_batch.progress",
        select: "SELECT organization AS first, '' AS connector, id AS last, progress AS sealed \
                 FROM relay_batch WHERE (organization, id) > ($1, $3) AND length(progress) > 0 \
                 ORDER BY organization, id LIMIT $4",
        update: "UPDATE relay_batch SET progress = $5 \
                 WHERE organization = $1 AND id = $3 AND progress = $4",
    },
    Column {
        name: "relay_batch.preview",
        select: "SELECT organization AS first, '' AS connector, id AS last, preview AS sealed \
                 FROM relay_batch WHERE (organization, id) > ($1, $3) AND preview IS NOT NULL \
                 ORDER BY organization, id LIMIT $4",
        update: "UPDATE relay_batch SET preview = $5 \
                 WHERE organization = $1 AND id = $3 AND preview = $4",
    },
    Column {
        name: "relay_batch_piece.body",
        select: "SELECT batch AS first, '' AS connector, batch AS last, number, body AS sealed \
                 FROM relay_batch_piece WHERE (batch, number) > ($1, $5) \
                 ORDER BY batch, number LIMIT $4 / 32",
        update: "UPDATE relay_batch_piece SET body = $5 \
                 WHERE batch = $1 AND number = $6 AND body = $4",
    },
    Column {
        name: "relay_batch_chunk.body",
        select: "SELECT batch AS first, '' AS connector, batch AS last, number, body AS sealed \
                 FROM relay_batch_chunk WHERE (batch, number) > ($1, $5) AND length(body) > 0 \
                 ORDER BY batch, number LIMIT $4 / 32",
        update: "UPDATE relay_batch_chunk SET body = $5 \
                 WHERE batch = $1 AND number = $6 AND body = $4",
    },
];

/// A row by its key; `last` is `first` again where the key is shorter.
#[derive(sqlx::FromRow, Default)]
struct Row {
    first: Vec<u8>,
    connector: String,
    last: Vec<u8>,
    #[sqlx(default)]
    number: i64,
    sealed: Vec<u8>,
}

impl Links {
    /// Seals everything again that is sealed under an older key. How many values that were.
    pub async fn reseal(&self) -> Result<u64, LinkStoreError> {
        let mut sealed = 0;
        for column in &COLUMNS {
            sealed += self.reseal_column(column).await?;
        }
        Ok(sealed)
    }

    async fn reseal_column(&self, column: &Column) -> Result<u64, LinkStoreError> {
        let (mut at, mut count) = (Row::default(), 0);
        loop {
            let (first, last) = (at.first.as_slice(), at.last.as_slice());
            let read = self.database.read();
            let (sql, connector, number) = (column.select, &at.connector, at.number);
            let rows = fetch_all!(read, Row, sql, first, connector, last, BATCH, number)?;
            for row in rows.iter().filter(|row| !self.ring.is_current(&row.sealed)) {
                count += self.reseal_row(column, row).await?;
            }
            match rows.into_iter().next_back() {
                Some(row) => at = row,
                None => return Ok(count),
            }
        }
    }

    async fn reseal_row(&self, column: &Column, row: &Row) -> Result<u64, LinkStoreError> {
        let context = context(column.name, row);
        let plain = self.ring.open(&context, &row.sealed)?;
        let again = self.seal(&context, &plain);
        let (first, last) = (row.first.as_slice(), row.last.as_slice());
        let (before, write) = (row.sealed.as_slice(), self.database.write());
        let (sql, connector, number) = (column.update, &row.connector, row.number);
        Ok(execute!(write, sql, first, connector, last, before, again, number)?)
    }
}

/// What the value is bound to, as those who write it bind it.
fn context(name: &str, row: &Row) -> Vec<u8> {
    let connector = row.connector.as_bytes();
    match name {
        "relay_ratio.body" => place(name, &[&row.last]),
        "relay_alias.subject"
        | "relay_dispute.body"
        | "relay_guardian_way.body"
        | "relay_ward.body" => place(name, &[&row.first]),
        "relay_consent.body"
        | "relay_consent_reader.subject"
        | "relay_guardian.body"
        | "relay_mandate.body"
        | "relay_mandate_held.body" => place(name, &[&row.first, &row.last]),
        "relay_link_past.body" => place(name, &[&row.first, connector, &row.last]),
        "relay_doubt.body" | "relay_notice.body" => place(name, &[connector, &row.last]),
        "relay_batch.terms" | "relay_batch.progress" | "relay_batch.preview" => {
            place(name, &[&row.last])
        }
        "relay_batch_piece.body" | "relay_batch_chunk.body" => {
            place(name, &[&row.first, &row.number.to_be_bytes()])
        }
        _ => place(name, &[&row.first, connector]),
    }
}
