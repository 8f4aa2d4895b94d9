# Holds this machine for one who measures: a lock that the kernel gives back however this ends, and
# a folder that goes with it. $1 says whose it is, in a line.
#
# Prints `held FOLDER`, `taken LINE` or `cannot REASON`; holding, it stays until it is told to end.
# Meanwhile it prints `here` now and then: a server that has nothing to send would not notice that
# the network was cut.
export LC_ALL=C
PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
lock=/tmp/orch-measure.lock
folder=
cannot() {
  [ -z "$folder" ] || rm -rf "$folder"
  echo "cannot $1"
  exit
}
clean() {
  trap '' TERM HUP INT PIPE
  # What escaped from its sample is known by where its program lies.
  ls -l /proc/[0-9]*/exe 2>/dev/null |
    sed -n "s|^.*/proc/\([0-9]*\)/exe -> $folder/.*$|\1|p" |
    while read -r process; do kill -KILL "$process"; done
  until rm -rf "$folder" 2>/dev/null; do sleep 0.1 9<&-; done
  rm -f "$lock"
  exit
}
command -v flock >/dev/null || cannot 'there is no program `flock`'

# Only who has the lock removes the file, so it may be another one by the time that it is locked.
tries=0
until
  (umask 022 && : >>"$lock") 2>/dev/null
  [ -r "$lock" ] || cannot "$lock cannot be read"
  exec 9<"$lock"
  if ! flock -n 9; then
    echo "taken $(head -n 1 "$lock")"
    exit
  fi
  [ "$lock" -ef /proc/self/fd/9 ]
do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || cannot "$lock changes all the time"
done
[ -w "$lock" ] || cannot "$lock was left by another user: let them or root remove it"
trap clean TERM HUP INT PIPE
printf '%s\n' "$1" >"$lock"

# On a disk, where programs may run.
for place in /var/tmp /tmp "$HOME"; do
  folder=$place/orch-measure
  rm -rf "$folder" 2>/dev/null
  (umask 077 && mkdir "$folder") 2>/dev/null || continue
  printf '#!/bin/sh\nexit 0\n' >"$folder/probe"
  chmod 700 "$folder/probe"
  if "$folder/probe" 2>/dev/null 9<&-; then
    rm "$folder/probe"
    echo "held $folder"
    while :; do
      sleep 15 9<&- &
      wait $!
      echo here
    done
  fi
  rm -rf "$folder"
done
folder=
rm -f "$lock"
cannot 'neither /var/tmp nor /tmp nor the home folder takes programs'
