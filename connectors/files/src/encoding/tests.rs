use proptest::prelude::*;

use super::*;

fn written(encoding: Encoding, text: &str) -> Result<Vec<u8>, Unmappable> {
    let mut bytes = Vec::new();
    encoding.encode(text, &mut bytes).map(|()| bytes)
}

fn read(encoding: Encoding, bytes: &[u8]) -> Result<String, usize> {
    let mut text = String::new();
    encoding.decode(bytes, &mut text).map(|()| text)
}

#[test]
fn the_difficult_characters_come_back_from_every_encoding() {
    for character in "①㈱髙﨑～－∥￠￡￢￥ⅰⅨ№℡德栁瀨ｱｶﾞー・纊黑ヱゎ〇々〆".chars()
    {
        for encoding in Encoding::ALL {
            let text = character.to_string();
            let bytes = written(encoding, &text).unwrap();
            assert_eq!(read(encoding, &bytes), Ok(text), "{character} in {encoding:?}");
        }
    }
}

#[test]
fn codes_are_those_of_other_programs() {
    let codes: [(char, &[u8], &[u8]); 12] = [
        ('①', b"\x87\x40", b"\xad\xa1"),
        ('㈱', b"\x87\x8a", b"\xad\xea"),
        ('髙', b"\xfb\xfc", b"\x8f\xf4\xfb"),
        ('﨑', b"\xfa\xb1", b"\x8f\xf4\xbd"),
        ('～', b"\x81\x60", b"\xa1\xc1"),
        ('－', b"\x81\x7c", b"\xa1\xdd"),
        ('∥', b"\x81\x61", b"\xa1\xc2"),
        ('￠', b"\x81\x91", b"\xa1\xf1"),
        ('￡', b"\x81\x92", b"\xa1\xf2"),
        ('￢', b"\x81\xca", b"\xa2\xcc"),
        ('￥', b"\x81\x8f", b"\xa1\xef"),
        ('ⅰ', b"\xfa\x40", b"\x8f\xf3\xf3"),
    ];
    for (character, cp932, euc) in codes {
        let text = character.to_string();
        assert_eq!(written(Encoding::Cp932, &text).as_deref(), Ok(cp932), "{character}");
        assert_eq!(written(Encoding::EucJp, &text).as_deref(), Ok(euc), "{character}");
    }
}

#[test]
fn the_twins_of_jis_are_written_as_the_one_that_is_read() {
    for (jis, microsoft) in "〜−‖¢£¬—‾¥".chars().zip("～－∥￠￡￢―￣￥".chars())
    {
        for encoding in [Encoding::Cp932, Encoding::EucJp] {
            let bytes = written(encoding, &jis.to_string()).unwrap();
            assert_eq!(read(encoding, &bytes), Ok(microsoft.to_string()), "{jis}");
        }
        assert_eq!(written(Encoding::Utf8, &jis.to_string()), Ok(jis.to_string().into_bytes()));
    }
}

#[test]
fn characters_of_ibm_are_read_as_either_system_writes_them() {
    assert_eq!(read(Encoding::EucJp, b"\x8f\xf4\xfb"), Ok("髙".to_owned()));
    assert_eq!(read(Encoding::EucJp, b"\xfc\xe2"), Ok("髙".to_owned()));
    assert_eq!(read(Encoding::Cp932, b"\xfb\xfc"), Ok("髙".to_owned()));
    assert_eq!(read(Encoding::Cp932, b"\xee\xe0"), Ok("髙".to_owned()));
}

#[test]
fn all_that_cp932_reads_it_writes() {
    for first in 0x81..=0xfc {
        for second in 0x40..=0xfc {
            if let Ok(text) = read(Encoding::Cp932, &[first, second])
                && text.chars().count() == 1
            {
                let bytes = written(Encoding::Cp932, &text).unwrap();
                assert_eq!(read(Encoding::Cp932, &bytes), Ok(text));
            }
        }
    }
}

#[test]
fn all_that_euc_reads_it_writes() {
    let codes = (0xa1..=0xfe).flat_map(|row| (0xa1..=0xfe).map(move |cell| [row, cell]));
    for [row, cell] in codes {
        for bytes in [&[row, cell][..], &[0x8f, row, cell]] {
            if let Ok(text) = read(Encoding::EucJp, bytes) {
                let written = written(Encoding::EucJp, &text).unwrap();
                assert_eq!(read(Encoding::EucJp, &written), Ok(text));
            }
        }
    }
}

#[test]
fn user_defined_characters_stay_what_they_are() {
    assert_eq!(written(Encoding::Cp932, "\u{e000}\u{e757}").unwrap(), b"\xf0\x40\xf9\xfc");
    assert_eq!(written(Encoding::EucJp, "\u{e000}\u{e757}").unwrap(), b"\xf5\xa1\x8f\xfe\xfe");
    assert!(written(Encoding::Cp932, "\u{e758}").is_err());
}

#[test]
fn what_an_encoding_has_not_is_said() {
    for character in ['\u{e0100}', '𩸽', 'é', '한'] {
        for encoding in [Encoding::Cp932, Encoding::EucJp] {
            if character == 'é' && encoding == Encoding::EucJp {
                continue; // JIS X 0212 has it.
            }
            let text = format!("辻{character}");
            assert_eq!(written(encoding, &text), Err(Unmappable { character, encoding }));
        }
    }
    // 丈 with a stroke is in JIS X 0212 alone.
    assert_eq!(written(Encoding::EucJp, "丂").unwrap(), b"\x8f\xb0\xa1");
    assert!(written(Encoding::Cp932, "丂").is_err());
}

#[test]
fn wrong_bytes_are_found_where_they_are() {
    assert_eq!(read(Encoding::Utf8, b"ab\x83\x41"), Err(2));
    assert_eq!(read(Encoding::Cp932, b"ab\x83,"), Err(2));
    assert_eq!(read(Encoding::Cp932, b"ab\x82\xa0\xa0"), Err(4));
    assert_eq!(read(Encoding::EucJp, b"\xa4\xa2\xa4"), Err(2));
    assert_eq!(read(Encoding::EucJp, b"\x8f\xf4\xfb\x80"), Err(3));
}

#[test]
fn names_of_encodings_are_many() {
    for name in ["SJIS", "shift_jis", "Windows-31J", "cp932", "MS932"] {
        assert_eq!(Encoding::parse(name), Some(Encoding::Cp932));
    }
    assert_eq!(Encoding::parse("eucJP-ms"), Some(Encoding::EucJp));
    assert_eq!(Encoding::parse("UTF-16"), None);
    for encoding in Encoding::ALL {
        assert_eq!(Encoding::parse(encoding.name()), Some(encoding));
    }
}

#[test]
fn rows_of_another_encoding_are_known_though_they_read() {
    let row = "06130488,東京,001,上野 太郎,ウエノ タロウ";
    for other in [Encoding::Utf8, Encoding::EucJp] {
        let bytes = written(other, row).unwrap();
        let mut text = String::new();
        let read = Encoding::Cp932.decode(&bytes, &mut text);
        assert!(read.is_err() || is_foreign(Encoding::Cp932, &bytes, &text), "{other:?}");
    }
    for own in [row, "ﾔﾏﾀﾞ ﾀﾛｳ,ﾐｷ", "豌丞錐,①", "･､･"] {
        let bytes = written(Encoding::Cp932, own).unwrap();
        assert!(!is_foreign(Encoding::Cp932, &bytes, own), "{own}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        for encoding in Encoding::ALL {
            if let Err(at) = read(encoding, &bytes) {
                prop_assert!(at < bytes.len());
                prop_assert!(read(encoding, &bytes[..at]).is_ok());
            }
        }
    }

    #[test]
    fn any_text_comes_back_by_references(text in "(\\PC|&#x[0-9A-F]{0,5};?|[ぁ-ヶ一-龠]|[\u{e0100}-\u{e0110}]){0,20}") {
        for encoding in Encoding::ALL {
            let mut bytes = Vec::new();
            crate::writer::push_csv_field(encoding, &text, &mut bytes);
            let read = read(encoding, &bytes).unwrap();
            let read = resolve(encoding, &read).unwrap_or(read);
            let unquoted = read.strip_prefix('"').and_then(|read| read.strip_suffix('"'));
            let read = match unquoted {
                Some(quoted) if text.contains(['"', ',']) => quoted.replace("\"\"", "\""),
                _ => read,
            };
            let expected: String = match encoding {
                Encoding::Utf8 => text.clone(),
                _ => text.chars().map(folded).collect(),
            };
            prop_assert_eq!(read, expected);
        }
    }
}
