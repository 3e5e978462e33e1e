//! Starting with the desktop: an entry in the user's autostart folder (desktop application autostart
//! specification).

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Places, SystemError};

const ENTRY: &str = "warifu-agent.desktop";

/// Whether the agent starts with the desktop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Autostart {
    /// This entry starts it.
    On(PathBuf),
    /// There is no such entry.
    Off(PathBuf),
}

/// Has this program start with the desktop, with that configuration.
pub fn on(places: &Places, program: &Path, config: &Path) -> Result<Autostart, SystemError> {
    let folder = &places.autostart;
    std::fs::create_dir_all(folder).map_err(SystemError::file(folder))?;
    let entry = folder.join(ENTRY);
    std::fs::write(&entry, text(program, config)).map_err(SystemError::file(&entry))?;
    Ok(Autostart::On(entry))
}

/// Has it no longer start with the desktop. Nothing is wrong if it never did.
pub fn off(places: &Places) -> Result<Autostart, SystemError> {
    let entry = places.autostart.join(ENTRY);
    match std::fs::remove_file(&entry) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(SystemError::file(&entry)(error)),
        _ => Ok(Autostart::Off(entry)),
    }
}

/// Whether it does. Desktops write `Hidden=true` into an entry that the user has switched off.
pub fn status(places: &Places) -> Result<Autostart, SystemError> {
    let entry = places.autostart.join(ENTRY);
    match std::fs::read_to_string(&entry) {
        Ok(text) if !text.lines().any(|line| line.trim() == "Hidden=true") => {
            Ok(Autostart::On(entry))
        }
        Ok(_) => Ok(Autostart::Off(entry)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Autostart::Off(entry)),
        Err(error) => Err(SystemError::file(&entry)(error)),
    }
}

fn text(program: &Path, config: &Path) -> String {
    let [program, config] = [program, config].map(|path| quoted(&path.to_string_lossy()));
    format!(
        "[Desktop Entry]\n\
         Type=Application\n\
         Name=Warifu Card\n\
         Name[ja]=割符カード\n\
         Comment=Reads cards for signing in\n\
         Comment[ja]=ログインのためにカードを読みます\n\
         Exec={program} run --config {config}\n\
         Terminal=false\n"
    )
}

/// An argument of `Exec`: quoted, and escaped once as an argument and once as a value (desktop entry
/// specification, "The Exec key").
fn quoted(argument: &str) -> String {
    let mut quoted = String::from("\"");
    for c in argument.chars() {
        match c {
            '"' | '`' | '$' => quoted.extend(["\\\\", c.encode_utf8(&mut [0; 4])]),
            '\\' => quoted.push_str("\\\\\\\\"),
            '%' => quoted.push_str("%%"),
            '\n' | '\r' => {}
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_switched_on_and_off_and_told() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        let places = Places { state: path("state"), autostart: path("config/autostart") };
        let entry = path("config/autostart/warifu-agent.desktop");
        assert_eq!(status(&places).unwrap(), Autostart::Off(entry.clone()));
        assert_eq!(off(&places).unwrap(), Autostart::Off(entry.clone()));
        let (program, config) = (Path::new("/usr/bin/warifu-agent"), Path::new("/etc/a b.toml"));
        assert_eq!(on(&places, program, config).unwrap(), Autostart::On(entry.clone()));
        let text = std::fs::read_to_string(&entry).unwrap();
        let exec = "Exec=\"/usr/bin/warifu-agent\" run --config \"/etc/a b.toml\"\n";
        assert!(text.starts_with("[Desktop Entry]\n") && text.contains(exec), "{text}");
        assert_eq!(status(&places).unwrap(), Autostart::On(entry.clone()));
        std::fs::write(&entry, text + "Hidden=true\n").unwrap();
        assert_eq!(status(&places).unwrap(), Autostart::Off(entry.clone()));
        assert_eq!(off(&places).unwrap(), Autostart::Off(entry.clone()));
        assert!(!entry.exists());
    }

    #[test]
    fn odd_paths_stay_one_argument() {
        assert_eq!(quoted("/a b"), "\"/a b\"");
        assert_eq!(quoted(r#"/a"$`%"#), r#""/a\\"\\$\\`%%""#);
        assert_eq!(quoted("/a\\\nExec=x"), "\"/a\\\\\\\\Exec=x\"");
    }
}
