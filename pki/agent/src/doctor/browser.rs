//! Browsers ask the person before a page may talk to a program on the same computer. Managed
//! computers can allow it beforehand by policy; whether one does is read from the policy files.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use url::Url;

use super::Finding;
use crate::config::AgentConfig;

/// Folders of Chromium's, Chrome's and Edge's managed policies.
const CHROMIUM: [&str; 3] = [
    "etc/chromium/policies/managed",
    "etc/opt/chrome/policies/managed",
    "etc/opt/edge/policies/managed",
];
const CHROMIUM_POLICY: &str = "LocalNetworkAccessAllowedForUrls";
const FIREFOX: [&str; 2] =
    ["etc/firefox/policies/policies.json", "usr/lib/firefox-esr/distribution/policies.json"];
const FIREFOX_POLICY: &str = "/policies/LocalNetworkAccess/SkipDomains";
/// Bounds on what is read: files in a folder, bytes in a file.
const MOST_FILES: usize = 64;
const MOST_BYTES: u64 = 1024 * 1024;

/// One finding for each identity provider.
pub(super) fn examine(config: &AgentConfig, root: &Path) -> Vec<Finding> {
    let allowed = allowed(root);
    let origins = config.identity_providers.iter().map(|provider| provider.origin.as_str());
    origins
        .map(|origin| {
            let finding = if allowed.iter().any(|pattern| covers(pattern, origin)) {
                Finding::good("browser.allowed")
            } else {
                Finding::note("browser.asks")
            };
            finding.with("origin", origin)
        })
        .collect()
}

/// All patterns that some browser's policy allows.
fn allowed(root: &Path) -> Vec<String> {
    let chromium = CHROMIUM.iter().flat_map(|folder| json_files(&root.join(folder)));
    let lists = chromium.filter_map(|file| read(&file)?.get(CHROMIUM_POLICY).cloned());
    let firefox =
        FIREFOX.iter().filter_map(|file| read(&root.join(file))?.pointer(FIREFOX_POLICY).cloned());
    lists.chain(firefox).flat_map(texts).collect()
}

fn texts(list: Value) -> Vec<String> {
    serde_json::from_value(list).unwrap_or_default()
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let files = entries.take(MOST_FILES).filter_map(|entry| Some(entry.ok()?.path()));
    files.filter(|file| file.extension().is_some_and(|extension| extension == "json")).collect()
}

fn read(file: &Path) -> Option<Value> {
    let small = fs::metadata(file).ok()?.len() <= MOST_BYTES;
    small.then(|| serde_json::from_slice(&fs::read(file).ok()?).ok())?
}

/// Whether a pattern names this origin: everything, the origin itself, its host, or a domain above
/// it (`[*.]example.jp`, `*.example.jp`).
fn covers(pattern: &str, origin: &str) -> bool {
    let Some(host) = Url::parse(origin).ok().and_then(|url| url.host_str().map(str::to_owned))
    else {
        return false;
    };
    let bare = pattern.strip_prefix("https://").unwrap_or(pattern).trim_end_matches('/');
    let domain = bare.strip_prefix("[*.]").or_else(|| bare.strip_prefix("*."));
    let below = |domain: &str| {
        host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
    };
    bare == "*"
        || bare == host
        || origin.strip_prefix("https://") == Some(bare)
        || domain.is_some_and(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_what_they_name_and_no_imitations() {
        let origin = "https://idp.example.jp:8444";
        for pattern in [
            "*",
            origin,
            "https://idp.example.jp:8444/",
            "idp.example.jp",
            "[*.]example.jp",
            "https://[*.]example.jp",
        ] {
            assert!(covers(pattern, origin), "{pattern}");
        }
        for pattern in ["ample.jp", "[*.]ample.jp", "https://idp.example.jp:1", ""] {
            assert!(!covers(pattern, origin), "{pattern}");
        }
    }

    #[test]
    fn policies_are_found_under_the_root() {
        let root = tempfile::tempdir().unwrap();
        assert!(allowed(root.path()).is_empty());
        let folder = root.path().join(CHROMIUM[0]);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("a.json"), r#"{"LocalNetworkAccessAllowedForUrls":["https://a"]}"#)
            .unwrap();
        fs::write(folder.join("broken.json"), "{").unwrap();
        let firefox = root.path().join(FIREFOX[0]);
        fs::create_dir_all(firefox.parent().unwrap()).unwrap();
        let policy = r#"{"policies":{"LocalNetworkAccess":{"SkipDomains":["b"]}}}"#;
        fs::write(firefox, policy).unwrap();
        assert_eq!(allowed(root.path()), ["https://a", "b"]);
    }
}
