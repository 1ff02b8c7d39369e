# Completion of dovetail(1) for bash 4.4 and newer, with or without the package bash-completion.
# shellcheck shell=bash

# Takes the line up to the cursor apart as bash will, but expands nothing: sets `words`, the last of them the one to
# complete, and `kept`, what Readline (for which words also begin behind a quote, : and =) leaves before what is put in.
_dovetail_split ()
{
  local line=${COMP_LINE:0:COMP_POINT} word='' quote='' begun='' character i
  words=()
  kept=''
  for ((i = 0; i < ${#line}; i++)); do
    character=${line:i:1}
    if [[ $character == \\ && $quote != "'" ]]; then
      word+=${line:$((++i)):1} begun=1
    elif [[ -n $quote && $character == "$quote" ]]; then
      quote='' kept=$word
    elif [[ -n $quote ]]; then
      word+=$character
    elif [[ $character == [\'\"] ]]; then
      quote=$character begun=1 kept=$word
    elif [[ $character == [[:space:]] ]]; then
      [[ -z $begun ]] || words+=("$word")
      word='' kept='' begun=''
    else
      word+=$character begun=1
      [[ $COMP_WORDBREAKS != *"$character"* ]] || kept=$word
    fi
  done
  words+=("$word")
}

# Offers those of the candidates that begin with the current word.
_dovetail_offer ()
{
  local candidate
  for candidate in "$@"; do
    [[ $candidate != "$current"* ]] || COMPREPLY+=("${candidate#"$kept"}")
  done
}

# Readline quotes what it puts in, and knows what is quoted already; but not well what looks like an expansion, which
# is left out.
_dovetail_offer_quoted ()
{
  local candidate
  compopt -o filenames 2> /dev/null
  for candidate in "$@"; do
    [[ $candidate == *[\$\`]* ]] || _dovetail_offer "$candidate"
  done
}

_dovetail_offer_files ()
{
  local prefix=$1 files
  mapfile -t files < <(compgen -f -- "${current#"$prefix"}")
  _dovetail_offer_quoted "${files[@]/#/$prefix}"
}

_dovetail_offer_options ()
{
  _dovetail_offer --config --verbose --quiet --json --help -v -q -h
  case $command in
    '') _dovetail_offer --version ;;
    sync) _dovetail_offer --dry-run -n ;;
    release) _dovetail_offer --restore ;;
    undelete) _dovetail_offer --since --subject --list --all -l ;;
  esac
}

_dovetail_accounts ()
{
  sed -n 's/^[[:space:]]*\[account \([A-Za-z0-9_-][A-Za-z0-9._-]*\)\][[:space:]]*$/\1/p' \
    "${config:-${XDG_CONFIG_HOME:-$HOME/.config}/dovetail/config}" 2> /dev/null
}

# What was synced once; status needs no connection. It prints U+FFFD for what would act on a terminal: such a name
# can't be given back.
_dovetail_mailboxes ()
{
  command dovetail ${config:+--config="$config"} --verbose status "$1" 2> /dev/null |
    sed -n "/$(printf '\357\277\275')/d; s|^\(${1//./\\.}/.*\): [0-9]* messages\{0,1\}\$|\1|p"
}

_dovetail_offer_selectors ()
{
  local accounts account mailboxes
  mapfile -t accounts < <(_dovetail_accounts)
  if [[ $current != */* ]]; then
    compopt -o nospace 2> /dev/null # a / may follow
    _dovetail_offer "${accounts[@]}"
    return
  fi
  for account in "${accounts[@]}"; do
    [[ $account == "${current%%/*}" ]] || continue
    mapfile -t mailboxes < <(_dovetail_mailboxes "$account")
    _dovetail_offer_quoted "${mailboxes[@]}"
  done
}

# Sets `command` and `config` from the words before the current one.
_dovetail_look_back ()
{
  local i
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    case ${words[i]} in
      --config) config=${words[++i]} ;;
      --config=*) config=${words[i]#*=} ;;
      --since | --subject) ((i++)) ;;
      -*) ;;
      *) command=${command:-${words[i]}} ;;
    esac
  done
  [[ $config != \~/* ]] || config=$HOME${config:1}
}

_dovetail ()
{
  local words kept current previous command='' config=''
  COMPREPLY=()
  _dovetail_split
  current=${words[-1]} previous=${words[-2]}
  _dovetail_look_back
  case $previous/$current in
    --config/*) _dovetail_offer_files '' ;;
    */--config=*) _dovetail_offer_files --config= ;;
    --since/*) _dovetail_offer today yesterday ;;
    */--since=*) _dovetail_offer --since=today --since=yesterday ;;
    --subject/* | */--subject=*) ;;
    */-*) _dovetail_offer_options ;;
    *)
      case $command in
        '') _dovetail_offer sync status release undelete check help ;;
        help) _dovetail_offer sync status release undelete check ;;
        *) _dovetail_offer_selectors ;;
      esac
      ;;
  esac
} &&
  complete -F _dovetail dovetail
