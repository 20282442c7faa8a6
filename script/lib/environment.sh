# What script/server and script/test share: a suitable Python, a compiler, and .venv with pinned packages.
# POSIX sh. Sourced with $root set to the checkout; every path is quoted, because it may hold spaces.

say() { printf '%s\n' "$*"; }
complain() { printf '%s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }

# Debian and Ubuntu both name their packages alike.
on_debian() { [ -r /etc/debian_version ] && has apt-get; }
as_root() { [ "$(id -u)" = 0 ]; }

updated=no
install_debian_packages() {
    say "Installing with apt-get: $*"
    if [ "$updated" = no ]; then
        # An unreachable extra index must not stop what the others can give.
        apt-get update -qq || complain "apt-get update was not complete; going on with the lists that exist."
        updated=yes
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# A Python that runs, has venv, and for which durable-rules is known to build.
is_suitable_python() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

# Sets $python to the first suitable interpreter; the shims of pyenv stand on PATH but work only for chosen versions.
find_python() {
    versions="${PYENV_ROOT:-$HOME/.pyenv}/versions"
    for candidate in ${PYTHON:+"$PYTHON"} python3.13 python3.12 python3.11 python3 python \
        "$versions"/3.13*/bin/python "$versions"/3.12*/bin/python "$versions"/3.11*/bin/python; do
        if is_suitable_python "$candidate"; then
            python=$candidate
            return 0
        fi
    done
    return 1
}

how_to_install_python() {
    if on_debian; then
        complain "  apt-get install python3 python3-venv python3-dev gcc      (as root; Debian 12 and later, Ubuntu 24.04)"
    elif has dnf; then
        complain "  sudo dnf install python3.12 python3.12-devel gcc"
    elif has apk; then
        complain "  apk add python3 py3-pip python3-dev gcc musl-dev          (as root)"
    elif has zypper; then
        complain "  sudo zypper install python312 python312-devel gcc"
    elif has pacman; then
        complain "  sudo pacman -S python gcc                                 (or pyenv install 3.13, where python is newer)"
    elif has brew || [ "$(uname -s)" = Darwin ]; then
        complain "  brew install python@3.13 && xcode-select --install"
    else
        complain "  Python 3.11, 3.12 or 3.13 with its venv module and headers, and a C compiler"
    fi
    complain "  or, on any system: pyenv install 3.13"
}

need_python() {
    find_python && return 0
    if on_debian && as_root; then
        install_debian_packages python3 python3-venv python3-dev gcc || true
        find_python && return 0
    fi
    complain "Gongzhi needs Python 3.11, 3.12 or 3.13 with the venv module, and found none. Install:"
    how_to_install_python
    exit 1
}

has_headers() {
    "$python" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")))' >/dev/null 2>&1
}

has_compiler() { { has cc || has gcc || has clang; } && has_headers; }

# Sets $compiler to yes or no. Without one everything but durable-rules installs, and the plain-Python matcher serves.
look_for_compiler() {
    compiler=yes
    has_compiler && return 0
    if on_debian && as_root; then
        install_debian_packages gcc libc6-dev python3-dev || true
        has_compiler && return 0
    fi
    compiler=no
}

# durable-rules' setup.py overwrites CFLAGS but honours CPPFLAGS; 2.0.28 names a function that Python 3.13 took away.
durable_rules_flags() {
    case $1 in
    3.13*) printf '%s' '-DPyEval_CallObject=PyObject_CallObject -O3' ;;
    *) printf '%s' '-O3' ;;
    esac
}

stage_of() {
    if grep -q '^Installing collected' "$1"; then
        printf 'unpacking'
    else
        printf '%s fetched or found' "$(grep -c -E '^ *(Collecting|Requirement already)' "$1")"
    fi
}

# Runs a long command quietly, with a line every few seconds, and shows its log only when it fails.
# $1 what is being done, $2 log file, rest: a program, not a function, so that $! is the one to stop.
with_progress() {
    title=$1 log=$2
    shift 2
    begun=$(date +%s)
    "$@" >"$log" 2>&1 &
    busy=$!
    trap 'kill "$busy" 2>/dev/null; exit 130' INT TERM HUP
    ticks=0
    while kill -0 "$busy" 2>/dev/null; do
        sleep 1
        ticks=$((ticks + 1))
        if [ $((ticks % 5)) = 0 ]; then
            say "  $title: ${ticks} s, $(stage_of "$log")"
        fi
    done
    result=0
    wait "$busy" || result=$?
    trap - INT TERM HUP
    if [ "$result" != 0 ]; then
        complain "$title failed; the end of $log:"
        tail -n 25 "$log" >&2
        return "$result"
    fi
    say "  $title: done in $(($(date +%s) - begun)) s"
}

# The one package that is compiled here: never from pip's wheel cache, where one built without the flags may lie.
build_durable_rules() {
    wanted=$(grep -E '^durable-rules==' "$root/requirements.txt" | sed 's/[[:space:]]*#.*//')
    with_progress "durable-rules, compiled with -O3" "$venv/durable-rules.log" \
        env "CPPFLAGS=$(durable_rules_flags "$python_version")" "$venv/bin/python" -m pip --disable-pip-version-check \
        install --no-input --no-cache-dir --no-binary durable-rules --no-build-isolation --no-deps \
        --force-reinstall "$wanted" &&
        "$venv/bin/python" -W ignore -c 'import durable_rules_engine'
}

matcher_warning() {
    complain ""
    complain "  *** $1"
    complain "  *** Rules are judged by the plain-Python matcher instead: same decisions, no compiled module."
    complain "  *** To have durable-rules, install a C compiler and the headers of Python, then start again:"
    how_to_install_python
    complain ""
}

# The stamp tells whether .venv already holds what the files ask for, so that a second start takes a second.
stamp_for() {
    printf '%s\n' "python $python_version" "compiler $compiler" "place $root" "with $1"
    cat "$root/constraints.txt" "$root/requirements.txt" "$root/requirements-dev.txt" "$root/script/lib/environment.sh" | cksum
}

# Makes or re-uses $venv. $1 is "server" or "tests"; what a server needs is part of what tests need.
make_environment() {
    need_python
    look_for_compiler
    python_version=$("$python" -c 'import platform; print(platform.python_version())')
    venv=$root/.venv
    stamp=$venv/gongzhi-stamp
    say "Python $python_version ($(command -v "$python"))"
    if [ -x "$venv/bin/python" ] && { [ "$(cat "$stamp-tests" 2>/dev/null)" = "$(stamp_for tests)" ] ||
        [ "$(cat "$stamp-$1" 2>/dev/null)" = "$(stamp_for "$1")" ]; }; then
        say "Packages in .venv are up to date."
        [ -e "$venv/plain-matcher" ] && matcher_warning "durable-rules is not installed."
        return 0
    fi
    if [ "$("$venv/bin/python" -c 'import platform; print(platform.python_version())' 2>/dev/null)" != "$python_version" ]; then
        say "Making .venv"
        rm -rf "$venv"
        "$python" -m venv "$venv"
    fi
    rm -f "$stamp-server" "$stamp-tests" "$venv/plain-matcher"
    install_packages "$1"
    stamp_for "$1" >"$stamp-$1"
}

install_packages() {
    say "Installing pinned packages into .venv (about a minute; the log is .venv/install.log)"
    grep -v '^durable-rules' "$root/requirements.txt" >"$venv/requirements.txt"
    if [ "$1" = tests ]; then
        set -- -r "$venv/requirements.txt" -r "$root/requirements-dev.txt"
    else
        set -- -r "$venv/requirements.txt"
    fi
    with_progress "packages" "$venv/install.log" "$venv/bin/python" -m pip --disable-pip-version-check \
        install --no-input -c "$root/constraints.txt" setuptools "$@" || exit 1
    if [ "$compiler" = no ]; then
        : >"$venv/plain-matcher"
        matcher_warning "No C compiler or no Python headers: durable-rules was not built."
    elif ! build_durable_rules; then
        : >"$venv/plain-matcher"
        matcher_warning "durable-rules could not be built (.venv/durable-rules.log tells why)."
    fi
}
