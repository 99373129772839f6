//! More clients than anybody has: nobody is locked out, and the one too many is told what is the matter.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::support::{Project, isolated, wait_for};

/// As many as the supervisor takes at a time.
const CLIENTS: usize = 4096;

/// A client that has greeted, was greeted, and asks for nothing.
fn client(socket: &std::path::Path) -> UnixStream {
    let hello = format!("{{\"hello\":{{\"version\":\"{}\",\"pid\":1}}}}", env!("CARGO_PKG_VERSION"));
    let mut stream = UnixStream::connect(socket).unwrap();
    let length = u32::try_from(hello.len()).unwrap().to_be_bytes();
    stream.write_all(&[&length[..], hello.as_bytes()].concat()).unwrap();
    stream.read_exact(&mut [0; 4]).unwrap();
    stream
}

#[test]
fn c10_a_crowd_of_clients_locks_nobody_out() {
    isolated(|| {
        let limit = getrlimit(Resource::Nofile);
        let wanted = limit.maximum.map_or(8192, |most| most.min(8192));
        setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum }).unwrap();
        if wanted < 8192 {
            println!("left out: this system gives nobody so many descriptors");
            return;
        }
        let project = Project::new("[process.api]\ncommand = \"{bad} print up sleep 0\"\n{stop}");
        project.up();
        project.wait_log("api", "up");
        let socket = project.layout("run").join("control.sock");
        let mut clients: Vec<_> = (0..300).map(|_| client(&socket)).collect();
        project.pm(&["ps"]).ok();
        clients.extend((300..CLIENTS).map(|_| client(&socket)));
        for args in [&["ps"][..], &["stop", "api"], &["up", "-d"], &["wait", "api"]] {
            let out = project.pm(args).exits(4).says("4096 clients are attached to the supervisor");
            assert!(!out.stderr.contains("kill -9"), "a healthy supervisor is not to be killed: {out}");
        }
        drop(clients.split_off(CLIENTS - 10));
        wait_for("there is room again", || {
            let out = project.pm(&["ps"]);
            if out.code == Some(0) { Ok(()) } else { Err(out.all()) }
        });
        assert!(project.row("api").is("running"));
        clients.extend((CLIENTS - 10..CLIENTS).map(|_| client(&socket)));
        // Whoever wants it to end gets through all the same.
        project.pm(&["down"]).ok().says("has left");
        project.assert_nothing_left();
    });
}
