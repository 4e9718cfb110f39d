#!/bin/sh
# Checks a built image with pqcheck, for action.yml and for any other CI: what is installed, whether its programs start,
# whether its crypto libraries give the published answers.
#
# Takes everything from the environment, so that no value is ever read as a command:
#
#     IMAGE      the image, which the engine has or can pull
#     BINARY     pqcheck for the image's architecture; empty: that of the release VERSION, checked by its attestation
#     VERSION    a tag of REPOSITORY, `v0.1.0`
#     REQUIRE    algorithms that must work, separated by commas; empty: none in particular
#     FAIL_ON    failed: exit with 1 or 2 as pqcheck does; unchecked: also with 4, where nothing was checked; never
#     PLATFORM   `linux/arm64`, where the name stands for several
#
# Writes summary.md and kat.xml (JUnit) to REPORT, a folder, and appends to GITHUB_STEP_SUMMARY and GITHUB_OUTPUT where
# they are set. The image needs no shell: pqcheck is mounted into it, without network, capabilities or a writable disk.
set -eu

IMAGE=${IMAGE:-} BINARY=${BINARY:-} VERSION=${VERSION:-} REQUIRE=${REQUIRE:-} FAIL_ON=${FAIL_ON:-failed} PLATFORM=${PLATFORM:-}
REPORT=${REPORT:-${RUNNER_TEMP:-.}/pqcheck}

main() {
    case $IMAGE in
        '') refuse "no image; give its name as \`image\`" ;;
        -* | *[!A-Za-z0-9._/:@-]*) refuse "\`$IMAGE\` is no name of an image" ;;
    esac
    case $FAIL_ON in failed | unchecked | never) ;; *) refuse "fail-on is failed, unchecked or never, not \`$FAIL_ON\`" ;; esac
    case $PLATFORM in *[!a-z0-9/]*) refuse "\`$PLATFORM\` is no platform; linux/amd64 and linux/arm64 are" ;; esac
    find_image
    mkdir -p "$REPORT"
    found=$(binary)
    install -m 755 "$found" "$work/pqcheck"
    docker save --output "$work/image.tar" "$IMAGE" || refuse "cannot save $IMAGE"
    chmod 644 "$work/image.tar"

    worst=0
    check "Libraries" list --installed
    check "Start-up" doctor --image /image.tar
    if [ -n "$REQUIRE" ]; then check "Required" health --installed --require "$REQUIRE"; fi
    check "Known answers" kat --installed
    last=$code
    counts=$(tail -n 1 "$work/log")
    inside kat --installed --format junit >"$REPORT/kat.xml" 2>"$work/log" || true

    case $worst in
        0) if [ "$last" = 4 ]; then verdict=unchecked; else verdict=passed; fi ;;
        1) verdict=failed ;;
        *) verdict=error ;;
    esac
    {
        echo "## pqcheck: $verdict"
        echo
        printf '`%s` on %s: %s\n\n' "$IMAGE" "$platform" "$(printf '%s' "$counts" | escape)"
        cat "$work/sections"
    } >"$REPORT/summary.md"
    [ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$REPORT/summary.md" >>"$GITHUB_STEP_SUMMARY"
    [ -z "${GITHUB_OUTPUT:-}" ] || printf 'verdict=%s\nreport=%s\n' "$verdict" "$REPORT" >>"$GITHUB_OUTPUT"
    say "$verdict: $IMAGE on $platform: $counts"
    case $FAIL_ON:$verdict in
        never:* | *:passed | failed:unchecked) exit 0 ;;
        *:unchecked) exit 4 ;;
        *) exit "$worst" ;;
    esac
}

# Makes sure that the engine has the image, and learns for which platform it is.
find_image() {
    docker version >/dev/null 2>&1 || refuse "no Docker Engine answers; this step needs one"
    if [ -n "$PLATFORM" ] || ! docker image inspect "$IMAGE" >/dev/null 2>&1; then
        # shellcheck disable=SC2086 # one word or none
        docker pull --quiet ${PLATFORM:+--platform "$PLATFORM"} "$IMAGE" >/dev/null 2>"$work/log" ||
            docker image inspect "$IMAGE" >/dev/null 2>&1 ||
            refuse "there is no image \`$IMAGE\` here, and it cannot be pulled; build it before this step ($(tail -n 1 "$work/log"))"
    fi
    platform=$(docker image inspect --format '{{.Os}}/{{.Architecture}}' "$IMAGE")
    [ -z "$PLATFORM" ] || [ "$PLATFORM" = "$platform" ] || refuse "$IMAGE is here for $platform, not $PLATFORM"
}

# Where pqcheck for this platform is.
binary() {
    if [ -n "$BINARY" ]; then
        [ -f "$BINARY" ] || refuse "there is no file $BINARY; \`binary\` is pqcheck for $platform"
        echo "$BINARY"
        return
    fi
    name=pqcheck-linux-${platform#linux/}
    case $VERSION in v[0-9]*) ;; *) refuse "version is the tag of a release, like v0.1.0, not \`$VERSION\`; or give a \`binary\`" ;; esac
    gh release download "$VERSION" --repo "$REPOSITORY" --pattern "$name" --dir "$work/release" >&2 ||
        refuse "release $VERSION of $REPOSITORY has no $name"
    gh attestation verify "$work/release/$name" --repo "$REPOSITORY" >&2 ||
        refuse "$name of $VERSION was not built by $REPOSITORY: its attestation does not hold"
    echo "$work/release/$name"
}

# Runs a command of pqcheck in the image: a section for the summary, its exit code in $code, and the worst so far. 2 outranks 1.
check() {
    title=$1 code=0
    shift
    inside "$@" >"$work/log" 2>&1 || code=$?
    case $code in
        0 | 1 | 2 | 4) ;;
        *)
            # The engine's own codes are 125 to 127; a signal has a higher one.
            say "pqcheck did not run in $IMAGE: $(tail -n 1 "$work/log")"
            code=2 ;;
    esac
    case $code in
        0) said=ok ;;
        4) said="nothing was checked" ;;
        *) said="exit code $code" ;;
    esac
    if [ "$code" = 1 ] || [ "$code" = 2 ]; then
        [ "$worst" = 2 ] || worst=$code
        open=' open'
    else
        open=''
    fi
    {
        printf '<details%s><summary>%s: %s (<code>pqcheck %s</code>)</summary>\n\n<pre>\n' "$open" "$title" "$said" "$(echo "$*" | escape)"
        head -c 100000 "$work/log" | escape
        printf '</pre>\n\n</details>\n\n'
    } >>"$work/sections"
}

# pqcheck, in a container of the image.
inside() {
    docker run --rm --platform "$platform" --network none --read-only --cap-drop ALL --security-opt no-new-privileges \
        --volume "$work/pqcheck:/pqcheck:ro" --volume "$work/image.tar:/image.tar:ro" --entrypoint /pqcheck "$IMAGE" "$@"
}

escape() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }
# Nothing that an image has to say may pass for a command to the runner, which are lines with `::` or `##[`.
say() { printf 'pqcheck: %s\n' "$*" | sed 's/##\[/## [/g' >&2; }
refuse() { say "$*"; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
main "$@"
