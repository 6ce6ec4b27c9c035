#!/bin/sh
# Takes the pictures of messages from page.html, one of each section, as wide as a phone.
# It needs Debian's packages chromium, fonts-dejavu, fonts-noto-color-emoji and pngquant.
set -eu
cd "$(dirname "$0")"
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
browse() { chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$profile" --force-device-scale-factor=1.5 "$@" 2>/dev/null; }
for name in $(sed -n 's/^<section id=\(.*\)>$/\1/p' page.html); do
	url="file://$PWD/page.html#$name"
	height=$(browse --window-size=412,600 --dump-dom "$url" | sed -n 's/.*data-height="\([0-9]*\)".*/\1/p')
	browse --window-size="412,$height" --screenshot="$PWD/$name.png" "$url" >/dev/null
	pngquant --strip --speed 1 --force --output "$name.png" 20 "$name.png"
done
