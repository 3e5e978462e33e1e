//! CSV for spreadsheets (RFC 4180): UTF-8 with its mark, CR LF, and no cell that a spreadsheet
//! would run as a formula.

/// A file under way.
#[derive(Debug, Default)]
pub struct File(String);

impl File {
    /// One row.
    pub fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        for (index, text) in cells.into_iter().enumerate() {
            if index > 0 {
                self.0.push(',');
            }
            cell(&mut self.0, text.as_ref());
        }
        self.0.push_str("\r\n");
    }

    /// Bytes so far.
    pub fn size(&self) -> usize {
        self.0.len()
    }

    /// Its rows alone, to go on with.
    pub fn into_rows(self) -> String {
        self.0
    }

    /// The whole.
    pub fn into_text(self) -> String {
        format!("\u{FEFF}{}", self.0)
    }
}

/// A text that begins like a formula gets an apostrophe; a number keeps its sign.
fn cell(out: &mut String, text: &str) {
    let is_formula =
        text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    let quoted = is_formula || text.contains(['"', ',', '\r', '\n']);
    if !quoted {
        out.push_str(text);
        return;
    }
    out.push('"');
    if is_formula {
        out.push('\'');
    }
    out.push_str(&text.replace('"', "\"\""));
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let mut file = File::default();
        file.row(["a", "b,c", "d\"e", "=1+1", "-5", "f\ng"]);
        let text = file.into_text();
        assert_eq!(text, "\u{FEFF}a,\"b,c\",\"d\"\"e\",\"'=1+1\",-5,\"f\ng\"\r\n");
    }
}
