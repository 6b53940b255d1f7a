#!/usr/bin/env bash
# Brings Chromium and Burmese fonts where that is possible without asking: as root, with apt.
# Elsewhere the browser tests skip and say why; with CI set, a failure here is a failure.
set -euo pipefail

fonts() { ! command -v dpkg >/dev/null || dpkg -s fonts-noto-core fonts-sil-padauk; }
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null && fonts >/dev/null 2>&1; then exit 0; fi
done
if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
  exit 0 # the tests say what is missing
fi
echo "tests: installing Chromium and Burmese fonts with apt"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    chromium fonts-noto-core fonts-sil-padauk
}
if ! { install || { apt-get update -qq && install; }; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "tests: Chromium could not be installed" >&2
  if [[ -n ${CI:-} ]]; then exit 1; fi
fi
