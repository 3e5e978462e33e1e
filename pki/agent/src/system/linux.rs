//! Linux desktops (XDG base directory specification, desktop application autostart specification).

use std::ffi::OsString;
use std::path::PathBuf;

use super::{Places, SystemError};

pub(super) fn from(variable: impl Fn(&str) -> Option<OsString>) -> Result<Places, SystemError> {
    // A path that is not absolute counts as not set.
    let path = |name: &str| variable(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let folder = |name: &str, default: &str| {
        let own = || Some(path("HOME")?.join(default));
        path(name).or_else(own).ok_or(SystemError::NoHome)
    };
    Ok(Places {
        state: folder("XDG_STATE_HOME", ".local/state")?.join("warifu"),
        autostart: folder("XDG_CONFIG_HOME", ".config")?.join("autostart"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(variables: &[(&str, &str)]) -> Result<Places, SystemError> {
        let find = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        from(find)
    }

    #[test]
    fn folders_are_where_the_desktop_says() {
        let usual = places(&[("HOME", "/home/a")]).unwrap();
        assert_eq!(usual.state, PathBuf::from("/home/a/.local/state/warifu"));
        assert_eq!(usual.autostart, PathBuf::from("/home/a/.config/autostart"));
        let own = places(&[("HOME", "/h"), ("XDG_STATE_HOME", "/s"), ("XDG_CONFIG_HOME", "c")]);
        let own = own.unwrap();
        assert_eq!(own.state, PathBuf::from("/s/warifu"));
        assert_eq!(own.autostart, PathBuf::from("/h/.config/autostart"));
        assert!(matches!(places(&[]), Err(SystemError::NoHome)));
    }
}
