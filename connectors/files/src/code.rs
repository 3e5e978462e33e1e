//! The stable codes of what can be wrong with a file.

/// What is wrong with a row, or with the whole file. The text of [`Code::as_str`] never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// The bytes fit two encodings that would read differently; somebody must say which it is.
    Ambiguous,
    /// A character that no field may have, such as a control character.
    Character,
    /// A value that is none of the column's words.
    Code,
    /// Another number of columns than declared, or a header that names no, or one twice.
    Columns,
    /// Compressed, a workbook, or UTF-16: not a text file of the known kinds.
    Compressed,
    /// The trailer counts other rows than there are.
    Count,
    /// Not a day of the calendar.
    Date,
    /// The same row a second time.
    Duplicate,
    /// There are no rows.
    Empty,
    /// Bytes that are not of the file's encoding.
    Encoding,
    /// A field longer than its column.
    FieldTooLong,
    /// A record longer than [`LONGEST_RECORD`](crate::LONGEST_RECORD).
    LineTooLong,
    /// A 個人番号 (My Number), which is not kept here.
    MyNumber,
    /// Not a number of the column's kind.
    Number,
    /// It ends before it begins.
    Period,
    /// Quotation marks that do not pair.
    Quote,
    /// A mandatory field is blank.
    Required,
    /// The file ends in the middle.
    Truncated,
    /// The system could not read on; not a fault of the file.
    Unreadable,
    /// Not the XML that is declared.
    Xml,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 20] = [
        Self::Ambiguous,
        Self::Character,
        Self::Code,
        Self::Columns,
        Self::Compressed,
        Self::Count,
        Self::Date,
        Self::Duplicate,
        Self::Empty,
        Self::Encoding,
        Self::FieldTooLong,
        Self::LineTooLong,
        Self::MyNumber,
        Self::Number,
        Self::Period,
        Self::Quote,
        Self::Required,
        Self::Truncated,
        Self::Unreadable,
        Self::Xml,
    ];

    /// The code as programs know it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ambiguous => "file.ambiguous",
            Self::Character => "file.character",
            Self::Code => "file.code",
            Self::Columns => "file.columns",
            Self::Compressed => "file.compressed",
            Self::Count => "file.count",
            Self::Date => "file.date",
            Self::Duplicate => "file.duplicate",
            Self::Empty => "file.empty",
            Self::Encoding => "file.encoding",
            Self::FieldTooLong => "file.field-too-long",
            Self::LineTooLong => "file.line-too-long",
            Self::MyNumber => "file.my-number",
            Self::Number => "file.number",
            Self::Period => "file.period",
            Self::Quote => "file.quote",
            Self::Required => "file.required",
            Self::Truncated => "file.truncated",
            Self::Unreadable => "file.unreadable",
            Self::Xml => "file.xml",
        }
    }

    /// The code of that text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == text)
    }

    /// What to do about it, in one sentence for whoever corrects the file.
    pub fn in_japanese(self) -> &'static str {
        match self {
            Self::Ambiguous => "文字コードを一つに決められません。文字コードを選んでください",
            Self::Character => "使えない文字が入っています",
            Self::Code => "決められた値ではありません",
            Self::Columns => "項目の数か、項目名が合いません",
            Self::Compressed => "圧縮したファイル、Excelのファイル、UTF-16のファイルは読めません",
            Self::Count => "末尾の件数と、実際の件数が合いません",
            Self::Date => "日付として読めません",
            Self::Duplicate => "同じ内容の行がほかにあります",
            Self::Empty => "明細がありません",
            Self::Encoding => "文字コードがほかの行と違うか、こわれています",
            Self::FieldTooLong => "項目が長すぎます",
            Self::LineTooLong => "行が長すぎます",
            Self::MyNumber => "個人番号と思われる数字は受け取れません",
            Self::Number => "番号の形が正しくありません",
            Self::Period => "終了日が開始日より前です",
            Self::Quote => "引用符（\"）の対応が正しくありません",
            Self::Required => "必ず要る項目が空です",
            Self::Truncated => "ファイルが途中で切れています",
            Self::Unreadable => "読み取りの途中で失敗しました。もう一度お試しください",
            Self::Xml => "XMLの書き方が正しくありません",
        }
    }

    /// The same in English.
    pub fn in_english(self) -> &'static str {
        match self {
            Self::Ambiguous => "the encoding cannot be told; please choose it",
            Self::Character => "a character that must not be used",
            Self::Code => "not one of the agreed values",
            Self::Columns => "the number or the names of the columns do not fit",
            Self::Compressed => "compressed files, workbooks and UTF-16 cannot be read",
            Self::Count => "the number of rows is not what the last row says",
            Self::Date => "not a date",
            Self::Duplicate => "there is another row of the same content",
            Self::Empty => "there are no rows",
            Self::Encoding => "the encoding is not that of the other rows, or is damaged",
            Self::FieldTooLong => "the field is too long",
            Self::LineTooLong => "the line is too long",
            Self::MyNumber => "what seems to be an Individual Number is not accepted",
            Self::Number => "not a number of the right form",
            Self::Period => "the end is before the start",
            Self::Quote => "the quotation marks do not pair",
            Self::Required => "a mandatory field is blank",
            Self::Truncated => "the file ends in the middle",
            Self::Unreadable => "reading failed on the way; please try again",
            Self::Xml => "not well-formed, or not the agreed XML",
        }
    }
}

/// The sentences and advice about every code, as Fluent catalogues in Japanese and English; ids
/// are the codes with `-` for `.`.
pub const CATALOGUES: [&str; 2] =
    [include_str!("../locales/ja/files.ftl"), include_str!("../locales/en/files.ftl")];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_sentence_and_two_pieces_of_advice_in_both_languages() {
        for code in Code::ALL {
            assert_eq!(Code::parse(code.as_str()), Some(code));
            let sentences = [code.in_japanese(), code.in_english()];
            for (catalogue, sentence) in CATALOGUES.into_iter().zip(sentences) {
                let entry = format!("\n{} = {sentence}\n", code.as_str().replace('.', "-"));
                let (_, advice) = catalogue.split_once(&entry).unwrap();
                let mut advice = advice.lines();
                assert!(advice.next().unwrap().starts_with("    .person = "), "{code:?}");
                assert!(advice.next().unwrap().starts_with("    .engineer = "), "{code:?}");
            }
        }
    }
}
