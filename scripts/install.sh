# Sourced by scripts/run and scripts/test: finds Python, brings uv, installs the locked packages.
# It needs Python 3.11 or later with pip, and a package registry the first time.

fail() {
  printf 'clipcast: %s\n' "$*" >&2
  exit 1
}

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3 python python3.14; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      "$candidate" -c 'import sys; print(sys.executable)'
      return
    fi
  done
  fail "Python 3.11 or later is needed, and none was found. Install it, or set PYTHON to its path."
}

# uv from PATH, or a copy of our own: `pip --target` works without a virtual environment, as root
# or not, and where the system's Python is "externally managed".
find_uv() {
  local own="$PWD/.data/uv"
  if uv --version >/dev/null 2>&1; then
    echo uv
    return
  fi
  if ! "$own/bin/uv" --version >/dev/null 2>&1; then
    "$1" -m pip --version >/dev/null 2>&1 || fail "$1 has no pip. Install pip (Debian: python3-pip) or uv."
    echo "Installing uv, which installs the rest ..." >&2
    "$1" -m pip install --quiet --upgrade --target "$own" uv >&2 ||
      fail "uv could not be installed. The lines above say why; most often it is the network."
  fi
  echo "$own/bin/uv"
}

# install_packages [uv sync options]
install_packages() {
  touch .write-test 2>/dev/null || fail "this user may not write to $PWD. Give it the right, or clone Clipcast elsewhere."
  rm -f .write-test
  UV_PYTHON=$(find_python)
  UV=$(find_uv "$UV_PYTHON")
  export UV UV_PYTHON UV_PYTHON_DOWNLOADS=never
  [ -x .venv/bin/python ] || echo "Installing the locked packages into .venv (once; some 450 MB) ..." >&2
  "$UV" sync --quiet --frozen --all-extras "$@" ||
    fail "the packages could not be installed. The lines above say why; most often it is the network."
}
