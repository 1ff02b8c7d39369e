# What the scripts in this folder share (bash). A server lives in one directory, listens on loopback ports of
# its own choosing, and is ended by its process group, which nothing else belongs to. A script that uses this
# defines `configure DIR`, `run DIR` and stop_patience (in twentieths of a second).
# shellcheck shell=bash disable=SC2034,SC2154

# Where the unpacked packages are kept. As root the servers run as "nobody", who must be able to reach them.
cache_dir ()
{
  if [ -n "${DOVETAIL_TEST_CACHE:-}" ]; then
    echo "$DOVETAIL_TEST_CACHE"
  elif [ "$(id -u)" = 0 ]; then
    echo /var/cache/dovetail-tests
  else
    echo "${XDG_CACHE_HOME:-$HOME/.cache}/dovetail-tests"
  fi
}

# Dovecot's own paths are compiled in. They are rewritten, at equal length, to this directory of two links.
dovecot_links_dir ()
{
  printf '/tmp/dvt-%05x' "$(($(printf %s "$(id -u):$1" | cksum | cut -d ' ' -f 1) % 0x100000))"
}

# Where the libraries of an unpacked tree are (Debian's multiarch directory).
library_directory ()
{
  echo "$1"/usr/lib/*-linux-gnu*
}

fail ()
{
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# The user that a server started here runs as.
server_user ()
{
  if [ "$(id -u)" = 0 ]; then echo nobody; else id -un; fi
}

# What runs a command as that user when put before it.
as_server_user=(env)
[ "$(id -u)" != 0 ] || as_server_user=(setpriv --reuid=nobody --regid=nogroup --clear-groups)

# Makes the directory and says who owns it.
prepare_directory ()
{
  mkdir -p "$1" || exit 1
  [ ! -e "$1/env" ] || ! is_running "$1" || fail "$1: a server is running there already"
  rm -f "$1/env" "$1/guard"
  if [ "$(id -u)" = 0 ]; then chown nobody:nogroup "$1"; fi
  "${as_server_user[@]}" test -w "$1" || fail "$1: the user $(server_user) can't write there"
}

# A CA and a certificate for localhost and 127.0.0.1, made for this server alone.
make_certificate ()
{
  local dir=$1
  [ ! -e "$dir/cert.pem" ] || return 0
  {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=dovetail test CA' \
      -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
      -keyout "$dir/ca-key.pem" -out "$dir/ca.pem" &&
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=localhost' \
      -keyout "$dir/key.pem" -out "$dir/request.pem" &&
    openssl x509 -req -in "$dir/request.pem" -CA "$dir/ca.pem" -CAkey "$dir/ca-key.pem" -set_serial 2 -days 30 \
      -extfile <(printf '%s\n' 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1' 'extendedKeyUsage=serverAuth') \
      -out "$dir/cert.pem"
  } 2> "$dir/openssl.log" || fail "no certificate: $(cat "$dir/openssl.log")"
  rm -f "$dir/openssl.log" "$dir/request.pem"
  chmod a+r "$dir/key.pem"
}

# port_is_free PORT: nobody answers there.
port_is_free ()
{
  ! (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null
}

# choose_ports DIR: four ports below the range from which the kernel gives out its own; those that a server in
# this directory had before, where it can have them again.
choose_ports ()
{
  local first
  first=$(cat "$1/first-port" 2> /dev/null) || first=1
  while ! { [ "$first" != 1 ] && port_is_free "$first" && port_is_free $((first + 1)) &&
    port_is_free $((first + 2)) && port_is_free $((first + 3)); }; do
    first=$((10000 + (RANDOM * 32768 + RANDOM) % 5600 * 4))
  done
  IMAP_PORT=$first IMAPS_PORT=$((first + 1)) POP3_PORT=$((first + 2)) POP3S_PORT=$((first + 3))
}

# can_login PORT USER PASSWORD: the server answers, and lets this user in.
can_login ()
{
  local line
  exec 3<> "/dev/tcp/127.0.0.1/$1" || return 1
  printf 'a LOGIN %s %s\r\nb LOGOUT\r\n' "$2" "$3" >&3
  while read -r -t 10 line <&3; do
    case $line in
      "a OK"*) exec 3>&-; return 0 ;;
      "a "*) break ;;
    esac
  done
  exec 3>&-
  return 1
} 2> /dev/null

# The moment a process started, by which it is told from a later one with the same id; nothing if it has ended.
process_birth ()
{
  local stat fields
  read -r stat 2> /dev/null < "/proc/$1/stat" || return 1
  read -ra fields <<< "${stat##*) }"
  [ "${fields[0]}" != Z ] && echo "${fields[19]}"
}

# is_running DIR: any process of this server's group is left.
is_running ()
{
  local PID='' BIRTH=''
  # shellcheck disable=SC1091
  [ -e "$1/pid" ] && . "$1/pid"
  [ -n "$PID" ] && { [ "$(process_birth "$PID")" = "$BIRTH" ] || group_exists "$PID"; }
}

# group_exists PID: a process of the group lives. One that has ended and was not yet waited for does not count.
group_exists ()
{
  local stat fields
  kill -0 -- "-$1" 2> /dev/null || return 1
  for stat in /proc/[0-9]*/stat; do
    read -r stat 2> /dev/null < "$stat" || continue
    read -ra fields <<< "${stat##*) }"
    [ "${fields[2]}" != "$1" ] || [ "${fields[0]}" = Z ] || return 0
  done
  return 1
}

# launch DIR COMMAND...: starts a server in a process group of its own.
launch ()
{
  local dir=$1
  shift
  # setsid(1) forks only when it leads a group already, which a background job of a script does not.
  setsid "${as_server_user[@]}" "$@" < /dev/null > "$dir/console.log" 2>&1 &
  PID=$!
  disown
  printf 'PID=%s\nBIRTH=%s\n' "$PID" "$(process_birth "$PID")" > "$dir/pid"
}

# wait_for_login DIR: true when it works, false when the server gave up or took too long.
wait_for_login ()
{
  local deadline=$((SECONDS + 30))
  while [ "$SECONDS" -lt "$deadline" ] && process_birth "$PID" > /dev/null; do
    if can_login "$IMAP_PORT" "$USER" "$PASSWORD"; then return 0; fi
    sleep 0.05
  done
  return 1
}

# end_server DIR [--keep]: asks the server to end, makes it end, and returns when nothing of it is left.
end_server ()
{
  local PID='' BIRTH='' i
  # shellcheck disable=SC1091
  [ -e "$1/pid" ] && . "$1/pid"
  if is_running "$1"; then
    # What is removed at once needs no farewell.
    [ ! -e "$1/temporary" ] || [ "${2:-}" = --keep ] || stop_patience=0
    kill -TERM "$PID" 2> /dev/null
    for ((i = 0; i < stop_patience; i++)); do
      group_exists "$PID" || break
      sleep 0.05
    done
    kill -KILL -- "-$PID" 2> /dev/null
    while group_exists "$PID"; do sleep 0.02; done
  fi
  rm -f "$1/pid" "$1/env"
}

# A directory that was given as temporary goes with its server.
remove_if_temporary ()
{
  [ ! -e "$1/temporary" ] || rm -rf "$1"
}

# guard DIR OWNER: a server must not outlive the one that asked for it, not even when that one is killed.
guard ()
{
  local dir=$1 owner=$2 birth
  birth=$(process_birth "$owner")
  mkfifo "$dir/guard"
  (
    cd /
    exec 4<> "$dir/guard"
    while [ "$(process_birth "$owner")" = "$birth" ]; do
      if read -r -t 0.5 -u 4; then exit 0; fi
    done
    end_server "$dir"
    rm -f "$dir/guard"
    remove_if_temporary "$dir"
  ) < /dev/null > /dev/null 2>&1 &
  disown
}

# stop_server DIR [--keep]: the guard first. It holds its pipe open as long as it lives, so the write waits for
# nobody. --keep: even a temporary directory stays, to start the server in it again.
stop_server ()
{
  if [ -p "$1/guard" ]; then
    echo end 1<> "$1/guard"
    rm -f "$1/guard"
  fi
  end_server "$@"
  [ "${2:-}" = --keep ] || remove_if_temporary "$1"
}

# write_env DIR: what a test needs to know, as shell variables; a reader never sees half of it.
write_env ()
{
  local name
  for name in IMAP_PORT IMAPS_PORT POP3_PORT POP3S_PORT CA_FILE USER PASSWORD PID; do
    printf "%s='%s'\n" "$name" "${!name}"
  done > "$1/env.new"
  mv "$1/env.new" "$1/env"
}

# start_server DIR OWNER TEMPORARY: calls `configure DIR` and `run DIR` until the server lets a user in.
start_server ()
{
  local dir=$1 owner=$2 attempt
  prepare_directory "$dir"
  [ "$3" = no ] || touch "$dir/temporary"
  CA_FILE=$dir/ca.pem USER=alice PASSWORD=secret
  make_certificate "$dir"
  guard "$dir" "$owner"
  for ((attempt = 0; attempt < 8; attempt++)); do
    choose_ports "$dir"
    configure "$dir" || break
    run "$dir"
    if wait_for_login "$dir"; then
      echo "$IMAP_PORT" > "$dir/first-port"
      write_env "$dir"
      return 0
    fi
    end_server "$dir"
    rm -f "$dir/first-port"
    grep -qs 'Address already in use' "$dir"/*.log || break
  done
  cat "$dir"/*.log >&2
  stop_server "$dir"
  fail "$dir: the server did not start (its log stands above)"
}
