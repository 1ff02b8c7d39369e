#!/usr/bin/env zsh
# complete.zsh DIRECTORY LINE: what zsh offers at the end of LINE with the completions in DIRECTORY, one a line, sorted.
# It is asked in an interactive zsh at a terminal of its own, as nothing else has completion.
zmodload zsh/zpty || exit 1
export COMPLETIONS=$1 OFFERED=$HOME/offered
: > $OFFERED

zpty terminal zsh -f -i
zpty -w terminal 'stty -echo; PS1= PS2= PROMPT_SP=; unsetopt prompt_cr prompt_sp
fpath=($COMPLETIONS $fpath); autoload -Uz compinit; compinit -C
zstyle ":completion:*" verbose no
compadd () {
  local -a matches
  if [[ ${@[1,(i)(-|--)]} != *-[OAD]* ]]; then
    builtin compadd -O matches "$@"
    (( ! $#matches )) || print -rl -- $matches >> $OFFERED
  fi
  builtin compadd "$@"
}
complete_and_tell () { zle complete-word; print -r "offers are known" }
zle -N complete_and_tell; bindkey "^I" complete_and_tell
print "ready to" complete'
zpty -r terminal output '*ready to complete*' || exit 1
zpty -wn terminal "$2"$'\t'
zpty -r terminal output '*offers are known*' || exit 1
zpty -d terminal
LC_ALL=C sort -u $OFFERED
rm -f $OFFERED
