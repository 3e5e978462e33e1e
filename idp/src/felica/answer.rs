//! The answer as it arrives: JSON, bounded, believed in nothing.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use warifu_card::felica::Answer;

const FORMAT: &str = "warifu-felica:1";

/// An unverified answer. Members that we do not know are ignored, as later minor versions have them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FelicaAnswer {
    format: String,
    id_block: String,
    key_version: String,
    mac: String,
}

impl FelicaAnswer {
    /// The blocks, when format and sizes are right.
    pub(super) fn read(&self) -> Option<Answer> {
        if self.format != FORMAT {
            return None;
        }
        Some(Answer {
            id_block: decode(&self.id_block)?,
            version_block: decode(&self.key_version)?,
            mac: decode(&self.mac)?,
        })
    }
}

fn decode<const N: usize>(base64: &str) -> Option<[u8; N]> {
    if base64.len() != N.div_ceil(3) * 4 {
        return None;
    }
    STANDARD.decode(base64).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(format: &str, id: &[u8], mac: &[u8]) -> bool {
        let json = json!({
            "format": format, "idBlock": STANDARD.encode(id),
            "keyVersion": STANDARD.encode([1; 16]), "mac": STANDARD.encode(mac), "reader": "x",
        });
        let answer: FelicaAnswer = serde_json::from_value(json).unwrap();
        answer.read().is_some()
    }

    #[test]
    fn an_answer_has_one_form() {
        assert!(read(FORMAT, &[7; 16], &[8; 8]));
        assert!(!read("warifu-felica:2", &[7; 16], &[8; 8]));
        for (id, mac) in [(15, 8), (17, 8), (16, 7), (16, 16), (0, 8)] {
            assert!(!read(FORMAT, &vec![7; id], &vec![8; mac]), "{id} {mac}");
        }
    }

    proptest! {
        #[test]
        fn any_json_is_read_or_refused(json in "\\PC{0,400}") {
            if let Ok(answer) = serde_json::from_str::<FelicaAnswer>(&json) {
                let _ = answer.read();
            }
        }

        #[test]
        fn any_members_are_read_or_refused(
            id in "[A-Za-z0-9+/=]{0,40}", version in "\\PC{0,40}", mac in "[A-Za-z0-9+/=]{0,24}",
        ) {
            let answer = FelicaAnswer {
                format: FORMAT.into(), id_block: id, key_version: version, mac,
            };
            let _ = answer.read();
        }
    }
}
