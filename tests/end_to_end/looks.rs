//! One page in both languages, by day and by night, on a telephone and on a desk: each pair of these
//! once.

use serde_json::json;

use crate::browser::Browser;

/// A way to look at a page.
struct Look {
    language: &'static str,
    scheme: &'static str,
    width: u16,
}

const fn look(language: &'static str, scheme: &'static str, width: u16) -> Look {
    Look { language, scheme, width }
}

const DESK: u16 = 1280;
const PHONE: u16 = 390;
/// The last is the one in which a test goes on.
const LOOKS: [Look; 4] = [
    look("en", "light", PHONE),
    look("en", "dark", DESK),
    look("ja", "dark", PHONE),
    look("ja", "light", DESK),
];

impl Browser {
    /// Looks at the page where the browser is in every way; it can be read again.
    pub async fn in_every_look(&self, name: &str) {
        let address = self.page.current_url().await.unwrap();
        for Look { language, scheme, width } in LOOKS {
            let size = json!({
                "width": width, "height": 1600, "deviceScaleFactor": 1, "mobile": width == PHONE,
            });
            self.tell("Emulation.setDeviceMetricsOverride", size).await;
            let media = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
            self.tell("Emulation.setEmulatedMedia", json!({ "features": media })).await;
            let mut address = address.clone();
            address.query_pairs_mut().append_pair("lang", language);
            self.open(address.as_str()).await;
            self.is_no_wider_than(width).await;
            let width = if width == PHONE { "phone" } else { "desk" };
            self.looked_at(&format!("{name}-{language}-{scheme}-{width}")).await;
        }
        self.tell("Emulation.clearDeviceMetricsOverride", json!({})).await;
    }

    /// Nobody has to move a page sideways to read it.
    async fn is_no_wider_than(&self, width: u16) {
        let script = "return document.documentElement.scrollWidth";
        let shown = self.page.execute(script, Vec::new()).await.unwrap();
        let address = self.page.current_url().await.unwrap();
        assert!(shown.as_u64().unwrap() <= width.into(), "{address} is {shown} wide on {width}");
    }
}
