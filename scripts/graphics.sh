#!/usr/bin/env bash
# Usage: graphics.sh GPLAC: make sure that MuJoCo can draw without a screen (EGL or OSMesa).
# As root on Debian it installs what is missing, otherwise it prints the command that does.
set -euo pipefail
gplac=$1

"$gplac" doctor --quiet && exit 0

packages="libegl1 libopengl0 libgl1-mesa-dri libosmesa6"
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "MuJoCo cannot draw here: neither EGL nor OSMesa works. Install them, then run make again:" >&2
    echo "    sudo apt-get update && sudo apt-get install -y $packages" >&2
    exit 2
fi
apt-get update -qq
for package in $packages; do
    # Newer Debians no longer have all of them; one working way to draw is enough.
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" || true
done
"$gplac" doctor
