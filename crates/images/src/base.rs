//! The layer that all images share: loader, libraries, certificates, a user, room to write.

use crate::AssembleError;
use crate::files::{Content, Entry, Files, file};
use crate::libraries::Found;
use crate::trust::{self, Trust};

/// User and group that programs of an image run as.
pub const USER_ID: u32 = 10_001;
/// That user's name.
pub const USER_NAME: &str = "rlab";

/// Loaded by name when a host or user is looked up. Newer C libraries have them built in and need no file.
pub(crate) const NAME_SERVICES: [&str; 2] = ["libnss_files.so.2", "libnss_dns.so.2"];

const NAME_SERVICE_ORDER: &str = "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n";

/// The only place that every image may write to.
pub(crate) const SCRATCH: &str = "/tmp";

/// The base's files.
pub(crate) fn files(found: &Found, trust: &Trust) -> Result<Files, AssembleError> {
    let mut files = Files::default();
    let unfit = |why| AssembleError::Plan {
        image: "base".into(),
        why,
    };
    for (place, path) in &found.files {
        let meta = path
            .metadata()
            .map_err(|e| AssembleError::io("read", path, e))?;
        files.put(place, file(path.clone(), &meta)).map_err(unfit)?;
    }
    let users = format!(
        "root:x:0:0:root:/:/sbin/nologin\n{USER_NAME}:x:{USER_ID}:{USER_ID}::{SCRATCH}:/sbin/nologin\n"
    );
    let groups = format!("root:x:0:\n{USER_NAME}:x:{USER_ID}:\n");
    let texts = [
        ("/etc/passwd", users.into_bytes()),
        ("/etc/group", groups.into_bytes()),
        ("/etc/nsswitch.conf", NAME_SERVICE_ORDER.into()),
        (trust::PLACE, trust.pem.clone()),
    ];
    for (place, text) in texts {
        let entry = Entry::File {
            content: Content::Held(text),
            executable: false,
        };
        files.put(place, entry).map_err(unfit)?;
    }
    files.put(SCRATCH, Entry::Scratch).map_err(unfit)?;
    Ok(files)
}

/// Variables that every image sets.
pub(crate) fn environment() -> [(&'static str, &'static str); 3] {
    // OpenSSL, rustls and others look for certificates where they were built to; this tells all of them.
    [
        ("HOME", SCRATCH),
        ("PATH", "/usr/bin"),
        ("SSL_CERT_FILE", trust::PLACE),
    ]
}
