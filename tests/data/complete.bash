#!/usr/bin/env bash
# complete.bash FILE LINE: what bash offers at the end of LINE with the completions in FILE, one a line, sorted.
# shellcheck disable=SC1090,SC2034
. "$1" || exit 1
COMP_LINE=$2
COMP_POINT=${#COMP_LINE}
function_name=$(complete -p dovetail | sed 's/.* -F \([^ ]*\) .*/\1/')
"$function_name"
[ "${#COMPREPLY[@]}" = 0 ] || printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort
