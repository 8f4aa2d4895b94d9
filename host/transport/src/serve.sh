# Runs one command after another, each under the supervision of the script $1.
#
# Each line on standard input is a small script that names a mark and calls `run`: with how a
# command is to be supervised, its words, and its input on standard input. Behind all that it
# prints, both outputs say the mark. `printf` must be the shell's own, since whatever a process
# is given can be seen by others.
[ "$(command -v printf)" = printf ] && command -v setsid >/dev/null || exit
supervise=$1
exec 3<&0 4>&2 </dev/null 2>/dev/null
# In a shell of its own, or this one would say there how that ended.
run() (exec setsid sh -c "$supervise" supervise "$@" 2>&4 4>&-)
echo orch-serves
while IFS= read -r text <&3; do
  eval "$(printf %b "$text")"
  printf '\n%s\n' "$mark"
  printf '\n%s\n' "$mark" >&4
done
