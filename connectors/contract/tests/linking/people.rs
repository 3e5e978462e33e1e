//! People who are easily taken for each other, made up from a seed: twins, strangers of one name
//! and birthday, changed names, characters that systems cannot write. Nobody here exists.

use jiff::civil::{Date, date};
use warifu_contract::identity::{FourItems, Resident};
use warifu_contract::linking::{Attributes, HeldMember};
use warifu_contract::person::{Name, Sex};

/// What makes a case hard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing: the person, alone, written alike.
    Plain,
    /// A twin brother or sister whose name sounds or looks alike.
    SimilarTwin,
    /// A twin of the same sex with another name.
    SameSexTwin,
    /// The twin is a member and the person is not.
    OnlyTheTwin,
    /// A stranger with the same name and birthday.
    NamesakeStranger,
    /// A stranger with the same name and birthday is a member, and the person is not.
    OnlyTheStranger,
    /// Father and son of one name in one house.
    FatherAndSon,
    /// The holder knows the name before the marriage; the voucher says it was one (旧姓).
    FormerName,
    /// The holder knows the name before the marriage, and nobody says so.
    UnsaidFormerName,
    /// 髙 and 高, 﨑 and 崎 (異体字).
    Variant,
    /// A ● where the holder's system could not write the character (外字).
    Dotted,
    /// 斉藤 and 斎藤: two families of one reading, born on one day, in one house of flats.
    TwoFamilies,
    /// The reading has family and given name the wrong way round.
    SwappedKana,
    /// Width and blanks are written in another way.
    OtherWidth,
    /// The holder has an old address.
    Moved,
    /// The holder has no address.
    NoAddress,
    /// The holder does not know the sex.
    NoSex,
    /// Month and day of birth are exchanged.
    WrongBirthDate,
    /// Somebody else is linked to the member already.
    Taken,
    /// Nobody like the person is a member.
    Nobody,
}

impl Kind {
    pub const ALL: [Self; 20] = [
        Self::Plain,
        Self::SimilarTwin,
        Self::SameSexTwin,
        Self::OnlyTheTwin,
        Self::NamesakeStranger,
        Self::OnlyTheStranger,
        Self::FatherAndSon,
        Self::FormerName,
        Self::UnsaidFormerName,
        Self::Variant,
        Self::Dotted,
        Self::TwoFamilies,
        Self::SwappedKana,
        Self::OtherWidth,
        Self::Moved,
        Self::NoAddress,
        Self::NoSex,
        Self::WrongBirthDate,
        Self::Taken,
        Self::Nobody,
    ];
}

/// One person who wants to be linked, and the members among whom that person may be.
#[derive(Debug, Clone)]
pub struct Case {
    pub kind: Kind,
    pub said: Attributes,
    pub members: Vec<HeldMember>,
    /// Who the person is among the members.
    pub truth: Option<String>,
}

const FAMILIES: [(&str, &str); 12] = [
    ("高橋", "タカハシ"),
    ("山崎", "ヤマザキ"),
    ("渡辺", "ワタナベ"),
    ("斉藤", "サイトウ"),
    ("広沢", "ヒロサワ"),
    ("桜井", "サクライ"),
    ("国島", "クニシマ"),
    ("浜崎", "ハマサキ"),
    ("吉沢", "ヨシザワ"),
    ("黒沢", "クロサワ"),
    ("塩崎", "シオザキ"),
    ("滝沢", "タキザワ"),
];
/// Given names that are taken for each other, with one reading.
const ALIKE: [(&str, &str, &str); 8] = [
    ("太郎", "太朗", "タロウ"),
    ("真一", "眞一", "シンイチ"),
    ("恵子", "惠子", "ケイコ"),
    ("和夫", "和男", "カズオ"),
    ("裕子", "祐子", "ユウコ"),
    ("浩二", "浩司", "コウジ"),
    ("富子", "冨子", "トミコ"),
    ("隆", "孝", "タカシ"),
];
/// Given names that nobody takes for one of those.
const OTHERS: [(&str, &str); 4] =
    [("麻衣", "マイ"), ("健吾", "ケンゴ"), ("百合香", "ユリカ"), ("誠", "マコト")];
const VARIANTS: [(char, char); 9] = [
    ('高', '髙'),
    ('崎', '﨑'),
    ('辺', '邊'),
    ('斉', '齊'),
    ('沢', '澤'),
    ('桜', '櫻'),
    ('国', '國'),
    ('浜', '濱'),
    ('黒', '黑'),
];

/// Numbers out of a seed (`SplitMix64`).
pub struct Dice(u64);

impl Dice {
    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let most = u64::try_from(most.max(1)).unwrap();
        usize::try_from((z ^ (z >> 31)) % most).unwrap()
    }

    fn birth_date(&mut self) -> Date {
        let part = |value: usize| i8::try_from(value).unwrap();
        let year = 1930 + i16::try_from(self.below(80)).unwrap();
        date(year, part(1 + self.below(12)), part(1 + self.below(28)))
    }
}

/// `count` cases, every kind as often as every other.
pub fn cases(seed: u64, count: usize) -> Vec<Case> {
    let mut dice = Dice::of(seed);
    let kinds = Kind::ALL.into_iter().cycle().take(count);
    kinds.enumerate().map(|(number, kind)| case(&mut dice, kind, number)).collect()
}

/// The person of a case, before anything is made hard.
struct Person {
    number: usize,
    family: (&'static str, &'static str),
    alike: (&'static str, &'static str, &'static str),
    birth: Date,
    address: String,
}

fn case(dice: &mut Dice, kind: Kind, number: usize) -> Case {
    let person = Person {
        number,
        family: FAMILIES[dice.below(FAMILIES.len())],
        alike: ALIKE[dice.below(ALIKE.len())],
        birth: dice.birth_date(),
        address: format!(
            "香川県高松市見本町{}丁目{}番{number}号",
            1 + dice.below(9),
            1 + dice.below(30)
        ),
    };
    let other = OTHERS[dice.below(OTHERS.len())];
    let said = Attributes { items: person.items(), former_names: Vec::new() };
    let own = person.member("own");
    hardened(kind, &person, other, said, own)
}

fn hardened(
    kind: Kind,
    person: &Person,
    other: (&str, &str),
    mut said: Attributes,
    mut own: HeldMember,
) -> Case {
    let mut rest = Vec::new();
    let mut is_member = true;
    match kind {
        Kind::Plain => {}
        Kind::SimilarTwin => rest.push(person.named("twin", person.alike.1, person.alike.2)),
        Kind::SameSexTwin => rest.push(person.named("twin", other.0, other.1)),
        Kind::OnlyTheTwin => {
            is_member = false;
            rest.push(person.named("twin", person.alike.1, person.alike.2));
        }
        Kind::NamesakeStranger => rest.push(person.elsewhere()),
        Kind::OnlyTheStranger => {
            is_member = false;
            rest.push(person.elsewhere());
        }
        Kind::FatherAndSon => {
            let mut father = person.member("father");
            father.person.birth_date = date(person.birth.year() - 28, 3, 3);
            rest.push(father);
        }
        Kind::FormerName | Kind::UnsaidFormerName => {
            let before = own.person.name.text.clone();
            said.items.name = format!("新姓 {}", person.alike.0);
            said.items.kana = Some(format!("シンセイ {}", person.alike.2));
            if kind == Kind::FormerName {
                said.former_names.push(before);
            }
        }
        Kind::Variant => own.person.name.text = replaced(&own.person.name.text, |_, old| old),
        Kind::Dotted => own.person.name.text = replaced(&own.person.name.text, |_, _| '●'),
        Kind::TwoFamilies => {
            said.items.name = format!("斉藤 {}", person.alike.0);
            own.person.name.text.clone_from(&said.items.name);
            said.items.kana = Some(format!("サイトウ {}", person.alike.2));
            own.person.name.kana = format!("サイトウ {}", person.alike.2);
            let mut neighbour = own.clone();
            neighbour.person.reference = person.reference("neighbour");
            neighbour.person.name.text = format!("斎藤 {}", person.alike.0);
            rest.push(neighbour);
        }
        Kind::SwappedKana => {
            own.person.name.kana = format!("{} {}", person.alike.2, person.family.1);
        }
        Kind::OtherWidth => own.person.name.text = own.person.name.text.replace(' ', "　"),
        Kind::Moved => own.person.address = format!("香川県丸亀市旧町1丁目{}番", person.number),
        Kind::NoAddress => own.person.address.clear(),
        Kind::NoSex => own.person.sex = Sex::Unknown,
        Kind::WrongBirthDate => own.person.birth_date = person.birth.tomorrow().unwrap(),
        Kind::Taken => own.held_as = Some(format!("{:032x}", person.number)),
        Kind::Nobody => is_member = false,
    }
    let truth = is_member.then(|| own.person.reference.clone());
    rest.extend(is_member.then_some(own));
    Case { kind, said, members: rest, truth }
}

impl Person {
    fn name(&self) -> String {
        format!("{} {}", self.family.0, self.alike.0)
    }

    fn kana(&self) -> String {
        format!("{} {}", self.family.1, self.alike.2)
    }

    fn reference(&self, who: &str) -> String {
        format!("{}-{who}", self.number)
    }

    fn items(&self) -> FourItems {
        FourItems {
            name: self.name(),
            kana: Some(self.kana()),
            address: self.address.clone(),
            birth_date: self.birth,
            sex: Sex::Female,
        }
    }

    fn member(&self, who: &str) -> HeldMember {
        HeldMember {
            person: Resident {
                reference: self.reference(who),
                name: Name { text: self.name(), kana: self.kana() },
                address: self.address.clone(),
                birth_date: self.birth,
                sex: Sex::Female,
                departed: None,
            },
            former_names: Vec::new(),
            held_as: None,
            period: None,
        }
    }

    fn named(&self, who: &str, given: &str, kana: &str) -> HeldMember {
        let mut twin = self.member(who);
        twin.person.name.text = format!("{} {given}", self.family.0);
        twin.person.name.kana = format!("{} {kana}", self.family.1);
        twin
    }

    fn elsewhere(&self) -> HeldMember {
        let mut stranger = self.member("stranger");
        stranger.person.address = format!("北海道札幌市見本区{}番地", self.number);
        stranger
    }
}

/// The name with one character written as another system would.
fn replaced(name: &str, by: fn(char, char) -> char) -> String {
    let found = name.chars().find_map(|c| VARIANTS.iter().find(|(common, _)| *common == c));
    match found {
        Some((common, old)) => name.replacen(*common, &by(*common, *old).to_string(), 1),
        None => name.replacen(name.chars().next().unwrap(), "●", 1),
    }
}
