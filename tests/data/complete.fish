#!/usr/bin/env fish
# complete.fish FILE LINE: what fish offers at the end of LINE with the completions in FILE, one a line, sorted.
complete -c dovetail -e
source $argv[1]; or exit 1
complete -C "$argv[2]" | string replace -r '\t.*' '' | LC_ALL=C sort
