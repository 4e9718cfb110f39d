//! The commands in the README and in `docs/` do what these pages show.

#[test]
fn the_pages_show_what_happens() {
    trycmd::TestCases::new().case("README.md").case("docs/*.md").run();
}
