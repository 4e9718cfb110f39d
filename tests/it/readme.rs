//! The README's commands do what the README shows.

#[test]
fn the_readme_shows_what_happens() {
    trycmd::TestCases::new().case("README.md").run();
}
