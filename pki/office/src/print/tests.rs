use std::process::Command;

use jiff::civil::date;

use super::*;

fn printer() -> Printer {
    Printer::open(&FontConfig::default(), LetterConfig::sample()).unwrap()
}

fn face() -> FaceData {
    FaceData {
        kana: "ウエノ タロウ".into(),
        birth_date: date(1980, 5, 5),
        sex: Sex::Male,
        number: "5021443896120387".into(),
        expires: date(2031, 11, 19),
    }
}

fn letter() -> LetterData {
    LetterData {
        id: "A7K2-9QXM".into(),
        name: "山﨑 髙志".into(),
        address: "香川県高松市サンポート2番1号 高松シンボルタワー マリタイムプラザ髙松 1203号室"
            .into(),
        code: Zeroizing::new("27184590".into()),
        date: date(2026, 11, 20),
    }
}

fn cover() -> CoverData {
    let LetterData { id, name, address, date, .. } = letter();
    CoverData { id, name, address, date }
}

/// What a program of poppler-utils says about the PDF.
fn asked(program: &str, arguments: &[&str], pdf: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pdf");
    std::fs::write(&path, pdf).unwrap();
    let to = if program == "pdftotext" { vec!["-"] } else { vec![] };
    let output = Command::new(program).args(arguments).arg(&path).args(to).output().unwrap();
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn text(pdf: &[u8]) -> String {
    asked("pdftotext", &["-layout"], pdf)
}

/// Every font is embedded, as a subset, with its characters' names.
fn assert_embedded(pdf: &[u8]) {
    let fonts = asked("pdffonts", &[], pdf);
    let rows: Vec<&str> = fonts.lines().skip(2).collect();
    assert!(!rows.is_empty());
    for row in rows {
        assert!(row.contains("NotoSansCJK") && row.contains("yes yes yes"), "{row}");
    }
}

#[test]
fn a_face_shows_what_it_must_and_nothing_else() {
    let pdf = printer().faces(&[face()]).unwrap();
    let words: Vec<String> = text(&pdf).split_whitespace().map(str::to_owned).collect();
    let mut expected = vec![
        "讃岐広域連携協議会",
        "氏名",
        "ウエノ",
        "タロウ",
        "生年月日",
        "性別",
        "昭和55年5月5日（1980年5月5日）",
        "男",
        "カード番号",
        "有効期限",
        "5021",
        "4438",
        "9612",
        "0387",
        "2031年11月19日",
    ];
    let mut found: Vec<&str> = words.iter().map(String::as_str).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert_embedded(&pdf);
}

#[test]
fn nothing_on_a_face_covers_anything_else() {
    let widest = FaceData {
        kana: "アレクサンドリーナ フォン ヴィッテルスバッハ マリア".into(),
        birth_date: date(1926, 12, 25),
        expires: date(2031, 12, 31),
        ..face()
    };
    let pdf = printer().faces(&[widest]).unwrap();
    let boxes = asked("pdftotext", &["-bbox"], &pdf);
    let words: Vec<[f32; 4]> = boxes.lines().filter_map(place).collect();
    assert!(words.len() > 14, "{boxes}");
    for (index, one) in words.iter().enumerate() {
        for other in &words[index + 1..] {
            // Boxes are an em high; ink is less.
            let beside = one[2] <= other[0] || other[2] <= one[0];
            let below = one[3] <= other[1] + 4.0 || other[3] <= one[1] + 4.0;
            assert!(beside || below, "{one:?} {other:?} {boxes}");
        }
        assert!(one[0] >= 0.0 && one[2] <= 242.7 && one[3] <= 153.1, "{one:?}");
    }
}

/// Left, top, right and bottom of a word, in points.
fn place(line: &str) -> Option<[f32; 4]> {
    let value = |name: &str| {
        let (_, rest) = line.split_once(&format!("{name}=\""))?;
        rest.split_once('"')?.0.parse().ok()
    };
    Some([value("xMin")?, value("yMin")?, value("xMax")?, value("yMax")?])
}

#[test]
fn faces_have_the_size_of_a_card_one_page_each() {
    let cards: Vec<FaceData> =
        (0..30).map(|n| FaceData { number: format!("{n:016}"), ..face() }).collect();
    let pdf = printer().faces(&cards).unwrap();
    let about = asked("pdfinfo", &[], &pdf);
    assert!(about.contains("Pages:           30"), "{about}");
    assert!(about.contains("Page size:       242.646 x 153.014 pts"), "{about}");
    assert!(pdf.len() < 100_000, "{} bytes: the font is shared by all pages", pdf.len());
}

#[test]
fn a_letter_brings_the_code_once_and_no_card_number() {
    let pdf = printer().letter(&letter()).unwrap();
    let text = text(&pdf);
    assert_eq!(text.matches("2718 4590").count(), 1);
    for said in ["山﨑 髙志 様", "令和8年11月20日", "A7K2-9QXM", "087-000-0000", "0120-000-000"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert_eq!(text.matches("https://portal.example.jp").count(), 1);
    assert_embedded(&pdf);
    let about = asked("pdfinfo", &[], &pdf);
    assert!(about.contains("(A4)") && about.contains("Pages:           1"), "{about}");
}

#[test]
fn the_code_is_inside_the_fold_and_the_address_in_the_window() {
    let pdf = printer().letter(&letter()).unwrap();
    let boxes = asked("pdftotext", &["-bbox"], &pdf);
    let top_of = |word: &str| {
        let line = boxes.lines().find(|line| line.contains(&format!(">{word}<"))).unwrap();
        let (_, rest) = line.split_once("yMin=\"").unwrap();
        rest.split_once('"').unwrap().0.parse::<f32>().unwrap() * 25.4 / 72.0
    };
    assert!((99.0..198.0).contains(&top_of("2718")));
    assert!((12.0..57.0).contains(&top_of("山﨑")));
}

#[test]
fn the_sheet_beside_the_card_tells_no_code() {
    let pdf = printer().cover(&cover()).unwrap();
    let text = text(&pdf);
    assert!(text.contains("山﨑 髙志 様") && text.contains("A7K2-9QXM"), "{text}");
    assert!(!text.contains("2718"));
    assert_embedded(&pdf);
}

#[test]
fn variants_of_names_are_printed_as_they_are() {
    for name in ["山﨑 髙志", "𠮷野 德子", "辻\u{E0101} 渡邉", "濵田 祐\u{E0100}子"]
    {
        let pdf = printer().letter(&LetterData { name: name.into(), ..letter() }).unwrap();
        let text = text(&pdf);
        assert!(text.contains(&format!("{name} 様")), "{name}: {text}");
        assert!(!text.contains(['□', '●', '?', '\u{FFFD}']));
    }
}

#[test]
fn what_cannot_be_printed_is_refused_before_the_card_is_made() {
    let printer = printer();
    let require = |name: &str, kana: &str, address: &str| {
        printer.require_printable(name, Some(kana), address)
    };
    assert_eq!(require("上野 太郎", "ウエノ タロウ", "高松市"), Ok(()));
    let lacking = require("上\u{E123} 太郎", "ウエノ タロウ", "高松市");
    assert_eq!(lacking, Err(PrintError::Character('\u{E123}')));
    let lacking = require("上野 太郎", "ウエノ\u{1F600}", "高松市");
    assert_eq!(lacking, Err(PrintError::Character('\u{1F600}')));
    let long = require("上野 太郎", &"ア".repeat(100), "高松市");
    assert_eq!(long, Err(PrintError::TooLong("name")));
    let long = require("上野 太郎", "ウエノ タロウ", &"高".repeat(200));
    assert_eq!(long, Err(PrintError::TooLong("address")));
    assert_eq!(require("上野 太郎", &"ア".repeat(38), &"高".repeat(80)), Ok(()));
}

/// For looking at: `cargo test -p warifu-office -- --ignored samples_to_look_at`, in /tmp.
#[test]
#[ignore = "draws pictures for a person"]
fn samples_to_look_at() {
    let folder = std::env::temp_dir().join("office-samples");
    std::fs::create_dir_all(&folder).unwrap();
    let long = FaceData {
        kana: "アレクサンドリーナ フォン ヴィッテルスバッハ マリア".into(),
        sex: Sex::Female,
        birth_date: date(1926, 12, 25),
        ..face()
    };
    let samples = [
        ("face", printer().faces(&[face(), long]).unwrap()),
        ("letter", printer().letter(&letter()).unwrap()),
        ("cover", printer().cover(&cover()).unwrap()),
    ];
    for (name, pdf) in samples {
        std::fs::write(folder.join(format!("{name}.pdf")), pdf).unwrap();
    }
}

/// `cargo test -p warifu-office --lib -- --ignored --nocapture how_long`
#[test]
#[ignore = "measures"]
fn how_long_printing_takes() {
    use std::time::Instant;
    let started = Instant::now();
    let printer = printer();
    println!("fonts: {:?}", started.elapsed());
    for count in [1, 1_000] {
        let cards: Vec<FaceData> =
            (0..count).map(|n| FaceData { number: format!("{n:016}"), ..face() }).collect();
        let started = Instant::now();
        let pdf = printer.faces(&cards).unwrap();
        println!("{count} faces: {:?}, {} bytes", started.elapsed(), pdf.len());
    }
    let started = Instant::now();
    let pdf = printer.letter(&letter()).unwrap();
    println!("a letter: {:?}, {} bytes", started.elapsed(), pdf.len());
}
