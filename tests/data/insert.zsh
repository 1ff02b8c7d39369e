#!/usr/bin/env zsh
# insert.zsh SHELL COMPLETIONS LINE: what dovetail is called with after LINE, Tab and Enter were typed into an
# interactive SHELL (bash or zsh), an argument a line. COMPLETIONS as for complete.SHELL.
zmodload zsh/zpty || exit 1
export COMPLETIONS=$2 ARGUMENTS=$HOME/arguments

typeset -A starts=(
  bash 'bash --norc --noprofile -i'
  zsh 'zsh -f -i'
)
typeset -A preparations=(
  bash '. $COMPLETIONS'
  zsh 'fpath=($COMPLETIONS $fpath); autoload -Uz compinit; compinit -C'
)
zpty terminal ${=starts[$1]}
zpty -w terminal "stty -echo; ${preparations[$1]}
dovetail () { printf '%s\\n' \"\$@\" > \$ARGUMENTS; echo was \"called\"; }; echo ready to \"type\""
zpty -r terminal output '*ready to type*' || exit 1
zpty -wn terminal "$3"$'\t\r'
zpty -r terminal output '*was called*' || exit 1
zpty -d terminal
cat $ARGUMENTS
rm -f $ARGUMENTS
