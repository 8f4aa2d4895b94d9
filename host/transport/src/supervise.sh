# Runs a command on a host and ends it when whoever asked for it is gone.
# $1: how many bytes on 3 are the command's input, or `-` if all of standard input is
# $2: seconds after which it is ended here, or 0; the connection may be cut by then
# then the command and its arguments.
#
# Behind the input, 3 brings nothing until whoever asked hangs up. The last line on standard error
# is the exit code: without it, the answer was cut.
bytes=$1 limit=$2
shift 2
exec 4>&2 2>/dev/null
# This shell leads its process group. It outlives the signal by which the others are told to end.
trap : TERM
finish() {
  trap '' TERM
  kill -TERM 0
  sleep 2
  kill -KILL 0
}
{
  # Who we are, for the other end of the pipe: `$$` is the shell above.
  read -r feeder _ </proc/self/stat
  echo "$feeder"
  if [ "$limit" != 0 ]; then
    { sleep "$limit"; finish; } >/dev/null 3<&- 4>&- &
  fi
  case $bytes in
    -) cat ;;
    0) ;;
    *) head -c "$bytes" <&3 ;;
  esac
  exec >/dev/null 4>&-
  while read -r _ <&3; do :; done
  finish
} | {
  trap : TERM
  read -r feeder
  "$@" 2>&4 3<&- 4>&-
  code=$?
  kill -KILL "$feeder"
  exit "$code"
}
printf '\norch-exit %s\n' "$?" >&4
# What the command left in its group ends with it.
kill -KILL 0
