//! The insurer that deposits its coverage at the relay: its file, made and deposited as such an
//! insurer does, and a card that is linked to one of its people.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use jiff::civil::date;
use warifu_connectors::demo::{self, DemoPerson};
use warifu_contract::card_key::InsurerKey;
use warifu_contract::connector_token::audience;
use warifu_contract::coverage::InsurerKind;
use warifu_contract::identity::FourItems;
use warifu_contract::linking::{Attributes, MatchAnswer};
use warifu_contract::person::Sex;
use warifu_files::Encoding;
use warifu_pki::voucher::errand;
use warifu_pki::{FileKey, Voucher, VoucherIssuer};
use warifu_relay::Relay;
use warifu_relay::deposit::{
    Bound, DepositFile, DepositedInsurer, Deposits, Hint, Kind, Order, State, Status,
};
use warifu_service::Surroundings;

use super::cast::{DEPOSITED, INSURERS};
use super::folder::{Folder, Member};
use super::keys;

/// The insurer within the federation.
pub const ID: &str = "shore";
/// Its 保険者番号, which fits no check digit.
const NUMBER: &str = "378888";
/// 記号 and 番号 of the card of the virtual people.
const CARD: (&str, &str) = ("浜", "0018");
/// Seconds for which its voucher is good.
const VOUCHED: i64 = 300;
const HEAD: &str = "本人家族,保険者番号,記号,番号,枝番,氏名,カナ氏名,性別,生年月日,続柄,資格取得日,負担割合,事業所名,住所\r\n";
/// A card more, with what only CP932 has of the encodings of `Shift_JIS`'s kind: ①, ㈱ and the variants
/// 髙 and 﨑.
const EXTENDED: &str = "本人,378888,浜,0027,00,髙﨑 見本,ﾀｶｻｷ ﾐﾎﾝ,女,S55.5.5,,2020-04-01,30,㈱見本水産①号店,香川県高松市庵治町1丁目\r\n";
/// Readings as insurers' systems write them, in half width: full width, and that.
const KANA: [(&str, &str); 7] =
    [("ハ", "ﾊ"), ("マ", "ﾏ"), ("ベ", "ﾍﾞ"), ("ナ", "ﾅ"), ("ギ", "ｷﾞ"), ("サ", "ｻ"), ("ソラ", "ｿﾗ")];

/// What depositing and linking need to reach.
pub struct Deposited<'a> {
    /// The demonstration's folder.
    pub folder: &'a Folder,
    /// Holds the deposits and the links.
    pub relay: &'a Relay,
    /// Clock and randomness.
    pub surroundings: &'a Surroundings,
}

/// The insurer as the relay's configuration names it.
pub fn insurer() -> DepositedInsurer {
    DepositedInsurer {
        id: ID.to_owned(),
        number: NUMBER.to_owned(),
        name: "仮想浜辺市国民健康保険".to_owned(),
        name_en: "Sample Shore City".to_owned(),
        address: "○○県仮想浜辺市××8-8-8".to_owned(),
        kind: InsurerKind::National,
        r#virtual: true,
        from: date(2000, 4, 1),
        until: None,
        usual_lag_days: Some(3),
        organization: Some(INSURERS.0.to_owned()),
        systems: Vec::new(),
    }
}

impl Deposited<'_> {
    /// Writes the insurer's file, takes it in and lets it go live.
    pub async fn deposit(&self) -> anyhow::Result<()> {
        let file = DepositFile::open(&self.write()?, Kind::Full, Hint::default())?;
        let order = Order {
            insurer: key()?,
            kind: Kind::Full,
            file: file.hash(),
            by: "demonstration".to_owned(),
        };
        let deposits = self.deposits()?;
        let ready = deposits.put(order, file, Arc::new(|_: &Status| ())).await?;
        if (ready.state, ready.wrong) != (State::Ready, 0) {
            bail!("the demonstration's deposit is wrong: {ready:?}");
        }
        let log = self.relay.log();
        warifu_relay::go_live(deposits, log, &key()?, ready.number, false).await?;
        Ok(())
    }

    fn write(&self) -> anyhow::Result<PathBuf> {
        let path = self.folder.of(Member::Relay, "shore.csv");
        std::fs::write(&path, file()?).with_context(|| path.display().to_string())?;
        Ok(path)
    }

    /// Links the card of `subject` to the person, by a voucher of the card office.
    pub async fn link(&self, name: &str, subject: &str) -> anyhow::Result<()> {
        let errand = errand(&self.surroundings.hex(16), ID);
        let voucher = self.voucher(person(name)?, &errand)?;
        let (deposits, insurer) = (self.deposits()?, key()?);
        let answer = deposits.match_member(&insurer, &errand, &voucher).await?;
        let MatchAnswer::Matched { candidate } = answer else {
            bail!("{name} is not found beyond doubt");
        };
        let bound = deposits.confirm_link(&insurer, &errand, &candidate.pseudonym).await?;
        if bound != Bound::Done {
            bail!("{name} cannot be linked: {bound:?}");
        }
        Ok(self.relay.link(subject, ID, &candidate.pseudonym).await?)
    }

    fn voucher(&self, person: &DemoPerson, errand: &str) -> anyhow::Result<String> {
        let office = FileKey::load(&self.folder.of(Member::Office, "voucher.key"))?;
        let to = keys::public(self.folder, Member::Relay, "deposit")?;
        let iat = self.surroundings.now().as_second();
        let items = FourItems {
            name: person.name.clone(),
            kana: Some(person.name_kana.clone()),
            address: person.address.clone(),
            birth_date: person.birth_date,
            sex: person.sex,
        };
        let voucher = Voucher {
            iss: self.folder.office_config().office.names.office,
            aud: audience(ID),
            sub: errand.to_owned(),
            jti: self.surroundings.hex(16),
            iat,
            exp: iat + VOUCHED,
            attributes: Attributes { items, former_names: Vec::new() },
        };
        Ok(VoucherIssuer::new(Arc::new(office), &to)?.issue(&voucher)?)
    }

    fn deposits(&self) -> anyhow::Result<&Deposits> {
        self.relay.deposits().context("the relay takes no deposits")
    }
}

/// The file in CP932, as an insurer's own system writes it.
fn file() -> anyhow::Result<Vec<u8>> {
    let mut text = HEAD.to_owned();
    for (place, (name, relationship)) in DEPOSITED.iter().enumerate() {
        text.push_str(&line(person(name)?, place, relationship));
    }
    text.push_str(EXTENDED);
    let mut bytes = Vec::new();
    Encoding::Cp932.encode(&text, &mut bytes).context("CP932 has not every character")?;
    Ok(bytes)
}

fn key() -> anyhow::Result<InsurerKey> {
    InsurerKey::parse(NUMBER).context("not an insurer number")
}

fn person(key: &str) -> anyhow::Result<&'static DemoPerson> {
    let found = demo::people()?.iter().find(|person| person.key == key);
    found.with_context(|| format!("nobody is called {key}"))
}

fn line(person: &DemoPerson, place: usize, relationship: &str) -> String {
    let relation = if relationship.is_empty() { "本人" } else { "家族" };
    let sex = if person.sex == Sex::Male { "男" } else { "女" };
    let DemoPerson { name, name_kana, birth_date, address, .. } = person;
    let (symbol, number) = CARD;
    let kana = KANA.iter().fold(name_kana.clone(), |kana, (wide, half)| kana.replace(wide, half));
    format!(
        "{relation},{NUMBER},{symbol},{number},{place:02},{name},{kana},{sex},{birth_date},\
         {relationship},2020-04-01,30,,{address}\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_as_insurers_write_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shore.csv");
        let bytes = file().unwrap();
        for (text, written) in [
            ("①", &b"\x87\x40"[..]),
            ("㈱", b"\x87\x8a"),
            ("髙", b"\xfb\xfc"),
            ("ﾊﾏﾍﾞ ﾅｷﾞｻ", b"\xca\xcf\xcd\xde \xc5\xb7\xde\xbb"),
            ("ﾊﾏﾍﾞ ｿﾗ", b"\xca\xcf\xcd\xde \xbf\xd7"),
        ] {
            assert!(bytes.windows(written.len()).any(|part| part == written), "{text}");
        }
        std::fs::write(&path, bytes).unwrap();
        let file = DepositFile::open(&path, Kind::Full, Hint::default()).unwrap();
        let rows: Vec<_> = file.map(|row| row.unwrap().person).collect();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[0].name.kana, "ハマベ ナギサ");
        assert_eq!(
            (rows[2].name.text.as_str(), rows[2].name.kana.as_str()),
            ("髙﨑 見本", "タカサキ ミホン")
        );
    }
}
