//! 法別番号: the first two digits of an insurer's or a public payer's number, and what they stand
//! for (診療報酬請求書等の記載要領 別添). Local schemes have numbers of their own, from 80 up.

/// Insurers without a 法別番号.
pub(super) const MUNICIPAL: &str = "国民健康保険";

/// Health insurance.
pub(super) const INSURANCE: &[(u8, &str)] = &[
    (1, "全国健康保険協会管掌健康保険"),
    (2, "船員保険"),
    (3, "日雇特例被保険者の保険（一般療養）"),
    (4, "日雇特例被保険者の保険（特別療養費）"),
    (6, "組合管掌健康保険"),
    (7, "自衛官等の療養の給付"),
    (31, "国家公務員共済組合"),
    (32, "地方公務員等共済組合"),
    (33, "警察共済組合"),
    (34, "公立学校共済組合・日本私立学校振興・共済事業団"),
    (39, "後期高齢者医療"),
    (63, "特定健康保険組合（特例退職）"),
    (67, "国民健康保険（退職者医療）"),
    (72, "国家公務員特定共済組合"),
    (73, "地方公務員等特定共済組合"),
    (74, "警察特定共済組合"),
    (75, "公立学校特定共済組合・日本私立学校振興・共済事業団"),
];

/// Medical care paid for by the public.
pub(super) const PUBLIC: &[(u8, &str)] = &[
    (10, "結核患者の適正医療"),
    (11, "結核患者の入院"),
    (12, "生活保護（医療扶助）"),
    (13, "戦傷病者（療養の給付）"),
    (14, "戦傷病者（更生医療）"),
    (15, "自立支援（更生医療）"),
    (16, "自立支援（育成医療）"),
    (17, "児童福祉（療育の給付）"),
    (18, "原子爆弾被爆者（認定疾病医療）"),
    (19, "原子爆弾被爆者（一般疾病医療）"),
    (20, "精神障害者（措置入院）"),
    (21, "自立支援（精神通院医療）"),
    (23, "母子保健（養育医療）"),
    (24, "自立支援（療養介護医療）"),
    (25, "中国残留邦人等（医療支援給付）"),
    (28, "感染症（一類・二類・新感染症等）"),
    (38, "肝炎治療特別促進"),
    (51, "特定疾患治療研究"),
    (52, "小児慢性特定疾病"),
    (53, "児童福祉施設の措置"),
    (54, "難病医療（特定医療費）"),
    (66, "石綿健康被害救済"),
    (79, "障害児入所医療"),
];

/// The name under `law`.
pub(super) fn name(table: &'static [(u8, &'static str)], law: u8) -> Option<&'static str> {
    table.iter().find(|(number, _)| *number == law).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_law_stands_once_and_in_order() {
        for table in [INSURANCE, PUBLIC] {
            assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
        assert!(INSURANCE.iter().all(|(law, _)| name(PUBLIC, *law).is_none()));
    }
}
