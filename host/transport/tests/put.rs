//! What travels when files are brought to a host: on loopback, on this machine, and to one that
//! has busybox only.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use orch_model::Digest;
use orch_tests::ssh_server::SshServer;
use orch_transport::{Address, Basis, Command, Connection, File, Loss, Stop, Transport};

fn on_each(check: impl Fn(&Connection, &Path)) {
    let server = SshServer::start();
    let path = server.path();
    let folder = path.split(':').next().expect("a path has a first folder");
    let transport = Transport::new(Some(Path::new(folder).join("ssh"))).unwrap();
    let other = Address::parse(&server.address()).unwrap();
    for address in [other, Address::Local] {
        let connection = transport.open(&address, &Stop::default()).unwrap();
        let folder = tempfile::tempdir_in("/dev/shm").unwrap();
        check(&connection, folder.path());
    }
    // A host that has busybox and nothing else.
    let programs = busybox();
    server.answers(&format!(
        "export PATH={}; eval \\\"$SSH_ORIGINAL_COMMAND\\\"",
        programs.path().display()
    ));
    let other = Address::parse(&server.address()).unwrap();
    let connection = transport.open(&other, &Stop::default()).unwrap();
    let found = connection
        .run(Command::script("command -v dd", &[]))
        .unwrap();
    // Its shell runs programs of its own without looking for them.
    assert_eq!(found.text(), "dd");
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    check(&connection, folder.path());
}

/// A folder with busybox under all its names.
fn busybox() -> tempfile::TempDir {
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    let installed = std::process::Command::new("/bin/busybox")
        .args(["--install", "-s"])
        .arg(folder.path())
        .status()
        .expect("apt-get install --no-install-recommends busybox-static");
    assert!(installed.success());
    folder
}

/// Bytes that do not compress.
fn noise(seed: u64, bytes: usize) -> Vec<u8> {
    let blocks =
        (0_u64..).flat_map(|block| *Digest::of((seed + (block << 8)).to_le_bytes()).bytes());
    blocks.take(bytes).collect()
}

/// A file here that is to lie at `to`.
fn file(folder: &Path, to: &str, contents: &[u8]) -> File {
    let digest = Digest::of(contents);
    let local = folder.join(digest.hex());
    std::fs::write(&local, contents).unwrap();
    File {
        local,
        digest,
        bytes: contents.len() as u64,
        to: folder.join(to).display().to_string(),
        mode: 0o750,
    }
}

fn basis(file: &File, is_here: bool) -> Basis {
    Basis {
        digest: file.digest,
        remote: file.to.clone(),
        local: is_here.then(|| file.local.clone()),
    }
}

#[track_caller]
fn assert_there(file: &File) {
    assert_eq!(Digest::of(std::fs::read(&file.to).unwrap()), file.digest);
    assert_eq!(
        std::fs::metadata(&file.to).unwrap().mode() & 0o7777,
        file.mode
    );
}

#[test]
fn what_is_there_does_not_travel() {
    on_each(|connection, folder| {
        let files = [
            file(folder, "a/it's one", &noise(1, 70_000)),
            file(folder, "a/b/two", b"two"),
            file(folder, "a/empty", b""),
        ];
        let sent = connection.put(&files, &[], false).unwrap();
        assert_eq!(sent.bytes, 70_003);
        assert!((70_000..72_000).contains(&sent.sent_bytes), "{sent:?}");
        files.iter().for_each(assert_there);
        assert_eq!(connection.put(&files, &[], false).unwrap().sent_bytes, 0);

        // One was removed by hand, one was touched, and one has another mode.
        std::fs::remove_file(&files[1].to).unwrap();
        std::fs::write(&files[2].to, b"touched").unwrap();
        std::fs::set_permissions(
            &files[0].to,
            std::os::unix::fs::PermissionsExt::from_mode(0o600),
        )
        .unwrap();
        let sent = connection.put(&files, &[], false).unwrap();
        assert!((1..600).contains(&sent.sent_bytes), "{sent:?}");
        files.iter().for_each(assert_there);
        let names = std::fs::read_dir(folder.join("a")).unwrap().count();
        assert_eq!(names, 3, "nothing else is left");
    });
}

#[test]
fn what_lies_elsewhere_on_the_host_is_copied_there() {
    on_each(|connection, folder| {
        let old = file(folder, "1/service", &noise(2, 50_000));
        connection
            .put(std::slice::from_ref(&old), &[], false)
            .unwrap();
        let new = File {
            to: folder.join("2/service").display().to_string(),
            mode: 0o600,
            ..old.clone()
        };
        let sent = connection.put(std::slice::from_ref(&new), &[basis(&old, false)], false);
        assert_eq!(sent.unwrap().sent_bytes, 0);
        assert_there(&old);
        assert_there(&new);
    });
}

#[test]
fn of_a_new_version_only_what_differs_travels() {
    on_each(|connection, folder| {
        let contents = noise(3, 1_000_000);
        let old = file(folder, "1/service", &contents);
        connection
            .put(std::slice::from_ref(&old), &[], false)
            .unwrap();
        let mut changed = contents.clone();
        changed.splice(500_000..500_010, noise(4, 1_000));
        let new = file(folder, "2/service", &changed);
        let sent = connection
            .put(std::slice::from_ref(&new), &[basis(&old, true)], false)
            .unwrap();
        assert!(sent.sent_bytes < 3_000, "{sent:?}");
        assert_there(&new);

        // The old version was touched there: it is no basis any more.
        std::fs::write(&old.to, &contents[1..]).unwrap();
        std::fs::remove_file(&new.to).unwrap();
        let sent = connection
            .put(std::slice::from_ref(&new), &[basis(&old, true)], false)
            .unwrap();
        assert!(sent.sent_bytes > 1_000_000, "{sent:?}");
        assert_there(&new);
    });
}

#[test]
fn what_came_through_is_not_sent_again() {
    on_each(|connection, folder| {
        let new = file(folder, "service", &noise(5, 300_000));
        let whole = connection
            .put(std::slice::from_ref(&new), &[], false)
            .unwrap()
            .sent_bytes;
        std::fs::remove_file(&new.to).unwrap();
        // The first half of the same parcel, as a broken connection would leave it.
        let parcel = parcel_of(&new);
        let part = format!("{}.{}.part", new.to, &Digest::of(&parcel).hex()[..16]);
        std::fs::write(&part, &parcel[..200_000]).unwrap();
        let sent = connection
            .put(std::slice::from_ref(&new), &[], false)
            .unwrap();
        assert_eq!(sent.sent_bytes, whole - 200_000);
        assert_there(&new);
        assert!(!Path::new(&part).exists());

        // What was damaged there is found, and the next time all is sent.
        std::fs::remove_file(&new.to).unwrap();
        std::fs::write(&part, vec![0; 200_000]).unwrap();
        let lost = connection
            .put(std::slice::from_ref(&new), &[], false)
            .unwrap_err();
        assert_eq!(lost.loss, Loss::Failed);
        assert!(lost.to_string().contains("damaged on the way"), "{lost}");
        assert_eq!(
            connection
                .put(std::slice::from_ref(&new), &[], false)
                .unwrap()
                .sent_bytes,
            whole
        );
        assert_there(&new);
    });
}

/// A program and the same with one more line; what is linked behind moves by some bytes.
#[test]
fn of_a_program_with_another_line_little_travels() {
    on_each(|connection, folder| {
        let old = file(folder, "1/service", &program(folder, ""));
        let whole = connection.put(std::slice::from_ref(&old), &[], false);
        let line = "fprintf(stderr, \"%d arguments\\n\", count);";
        let new = file(folder, "2/service", &program(folder, line));
        assert_ne!(old.digest, new.digest);
        let sent = connection.put(std::slice::from_ref(&new), &[basis(&old, true)], false);
        let (whole, sent) = (whole.unwrap().sent_bytes, sent.unwrap().sent_bytes);
        println!(
            "{} bytes: {whole} compressed, {sent} as a difference",
            new.bytes
        );
        assert!(sent * 2 < whole, "{sent} of {whole}");
        assert_there(&new);
    });
}

/// A static program with a line in the middle.
fn program(folder: &Path, line: &str) -> Vec<u8> {
    let (source, made) = (folder.join("main.c"), folder.join("main"));
    let text = format!(
        "#include <stdio.h>\nint main(int count, char **words) {{\n{line}\n\
         return printf(\"%s\\n\", words[0]) < 0;\n}}\n"
    );
    std::fs::write(&source, text).unwrap();
    let compiled = std::process::Command::new("cc")
        .args(["-O2", "-static", "-o"])
        .args([&made, &source])
        .status()
        .expect("apt-get install --no-install-recommends gcc libc6-dev");
    assert!(compiled.success());
    std::fs::read(&made).unwrap()
}

/// What travels of one file that is sent whole, as `put/receive.sh` describes it.
fn parcel_of(file: &File) -> Vec<u8> {
    use std::io::Write as _;
    let recipe = format!(
        "begin '{to}'\nliteral 0 {bytes}\nend '{to}' {digest} {mode:o}\n",
        to = file.to,
        bytes = file.bytes,
        digest = file.digest.hex(),
        mode = file.mode
    );
    let mut compressed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    write!(compressed, "{:015}\n{recipe}", recipe.len()).unwrap();
    compressed
        .write_all(&std::fs::read(&file.local).unwrap())
        .unwrap();
    compressed.finish().unwrap()
}
