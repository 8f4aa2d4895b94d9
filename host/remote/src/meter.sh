# Runs a program once and prints what a shell can tell of it, in the form of meter.pl, with the
# same arguments. Every name is ours alone: what is exported reaches the program.
orch_out=$1 orch_err=$2 orch_most_out=$3 orch_most_err=$4
shift 4
read -r orch_boot orch_rest </proc/uptime
orch_began=$EPOCHREALTIME
"$@" </dev/null >"$orch_out" 2>"$orch_err"
orch_code=$?
orch_ended=$EPOCHREALTIME
read -r orch_boot_ended orch_rest </proc/uptime
read -r orch_stat </proc/$$/stat
# The second line is of the children that ended, of which there was one.
times >"$orch_out.times"
echo "code $orch_code"
echo "began $orch_began"
echo "ended $orch_ended"
echo "boot-began $orch_boot"
echo "boot-ended $orch_boot_ended"
echo "stat $orch_stat"
while read -r orch_rest; do echo "times $orch_rest"; done <"$orch_out.times"
PATH=$PATH:/usr/local/bin:/usr/bin:/bin
orch_first() {
  orch_bytes=$(wc -c <"$2")
  [ "$orch_bytes" -le "$3" ] || orch_bytes=$3
  echo "$1" $orch_bytes
}
orch_first out "$orch_out" "$orch_most_out"
orch_first err "$orch_err" "$orch_most_err"
echo
head -c "$orch_most_out" "$orch_out"
head -c "$orch_most_err" "$orch_err"
