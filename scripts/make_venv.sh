#!/usr/bin/env bash
# Usage: make_venv.sh PYTHON FOLDER: a virtual environment with pip in FOLDER, made with PYTHON (3.11 or newer).
set -euo pipefail
python=$1 folder=$2

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "gplac needs Python 3.11 or newer; $python is not. Name another one: make PYTHON=python3.12 venv" >&2
    exit 2
fi

# Debian keeps what makes virtual environments in a package of its own.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv
    else
        echo "Python's venv is missing. Install it, then run make again: sudo apt-get install -y python3-venv" >&2
        exit 2
    fi
fi

"$python" -m venv "$folder"
