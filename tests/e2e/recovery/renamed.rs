//! A project under another name, and directories whose name is no text.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use crate::support::{Project, isolated};

const SHOP: &str = "[project]\nname = \"shop\"\n\n[process.api]\ncommand = \"{bad} print up sleep 0\"\n{stop}";

#[test]
fn a_project_that_is_given_another_name_is_the_one_it_was() {
    isolated(|| {
        let project = Project::new(SHOP);
        project.up();
        let before = project.wait_phase("api", "running");
        let store = SHOP.replace("shop", "store");
        project.config(&store);
        assert_eq!(project.row("api").pid(), before.pid());
        project.pm(&["up", "-d"]).ok();
        assert_eq!(project.tree("api").len(), 1, "never doubled");
        // Also where only keepers are left of it.
        project.kill_supervisor();
        project.up();
        assert_eq!(project.wait_phase("api", "running").pid(), before.pid());
        // A fault in the name leads nowhere else.
        project.config(&SHOP.replace("\"shop\"", "\"\""));
        project.pm(&["stop", "api", "--wait"]).ok();
        project.config(&store);
        project.pm(&["down"]).ok();
        project.assert_nothing_left();
        project.up();
        assert_eq!(project.wait_phase("api", "running").run(), 2, "its runs are counted on");
        project.down();
    });
}

#[test]
fn a_directory_whose_name_is_no_text_is_refused_in_words() {
    isolated(|| {
        let project = Project::empty();
        let dir = project.root().join(OsStr::from_bytes(b"caf\xe9"));
        fs::create_dir(&dir).unwrap();
        let pm = |args: &[&str]| project.pm_in(&dir, args);
        // What no config describes is looked at from wherever one is.
        pm(&["ps"]).exits(3);
        pm(&["run", "--", "pwd"]).exits(2).says("UTF-8");
        fs::write(dir.join("pm.toml"), "[process.api]\ncommand = \"sleep 1000\"\n").unwrap();
        for verb in [["up", "-d"].as_slice(), &["ps"], &["down"], &["stop", "api"]] {
            pm(verb).exits(2).says("is no UTF-8 text");
        }
        assert!(project.alive().is_empty());
    });
}
